"""Claims about games whose answers are known: propositions and theorem of section 4, and modes that can be counted."""

import math

import pandas as pd

from gan.modes import RECIPES
from gan.optimum import EQUILIBRIUM
from gan.readings import Estimate, over_seeds, paired, ratio_over_seeds
from pipeline.claims.claim import Claim, Frames, within
from pipeline.params import Params

IN_STEP = next(iter(RECIPES))
SHAPES = {1: "one dimension", 2: "two dimensions"}
BELOW_1 = (-math.inf, 1.0)


def optimal_discriminator(frames: Frames, params: Params) -> list[Claim]:
    """Proposition 1: trained against a fixed G, D comes to p_data / (p_data + p_g)."""
    frame = frames["optimal.csv"]
    return [claim for dimensions in SHAPES for claim in _optimal(frame[frame.dimensions == dimensions], params)]


def _optimal(frame: pd.DataFrame, params: Params) -> list[Claim]:
    """In so many dimensions: how near D comes, and what steps and capacity do for it."""
    confidence, where = params.confidence, SHAPES[frame.dimensions.iloc[0]]
    units, steps = (sorted(frame[column].unique()) for column in ("units", "steps"))
    by = frame.set_index(["units", "steps", "seed"]).distance.sort_index()
    end = by.loc[units[-1], steps[-1]]
    best = over_seeds(end.tolist(), confidence)
    more_steps = ratio_over_seeds((end / by.loc[units[-1], steps[0]]).tolist(), confidence)
    more_units = ratio_over_seeds((end / by.loc[units[0], steps[-1]]).tolist(), confidence)
    distance = f"mean distance of D from D* in {where}"
    at_best = f"{distance}: {units[-1]} units a layer, {steps[-1]} steps"
    return [
        within(f"D meets its optimum, {where}", at_best, best, _at_0(params.claims.bounds.near), kind="paper"),
        within(
            f"more steps bring D nearer, {where}",
            f"{distance}: {steps[-1]} steps over {steps[0]}",
            more_steps,
            BELOW_1,
            kind="check",
        ),
        within(
            f"more capacity brings D nearer, {where}",
            f"{distance}: {units[-1]} units over {units[0]}",
            more_units,
            BELOW_1,
            kind="check",
        ),
    ]


def global_optimum(frames: Frames, params: Params) -> list[Claim]:
    """Theorem 1: C(G) = -log 4 + 2 JSD, least where p_g = p_data."""
    frame, confidence, bounds = frames["path.csv"], params.confidence, params.claims.bounds
    lacking = (frame.c - frame.reached).groupby(frame.seed).max()
    first = frame[frame.seed == frame.seed.min()].set_index("t")  # C(G) has no chance in it
    wrong = (first.c - (EQUILIBRIUM + 2 * first.jsd)).abs().max()
    above = first.c - EQUILIBRIUM
    path, nats = f"{len(first)} generators on a line to the data", "nats"
    return [
        within(
            "C(G) = V(G, D*) is −log 4 + 2 JSD",
            f"largest difference, {path}",
            _exactly(wrong, len(first)),
            _at_0(bounds.exact),
            nats,
            kind="identity",
            over="generator",
        ),
        within(
            "its minimum is where p_g = p_data",
            "least C(G) before the end of the line, minus C(G) at the end",
            _exactly(above[above.index < 1].min() - above.loc[1.0], len(first) - 1),
            (bounds.exact, math.inf),
            nats,
            kind="identity",
            over="generator",
        ),
        within(
            "and is −log 4",
            "C(G) + log 4 at the end of the line",
            _exactly(above.loc[1.0], 1),
            _at_0(bounds.exact),
            nats,
            kind="identity",
            over="generator",
        ),
        within(
            "a trained D reaches C(G)",
            f"largest C(G) − V(G, D), {path}",
            over_seeds(lacking.tolist(), confidence),
            _at_0(bounds.near),
            nats,
            kind="check",
        ),
    ]


