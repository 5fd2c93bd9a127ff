"""What the paper claims, as experiments: toys with known answers, and variants of the MNIST run, seed by seed."""


rule theory:
    input:
        src=sources("pipeline.claims.theory"),
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=["optimal", "path", "descent", "dirac", "nets"]),
        "results/{scale}/claims/theory.manifest.json",
    log:
        "logs/theory/{scale}.log",
    benchmark:
        "logs/theory/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.toys(),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.claims.theory --params params.yaml --scale {wildcards.scale}"
        " --output {params.folder} 2>&1 | tee {log}"


rule modes:
    input:
        src=sources("pipeline.claims.modes"),
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=["modes", "modes_points"]),
        "results/{scale}/claims/modes.manifest.json",
    log:
        "logs/modes/{scale}.log",
    benchmark:
        "logs/modes/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.toys(),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.claims.modes --params params.yaml --scale {wildcards.scale}"
        " --output {params.folder} 2>&1 | tee {log}"


rule saturation:
    input:
        data=claims_graph.data(),
        src=sources("pipeline.claims.saturation"),
    output:
        table="results/{scale}/claims/saturation.csv",
        manifest="results/{scale}/claims/saturation.manifest.json",
    log:
        "logs/saturation/{scale}.log",
    benchmark:
        "logs/saturation/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=claims_graph.training(),
        experiment=claims_graph.code,
        seeds=claims_graph.seeds(),
        device=graph.params.values["compute"]["device"],
    shell:
        "python -m pipeline.claims.saturation --params params.yaml --scale {wildcards.scale}"
        " --experiment {params.experiment} --seeds {params.seeds} --data {input.data}"
        " --output {output.table} --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule classify:
    input:
        data=claims_graph.data(),
        labels=claims_graph.labels(),
        src=sources("pipeline.claims.classify"),
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=["classifier", "yardsticks"]),
        "results/{scale}/claims/classifier.manifest.json",
        network="results/{scale}/claims/classifier.safetensors",
    log:
        "logs/classify/{scale}.log",
    benchmark:
        "logs/classify/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=claims_graph.measuring,
        experiment=claims_graph.code,
        device=graph.params.values["compute"]["device"],
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.claims.classify --params params.yaml --scale {wildcards.scale}"
        " --experiment {params.experiment} --data {input.data} --labels {input.labels}"
        " --output {params.folder} --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule measure:
    input:
        expand("runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}", file=TRAINED),
        data=graph.prepared,
        classifier=rules.classify.output.network,
        src=sources("pipeline.claims.measure"),
    output:
        "runs/{scale}/{experiment}/seed{seed}/measures.csv",
        "runs/{scale}/{experiment}/seed{seed}/measures.manifest.json",
    log:
        "logs/measure/{scale}-{experiment}-seed{seed}.log",
    benchmark:
        "logs/measure/{scale}-{experiment}-seed{seed}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=claims_graph.measuring,
        device=graph.params.values["compute"]["device"],
        run=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.claims.measure --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --classifier {input.classifier} --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule read_claims:
    input:
        rules.theory.output,
        rules.modes.output,
        rules.saturation.output,
        rules.classify.output,
        expand(
            "{run}/{file}",
            run=claims_graph.runs(),
            file=["measures.csv", "measures.manifest.json", "curve.csv", "manifest.json"],
        ),
        templates=here(
            "pipeline/report/claims.html.j2",
            "pipeline/report/claims_part.html.j2",
            "pipeline/report/table.html.j2",
            "pipeline/report/style.css",
        ),
        src=sources("pipeline.claims"),
    output:
        report(
            "results/{scale}/claims/claims.csv",
            caption="captions/claims.rst",
            category="Claims",
            labels={"scale": "{scale}"},
        ),
        "results/{scale}/claims/claims.md",
        "results/{scale}/claims/claims.html",
        "results/{scale}/claims/measures.csv",
        "results/{scale}/claims/curves.csv",
        "results/{scale}/claims/claims.manifest.json",
        "results/{scale}/claims/figures/manifest.json",
        expand("results/{{scale}}/claims/figures/{name}.{kind}", name=CLAIMS_FIGURES, kind=["svg", "png"]),
    log:
        "logs/claims/{scale}.log",
    benchmark:
        "logs/claims/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.compared(),
        runs=claims_graph.runs(),
        folder=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.claims --params params.yaml --scale {wildcards.scale}"
        " --runs {params.runs} --output {params.folder} 2>&1 | tee {log}"
