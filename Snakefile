"""From raw data to Table 1, its figures and the report; see README.md. No logic, no numbers."""

import os
import sys

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.0")
sys.path.insert(0, workflow.basedir)
# The stages run in the working directory, which may be another.
os.environ.update(PYTHONPATH=workflow.basedir)

from pipeline.errors import UserError
from pipeline.graph import TRAINED, Graph
from pipeline.provenance import sources as sources_of


configfile: "params.yaml"


try:
    graph = Graph(config)
except UserError as error:
    raise WorkflowError(str(error))


def here(*paths):
    """Files of the project, relative to the working directory: every clone has the same inputs."""
    root = os.path.relpath(workflow.basedir)
    return local([os.path.normpath(os.path.join(root, path)) for path in paths])


def sources(module):
    """Source files of a stage: their content triggers re-runs."""
    return here(*sources_of(module))


wildcard_constraints:
    scale=graph.params.scale,
    dataset="[a-z0-9-]+",
    experiment="[a-z0-9-]+",
    seed=r"\d+",


onsuccess:
    if os.path.exists(f"{graph.results}/report.html"):
        print(f"Results of scale {graph.params.scale}: {graph.results}/table1.md, {graph.results}/report.html")


onerror:
    print("Stopped. What is finished is kept; the same command goes on from there. Each job's log is in logs/.")


localrules:
    all,
    all_data,
    all_runs,
    published,
    plots_page,


rule all:
    input:
        f"{graph.results}/table1.md",
        f"{graph.results}/report.html",


rule all_data:
    input:
        expand("data/prepared/{dataset}.npz", dataset=graph.datasets()),


rule all_runs:
    input:
        expand("{run}/metrics.csv", run=graph.runs()),


rule published:
    input:
        "results/regenerated/table1.md",
        "results/regenerated/figures/manifest.json",


rule plots_page:
    input:
        "results/plots_page.html",


rule download:
    input:
        graph.user_file,
        src=sources("pipeline.download"),
    output:
        "data/raw/{dataset}/manifest.json",
    log:
        "logs/download/{dataset}.log",
    benchmark:
        "logs/download/{dataset}.benchmark.tsv"
    retries: 2
    conda:
        "envs/gan.yaml"
    params:
        files=graph.files,
    shell:
        "python -m pipeline.download --params params.yaml --dataset {wildcards.dataset}"
        " --output data/raw/{wildcards.dataset} 2>&1 | tee {log}"


rule prepare:
    input:
        raw=graph.raw,
        src=sources("pipeline.prepare"),
    output:
        data="data/prepared/{dataset}.npz",
        manifest="data/prepared/{dataset}.manifest.json",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "logs/prepare/{dataset}.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    params:
        settings=graph.preparation,
    shell:
        "python -m pipeline.prepare --params params.yaml --dataset {wildcards.dataset}"
        " --raw data/raw/{wildcards.dataset} --output {output.data} 2>&1 | tee {log}"


# One rule a block of seeds that are trained together. Downstream nobody knows the blocks.
for block in graph.blocks():

    rule:
        name:
            f"train_{block.name}"
        input:
            block.pretrained,
            data=block.data,
            src=sources("pipeline.train"),
        output:
            block.files,
        log:
            f"logs/train/{graph.params.scale}_{block.name}.log",
        benchmark:
            f"logs/train/{graph.params.scale}_{block.name}.benchmark.tsv"
        conda:
            "envs/gan.yaml"
        threads: graph.params.values["compute"]["threads"]
        resources:
            gpu=graph.gpus(),
        params:
            settings=block.settings,
            pretrained=block.options,
            experiment=block.experiment,
            scale=graph.params.scale,
            device=graph.params.values["compute"]["device"],
            seeds=graph.seeds_of,
        shell:
            "python -m pipeline.train --params params.yaml --scale {params.scale}"
            " --experiment {params.experiment} --seeds {params.seeds} {params.pretrained}"
            " --device {params.device} --threads {threads}"
            " --data {input.data} --output runs/{params.scale}/{params.experiment}"
            " --work work/{params.scale}/{params.experiment} --lines 2>&1 | tee {log}"


rule sample:
    input:
        expand("runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}", file=TRAINED),
        data=graph.prepared,
        src=sources("pipeline.sample"),
    output:
        "runs/{scale}/{experiment}/seed{seed}/samples.npy",
        "runs/{scale}/{experiment}/seed{seed}/last_samples.npy",
        "runs/{scale}/{experiment}/seed{seed}/sheet.npz",
        "runs/{scale}/{experiment}/seed{seed}/samples.manifest.json",
    log:
        "logs/sample/{scale}-{experiment}-seed{seed}.log",
    benchmark:
        "logs/sample/{scale}-{experiment}-seed{seed}.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.sample_settings,
        device=graph.params.values["compute"]["device"],
        run=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.sample --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule evaluate:
    input:
        expand("runs/{{scale}}/{{experiment}}/seed{{seed}}/{file}", file=TRAINED),
        rules.sample.output,
        data=graph.prepared,
        src=sources("pipeline.evaluate"),
    output:
        "runs/{scale}/{experiment}/seed{seed}/metrics.csv",
        "runs/{scale}/{experiment}/seed{seed}/bandwidths.csv",
        "runs/{scale}/{experiment}/seed{seed}/metrics.manifest.json",
    log:
        "logs/evaluate/{scale}-{experiment}-seed{seed}.log",
    benchmark:
        "logs/evaluate/{scale}-{experiment}-seed{seed}.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    threads: graph.params.values["compute"]["threads"]
    resources:
        gpu=graph.gpus(),
    params:
        settings=graph.evaluate_settings,
        device=graph.params.values["compute"]["device"],
        run=subpath(output[0], parent=True),
    shell:
        "python -m pipeline.evaluate --params params.yaml --scale {wildcards.scale}"
        " --experiment {wildcards.experiment} --run {params.run} --data {input.data}"
        " --device {params.device} --threads {threads} 2>&1 | tee {log}"


