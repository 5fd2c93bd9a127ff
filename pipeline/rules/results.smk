"""Tables, figures and report of a scale."""


rule toy:
    input:
        src=sources("pipeline.toy"),
    output:
        table="results/{scale}/toy.csv",
        manifest="results/{scale}/toy.manifest.json",
    log:
        "logs/toy/{scale}.log",
    benchmark:
        "logs/toy/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    shell:
        "python -m pipeline.toy --output {output.table} 2>&1 | tee {log}"


rule oracle:
    input:
        src=sources("pipeline.oracle"),
    output:
        table="results/{scale}/oracle.csv",
        manifest="results/{scale}/oracle.manifest.json",
    log:
        "logs/oracle/{scale}.log",
    benchmark:
        "logs/oracle/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.oracle,
    shell:
        "python -m pipeline.oracle --params params.yaml --scale {wildcards.scale}"
        " --output {output.table} 2>&1 | tee {log}"


rule table:
    input:
        expand(
            "{run}/{file}",
            run=graph.runs(),
            file=[
                "manifest.json",
                "curve.csv",
                "validation.csv",
                "metrics.csv",
                "bandwidths.csv",
                "redrawn.csv",
                "test_images.npz",
            ],
        ),
        expand("{audit}/{file}", audit=graph.audits(), file=["metrics.csv", "bandwidths.csv", "growth.csv"]),
        quoted=here("pipeline/quoted.csv"),
        src=sources("pipeline.table"),
    output:
        "results/{scale}/metrics.csv",
        "results/{scale}/curves.csv",
        "results/{scale}/validation.csv",
        "results/{scale}/bandwidths.csv",
        "results/{scale}/growth.csv",
        "results/{scale}/variance.csv",
        report(
            "results/{scale}/table1.csv",
            caption="captions/table.rst",
            category="Table 1",
            labels={"scale": "{scale}"},
        ),
        "results/{scale}/table1.md",
        "results/{scale}/table1.tex",
        "results/{scale}/metrics.json",
        "results/{scale}/table.manifest.json",
    log:
        "logs/table/{scale}.log",
    benchmark:
        "logs/table/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.tabulation(),
        chosen=graph.chosen(),
        runs=graph.runs(),
    shell:
        "python -m pipeline.table --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --runs {params.runs} --output results/{wildcards.scale} 2>&1 | tee {log}"


rule figures:
    input:
        rules.table.output,
        toy=rules.toy.output.table,
        oracle=rules.oracle.output.table,
        quoted=here("pipeline/quoted.csv"),
        sheets=expand("{run}/sheet.npz", run=graph.runs()),
        runs=expand("{run}/manifest.json", run=graph.runs()),
        audits=expand("{audit}/sheet.npz", audit=graph.audits()),
        src=sources("pipeline.figures"),
    output:
        report(
            expand("results/{{scale}}/figures/{name}.svg", name=graph.figures()),
            caption="captions/figures.rst",
            category="Figures",
            labels={"scale": "{scale}"},
        ),
        expand("results/{{scale}}/figures/{name}.png", name=graph.figures()),
        "results/{scale}/figures/manifest.json",
    log:
        "logs/figures/{scale}.log",
    benchmark:
        "logs/figures/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.presentation(),
        chosen=graph.chosen(),
    shell:
        "python -m pipeline.figures --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --results results/{wildcards.scale} --toy {input.toy} --oracle {input.oracle}"
        " --sheets {input.sheets} --audits {input.audits}"
        " --output results/{wildcards.scale}/figures 2>&1 | tee {log}"


rule report:
    input:
        rules.table.output,
        rules.figures.output,
        expand(
            "{run}/{file}", run=graph.runs(), file=["manifest.json", "samples.manifest.json", "metrics.manifest.json"]
        ),
        expand("{audit}/{file}", audit=graph.audits(), file=["manifest.json", "growth.manifest.json"]),
        oracle=rules.oracle.output.table,
        downloads=graph.downloads(),
        data=expand("data/prepared/{dataset}.manifest.json", dataset=graph.datasets()),
        templates=here(
            "pipeline/report/report.html.j2",
            "pipeline/report/claims_part.html.j2",
            "pipeline/report/table.html.j2",
            "pipeline/report/style.css",
        ),
        src=sources("pipeline.report"),
    output:
        page="results/{scale}/report.html",
        manifest="results/{scale}/report.manifest.json",
    log:
        "logs/report/{scale}.log",
    benchmark:
        "logs/report/{scale}.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.values,
        chosen=graph.chosen(),
        runs=graph.runs(),
        command=graph.params.command,
        claims=claims_graph.option,
        of_claims=claims_graph.known,
    shell:
        "python -m pipeline.report --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --results results/{wildcards.scale} --runs {params.runs}"
        " --data {input.downloads} {input.data} {params.claims} --command {params.command:q}"
        " --output {output.page} 2>&1 | tee {log}"


rule write_plots_page:
    input:
        src=sources("pipeline.plots_page"),
    output:
        "results/plots_page.html",
    log:
        "logs/plots_page.log",
    benchmark:
        "logs/plots_page.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    shell:
        "python -m pipeline.plots_page --output {output} 2>&1 | tee {log}"
