"""From raw data to Table 1, its figures and the report; see README.md. No logic, no numbers."""

import os
import sys

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import min_version

min_version("9.0")
sys.path.insert(0, workflow.basedir)
# The stages run in the working directory, which may be another; their text is UTF-8 in every locale.
os.environ.update(PYTHONPATH=workflow.basedir, PYTHONUTF8="1")
os.environ.setdefault("USER", str(os.getuid()))  # Snakemake asks for a name, which a container's user may not have
sys.stdout.reconfigure(errors="backslashreplace")

from pipeline.console.jobs import planned
from pipeline.files.errors import UserError
from pipeline.claims.files import FIGURES as CLAIMS_FIGURES
from pipeline.claims.files import OF_RUNS as CLAIMS_OF_RUNS
from pipeline.record.claimed import TOYS as CLAIMS_TOYS
from pipeline.claims.files import TABLES as CLAIMS_TABLES
from pipeline.rules.announcement import announcement
from pipeline.rules.claims_graph import ClaimsGraph
from pipeline.rules.graph import Graph
from pipeline.record.runs import CHOICES, FILES_OF_AUDITS, FILES_OF_RUNS, GATHERED, MEASURED, MEASURES, SUMMARY

try:
    graph = Graph(config)
except UserError as error:
    raise WorkflowError(str(error))
claims_graph = ClaimsGraph(graph)


include: "pipeline/rules/common.smk"


wildcard_constraints:
    scale=graph.params.scale,
    dataset="[a-z0-9-]+",
    experiment="[a-z0-9-]+",
    seed=r"\d+",
    seeds=r"seeds?\d[\d_-]*",
    rival="|".join(graph.params.rivals),


onstart:
    about = announcement(graph.params, workflow.dag_settings.targets)
    logger.info(about, extra={"plan": planned(workflow.dag, guesses=graph.params.scale == "quick")})


onsuccess:
    if os.path.exists(f"{graph.results}/report.html"):
        print(f"Results of scale {graph.params.scale}: {graph.results}/table1.md, {graph.results}/report.html")
    if os.path.exists(f"{graph.claims}/claims.html"):
        print(f"Claims: {graph.claims}/claims.html")


onerror:
    print("Stopped. Finished work is saved; the same command resumes. Each job's log is in logs/.")


localrules:
    all,
    all_data,
    all_runs,
    claims,
    comparison,
    published,


include: "pipeline/rules/base.smk"
include: "pipeline/rules/data.smk"
include: "pipeline/rules/runs.smk"
include: "pipeline/rules/results.smk"
include: "pipeline/rules/claims.smk"
include: "pipeline/rules/comparison.smk"
include: "pipeline/rules/published.smk"


rule all_data:
    input:
        expand("data/prepared/{dataset}.npz", dataset=graph.params.datasets),


# The targets ask for every file but the LARGE_FILES: what is missing, or deleted because it is damaged, is made again.
rule all_runs:
    input:
        graph.lists(),
        expand("{audit}/{file}", audit=graph.audits(), file=FILES_OF_AUDITS),
        expand("{run}/{file}", run=graph.runs(), file=FILES_OF_RUNS),


rule all:
    default_target: True
    input:
        rules.all_runs.input,
        expand([*rules.toy.output, *rules.oracle.output, *rules.table.output], scale=graph.params.scale),
        expand([*rules.figures.output, *rules.report.output], scale=graph.params.scale),


rule published:
    input:
        rules.regenerate_table.output,
        rules.regenerate_figures.output,
        rules.regenerate_report.output,
        rules.regenerate_claims.output,


rule claims:
    input:
        claims_graph.lists(),
        expand("{run}/{file}", run=claims_graph.runs(), file=[MEASURES, MEASURED]),
        expand([*rules.theory.output, *rules.modes.output, *rules.saturation.output], scale=graph.params.scale),
        expand([*rules.advantages.output, *rules.memorised.output], scale=graph.params.scale),
        expand([*rules.classify.output, *rules.read_claims.output], scale=graph.params.scale),


rule comparison:
    input:
        graph.lists([graph.params.comparison.experiment]),
        expand(rules.compare.output, scale=graph.params.scale),
