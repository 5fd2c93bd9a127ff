"""What the paper is filled with: numbers and sentences, all from the committed results and params.yaml."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import gap
from benchmarks.original.page import agreement, ours, power, theirs
from docs.paper.provenance import CELL, cost, version
from gan.evidence.extrapolation import FORMS
from gan.evidence.memorisation import difference_of_copies
from gan.layers import AnyLayer, Layer
from gan.statistics import MIN_SEEDS, SeedSummary
from pipeline.claims.tables import summary
from pipeline.config.params import Params, load
from pipeline.files.formats import read_csv
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting import comparison
from pipeline.reporting.cells import PAPER, Cell, Ours, count, mean_and_sd, quoted
from pipeline.reporting.evidence import above_real, baseline_means, evidence, listed, read_evidence
from pipeline.reporting.extrapolation import outlook
from pipeline.reporting.plan import departures
from pipeline.reporting.rankings import label
from pipeline.reporting.scorecard import read_frames, scorecard, sentence
from pipeline.reporting.verdicts import GRID_NAMES, gain, gap_in_words, rank_in_words

ALGORITHM_1 = "mnist-text"  # the experiment of the paper's text
SWITCHES = {  # of a recipe, in words
    "update": "updates of the two networks",
    "discriminator_loss_scale": "factor before the discriminator's loss",
    "generator_loss": "the generator's loss",
    "generator_noise": "noise of the generator's step",
    "generator_masks": "dropout masks of the generator's step",
}
UNSTATED = {"generator_masks": "not stated; fresh here"}  # of these, Algorithm 1 says nothing
ACTIVATIONS = {"relu": "rectified linear"}


def facts(root: Path) -> dict[str, Any]:
    """Return what template.md names.

    Args:
        root: folder with params.yaml, results/published and benchmarks/results.
    """
    published, files = root / gap.PUBLISHED, gap.read(root)
    params, metrics, of_cell, claims = files.params, files.metrics, files.cells, files.claims
    frames, moving = read_evidence(published), gap.causes(files)
    rise = gain(of_cell.kept["authors"], metrics, params)
    cards = scorecard(read_frames(published, published / "claims", root / "docs/cifar10/curves.csv"), params)
    outcomes = {"result of the paper": [one.result for one in cards], "outcome": [one.outcome for one in cards]}
    found = {
        "said": {name: _about(params.experiment(CELL).label, said) for name, said in evidence(frames, params).items()},
        "baselines_above_real": bool(above_real(baseline_means(metrics, CELL))),
        "counted": sentence(cards),
        "scorecard": pd.DataFrame(outcomes | {"here": [one.found for one in cards]}),
        "claims": summary(claims),
        "causes": gap.table([one for one in moving if not math.isnan(one.nats)] + gap.switches(files), params),
        "unmeasured": gap.unmeasured(claims),
        "rises": rise is not None and rise[2].mean_interval[0] > 0,
        "carried_on": carried_on(published, params),
        "deviations": departed(departures(published, params)),
        "cost": cost(published, params.scale),
        "short": short(of_cell.kept["authors"], claims, params),
        "version": version(published, root / "LICENSE", params.scale),
    }
    return protocol(params) | score(of_cell) | found | elsewhere(root)


def protocol(params: Params) -> dict[str, Any]:
    """Return how the networks are trained, scored and judged."""
    experiment = params.experiment(CELL)
    return {
        "experiment": experiment,
        "split": params.values["datasets"][experiment.dataset]["split"],
        "generator": layers(experiment.generator),
        "discriminator": layers(experiment.discriminator),
        "dropped": listed([f"{layer.keep:g}" for layer in experiment.discriminator]),
        "confidence": f"{params.confidence:.0%}",
        "least_seeds": MIN_SEEDS,
        "switches": switches(params),
    }


def layers(net: Sequence[AnyLayer]) -> str:
    """Return the fully connected layers of a network in words."""
    dense = [layer for layer in net if isinstance(layer, Layer)]
    kinds = [f"{one.units:,} {ACTIVATIONS.get(one.activation, one.activation)} unit" for one in dense]
    pieces = [f" (of {one.pieces} pieces each)" if one.pieces > 1 else "" for one in dense]
    ends = ["s" if one.units > 1 else "" for one in dense]
    return listed([kind + end + piece for kind, end, piece in zip(kinds, ends, pieces, strict=True)])


def switches(params: Params) -> pd.DataFrame:
    """Return where the recipe that is trained differs from Algorithm 1."""
    text, code = (asdict(params.experiment(name).recipe) for name in (ALGORITHM_1, CELL))
    differ = [name for name in text if text[name] != code[name]]
    return pd.DataFrame(
        {
            "": [SWITCHES.get(name, name.replace("_", " ")) for name in differ],
            "Algorithm 1": [UNSTATED.get(name, f"{text[name]}") for name in differ],
            "2014 code, and ours": [f"{code[name]}" for name in differ],
        }
    )


def score(of_cell: Ours) -> dict[str, Any]:
    """Return our cell, the paper's values, and both as a table."""
    table = quoted("table 1")
    rows = [
        (row.model, f"{row.value:g} ± {row.error:g}", f"one run; ± over {row.error_over}")
        for row in table[table.dataset == CELL].itertuples()
    ]
    rows += [
        (f"ours, the {GRID_NAMES[grid]} grid", mean_and_sd(cell.seeds), _over(cell.seeds))
        for grid, cell in of_cell.kept.items()
    ]
    papers, others = table[table.model == PAPER], table[(table.model != PAPER) & (table.dataset == CELL)]
    cell, fine = of_cell.kept["authors"], of_cell.kept["fine"]
    return {
        "cell": cell,
        "finer": fine.seeds.mean - cell.seeds.mean,
        "lead": float(papers.value[papers.dataset == CELL].iloc[0] - others.value.max()),
        "paper": {row.dataset: f"{row.value:g} ± {row.error:g}" for row in papers.itertuples()},
        "gap": gap_in_words(cell.verdict),
        "rank": "" if cell.published is None else rank_in_words(cell.values, cell.published),
        "table_1": pd.DataFrame(rows, columns=["model", "MNIST, nats", "n, and what ± is over"]),
    }


