"""Training, samples and scores of each run; the audit beside the runs of an experiment."""

# One rule a block of seeds that are trained together. Downstream nobody knows the blocks.
for block in graph.blocks():

    rule:
        name:
            f"train_{block.name}"
        input:
            block.pretrained,
            data=block.data,
            src=sources("pipeline.train"),
        output:
            block.files,
        log:
            f"logs/train/{graph.params.scale}_{block.name}.log",
        benchmark:
            f"logs/train/{graph.params.scale}_{block.name}.benchmark.tsv"
        conda:
            "../../envs/gan.yaml"
        threads: graph.params.values["compute"]["threads"]
        resources:
            gpu=graph.gpus(),
        params:
            settings=block.settings,
            pretrained=block.options,
            experiment=block.experiment,
            scale=graph.params.scale,
            device=graph.params.values["compute"]["device"],
            seeds=graph.seeds_of,
        shell:
            "python -m pipeline.train --params params.yaml --scale {params.scale}"
            " --experiment {params.experiment} --seeds {params.seeds} {params.pretrained}"
            " --device {params.device} --threads {threads}"
            " --data {input.data} --output runs/{params.scale}/{params.experiment}"
            " --work work/{params.scale}/{params.experiment} --lines 2>&1 | tee {log}"


rule sample:
    input:
        expand("runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}", file=TRAINED),
        data=graph.prepared,
        src=sources("pipeline.sample"),
    output:
        "runs/{scale}/{experiment}/seed{seed}/samples.npy",
        "runs/{scale}/{experiment}/seed{seed}/last_samples.npy",
        "runs/{scale}/{experiment}/seed{seed}/sheet.npz",
        "runs/{scale}/{experiment}/seed{seed}/samples.manifest.json",
    log:
        "logs/sample/{scale}-{experiment}-seed{seed}.log",
    benchmark:
        "logs/sample/{scale}-{experiment}-seed{seed}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.settings("sample"),
        device=graph.params.values["compute"]["device"],
        run=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.sample --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule evaluate:
    input:
        expand("runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}", file=TRAINED),
        rules.sample.output,
        data=graph.prepared,
        src=sources("pipeline.evaluate"),
    output:
        "runs/{scale}/{experiment}/seed{seed}/metrics.csv",
        "runs/{scale}/{experiment}/seed{seed}/bandwidths.csv",
        "runs/{scale}/{experiment}/seed{seed}/redrawn.csv",
        "runs/{scale}/{experiment}/seed{seed}/test_images.npz",
        "runs/{scale}/{experiment}/seed{seed}/metrics.manifest.json",
    log:
        "logs/evaluate/{scale}-{experiment}-seed{seed}.log",
    benchmark:
        "logs/evaluate/{scale}-{experiment}-seed{seed}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.settings("evaluate"),
        device=graph.params.values["compute"]["device"],
        run=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.evaluate --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --work work/{wildcards.scale}/{wildcards.experiment}"
        " --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule audit:
    input:
        data=graph.prepared,
        src=sources("pipeline.audit"),
    output:
        "runs/{scale}/{experiment}/audit/metrics.csv",
        "runs/{scale}/{experiment}/audit/bandwidths.csv",
        "runs/{scale}/{experiment}/audit/sheet.npz",
        "runs/{scale}/{experiment}/audit/manifest.json",
    log:
        "logs/audit/{scale}-{experiment}.log",
    benchmark:
        "logs/audit/{scale}-{experiment}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.settings("audit"),
        device=graph.params.values["compute"]["device"],
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.audit --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --data {input.data} --output {params.folder}"
        " --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule growth:
    input:
        run=graph.first_trained,
        data=graph.prepared,
        src=sources("pipeline.growth"),
    output:
        "runs/{scale}/{experiment}/audit/growth.csv",
        "runs/{scale}/{experiment}/audit/growth.manifest.json",
    log:
        "logs/growth/{scale}-{experiment}.log",
    benchmark:
        "logs/growth/{scale}-{experiment}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.settings("growth"),
        device=graph.params.values["compute"]["device"],
        run=graph.first_run,
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.growth --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --output {params.folder} --device {params.device} --threads {threads} 2>&1 | tee {log}"
