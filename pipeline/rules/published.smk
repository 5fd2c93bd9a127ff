"""Tables and figures again, from the committed results alone."""


rule regenerate_table:
    input:
        published=expand("results/published/{name}", name=GATHERED),
        quoted=here("pipeline/quoted.csv"),
        src=sources("pipeline.table"),
    output:
        expand("results/regenerated/{name}", name=[*GATHERED, "table1.csv"]),
        "results/regenerated/table1.md",
        "results/regenerated/table1.tex",
        "results/regenerated/metrics.json",
        "results/regenerated/table.manifest.json",
    log:
        "logs/regenerate/table.log",
    benchmark:
        "logs/regenerate/table.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.tabulation(),
        selection=graph.published_selection,
    shell:
        "python -m pipeline.table --params params.yaml {params.selection}"
        " --gathered results/published --output results/regenerated 2>&1 | tee {log}"


rule regenerate_figures:
    input:
        rules.regenerate_table.output,
        toy="results/published/toy.csv",
        quoted=here("pipeline/quoted.csv"),
        oracle="results/published/oracle.csv",
        sheets=graph.published_sheets,
        audits=graph.published_audits,
        runs=graph.published_manifests,
        src=sources("pipeline.figures"),
    output:
        "results/regenerated/figures/manifest.json",
    log:
        "logs/regenerate/figures.log",
    benchmark:
        "logs/regenerate/figures.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.presentation(),
        selection=graph.published_selection,
    shell:
        "python -m pipeline.figures --params params.yaml {params.selection}"
        " --results results/regenerated --toy {input.toy} --oracle {input.oracle}"
        " --sheets {input.sheets} --audits {input.audits}"
        " --output results/regenerated/figures 2>&1 | tee {log}"


rule regenerate_report:
    input:
        rules.regenerate_table.output,
        rules.regenerate_figures.output,
        oracle="results/published/oracle.csv",
        runs=graph.published_manifests,
        templates=here(
            "pipeline/report/report.html.j2",
            "pipeline/report/claims_part.html.j2",
            "pipeline/report/table.html.j2",
            "pipeline/report/style.css",
        ),
        src=sources("pipeline.report"),
    output:
        "results/regenerated/report.html",
    log:
        "logs/regenerate/report.log",
    benchmark:
        "logs/regenerate/report.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.presentation(),
        selection=graph.published_selection,
        runs=graph.published_runs,
    shell:
        "python -m pipeline.report --params params.yaml {params.selection}"
        " --results results/regenerated --oracle {input.oracle} --runs {params.runs}"
        " --command 'snakemake --cores all published'"
        " --output {output} 2>&1 | tee {log}"


rule regenerate_claims:
    input:
        published=expand("results/published/claims/{name}.csv", name=CLAIMS_TABLES),
        templates=here(
            "pipeline/report/claims.html.j2",
            "pipeline/report/claims_part.html.j2",
            "pipeline/report/table.html.j2",
            "pipeline/report/style.css",
        ),
        src=sources("pipeline.claims"),
    output:
        "results/regenerated/claims/claims.csv",
        "results/regenerated/claims/claims.html",
        "results/regenerated/claims/claims.manifest.json",
    log:
        "logs/regenerate/claims.log",
    benchmark:
        "logs/regenerate/claims.benchmark.tsv"
    conda:
        "../../envs/gan.yaml"
    params:
        settings=graph.params.compared(),
        scale=claims_graph.published_scale,
    shell:
        "python -m pipeline.claims --params params.yaml --scale {params.scale}"
        " --gathered results/published/claims --output results/regenerated/claims 2>&1 | tee {log}"
