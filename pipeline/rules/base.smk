"""What rules share. Nobody runs these: others inherit them with `use rule` and name their files."""


rule command:
    log:
        "<logs>/command.log",
    conda:
        no_other
    params:
        stage="",
        scale="--scale {scale}",
        options="",
        target=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.{params.stage} --params params.yaml {params.scale} {params.options}"
        " --output {params.target} --log {log}"


rule with_data:
    input:
        data=graph.prepared,
    log:
        "<logs>/with_data.log",
    conda:
        no_other
    threads: graph.threads
    params:
        stage="",
        experiment="{experiment}",
        options="--output",
        target=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.{params.stage} --params params.yaml --scale {wildcards.scale}"
        " --experiment {params.experiment} --data {input.data} --threads {threads}"
        " --log {log} {params.options} {params.target}"