def _at_0(within_: float) -> tuple[float, float]:
    return -within_, within_


def _exactly(value: float, n: int) -> Estimate:
    """A number without chance in it."""
    return Estimate(float(value), float(value), float(value), n)


def convergence(frames: Frames, params: Params) -> list[Claim]:
    """Proposition 2: updates of p_g itself converge; of parameters, nobody promises that."""
    confidence, bounds = params.confidence, params.claims.bounds
    descent, nets = frames["descent.csv"], frames["nets.csv"].rename(columns={"round": "step"})
    exact, trained = (over_seeds(_ends(frame).tolist(), confidence) for frame in (descent, nets))
    changes = descent.sort_values(["seed", "step"]).groupby("seed").c.diff().dropna()
    rises = _exactly((changes > 1e-12).sum(), len(changes))
    left = f"C(G) + log 4 after {descent.step.max()} updates on a finite set"
    rounds = f"C(G) + log 4 after {nets.step.max()} rounds of Algorithm 1"
    return [
        within(
            "small updates of p_g against the optimal D lead to p_data",
            left,
            exact,
            _at_0(bounds.exact),
            "nats",
            kind="paper",
        ),
        within(
            "and C(G) never rises on the way",
            "updates after which it is greater",
            rises,
            (-math.inf, 0.5),
            "updates",
            over="update",
            kind="check",
        ),
        within(
            "networks come near it too, in one dimension", rounds, trained, _at_0(bounds.near), "nats", kind="check"
        ),
        *(_turns(update, mine, bounds.turns) for update, mine in frames["dirac.csv"].groupby("update", sort=False)),
    ]


def _ends(frame: pd.DataFrame) -> pd.Series:
    """C(G) + log 4 at the end."""
    return frame[frame.step == frame.step.max()].c - EQUILIBRIUM


def _turns(update: str, frame: pd.DataFrame, least: float) -> Claim:
    """Outside the proposition: two players of one parameter each do not come nearer to the solution."""
    radius = (frame.theta**2 + frame.psi**2) ** 0.5
    return within(
        f"two players of one parameter each turn around the solution, {update} steps",
        f"distance from it after {frame.step.max()} steps, over that before",
        _exactly(radius.iloc[-1] / radius.iloc[0], 1),
        (least, math.inf),
        over="game",
        kind="counterexample",
    )


def modes(frames: Frames, params: Params) -> list[Claim]:
    """The Helvetica scenario where modes can be counted."""
    frame = frames["modes.csv"]
    end = frame[frame.epoch == frame.epoch.max()]
    return [claim for target, mine in end.groupby("target", sort=False) for claim in _modes(str(target), mine, params)]


def _modes(target: str, frame: pd.DataFrame, params: Params) -> list[Claim]:
    confidence, all_modes = params.confidence, int(frame.modes.iloc[0])
    of = {str(setting): mine.set_index("seed") for setting, mine in frame.groupby("setting")}
    balanced, fast = (of[setting].covered.to_dict() for setting in RECIPES)
    kept, lost = over_seeds(list(balanced.values()), confidence), paired(fast, balanced, confidence)
    found, bounds = f"modes covered of {all_modes}", (params.claims.bounds.found * all_modes, math.inf)
    fewer = "modes covered, difference of games of one seed"
    on_modes = over_seeds(of[IN_STEP].good.tolist(), confidence)
    return [
        within(
            f"trained in step with D, G covers the modes of the {target}", found, kept, bounds, "modes", kind="check"
        ),
        within(
            "and its samples lie on them",
            "share within 3 sd of a mode",
            on_modes,
            (params.claims.bounds.resolved, math.inf),
            kind="check",
        ),
        within(
            f"ten steps of G for each of D lose modes of the {target}",
            fewer,
            lost,
            (-math.inf, 0),
            "modes",
            kind="paper",
            over="pair",
        ),
    ]
