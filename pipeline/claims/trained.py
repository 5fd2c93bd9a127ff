"""Claims about trained networks: what differs between runs of the same seeds."""

import math

import numpy as np
import pandas as pd

from gan.cost import multiply_adds
from gan.readings import Estimate, effect, over_seeds, paired, ratio_over_seeds
from pipeline.claims.claim import Claim, Frames, row, within
from pipeline.params import Params
from pipeline.summary import count

HALF = (0.45, 0.55)  # counts as one half
NATS = "test_log_likelihood"
PAIRED = "difference of runs with one seed"
ON_TEST, ON_VALIDATION = (f"{name} log-likelihood, {PAIRED}" for name in ("test", "validation"))


def by_seed(measures: pd.DataFrame, experiment: str, metric: str) -> dict[int, float]:
    """A measure of each seed's generator."""
    rows = measures[(measures.experiment == experiment) & (measures.metric == metric)]
    return dict(zip(rows.seed.astype(int), rows.value, strict=True))


def difference(frames: Frames, params: Params, one: str, other: str, metric: str = NATS) -> Estimate:
    """What one experiment's generators measure more than another's, seed by seed."""
    measures, confidence = frames["measures.csv"], params.values["statistics"]["confidence"]
    return paired(by_seed(measures, one, metric), by_seed(measures, other, metric), confidence)


def _too_short(frames: Frames, params: Params) -> str:
    """Why what these runs gave is not read; empty where it is."""
    return params.claims.too_short(frames["measures.csv"].seed.nunique())


def _effect(
    frames: Frames, params: Params, says: str, name: str, nats: Estimate, measured: str = ON_TEST, why_not: str = ""
) -> Claim:
    """A difference in nats, and how many of the runs diverged and were scored as they were before."""
    read = effect(nats, "nats", _too_short(frames, params) or why_not)
    lost = by_seed(frames["measures.csv"], name, "diverged")
    n = int(sum(lost.values()))
    told = f"{read}; {n} of {count(len(lost), 'run')} diverged, scored at the best epoch before" if n else read
    return row(says, measured, nats, told, "nats")


def saturating_loss(frames: Frames, params: Params) -> list[Claim]:
    """Section 3: log(1 - D(G(z))) saturates early; -log D(G(z)) gives much stronger gradients."""
    looks, claims = frames["saturation.csv"], params.claims
    logs = np.log(looks.saturating / looks.non_saturating).groupby(looks.seed).mean()
    ratio = ratio_over_seeds(np.exp(logs).tolist(), params.values["statistics"]["confidence"])
    measured = (
        f"norm of its gradient over that of the other, geometric mean over the first {looks.step.max() + 1} steps"
    )
    rows = [within("the saturating loss gives G the weaker gradient", measured, ratio, (-math.inf, 1))]
    for name in (claims.saturating, claims.switching):
        says = f"{params.experiment(name).label}, against the non-saturating one throughout"
        rows.append(_effect(frames, params, says, name, difference(frames, params, name, claims.code)))
    return rows


def helvetica(frames: Frames, params: Params) -> list[Claim]:
    """Sections 3 and 6: G trained too much without updating D collapses; trained in step it does not."""
    claims, short = params.claims, _too_short(frames, params)
    present = by_seed(frames["measures.csv"], claims.code, "classes_present")
    found = over_seeds(list(present.values()), params.values["statistics"]["confidence"])
    says, measured = "trained in step with D, G leaves out no digit", "digits with 1% of the samples, by a classifier"
    rows = [within(says, measured, found, (9.5, math.inf), "digits", short)]
    first, *others = claims.steps
    for name in others:
        steps = params.experiment(name).recipe.generator_steps
        for metric, less_of, what, unit in (
            ("class_entropy", "shows digits less evenly", "entropy of the digits among samples", "nats"),
            ("distinct_neighbours", "has fewer neighbours", "share of distinct images nearest to 1,000 samples", ""),
        ):
            if steps > 1:
                says = f"G trained {steps} times for each step of D {less_of}"
                less = difference(frames, params, name, first, metric)
                rows.append(within(says, f"{what}, {PAIRED}", less, (-math.inf, 0), unit, short))
    return rows


def half(frames: Frames, params: Params) -> list[Claim]:
    """Section 4: at the end D(x) = 1/2 everywhere, and nobody can tell samples from data."""
    claims = params.claims
    curves = frames["curves.csv"].query("experiment == @claims.code")
    last = curves[curves.epoch == curves.groupby("seed").epoch.transform("max")]
    told_apart = by_seed(frames["measures.csv"], claims.code, "two_sample_accuracy")
    numbers = {
        "D(x) is 1/2 at the end": ("mean of D over training images in the last epoch", last["D(x)"].tolist()),
        "D(G(z)) is 1/2 at the end": ("mean of D over samples in the last epoch", last["D(G(z))"].tolist()),
        "a fresh classifier cannot tell samples from test images": (
            "its accuracy on held-out halves of both",
            list(told_apart.values()),
        ),
    }
    confidence, short = params.values["statistics"]["confidence"], _too_short(frames, params)
    return [
        within(says, measured, over_seeds(values, confidence), HALF, too_short=short)
        for says, (measured, values) in numbers.items()
    ]


def switches(frames: Frames, params: Params) -> list[Claim]:
    """What each difference between the text and the 2014 code gives on MNIST."""
    claims = params.claims
    return [
        _effect(
            frames,
            params,
            f"{params.experiment(name).label} in place of the 2014 code's",
            name,
            difference(frames, params, name, claims.code),
        )
        for name in claims.switches
    ]


def steps_table(params: Params) -> pd.DataFrame:
    """What an epoch is for each k: steps of G, and multiply-adds."""
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
    """Section 3 and Algorithm 1: k = 1, the least expensive option, was used."""
    table, rows = steps_table(params).set_index("experiment"), []
    first, *others = params.claims.steps
    for name in others:
        against = f"{table.label[name]} against {table.label[first]}"
        nats = difference(frames, params, name, first)
        rows.append(_effect(frames, params, f"{against}, as many images", name, nats))
        for axis, what in (("generator_steps", "as many steps of G"), ("multiply_adds", "as many multiply-adds")):
            nats, far = _at_equal(frames["curves.csv"], params, name, table[axis])
            rows.append(_effect(frames, params, f"{against}, {what}", name, nats, ON_VALIDATION, far))
    return rows


def _at_equal(curves: pd.DataFrame, params: Params, name: str, per_epoch: pd.Series) -> tuple[Estimate, str]:
    """The difference to k = 1 at the last epochs where both have spent the same; why it cannot be read, if so."""
    first = params.claims.steps[0]
    spent = min(per_epoch[one] * params.claims.epochs for one in (first, name))
    epochs = {one: max(1, round(spent / per_epoch[one])) for one in (first, name)}
    ratio = epochs[name] * per_epoch[name] / (epochs[first] * per_epoch[first])
    values = {
        one: dict(zip(rows.seed.astype(int), rows.validation_log_likelihood, strict=True))
        for one, epoch in epochs.items()
        for rows in [curves[(curves.experiment == one) & (curves.epoch == epoch)]]
    }
    if not values[name].keys() & values[first].keys():
        return Estimate(math.nan, math.nan, math.nan, 0), "no seed came so far"
    found = paired(values[name], values[first], params.values["statistics"]["confidence"])
    return found, "" if 0.8 < ratio < 1.25 else f"the nearest epochs differ by a factor of {max(ratio, 1 / ratio):.1f}"
