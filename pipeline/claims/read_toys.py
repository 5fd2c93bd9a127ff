"""Claims about games whose answers are known: propositions and theorem of section 4, and modes that can be counted."""

import math
from functools import partial

import pandas as pd

from gan.theory.claim import Claim, check, counterexample, identity, paper
from gan.theory.convergence import K
from gan.theory.modes import SETTINGS
from gan.theory.optimum import EQUILIBRIUM
from gan.theory.readings import Estimate, over_seeds, paired, ratio_over_seeds
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames

SHAPES = {1: "one dimension", 2: "two dimensions"}


def optimal_discriminator(frames: Frames, params: Params) -> list[Claim]:
    """Read Proposition 1: trained against a fixed G, D comes to p_data / (p_data + p_g)."""
    frame = frames["optimal.csv"]
    return [claim for dimensions in SHAPES for claim in _optimal(frame[frame.dimensions == dimensions], params)]


def _optimal(frame: pd.DataFrame, params: Params) -> list[Claim]:
    """Read, in so many dimensions, how near D comes, and what steps and capacity do for it."""
    confidence, where = params.confidence, SHAPES[frame.dimensions.iloc[0]]
    units, steps = (sorted(frame[column].unique()) for column in ("units", "steps"))
    by = frame.set_index(["units", "steps", "seed"]).distance.sort_index()
    end = by.loc[units[-1], steps[-1]]
    best = over_seeds(end.tolist(), confidence)
    more_steps = ratio_over_seeds((end / by.loc[units[-1], steps[0]]).tolist(), confidence)
    more_units = ratio_over_seeds((end / by.loc[units[0], steps[-1]]).tolist(), confidence)
    distance = f"mean distance of D from D* in {where}"
    at_best = f"{distance}: {units[-1]} units a layer, {steps[-1]} steps"
    near = _below(params.claims.bounds.near)
    over_steps = f"{distance}: {steps[-1]} steps over {steps[0]}"
    over_units = f"{distance}: {units[-1]} units over {units[0]}"
    return [
        check(f"D meets its optimum, {where}", at_best, best, near),
        check(f"more steps bring D nearer, {where}", over_steps, more_steps, _below(1.0)),
        check(f"more capacity brings D nearer, {where}", over_units, more_units, _below(1.0)),
    ]


def global_optimum(frames: Frames, params: Params) -> list[Claim]:
    """Read Theorem 1: C(G) = -log 4 + 2 JSD, least where p_g = p_data."""
    frame, confidence, bounds = frames["path.csv"], params.confidence, params.claims.bounds
    lacking = (frame.c - frame.reached).groupby(frame.seed).max()
    first = frame[frame.seed == frame.seed.min()].set_index("t")  # C(G) has no chance in it
    wrong = (first.c - (EQUILIBRIUM + 2 * first.jsd)).abs().max()
    above = first.c - EQUILIBRIUM
    nats, exact, of_all = "nats", (-bounds.exact, bounds.exact), f"{len(first)} generators on a line to the data"
    least = _exactly(above[above.index < 1].min() - above.loc[1.0], len(first) - 1)
    before_end = "least C(G) before the end of the line, minus C(G) at the end"
    reached, n = over_seeds(lacking.tolist(), confidence), len(first)
    algebra = partial(identity, unit=nats, over="generator")
    return [
        algebra("C(G) = V(G, D*) is −log 4 + 2 JSD", f"largest difference, {of_all}", _exactly(wrong, n), exact),
        algebra("its minimum is where p_g = p_data", before_end, least, (bounds.exact, math.inf)),
        algebra("and is −log 4", "C(G) + log 4 at the end of the line", _exactly(above.loc[1.0], 1), exact),
        check("a trained D reaches C(G)", f"largest C(G) − V(G, D), {of_all}", reached, _below(bounds.near), nats),
    ]


def _below(bound: float) -> tuple[float, float]:
    """Return the bounds of what cannot be negative."""
    return -math.inf, bound


def _exactly(value: float, n: int) -> Estimate:
    """Return a number without chance in it."""
    return Estimate(float(value), float(value), float(value), n)


def convergence(frames: Frames, params: Params) -> list[Claim]:
    """Read Proposition 2: updates of p_g itself converge; of parameters, that is not promised."""
    bounds = params.claims.bounds
    descent, nets = frames["descent.csv"], frames["nets.csv"].rename(columns={"round": "step"})
    ends = (frame[frame.step == frame.step.max()].c - EQUILIBRIUM for frame in (descent, nets))
    exact, trained = (over_seeds(end.tolist(), params.confidence) for end in ends)
    changes = descent.sort_values(["seed", "step"]).groupby("seed").c.diff().dropna()
    rises = _exactly((changes > 1e-12).sum(), len(changes))
    left = f"C(G) + log 4 after {descent.step.max()} updates on a finite set"
    rounds, nats = f"C(G) + log 4 after {nets.step.max()} rounds, each {K} steps of D and one of G on −log D", "nats"
    turns = [_turns(update, mine, bounds.turns) for update, mine in frames["dirac.csv"].groupby("update", sort=False)]
    leads = "small updates of p_g against the optimal D lead to p_data"
    near = "networks come near it too, in one dimension"
    never = "and C(G) never rises on the way"
    return [
        identity(leads, left, exact, _below(bounds.exact), nats),
        check(never, "updates after which it is greater", rises, _below(0.5), "updates", over="update"),
        check(near, rounds, trained, _below(bounds.near), nats),
        *turns,
    ]


def _turns(update: str, frame: pd.DataFrame, least: float) -> Claim:
    """Read, outside the proposition, that two players of one parameter each do not come nearer to the solution."""
    radius = (frame.theta**2 + frame.psi**2) ** 0.5
    kept = _exactly(radius.iloc[-1] / radius.iloc[0], 1)
    measured = f"distance from it after {frame.step.max()} steps, over that before"
    says = f"two players of one parameter each turn around the solution, {update} steps"
    return counterexample(says, measured, kept, (least, math.inf), over="game")


def mode_coverage(frames: Frames, params: Params) -> list[Claim]:
    """Read the Helvetica scenario off mixtures, whose modes can be counted."""
    frame = frames["modes.csv"]
    end = frame[frame.epoch == frame.epoch.max()].groupby("target", sort=False)
    return [claim for target, mine in end for claim in _coverage(str(target), mine, params)]


def _coverage(target: str, frame: pd.DataFrame, params: Params) -> list[Claim]:
    """Read how many modes a balanced game covers, and whether G's samples come together when it is overtrained."""
    bounds, confidence, all_modes = params.claims.bounds, params.confidence, int(frame.modes.iloc[0])
    balanced, fast = (frame[frame.setting == setting].set_index("seed") for setting in SETTINGS)
    covered, good = (over_seeds(balanced[column].tolist(), confidence) for column in ("covered", "good"))
    closer = paired(fast.close.to_dict(), balanced.close.to_dict(), confidence)
    found, most, some = f"modes covered of {all_modes}", bounds.found * all_modes, (bounds.resolved, math.inf)
    too_much = f"on the {target}, ten steps of G for each of D send more values of z to one place"
    close = "share of pairs of samples within 3 sd of each other, difference of games of one seed"
    return [
        check(f"trained in step with D, G covers the {target}", found, covered, (most, math.inf), "modes"),
        check("and its samples lie on the modes", "share within 3 sd of a mode", good, some),
        paper(too_much, close, closer, (0, math.inf), over="pair"),
    ]
