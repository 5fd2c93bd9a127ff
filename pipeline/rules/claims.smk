"""What the paper claims, as experiments: toys with known answers, and variants of the MNIST run, seed by seed."""


use rule command as theory with:
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=CLAIMS_TOYS["theory"]),
        "results/{scale}/claims/theory.manifest.json",
    log:
        "<logs>/theory/{scale}.log",
    params:
        stage="claims.theory",
        settings=claims_graph.depends("theory"),


use rule command as modes with:
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=CLAIMS_TOYS["modes"]),
        "results/{scale}/claims/modes.manifest.json",
    log:
        "<logs>/modes/{scale}.log",
    params:
        stage="claims.modes",
        settings=claims_graph.depends("modes"),


use rule command as advantages with:
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=CLAIMS_TOYS["advantages"]),
        "results/{scale}/claims/advantages.manifest.json",
    log:
        "<logs>/advantages/{scale}.log",
    params:
        stage="claims.advantages",
        settings=claims_graph.depends("advantages"),


use rule with_data as memorised with:
    input:
        claims_graph.samples(),
        data=claims_graph.data()["data"],
    output:
        "results/{scale}/claims/memorised.csv",
        "results/{scale}/claims/memorised.manifest.json",
    log:
        "<logs>/memorised/{scale}.log",
    params:
        stage="claims.memorised",
        experiment=claims_graph.main,
        options=f"{claims_graph.looked_at()} --output",
        target=subpath(output[0]),
        settings=claims_graph.depends("memorised"),


use rule with_data as saturation with:
    input:
        data=claims_graph.data()["data"],
    output:
        "results/{scale}/claims/saturation.csv",
        "results/{scale}/claims/saturation.manifest.json",
    log:
        "<logs>/saturation/{scale}.log",
    params:
        stage="claims.saturation",
        experiment=claims_graph.code,
        options=f"--seeds {' '.join(map(str, graph.params.claims.toy_seeds))} --output",
        target=subpath(output[0]),
        settings=claims_graph.depends("saturation"),


use rule with_data as classify with:
    input:
        **claims_graph.data(),
    output:
        expand("results/{{scale}}/claims/{name}.csv", name=["classifier", "yardsticks"]),
        "results/{scale}/claims/classifier.manifest.json",
        network="results/{scale}/claims/classifier.safetensors",
    log:
        "<logs>/classify/{scale}.log",
    params:
        stage="claims.classify",
        experiment=claims_graph.code,
        options=f"--labels {claims_graph.data()['labels']} --output",
        settings=claims_graph.measuring("claims.classify"),


use rule with_data as measure with:
    input:
        graph.trained,
        data=graph.prepared,
        classifier=rules.classify.output.network,
    output:
        "runs/{scale}/{experiment}/seed{seed}/measures.csv",
        "runs/{scale}/{experiment}/seed{seed}/measures.manifest.json",
    log:
        "<logs>/measure/{scale}-{experiment}-seed{seed}.log",
    params:
        stage="claims.measure",
        options="--classifier results/{scale}/claims/classifier.safetensors --run",
        settings=claims_graph.measuring("claims.measure"),


use rule command as read_claims with:
    input:
        rules.theory.output,
        rules.modes.output,
        rules.advantages.output,
        rules.memorised.output,
        rules.saturation.output,
        rules.classify.output,
        rules.oracle.output,
        claims_graph.growth(),
        claims_graph.lists(),
        expand("{run}/{file}", run=claims_graph.runs(), file=["measures.csv", "measures.manifest.json"]),
    output:
        report(
            "results/{scale}/claims/claims.csv",
            caption="captions/claims.rst",
            category="Claims",
            labels={"scale": "{scale}"},
        ),
        expand(
            "results/{{scale}}/claims/{name}",
            name=["claims.md", "claims.html", *(f"{name}.csv" for name in CLAIMS_OF_RUNS)],
        ),
        "results/{scale}/claims/claims.manifest.json",
        "results/{scale}/claims/figures/manifest.json",
        expand("results/{{scale}}/claims/figures/{name}.{kind}", name=CLAIMS_FIGURES, kind=["svg", "png"]),
    log:
        "<logs>/claims/{scale}.log",
    params:
        stage="claims",
        options=claims_graph.options(),
        settings=graph.depends("claims", graph.params.compared()),
