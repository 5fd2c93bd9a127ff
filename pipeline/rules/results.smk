"""Tables, figures and report of a scale."""


use rule command as toy with:
    output:
        table="results/{scale}/toy.csv",
        manifest="results/{scale}/toy.manifest.json",
    log:
        "<logs>/toy/{scale}.log",
    params:
        stage="toy",
        target=subpath(output[0]),
        settings=graph.depends("toy"),


use rule command as oracle with:
    output:
        table="results/{scale}/oracle.csv",
        manifest="results/{scale}/oracle.manifest.json",
    log:
        "<logs>/oracle/{scale}.log",
    params:
        stage="oracle",
        target=subpath(output[0]),
        settings=graph.depends("oracle", graph.params.oracle),


use rule command as table with:
    input:
        graph.lists(),
        expand(
            "{run}/{file}",
            run=graph.runs(),
            file=["metrics.csv", "bandwidths.csv", "redrawn.csv", "test_images.npz"],
        ),
        expand("{audit}/{file}", audit=graph.audits(), file=["metrics.csv", "bandwidths.csv", "growth.csv"]),
        quoted=here("pipeline/quoted.csv"),
    output:
        expand("results/{{scale}}/{name}", name=[*GATHERED, CHOICES, SUMMARY]),
        report(
            "results/{scale}/table1.csv",
            caption="captions/table.rst",
            category="Table 1",
            labels={"scale": "{scale}"},
        ),
        "results/{scale}/table1.md",
        "results/{scale}/table1.tex",
        "results/{scale}/metrics.json",
        manifest="results/{scale}/table.manifest.json",
    log:
        "<logs>/table/{scale}.log",
    params:
        stage="table",
        scale=graph.selection(),
        options=f"--runs {' '.join(graph.runs())}",
        settings=graph.depends("table", graph.params.tabulation()),


use rule command as figures with:
    input:
        rules.table.output,
        table=rules.table.output.manifest,
        toy=rules.toy.output.table,
        oracle=rules.oracle.output.table,
        quoted=here("pipeline/quoted.csv"),
        sheets=expand("{run}/sheet.npz", run=graph.runs()),
        audits=expand("{audit}/sheet.npz", audit=graph.audits()),
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
        "<logs>/figures/{scale}.log",
    params:
        stage="figures",
        scale=graph.selection(),
        options=graph.figure_options,
        settings=graph.depends("figures", graph.params.presentation()),


use rule command as report with:
    input:
        rules.table.output,
        rules.figures.output,
        expand("{run}/{file}", run=graph.runs(), file=["samples.manifest.json", "metrics.manifest.json"]),
        expand("{audit}/{file}", audit=graph.audits(), file=["manifest.json", "growth.manifest.json"]),
        oracle=rules.oracle.output.table,
        quoted=here("pipeline/quoted.csv"),
        downloads=graph.downloads(),
        data=expand("data/prepared/{dataset}.manifest.json", dataset=graph.params.datasets),
    output:
        "results/{scale}/report.html",
        "results/{scale}/report.manifest.json",
    log:
        "<logs>/report/{scale}.log",
    params:
        stage="report",
        scale=graph.selection(),
        options=graph.report_options,
        target=subpath(output[0]),
        settings=graph.depends("report", graph.params.values),
        claims=graph.known_claims,
