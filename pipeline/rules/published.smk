"""Tables and figures again, from the committed results alone."""


use rule table as regenerate_table with:
    input:
        expand("results/published/{name}", name=[*GATHERED, "table.manifest.json"]),
        graph.published_variance,
        quoted=here("pipeline/quoted.csv"),
    output:
        expand("results/regenerated/{name}", name=[*GATHERED, CHOICES, SUMMARY, "table1.csv"]),
        "results/regenerated/table1.md",
        "results/regenerated/table1.tex",
        "results/regenerated/metrics.json",
        manifest="results/regenerated/table.manifest.json",
    log:
        "<logs>/regenerate/table.log",
    params:
        scale=graph.published,
        options=graph.published_table,
        settings=graph.published_settings("table"),


use rule figures as regenerate_figures with:
    input:
        rules.regenerate_table.output,
        graph.published_files("manifest.json"),
        table=rules.regenerate_table.output.manifest,
        toy="results/published/toy.csv",
        quoted=here("pipeline/quoted.csv"),
        oracle="results/published/oracle.csv",
        sheets=graph.published_files("sheet.npz"),
        audits=graph.published_audits,
    output:
        "results/regenerated/figures/manifest.json",
    log:
        "<logs>/regenerate/figures.log",
    params:
        scale=graph.published,
        settings=graph.published_settings("figures"),


use rule read_claims as regenerate_claims with:
    input:
        expand("results/published/claims/{name}.csv", name=CLAIMS_TABLES),
    output:
        "results/regenerated/claims/claims.csv",
        "results/regenerated/claims/claims.html",
        "results/regenerated/claims/claims.manifest.json",
        "results/regenerated/claims/figures/manifest.json",
    log:
        "<logs>/regenerate/claims.log",
    params:
        scale=graph.published_claims,
        options="--gathered results/published/claims",
        settings=graph.published_settings("claims"),


use rule report as regenerate_report with:
    input:
        rules.regenerate_table.output,
        rules.regenerate_figures.output,
        rules.regenerate_claims.output,
        graph.published_files("manifest.json"),
        graph.published_scored,
        oracle="results/published/oracle.csv",
        quoted=here("pipeline/quoted.csv"),
    output:
        "results/regenerated/report.html",
    log:
        "<logs>/regenerate/report.log",
    params:
        scale=graph.published,
        options=graph.published_report,
        target=subpath(output[0]),
        settings=graph.published_settings("report"),
        claims="",
