"""What rules share. Nobody runs these: others inherit them with `use rule` and name their files."""


pathvars:
    run="runs/{scale}/{experiment}/seed{seed}",
    audit="runs/{scale}/{experiment}/audit",
    results="results/{scale}",
    claims="results/{scale}/claims",


rule command:
    log:
        "<logs>/command.log",
    conda:
        "gan"
    params:
        stage="",
        scale="--scale {scale}",
        options="",
        target=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.{params.stage} --params params.yaml {params.scale} {params.options}"
        " --output {params.target} 2>&1 | tee {log}"


rule with_data:
    input:
        data=graph.prepared,
    log:
        "<logs>/with_data.log",
    conda:
        "gan"
    threads: graph.threads
    params:
        stage="",
        experiment="{experiment}",
        options="--output",
        target=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.{params.stage} --params params.yaml --scale {wildcards.scale}"
        " --experiment {params.experiment} --data {input.data} --threads {threads}"
        " {params.options} {params.target} 2>&1 | tee {log}"