def _over(seeds: SeedSummary) -> str:
    if seeds.n < MIN_SEEDS:
        return count(seeds.n, "seed")
    low, high = seeds.prediction_interval
    return f"{count(seeds.n, 'seed')}; ± their sd; one more seed is expected between {low:.1f} and {high:.1f}"


def carried_on(published: Path, params: Params) -> str:
    """State what share of the learning rates is spent, and what lines through the curves foretell."""
    found = outlook(read_csv(published / "validation.csv"), read_csv(published / "metrics.csv"), params, CELL)
    if found is None:
        return ""
    n = len(found.curves)
    reach = {form: sum(line.at(1) >= found.published for line in found.lines(form, found.length)) for form in FORMS}
    return (
        f"{found.length:,} epochs have spent {found.spent(found.length):.0%} of the sum of all learning rates; the "
        f"{found.planned:,} of our plan would spend {found.spent(found.planned):.0%}. Lines through the second half of "
        "each seed's validation scores against that share, carried on to its end, reach the published value in "
        f"{listed([f'{seeds} of {n} seeds (lines in the {form})' for form, seeds in reach.items()])}; this is an "
        "extrapolation, not a result."
    )


def departed(seeds: dict[str, str]) -> str:
    """Return departures from the plan in one sentence, with their seeds, once where these are the same."""
    same = set(seeds.values())
    if len(same) == 1:
        return f"{'; '.join(seeds)} (seeds {same.pop()})"
    return "; ".join(f"{what} (seeds {of})" for what, of in seeds.items())


