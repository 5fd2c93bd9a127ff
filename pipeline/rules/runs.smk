"""Training, samples and scores of each run; the audit beside the runs of an experiment."""


# Its output lists the runs of the seeds that are trained together; their files are reached through the list.
use rule with_data as train with:
    input:
        graph.pretrained,
        data=graph.prepared,
    output:
        "runs/{scale}/{experiment}/{seeds}.json",
    log:
        "<logs>/train/{scale}-{experiment}-{seeds}.log",
    params:
        stage="train",
        options=graph.training_options,
        target=subpath(output[0]),
        settings=graph.settings("train"),


use rule with_data as sample with:
    input:
        graph.trained,
        data=graph.prepared,
    output:
        expand(
            "runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}",
            file=["samples.npy", "last_samples.npy", "sheet.npz", "samples.manifest.json"],
        ),
    log:
        "<logs>/sample/{scale}-{experiment}-seed{seed}.log",
    params:
        stage="sample",
        options="--run",
        settings=graph.settings("sample"),


use rule with_data as evaluate with:
    input:
        graph.trained,
        rules.sample.output,
        data=graph.prepared,
    output:
        expand(
            "runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}",
            file=["metrics.csv", "bandwidths.csv", "redrawn.csv", "test_images.npz", "metrics.manifest.json"],
        ),
    log:
        "<logs>/evaluate/{scale}-{experiment}-seed{seed}.log",
    params:
        stage="evaluate",
        options="--work work/{scale}/{experiment} --run",
        settings=graph.settings("evaluate"),


use rule with_data as audit with:
    output:
        expand(
            "runs/{{scale}}/{{experiment}}/audit/{file}",
            file=["metrics.csv", "bandwidths.csv", "sheet.npz", "manifest.json"],
        ),
    log:
        "<logs>/audit/{scale}-{experiment}.log",
    params:
        stage="audit",
        settings=graph.settings("audit"),


use rule with_data as growth with:
    input:
        graph.grown,
        data=graph.prepared,
    output:
        expand("runs/{{scale}}/{{experiment}}/audit/{file}", file=["growth.csv", "growth.manifest.json"]),
    log:
        "<logs>/growth/{scale}-{experiment}.log",
    params:
        stage="growth",
        options=graph.growth_options,
        settings=graph.settings("growth"),
