"""Claims about trained networks: what differs between runs of the same seeds."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from gan.theory.claim import Claim, check, paper
from gan.theory.cost import multiply_adds
from gan.theory.readings import Estimate, effect, over_seeds, paired, ratio_over_seeds, simultaneous
from pipeline.config.params import Params
from pipeline.reporting.cells import count
from pipeline.reporting.claimed import UNKNOWN, last_epochs, outputs_at_the_end
from pipeline.reporting.gather import Frames

NATS = "test_log_likelihood"
PAIRED = "difference of runs of one seed"
ON_TEST = f"test log-likelihood, {PAIRED}"
VARIETY = {  # measures that fall in a collapse: how, what they are, unit
    "class_entropy": ("shows digits less evenly", "entropy of the digits among samples", "nats"),
    "distinct_neighbours": ("has fewer neighbours", "share of distinct images nearest to 1,000 samples", ""),
}


def by_seed(measures: pd.DataFrame, experiment: str, metric: str) -> dict[int, float]:
    """Return a measure of each seed's generator."""
    rows = measures[(measures.experiment == experiment) & (measures.metric == metric)]
    return dict(zip(rows.seed.astype(int), rows.value, strict=True))


def difference(frames: Frames, params: Params, one: str, other: str, metric: str = NATS, among: int = 1) -> Estimate:
    """Estimate by how much one experiment measures more than another, among so many differences read together."""
    ours, others = (by_seed(frames["measures.csv"], name, metric) for name in (one, other))
    return _paired(ours, others, simultaneous(params.confidence, among))


def _paired(ours: dict[int, float], others: dict[int, float], confidence: float) -> Estimate:
    """Return the mean difference over the seeds of both; UNKNOWN where there are none, as of runs not yet trained."""
    return paired(ours, others, confidence) if ours.keys() & others.keys() else UNKNOWN


def seeds_of(frames: Frames) -> int:
    """Count the seeds that were trained of each experiment."""
    return frames["measures.csv"].seed.nunique()


def _effect(
    frames: Frames, params: Params, says: str, name: str, nats: Estimate, measured: str = ON_TEST, why_not: str = ""
) -> Claim:
    """Read a difference of runs of one seed, in nats, that may go either way."""
    trained = name in set(frames["measures.csv"].experiment)
    short = params.claims.too_short(nats.n) if trained else "not trained"
    too_short = ", ".join(filter(None, (short, why_not if trained else "")))
    read, number = effect(nats, "nats", too_short), (nats.value, nats.low, nats.high)
    text = read.text + _diverged(frames, name)
    return Claim(says, measured, *number, "nats", nats.n, "pair", "open", "", read.outcome, text)


def _diverged(frames: Frames, name: str) -> str:
    """State how many runs diverged, or drew one image only, and were taken as they were before; empty where none."""
    lost = by_seed(frames["measures.csv"], name, "diverged")
    n = int(sum(lost.values()))
    return f"; {n} of {count(len(lost), 'run')} diverged or drew one image only, taken at the best before" if n else ""


def steps_seen(saturation: pd.DataFrame) -> int:
    """Count the steps of training that saturation.csv covers, from the first one on, in even distances."""
    steps = sorted(saturation.step.unique())
    return int(steps[-1] + steps[1])


def saturating_loss(frames: Frames, params: Params) -> list[Claim]:
    """Read section 3: log(1 - D(G(z))) saturates early; -log D(G(z)) gives much stronger gradients."""
    frame, claims = frames["saturation.csv"], params.claims
    sure, first = claims.bounds.confident, f"the first {steps_seen(frame)} steps"
    least = over_seeds(frame.groupby("seed").d.min().tolist(), params.confidence)
    always, rejected = _weaker(frame, params), _weaker(frame[frame.d < sure], params)
    ratio, below_1 = "norm of its gradient over the other's, geometric mean", (-math.inf, 1.0)
    weaker = "the saturating loss gives G the weaker gradient"
    where = f"{ratio} where D(G(z)) is below {sure:g}"
    rows = [
        paper("early on D rejects the samples", f"least mean of D(G(z)) in {first}", least, (-math.inf, sure)),
        paper(f"early on {weaker}", f"{ratio} over {first}", always, below_1),
        check(f"where D rejects them, {weaker}", where, rejected, below_1),
    ]
    name = claims.switching  # the saturating loss throughout is one of the switches
    says = f"{params.experiment(name).label}, against the non-saturating one throughout"
    return [*rows, _effect(frames, params, says, name, difference(frames, params, name, claims.code))]


def _weaker(frame: pd.DataFrame, params: Params) -> Estimate:
    """Estimate the saturating loss's gradient over the other's: the geometric mean over steps, then over seeds."""
    logs = np.log(frame.saturating / frame.non_saturating).groupby(frame.seed).mean()
    if logs.empty:
        return UNKNOWN
    return ratio_over_seeds(np.exp(logs).tolist(), params.confidence)


def helvetica(frames: Frames, params: Params) -> list[Claim]:
    """Read section 6: G trained too much without updating D collapses; trained in step it does not."""
    claims = params.claims
    found = over_seeds([*by_seed(frames["measures.csv"], claims.code, "classes_present").values()], params.confidence)
    says, measured = "trained in step with D, G leaves out no digit", "digits with 1% of the samples, by a classifier"
    rows = [
        check(says, measured, found, (claims.bounds.digits, math.inf), "digits", too_short=claims.too_short(found.n))
    ]
    first, *others = claims.steps
    for name, (metric, (less_of, what, unit)) in product(others, VARIETY.items()):
        steps = params.experiment(name).recipe.generator_steps
        if steps > 1:
            says, measured = f"G trained {steps} times for each step of D {less_of}", f"{what}, {PAIRED}"
            less = difference(frames, params, name, first, metric)
            short = claims.too_short(less.n) if less.n else "not trained"
            row = paper(says, measured, less, (-math.inf, 0.0), unit, too_short=short, over="pair")
            rows.append(replace(row, reading=row.reading + _diverged(frames, name)))
    return [*_yardsticks(frames["yardsticks.csv"]), *rows]