def short(cell: Cell, claims: pd.DataFrame, params: Params) -> str:
    """State what is shorter than planned: seeds, epochs and the claims' trained runs."""
    planned, scales = params.experiment(CELL).epochs, sorted(set(claims[claims.claim != "memorised"].scale))
    seeds = params.values["scales"][params.scale]["experiments"][CELL]["seeds"]
    return (
        f"It has {cell.seeds.n} of {seeds} planned seeds and {cell.length:,} of {planned:,} planned epochs. The "
        f"paper's statements were tested at scale {listed([f'`{scale}`' for scale in scales])} only."
    )


def elsewhere(root: Path) -> dict[str, Any]:
    """Return what was measured beside the pipeline: the 2014 code, both scorers, other models, copies."""
    files = {name: read_csv(root / gap.RESULTS / "comparison" / name) for name in comparison.FILES}
    params = load(root / "params.yaml", files["ais.csv"].scale.iloc[0])
    scores = read_csv(root / gap.RESULTS / "original-scorers.csv").groupby("generator").value
    last = theirs(root).sort_values("epoch").groupby("run").tail(1)
    return {
        "scorers": f"{(scores.max() - scores.min()).max():.0e} nats apart on the samples of "
        f"{count(scores.ngroups, 'generator')}",
        "agrees": agreement(theirs(root), ours(root)),
        "power": power(theirs(root), ours(root)),
        "running": last.epoch.min() < load(root / "params.yaml", "paper").experiment(CELL).waypoints[0],
        "ais": comparison.k_means_sentence(files, params)
        + comparison.gap_sentences(files["ais.csv"].query("model == @OUR_MODEL"), params),
        "below": below(files["ais.csv"], params),
        "ais_seed": files["ais.csv"].set_index("model").seed[[OUR_MODEL]].iloc[0],
        "memorised": memorised(read_csv(root / gap.PUBLISHED / "claims/memorised.csv")),
    }


def below(ais: pd.DataFrame, params: Params) -> dict[str, Any]:
    """Return how far the Parzen estimate is below the better one on the same images, nats: least, most, of which."""
    means = ais[ais.images == "test"].pivot_table(index="model", columns="metric", values="value", aggfunc="min")
    better = means.exact_log_likelihood.fillna(means.ais_log_likelihood)
    gaps = (better - means.parzen_log_likelihood).sort_values()
    return {
        "least": f"{gaps.iloc[0]:.0f} ({label(gaps.index[0], params)})",
        "most": f"{gaps.iloc[-1]:.0f} ({label(gaps.index[-1], params)})",
        "range": gaps.iloc[-1] - gaps.iloc[0],
        "images": int(ais[ais.images == "test"].n_eval.max()),
    }


def memorised(frame: pd.DataFrame) -> str:
    """State whether samples lie nearer to training images than held-out ones by more than real images do."""
    rows = frame.drop_duplicates("of").set_index("of")
    g, real = rows.loc["G"], rows.loc["training images"]
    more = g.difference - real.difference > 2 * math.hypot(g.standard_error, real.standard_error)
    copies = g.difference / difference_of_copies(1, g.held_out, g.n_images, g.n_training)
    few = f" Exact copies of {copies:.0%} of the samples would make the same difference" if g.difference > 0 else ""
    few += few and f"{'' if more else '; so few would go unseen'}."
    return (
        f"{g.n_samples:,.0f} samples of one generator (seed {g.seed}, {g.epochs:,} epochs) lie on average "
        f"{g.training:.2f} from the nearest of {g.n_images:,.0f} training images and {g.held_out:.2f} from the nearest "
        "of as many held-out images (Euclidean distance of pixels). The difference, "
        f"{g.difference:.3f} ± {g.standard_error:.3f} (standard error over samples), is "
        f"{'' if more else 'not shown to be '}greater than that of left-out training images, "
        f"{real.difference:.3f} ± {real.standard_error:.3f} (over {real.n_samples:,.0f} images).{few}"
    )


def _about(label: str, lines: Sequence[str]) -> list[str]:
    """Return the sentences without the name of the experiment that they begin with."""
    return [line.removeprefix(f"{label}: ").removeprefix(f"{label}, ").removeprefix(f"{label} ") for line in lines]
