"""Claims about games whose answers are known: propositions and theorem of section 4, and the ring of Gaussians."""

import math
from collections.abc import Sequence

import pandas as pd

from gan.optimum import EQUILIBRIUM
from gan.readings import Estimate, over_seeds, paired, ratio_over_seeds, reading
from pipeline.claims.claim import Claim, Frames, row
from pipeline.params import Params

NEAR = 0.05  # of an output of D, or nats of C(G), counts as reached
EXACT = 1e-3  # nats, where no network is trained
SHAPES = {1: "one dimension", 2: "two dimensions"}


def optimal_discriminator(frames: Frames, params: Params) -> list[Claim]:
    """Proposition 1: trained against a fixed G, D comes to p_data / (p_data + p_g)."""
    frame, confidence = frames["optimal.csv"], params.values["statistics"]["confidence"]
    most_units, most_steps = frame.units.max(), frame.steps.max()
    rows = []
    for dimensions, where in SHAPES.items():
        mine = frame[frame.dimensions == dimensions]
        end = mine[mine.steps == most_steps].pivot(index="seed", columns="units", values="distance")
        start = mine[(mine.units == most_units) & (mine.steps == mine.steps.min())].set_index("seed").distance
        best = over_seeds(end[most_units].tolist(), confidence)
        more_steps = ratio_over_seeds((end[most_units] / start).tolist(), confidence)
        more_units = ratio_over_seeds((end[most_units] / end[frame.units.min()]).tolist(), confidence)
        distance = f"mean distance of D from D* in {where}"
        rows += [
            row(
                "optimal-discriminator",
                f"D meets its optimum, {where}",
                f"{distance}: {most_units} units a layer, {most_steps} steps",
                best,
                "",
                reading(best, -NEAR, NEAR, ""),
            ),
            row(
                "optimal-discriminator",
                f"more steps bring D nearer, {where}",
                f"{distance}: after {most_steps} steps over {mine.steps.min()}",
                more_steps,
                "",
                reading(more_steps, -math.inf, 1, ""),
            ),
            row(
                "optimal-discriminator",
                f"more capacity brings D nearer, {where}",
                f"{distance}: {most_units} units over {frame.units.min()}",
                more_units,
                "",
                reading(more_units, -math.inf, 1, ""),
            ),
        ]
    return rows


def global_optimum(frames: Frames, params: Params) -> list[Claim]:
    """Theorem 1: C(G) = -log 4 + 2 JSD, least where p_g = p_data."""
    frame, confidence = frames["path.csv"], params.values["statistics"]["confidence"]
    lacking = frame.assign(lacking=frame.c - frame.reached).groupby("seed").lacking
    gap, excess = (over_seeds(values.tolist(), confidence) for values in (lacking.max(), -lacking.min()))
    places = frame.groupby("t").c.first()
    rise = _exactly(places[places.index < 1].min() - EQUILIBRIUM, len(places) - 1)
    end = _exactly(places.loc[1.0] - EQUILIBRIUM, 1)
    path = f"{len(places)} generators on a line to the data"
    return [
        row(
            "global-optimum",
            "a trained D reaches C(G) = −log 4 + 2 JSD",
            f"largest C(G) − V(G, D), {path}",
            gap,
            "nats",
            reading(gap, -NEAR, NEAR, "nats"),
        ),
        row(
            "global-optimum",
            "no D exceeds C(G)",
            f"largest V(G, D) − C(G), {path}",
            excess,
            "nats",
            reading(excess, -math.inf, EXACT, "nats"),
        ),
        row(
            "global-optimum",
            "C(G) is −log 4 where p_g = p_data",
            "C(G) + log 4 at the end of the line",
            end,
            "nats",
            reading(end, -EXACT, EXACT, "nats"),
            "generator",
        ),
        row(
            "global-optimum",
            "and greater elsewhere",
            "least C(G) + log 4 before the end",
            rise,
            "nats",
            reading(rise, EXACT, math.inf, "nats"),
            "generator",
        ),
    ]


def _exactly(value: float, n: int) -> Estimate:
    """A number without chance in it."""
    return Estimate(float(value), float(value), float(value), n)


def convergence(frames: Frames, params: Params) -> list[Claim]:
    """Proposition 2: updates of p_g itself converge; of parameters, nobody promises that."""
    confidence = params.values["statistics"]["confidence"]
    descent, nets = frames["descent.csv"], frames["nets.csv"].rename(columns={"round": "step"})
    ends = [over_seeds((_last(frame).c - EQUILIBRIUM).tolist(), confidence) for frame in (descent, nets)]
    steps = descent.sort_values(["seed", "step"]).groupby("seed").c.diff().dropna()
    rises = _exactly(float((steps > 1e-12).sum()), len(steps))
    rows = [
        row(
            "convergence",
            "small updates of p_g against the optimal D lead to p_data",
            f"C(G) + log 4 after {descent.step.max()} updates on a finite set",
            ends[0],
            "nats",
            reading(ends[0], -EXACT, EXACT, "nats"),
        ),
        row(
            "convergence",
            "and C(G) never rises on the way",
            "updates after which it is greater",
            rises,
            "updates",
            reading(rises, -math.inf, 0, "updates"),
            "update",
        ),
        row(
            "convergence",
            "networks come near it too, in one dimension",
            f"C(G) + log 4 after {nets.step.max()} rounds of Algorithm 1",
            ends[1],
            "nats",
            reading(ends[1], -NEAR, NEAR, "nats"),
        ),
    ]
    for update, mine in frames["dirac.csv"].groupby("update", sort=False):
        radius = (mine.theta**2 + mine.psi**2) ** 0.5
        grown = _exactly(radius.iloc[-1] / radius.iloc[0], int(mine.step.max()))
        rows.append(
            row(
                "convergence",
                f"so do two players of one parameter each, {update} steps",
                f"distance from the solution after {mine.step.max()} steps, over that before",
                grown,
                "",
                reading(grown, -math.inf, 0.5, ""),
                "step",
            )
        )
    return rows


def _last(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.step == frame.step.max()]


def ring(frames: Frames, params: Params) -> list[Claim]:
    """The Helvetica scenario where modes can be counted."""
    frame, confidence = frames["modes.csv"], params.values["statistics"]["confidence"]
    end = frame[frame.epoch == frame.epoch.max()]
    rows = []
    for target, mine in end.groupby("target", sort=False):
        balanced, fast = (dict(zip(one.seed, one.covered, strict=True)) for one in _settings(mine))
        modes = int(mine.modes.iloc[0])
        kept, lost = over_seeds(list(balanced.values()), confidence), paired(fast, balanced, confidence)
        rows += [
            row(
                "helvetica",
                f"trained in step with D, G finds the modes of the {target}",
                f"modes covered of {modes}",
                kept,
                "modes",
                reading(kept, 0.9 * modes, math.inf, "modes"),
            ),
            row(
                "helvetica",
                f"ten steps of G for each of D lose modes of the {target}",
                "modes covered, difference of games with one seed",
                lost,
                "modes",
                reading(lost, -math.inf, 0, "modes"),
            ),
        ]
    return rows


def _settings(frame: pd.DataFrame) -> Sequence[pd.DataFrame]:
    """The games in step, then those where G is too fast."""
    return [frame[frame.setting == name] for name in frame.setting.unique()]
