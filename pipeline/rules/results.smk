"""Tables, figures and report of a scale."""


use rule command as toy with:
    output:
        table="<results>/toy.csv",
        manifest="<results>/toy.manifest.json",
    log:
        "<logs>/toy/{scale}.log",
    params:
        stage="toy",
        target="results/{scale}/toy.csv",
        settings=graph.depends("toy"),


use rule command as oracle with:
    output:
        table="<results>/oracle.csv",
        manifest="<results>/oracle.manifest.json",
    log:
        "<logs>/oracle/{scale}.log",
    params:
        stage="oracle",
        target="results/{scale}/oracle.csv",
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
        expand("<results>/{name}", name=GATHERED),
        report(
            "<results>/table1.csv",
            caption="captions/table.rst",
            category="Table 1",
            labels={"scale": "{scale}"},
        ),
        "<results>/table1.md",
        "<results>/table1.tex",
        "<results>/metrics.json",
        manifest="<results>/table.manifest.json",
    log:
        "<logs>/table/{scale}.log",
    params:
        stage="table",
        options=graph.table_options(),
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
            expand("<results>/figures/{name}.svg", name=graph.figures()),
            caption="captions/figures.rst",
            category="Figures",
            labels={"scale": "{scale}"},
        ),
        expand("<results>/figures/{name}.png", name=graph.figures()),
        "<results>/figures/manifest.json",
    log:
        "<logs>/figures/{scale}.log",
    params:
        stage="figures",
        options=graph.figure_options,
        settings=graph.depends("figures", graph.params.presentation()),


use rule command as report with:
    input:
        rules.table.output,
        rules.figures.output,
        expand("{run}/{file}", run=graph.runs(), file=["samples.manifest.json", "metrics.manifest.json"]),
        expand("{audit}/{file}", audit=graph.audits(), file=["manifest.json", "growth.manifest.json"]),
        oracle=rules.oracle.output.table,
        downloads=graph.downloads(),
        data=expand("data/prepared/{dataset}.manifest.json", dataset=graph.params.datasets),
    output:
        "<results>/report.html",
        "<results>/report.manifest.json",
    log:
        "<logs>/report/{scale}.log",
    params:
        stage="report",
        options=graph.report_options,
        target="results/{scale}/report.html",
        settings=graph.depends("report", graph.params.values),
        claims=graph.known_claims,