rule table:
    input:
        expand(
            "{run}/{file}",
            run=graph.runs(),
            file=["manifest.json", "curve.csv", "metrics.csv", "bandwidths.csv"],
        ),
        quoted=here("pipeline/quoted.csv"),
        src=sources("pipeline.table"),
    output:
        "results/{scale}/metrics.csv",
        "results/{scale}/curves.csv",
        "results/{scale}/bandwidths.csv",
        report(
            "results/{scale}/table1.csv",
            caption="pipeline/report/captions/table.rst",
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
        "envs/gan.yaml"
    params:
        settings=graph.tabulation,
        chosen=graph.chosen,
        runs=graph.runs(),
    shell:
        "python -m pipeline.table --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --runs {params.runs} --output results/{wildcards.scale} 2>&1 | tee {log}"


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
        "envs/gan.yaml"
    shell:
        "python -m pipeline.toy --output {output.table} 2>&1 | tee {log}"


rule figures:
    input:
        rules.table.output,
        toy=rules.toy.output.table,
        quoted=here("pipeline/quoted.csv"),
        sheets=expand("{run}/sheet.npz", run=graph.first_runs()),
        src=sources("pipeline.figures"),
    output:
        report(
            expand("results/{{scale}}/figures/{name}.svg", name=graph.figures()),
            caption="pipeline/report/captions/figures.rst",
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
        "envs/gan.yaml"
    params:
        settings=graph.presentation,
        chosen=graph.chosen,
    shell:
        "python -m pipeline.figures --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --results results/{wildcards.scale} --toy {input.toy} --sheets {input.sheets}"
        " --output results/{wildcards.scale}/figures 2>&1 | tee {log}"


rule report:
    input:
        rules.table.output,
        rules.figures.output,
        expand(rules.evaluate.output, zip, **graph.run_axes()),
        downloads=graph.downloads(),
        data=expand("data/prepared/{dataset}.manifest.json", dataset=graph.datasets()),
        template=here("pipeline/report/report.html.j2"),
        src=sources("pipeline.report"),
    output:
        page="results/{scale}/report.html",
        manifest="results/{scale}/report.manifest.json",
    log:
        "logs/report/{scale}.log",
    benchmark:
        "logs/report/{scale}.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    params:
        settings=graph.everything,
        chosen=graph.chosen,
        runs=graph.runs(),
        command=graph.command(),
    shell:
        "python -m pipeline.report --params params.yaml --scale {wildcards.scale} {params.chosen}"
        " --results results/{wildcards.scale} --runs {params.runs}"
        " --data {input.downloads} {input.data} --command {params.command:q}"
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
        "envs/gan.yaml"
    shell:
        "python -m pipeline.plots_page --output {output} 2>&1 | tee {log}"


rule regenerate_table:
    input:
        published=here(*expand("results/published/{name}.csv", name=["metrics", "curves", "bandwidths"])),
        quoted=here("pipeline/quoted.csv"),
        src=sources("pipeline.table"),
    output:
        expand("results/regenerated/{name}.csv", name=["metrics", "curves", "bandwidths", "table1"]),
        "results/regenerated/table1.md",
        "results/regenerated/table1.tex",
        "results/regenerated/metrics.json",
        "results/regenerated/table.manifest.json",
    log:
        "logs/regenerate/table.log",
    benchmark:
        "logs/regenerate/table.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    params:
        settings=graph.tabulation,
        scale=graph.published_scale,
    shell:
        "python -m pipeline.table --params params.yaml --scale {params.scale}"
        " --gathered results/published --output results/regenerated 2>&1 | tee {log}"


rule regenerate_figures:
    input:
        rules.regenerate_table.output,
        toy=here("results/published/toy.csv"),
        quoted=here("pipeline/quoted.csv"),
        sheets=graph.published_sheets,
        src=sources("pipeline.figures"),
    output:
        "results/regenerated/figures/manifest.json",
    log:
        "logs/regenerate/figures.log",
    benchmark:
        "logs/regenerate/figures.benchmark.tsv"
    conda:
        "envs/gan.yaml"
    params:
        settings=graph.presentation,
        scale=graph.published_scale,
    shell:
        "python -m pipeline.figures --params params.yaml --scale {params.scale}"
        " --results results/regenerated --toy {input.toy} --sheets {input.sheets}"
        " --output results/regenerated/figures 2>&1 | tee {log}"