def _yardsticks(frame: pd.DataFrame) -> list[Claim]:
    """Read the measures of a collapse made on purpose, against real images."""
    rows, known = [], frame.set_index(["of", "metric"]).value
    for metric, (less_of, what, unit) in VARIETY.items():
        less = float(known["collapse on purpose", metric] - known["validation images", metric])
        says, measured = f"a collapse made on purpose {less_of}", f"{what}, minus that of validation images"
        rows.append(check(says, measured, Estimate(less, less, less, 1), (-math.inf, 0), unit, over="set"))
    return rows


def half(frames: Frames, params: Params) -> list[Claim]:
    """Read section 4: at the end D(x) = 1/2 everywhere, and samples cannot be told from data."""
    claims, confidence, short = params.claims, params.confidence, params.claims.too_short(seeds_of(frames))
    last = last_epochs(frames["curves.csv"].query("experiment == @claims.code"))
    rows = outputs_at_the_end(last, params, short).values()
    real = frames["yardsticks.csv"].set_index(["of", "metric"]).loc[("validation images", "two_sample_accuracy")]
    measured = f"its accuracy on held-out halves, last generator; real validation images: {real.value:.3f}"
    accuracy = over_seeds([*by_seed(frames["measures.csv"], claims.code, "two_sample_accuracy").values()], confidence)
    says = "a fresh classifier tells samples from test images no better than other real images"
    return [*rows, paper(says, measured, accuracy, (-math.inf, real.high), too_short=short)]


def switches(frames: Frames, params: Params) -> list[Claim]:
    """Read what each switch away from the 2014 code gives on MNIST."""
    names, code = params.claims.switches, params.claims.code
    found = {name: difference(frames, params, name, code, among=len(names)) for name in names}
    found |= {name: difference(frames, params, name, code) for name in params.claims.alone}
    return [_effect(frames, params, _against(params, name), name, nats) for name, nats in found.items()]


def _against(params: Params, name: str) -> str:
    """Return what is compared with what; of the initial weights, ours are not the 2014 code's."""
    one = params.experiment(name)
    return f"{one.label}, against {'the 2014 code' if one.initial_weights == 'independent' else 'independent ones'}"


def steps_table(params: Params) -> pd.DataFrame:
    """Return what an epoch is for each k: steps of G, and multiply-adds."""
    rows = []
    for name in params.claims.steps:
        one = params.experiment(name)
        images = params.dataset(one.dataset).split[0]
        minibatches = math.ceil(images / one.recipe.batch_size)
        moves = math.ceil(minibatches / one.recipe.minibatches) * one.recipe.generator_steps
        cost = images * multiply_adds(one.noise_size, one.generator, one.discriminator, one.recipe)
        rows.append({"experiment": name, "label": one.label, "generator_steps": moves, "multiply_adds": cost})
    return pd.DataFrame(rows)


def discriminator_steps(frames: Frames, params: Params) -> list[Claim]:
    """Read section 3 and Algorithm 1: k = 1, the least expensive option, was used."""
    table, rows = steps_table(params).set_index("experiment"), []
    first, *others = params.claims.steps
    among = 3 * len(others)
    for name in others:
        against = f"{table.label[name]} against {table.label[first]}"
        nats = difference(frames, params, name, first, among=among)
        rows.append(_effect(frames, params, f"{against}, as many images", name, nats))
        for axis, what in (("generator_steps", "steps of G"), ("multiply_adds", "multiply-adds")):
            epochs = _epochs_of_equal(table[axis], params, name)
            nats = _at(frames["curves.csv"], params, epochs, among)
            measured = f"validation log-likelihood of epoch {epochs[name]} against epoch {epochs[first]}, {PAIRED}"
            why_not = _not_equal(table[axis], params, epochs, what)
            rows.append(_effect(frames, params, f"{against}, as many {what}", name, nats, measured, why_not))
    return rows


def _epochs_of_equal(per_epoch: pd.Series, params: Params, name: str) -> dict[str, int]:
    """Return the epochs up to which a k and the first have spent the same, as nearly as whole epochs allow."""
    both = (name, params.claims.steps[0])
    spent = min(per_epoch[one] * params.claims.epochs for one in both)
    return {one: max(1, round(spent / per_epoch[one])) for one in both}


def _not_equal(per_epoch: pd.Series, params: Params, epochs: dict[str, int], what: str) -> str:
    """State why these epochs are too short to tell, or too unequal; empty where they are not."""
    spent = [per_epoch[one] * n for one, n in epochs.items()]
    ratio, least = max(spent) / min(spent), params.claims.least_epochs
    if ratio > 1.25:
        return f"in whole epochs one run has {ratio:.1f} times the {what} of the other"
    return "" if min(epochs.values()) >= least else f"{min(epochs.values())} of {least} epochs"


def _at(curves: pd.DataFrame, params: Params, epochs: dict[str, int], among: int) -> Estimate:
    """Estimate the difference of two experiments' validations at an epoch each.

    A run that diverged before has its last one. It is not the best up to then, which would favour runs that are
    measured more often.
    """
    both = []
    for name, last in epochs.items():
        mine = curves[(curves.experiment == name) & (curves.epoch <= last)].sort_values("epoch").groupby("seed")
        both.append(mine.validation_log_likelihood.last().dropna().to_dict())  # that is not missing
    one, other = both
    return _paired(one, other, simultaneous(params.confidence, among))
