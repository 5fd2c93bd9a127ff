"""Raw and prepared data."""


rule download:
    input:
        graph.user_file,
        src=sources("pipeline.download"),
    output:
        "data/raw/{dataset}/manifest.json",
    log:
        "logs/download/{dataset}.log",
    benchmark:
        "logs/download/{dataset}.benchmark.tsv"
    retries: 2
    conda:
        "../../envs/gan.yaml"
    params:
        files=graph.files,
    shell:
        "python -m pipeline.download --params params.yaml --dataset {wildcards.dataset}"
        " --output data/raw/{wildcards.dataset} 2>&1 | tee {log}"


rule prepare:
    input:
        raw=graph.raw,
        src=sources("pipeline.prepare"),
    output:
        data="data/prepared/{dataset}.npz",
        labels="data/prepared/{dataset}.labels.npz",
        manifest="data/prepared/{dataset}.manifest.json",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "logs/prepare/{dataset}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.preparation,
    shell:
        "python -m pipeline.prepare --params params.yaml --dataset {wildcards.dataset}"
        " --raw data/raw/{wildcards.dataset} --output {output.data} 2>&1 | tee {log}"
