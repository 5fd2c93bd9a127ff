"""Raw and prepared data."""


use rule command as download with:
    input:
        graph.user_file,
    output:
        "data/raw/{dataset}/manifest.json",
    log:
        "<logs>/download/{dataset}.log",
    params:
        stage="download",
        scale="",
        options="--dataset {dataset}",
        settings=graph.files,


use rule command as prepare with:
    input:
        graph.raw,
    output:
        "data/prepared/{dataset}.npz",
        "data/prepared/{dataset}.labels.npz",
        "data/prepared/{dataset}.manifest.json",
    log:
        "<logs>/prepare/{dataset}.log",
    params:
        stage="prepare",
        scale="",
        options="--dataset {dataset} --raw data/raw/{dataset}",
        target=subpath(output[0]),
        settings=graph.preparation,
