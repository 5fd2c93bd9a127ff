"""The GAN beside other models, under the Parzen estimate and annealed importance sampling."""


use rule with_data as rival with:
    output:
        "runs/{scale}/{rival}/rivals.json",
    log:
        "<logs>/rival/{scale}-{rival}.log",
    params:
        stage="rival",
        experiment="{rival}",
        options=graph.rival_options,
        target=subpath(output[0]),
        settings=graph.settings("train", "rival"),


use rule with_data as ais with:
    input:
        graph.trained,
        data=graph.prepared,
    output:
        expand(
            "runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}",
            file=["ais.csv", "ais_images.csv", "ais.manifest.json"],
        ),
    log:
        "<logs>/ais/{scale}-{experiment}-seed{seed}.log",
    params:
        stage="ais",
        options="--run runs/{scale}/{experiment}/seed{seed} --output",
        settings=graph.annealing,


use rule with_data as ais_k_means with:
    output:
        expand("runs/{{scale}}/{{experiment}}/audit/{file}", file=["ais.csv", "ais_images.csv", "ais.manifest.json"]),
    log:
        "<logs>/ais/{scale}-{experiment}-k-means.log",
    params:
        stage="ais",
        options="--k-means --output",
        settings=graph.annealing,


use rule command as compare with:
    input:
        expand(
            "{folder}/{file}", folder=graph.annealed(), file=["ais.csv", "ais_images.csv", "sheet.npz", "metrics.csv"]
        ),
        expand("{run}/{file}", run=graph.runs(graph.params.rivals), file=["metrics.csv", "metrics.manifest.json"]),
        quoted=here("pipeline/quoted.csv"),
    output:
        expand("results/{{scale}}/comparison/{name}.csv", name=["ais", "ais_images", "rivals", "told"]),
        report(
            "results/{scale}/comparison/comparison.svg",
            caption="captions/comparison.rst",
            category="Comparison",
            labels={"scale": "{scale}"},
        ),
        report(
            "results/{scale}/comparison/samples.svg",
            caption="captions/models.rst",
            category="Comparison",
            labels={"scale": "{scale}"},
        ),
        expand("results/{{scale}}/comparison/{name}.png", name=["comparison", "samples"]),
        "results/{scale}/comparison/sheets.npz",
        "results/{scale}/comparison/comparison.md",
        "results/{scale}/comparison/comparison.manifest.json",
    log:
        "<logs>/compare/{scale}.log",
    params:
        stage="compare",
        options=f"--ais {' '.join(graph.annealed())} --runs {' '.join(graph.runs(graph.params.rivals))}",
        settings=graph.depends("compare", graph.params.compared_models()),
