"""Claims about the runs of Table 1 and its estimate: nothing is memorised, and high dimensions defeat the estimate."""

import math
from dataclasses import replace

import pandas as pd
from scipy.special import ndtri

from gan.evidence.memorisation import difference_of_copies
from gan.theory.claim import Claim, check, paper
from gan.theory.readings import Estimate, over_seeds, ratio_over_seeds
from pipeline.claims.files import COPIES, SEEN, UNSEEN, G
from pipeline.config.params import Params
from pipeline.reporting.cells import count
from pipeline.reporting.evidence import growth_trend
from pipeline.reporting.gather import Frames

UNIT = "pixel units"


def memorised(frames: Frames, params: Params) -> list[Claim]:
    """Read Figure 2's last column: samples are no copies of training images."""
    frame, claims = frames["memorised.csv"], params.claims
    ours, epochs = frame[frame.of == G], int(frame.epochs.max())
    one = ours.iloc[0]
    share = claims.bounds.copied
    bounds = (-math.inf, difference_of_copies(share, ours.held_out.mean(), one.n_images, one.n_training))
    short = claims.too_short(len(ours), epochs)
    number, over = _difference(ours, params.confidence)
    measured = (
        f"mean distance to the nearest of {one.n_images:,} held-out images, {ours.held_out.mean():.3f}, minus that to "
        f"the nearest of as many training images, {ours.training.mean():.3f}; {ours.nearer.mean():.1%} are nearer to a "
        f"training image; {count(len(ours), 'generator')} of {epochs:,} epochs, {one.n_samples:,} samples each; "
        f"at the bound {share:.0%} would be exact copies"
    )
    says = "G's samples are no copies of training images"
    row = paper(says, measured, number, bounds, UNIT, too_short=short, over=over)
    if row.outcome != "too short":
        row = replace(row, reading=f"{row.reading}; {nearer(number, ours.held_out.mean())}")
    return [row, *_yardsticks(frame, params, bounds)]


def nearer(number: Estimate, held_out: float) -> str:
    """State which side samples are nearer to, and by what share of the distance, off the interval."""
    if number.low > 0:
        return f"nearer to training images, by {number.value / held_out:.1%} of the distance"
    if number.high < 0:
        return f"nearer to held-out images, by {-number.value / held_out:.1%} of the distance"
    return "no difference shown between training and held-out images"


def _difference(frame: pd.DataFrame, confidence: float) -> tuple[Estimate, str]:
    """Estimate the difference of distances, and say over what: seeds, or the samples of the only one."""
    if len(frame) > 1:
        return over_seeds(frame.difference.tolist(), confidence), "seed"
    one = frame.iloc[0]
    around = float(ndtri((1 + confidence) / 2)) * one.standard_error
    return Estimate(one.difference, one.difference - around, one.difference + around, int(one.n_samples)), "sample"


def _yardsticks(frame: pd.DataFrame, params: Params, bounds: tuple[float, float]) -> list[Claim]:
    """Read the same difference of real images, which are no copies, and of copies made on purpose."""
    measured, (_, limit) = "the same difference, of {} in place of samples", bounds
    rows = []
    for of, says, what in (
        (SEEN, "training images, each left out, are no copies of the others", "training images"),
        (UNSEEN, "nor are held-out images, each left out", "held-out images"),
        (COPIES, "copies made on purpose are noticed", "training images with noise"),
    ):
        number, over = _difference(frame[frame.of == of], params.confidence)
        within = (limit, math.inf) if of == COPIES else bounds
        row = check(says, measured.format(what), number, within, UNIT, over=over)
        beside = "" if of == COPIES else f"; {nearer(number, frame[frame.of == of].held_out.mean())}"
        rows.append(replace(row, reading=row.reading + beside))
    return rows


def estimate(frames: Frames, params: Params) -> list[Claim]:
    """Read section 5: the estimate "has somewhat high variance and does not perform well in high dimensional
    spaces"."""
    oracle, growth = frames["oracle.csv"], frames["growth.csv"]
    lead = (params.experiment(params.claims.main).margin_nats or math.nan) / 2
    few, many = oracle.d.min(), oracle.d.max()
    gaps = oracle[oracle.n == oracle.n.max()].assign(gap=oracle.truth - oracle.estimate)
    at_many, at_few = (gaps[gaps.d == d].gap.abs().groupby(gaps.seed) for d in (many, few))
    least, most = (over_seeds(each.tolist(), params.confidence) for each in (at_many.min(), at_few.max()))
    spread = gaps.groupby(["d", "family"]).gap.std().unstack("d")
    times = ratio_over_seeds((spread[many] / spread[few]).tolist(), params.confidence).value
    wider = Estimate(times, times, times, len(spread))
    decade = growth_trend(growth[growth.experiment == params.claims.main]).nats_per_decade
    grown = Estimate(decade, decade, decade, 1)
    error, nats = "true mean log-density minus estimate from perfect samples", "nats"
    ten = f"slope over {growth.n_samples.min():,} to {growth.n_samples.max():,} samples of a generator of scale "
    ten += f"{growth.scale.iloc[0]}, fine grid, per factor of ten"
    wrong = f"in {many} dimensions the estimate is wrong by more than {lead:g} nats"
    right = f"in {few} dimensions it is right"
    varies = f"its error varies more, in nats, from draw to draw in {many} dimensions than in {few}"
    moves = f"ten times the samples of one generator move its score by more than {lead:g} nats"
    shown = ", ".join(f"{name}: {sds[many]:.2g} over {sds[few]:.2g} nats" for name, sds in spread.iterrows())
    sds = f"sd of that error over draws, ratio, geometric mean over kinds of known densities ({shown})"
    near = (-math.inf, params.claims.bounds.near)
    return [
        paper(wrong, f"{error}, least of the known densities", least, (lead, math.inf), nats, over="draw"),
        check(right, f"{error}, greatest of the known densities", most, near, nats, over="draw"),
        check(varies, sds, wider, (1.0, math.inf), over="kind"),
        check(moves, ten, grown, (lead, math.inf), nats, over="generator"),
    ]
