"""Claims of section 6 on toys: G draws sharp distributions, and needs no Markov chain to draw them."""

import math

import pandas as pd

from gan.theory.circle import DATA, KERNELS, G
from gan.theory.claim import Claim, check, identity, paper
from gan.theory.readings import over_seeds, ratio_over_seeds
from pipeline.claims.files import GIBBS
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames


def sharpness(frames: Frames, params: Params) -> list[Claim]:
    """Read how near to a circle G's samples lie, against those of a kernel model of the same score."""
    frame, confidence = frames["circle.csv"], params.confidence
    spread, scores = frame.pivot(index="seed", columns="model", values="radial_sd"), frame.groupby("model").score.mean()
    closer = ratio_over_seeds((spread[G] / spread[KERNELS]).tolist(), confidence)
    near = over_seeds(spread[G].tolist(), confidence)
    unit, distance = "radii", "root mean square distance from the circle"
    measured = (
        f"{distance} over that of kernels around training points which score the same, geometric mean; scores on "
        f"average {scores[G]:.2f} nats, of fresh points of the circle {scores[DATA]:.2f}"
    )
    sharper = "G draws a circle more sharply than a kernel model of the same score"
    on_it = "and its samples lie on the circle"
    return [
        paper(sharper, measured, closer, (-math.inf, 1.0), over="pair"),
        check(on_it, f"{distance}; of the data 0", near, (-math.inf, params.claims.bounds.near), unit),
    ]


def independence(frames: Frames, params: Params) -> list[Claim]:
    """Read that consecutive samples of G are uncorrelated, those of a chain are not, and blur helps the chain."""
    frame, machines, bound = frames["chains.csv"], frames["machines.csv"], params.claims.bounds.near
    consecutive = frame[frame.lag == frame.lag.min()]
    of_g = consecutive[consecutive.sampler == G]
    chains = consecutive[consecutive.sampler == GIBBS].pivot(index="seed", columns="blur", values="correlation")
    sharp, blurred = chains.columns.min(), chains.columns.max()
    correlation, exact = "correlation of consecutive samples", machines.groupby("blur").exact.mean()
    null = f"{of_g.n.iloc[0]:,} of each seed; of independent ones 0, with an sd of {of_g.null_sd.mean():.3f}"
    every = ", ".join(f"{chains[blur].mean():.2f} at {blur:g}" for blur in sorted(chains, reverse=True))
    switches = machines.groupby("blur").switches.mean()
    machine = f"{correlation} of a Boltzmann machine of two patterns"
    measured = f"{machine}, each bit flipped with probability {sharp:g}; exactly, for an endless chain: "
    flips = f"{correlation}, {sharp:g} minus {blurred:g} of the bits flipped ({every}); the chains of {sharp:g} "
    flips += (
        f"change their pattern {switches[sharp]:.3g} times on average, those of {blurred:g} {switches[blurred]:.3g}"
    )
    ours, theirs, more = (
        over_seeds(values.tolist(), params.confidence)
        for values in (of_g.correlation, chains[sharp], chains[sharp] - chains[blurred])
    )
    return [
        identity("consecutive samples of G are uncorrelated", f"{correlation}, {null}", ours, (-bound, bound)),
        check("those of a Gibbs chain are not", f"{measured}{exact[sharp]:.2f}", theirs, (bound, math.inf)),
        check("a Gibbs chain mixes more slowly between sharper modes", flips, more, (0.0, math.inf)),
    ]


def chain_correlations(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean correlation over seeds by lag, a column per sampler and blur; G's blur is missing."""
    named = frame.assign(name=frame.sampler.where(frame.blur.isna(), frame.blur.map("{:g}".format)))
    return named.pivot_table(index="lag", columns="name", values="correlation")
