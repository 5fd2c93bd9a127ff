"""The claims in the paper's order: functions that judge them from the frames, and figures with their captions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pandas as pd
from matplotlib.figure import Figure

from gan.theory.claim import Claim
from pipeline.claims import (
    plots_advantages,
    plots_evidence,
    plots_toys,
    plots_trained,
    read_advantages,
    read_evidence,
    read_toys,
    read_trained,
)
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames


@dataclass(frozen=True)
class Picture:
    """A figure of the claims: function that plots it, caption and alternative text."""

    plot: Callable[[Frames, Params], Figure]
    caption: str
    alt: str


@dataclass(frozen=True)
class Section:
    """A claim of the paper, its place in the paper, the function that returns its rows of claims.csv, names of its
    figures."""

    title: str
    source: str
    read: Callable[[Frames, Params], list[Claim]]
    pictures: tuple[str, ...]


SECTIONS = {
    "optimal-discriminator": Section(
        "The optimal discriminator", "section 4.1, Proposition 1", read_toys.optimal_discriminator, ("optimal",)
    ),
    "global-optimum": Section("The global optimum", "section 4.1, Theorem 1", read_toys.global_optimum, ("path",)),
    "convergence": Section("Convergence", "section 4.2, Proposition 2", read_toys.convergence, ("convergence",)),
    "saturating-loss": Section("The saturating loss", "section 3", read_trained.saturating_loss, ("saturation",)),
    "k": Section(
        "k, the discriminator's steps", "section 3, Algorithm 1", read_trained.discriminator_steps, ("steps",)
    ),
    "helvetica": Section(
        "The Helvetica scenario",
        "section 6",
        lambda frames, params: read_toys.mode_coverage(frames, params) + read_trained.helvetica(frames, params),
        ("modes", "variety"),
    ),
    "half": Section("D goes to 1/2", "section 4.1, Theorem 1", read_trained.half, ("half",)),
    "text-against-code": Section(
        "Text against code", "Algorithm 1 and goodfeli/adversarial", read_trained.switches, ("effects",)
    ),
    "memorised": Section("Nothing is memorised", "Figure 2, last column", read_evidence.memorised, ("memorised",)),
    "estimate": Section("The estimate in high dimensions", "section 5", read_evidence.estimate, ()),
    "sharp": Section("Sharp distributions", "section 6", read_advantages.sharpness, ("circle",)),
    "uncorrelated": Section(
        "Samples without a Markov chain", "Figure 2 and section 6", read_advantages.independence, ("chains",)
    ),
}
PLOTS = {  # by file name, without ending; the rules know them from files.FIGURES
    "optimal": Picture(
        plots_toys.plot_optimal,
        "D is trained on new points of two known densities; its distance from p_data / (p_data + p_g) is an integral "
        "over a grid.",
        "Distance of D from its optimum against its steps, for three capacities, in one and two dimensions",
    ),
    "path": Picture(
        plots_toys.plot_path,
        "Line: C(G) by integration, for generators on a straight line to the data. Dots: the value that a D trained "
        "against each reaches.",
        "C(G) along a path of generators, falling to minus log 4, with the values that a trained D reaches",
    ),
    "convergence": Picture(
        plots_toys.plot_convergence,
        "Left: the proposition's own setting, in which p_g itself is updated against the exact D*. Middle: two "
        "players of one parameter each. Right: networks in one dimension, as in Figure 1.",
        "C(G) falling to minus log 4, spirals of two parameters around the solution, and C(G) of trained networks",
    ),
    "saturation": Picture(
        plots_trained.plot_saturation,
        "Both gradients are computed at the same parameters, samples and masks, while the 2014 code's game is played.",
        "The two losses of G against D(G(z)), and norms of their gradients in the first steps of training",
    ),
    "steps": Picture(
        plots_trained.plot_steps,
        "Alternating steps with fresh noise; k = 1/5 is one step of D for five of G. Multiply-adds are counted.",
        "Validation log-likelihood against steps of G and against multiply-adds, a line for each k",
    ),
    "modes": Picture(
        plots_toys.plot_modes,
        "Two-dimensional games whose modes can be counted, balanced and with G ten times as fast as D. A mode is "
        "covered if a tenth of its equal share lies within 3 sd of it; evenly spread samples cover all, and "
        "varied samples beside the data cover none, so the share of close pairs is shown too.",
        "Modes covered, share of good samples and of close pairs over training; samples of a ring and a grid",
    ),
    "variety": Picture(
        plots_trained.plot_variety,
        "Mean shares of the digits that a classifier finds among the samples, their entropy, distinct nearest training "
        "images, and distance of two samples; beside real images and a deliberate collapse.",
        "Shares of digits and three measures of variety, for each experiment and two reference sets",
    ),
    "half": Picture(
        plots_trained.plot_half,
        "Left: D during training. Right: a new classifier, trained on half of the samples and of the test images and "
        "applied to the other halves.",
        "D's outputs against epochs, and the accuracy of a two-sample classifier for each experiment",
    ),
    "effects": Picture(
        plots_trained.plot_effects,
        "Each row changes one switch of the 2014 code; `all of Algorithm 1` changes all that the algorithm states. "
        "Dropout and the noise prior are choices that it leaves open. Bars: intervals of the means over seeds, "
        "simultaneous for all switches; those that extend beyond the figure are cut off.",
        "Differences in test log-likelihood to the 2014 code, by switch, with intervals",
    ),
    "memorised": Picture(
        plots_evidence.plot_memorised,
        "As many training as held-out images (validation and test); below 1/2 they are nearer to images that G has "
        "not seen. References: left-out real images of either set, and training images with noise.",
        "Distances of samples to the nearest training and held-out image, and the share nearer to a training image",
    ),
    "circle": Picture(
        plots_advantages.plot_circle,
        "Kernels around training points, with the bandwidth at which their samples have the same score as G's.",
        "Points on a circle, samples of G and of a kernel model, and their distances from the circle for each seed",
    ),
    "chains": Picture(
        plots_advantages.plot_chains,
        "The sharper the two patterns, the longer the chain stays at one. G's samples are those of the circle.",
        "Steps of two Gibbs chains, and the correlation of samples against the lag, for four chains and G",
    ),
}


def read_all(frames: Frames, params: Params) -> pd.DataFrame:
    """Read claims.csv off the frames."""
    rows = [
        {"claim": name} | asdict(claim) for name, section in SECTIONS.items() for claim in section.read(frames, params)
    ]
    return pd.DataFrame(rows).assign(scale=[scale_of(row["claim"], frames, params) for row in rows])


def scale_of(name: str, frames: Frames, params: Params) -> str:
    """Return the scale of a section or figure: the published generator may be held against training images."""
    return str(frames["memorised.csv"].scale.iloc[0]) if name == "memorised" else params.scale
