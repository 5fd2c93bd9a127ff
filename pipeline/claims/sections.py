"""The claims in the paper's order: titles, figures and captions; what each reads is in `read`."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from pipeline.claims import drawing, drawing_modes, drawing_theory
from pipeline.claims.claim import Frames
from pipeline.config.params import Params


@dataclass(frozen=True)
class Section:
    """A claim of the paper as an experiment.

    Attributes:
        title, source: of the section; where the paper says it.
        draw: its figure.
        figure: file name of the figure, without ending.
        caption, alt: of the figure.
    """

    title: str
    source: str
    draw: Callable[[Frames, Params], Figure]
    figure: str
    caption: str
    alt: str


def _plot_optimal(frames: Frames, params: Params) -> Figure:
    return drawing_theory.optimal(frames["optimal.csv"], params)


def _plot_path(frames: Frames, params: Params) -> Figure:
    return drawing_theory.path(frames["path.csv"], params)


def _plot_convergence(frames: Frames, params: Params) -> Figure:
    return drawing_theory.convergence(frames["descent.csv"], frames["dirac.csv"], frames["nets.csv"], params)


def _plot_modes(frames: Frames, params: Params) -> Figure:
    return drawing_modes.modes(frames["modes.csv"], frames["modes_points.csv"], params)


SECTIONS = {
    "optimal-discriminator": Section(
        "The optimal discriminator",
        "section 4.1, Proposition 1",
        _plot_optimal,
        "optimal",
        "D is trained on fresh points of two known densities; its distance from p_data / (p_data + p_g) is an integral "
        "over a grid.",
        "Distance of D from its optimum against its steps, for three capacities, in one and two dimensions",
    ),
    "global-optimum": Section(
        "The global optimum",
        "section 4.1, Theorem 1",
        _plot_path,
        "path",
        "Line: C(G) by integration, for generators on a straight way to the data. Dots: what a D trained against each "
        "reaches.",
        "C(G) along a path of generators, falling to minus log 4, with the values that a trained D reaches",
    ),
    "convergence": Section(
        "Convergence",
        "section 4.2, Proposition 2",
        _plot_convergence,
        "convergence",
        "Left: the proposition's own setting, p_g itself is moved against the exact D*. Middle: two players of one "
        "parameter each. Right: networks in one dimension, Algorithm 1, as in Figure 1.",
        "C(G) falling to minus log 4, spirals of two parameters around the solution, and C(G) of trained networks",
    ),
    "saturating-loss": Section(
        "The saturating loss",
        "section 3",
        drawing.saturation,
        "saturation",
        "Both gradients are taken at the same parameters, samples and masks, while the 2014 code's game is played.",
        "The two losses of G against D(G(z)), and norms of their gradients in the first steps of training",
    ),
    "k": Section(
        "k, the discriminator's steps",
        "section 3, Algorithm 1",
        drawing.steps,
        "steps",
        "Alternating steps on fresh noise; k = 1/5 is one step of D for five of G. Multiply-adds are counted.",
        "Validation log-likelihood against steps of G and against multiply-adds, a line for each k",
    ),
    "helvetica": Section(
        "The Helvetica scenario",
        "sections 3 and 6",
        _plot_modes,
        "modes",
        "Two-dimensional games whose modes can be counted, in step and with G ten times as fast as D. A mode is "
        "covered where a tenth of its even share lies within 3 sd of it; samples that spread evenly cover all, and "
        "varied samples beside the data cover none, so the share of close pairs is shown too.",
        "Modes covered, share of good samples and of close pairs over training; samples of a ring and a grid",
    ),
    "half": Section(
        "D goes to 1/2",
        "section 4.1, Theorem 1",
        drawing.half,
        "half",
        "Left: D as it is trained. Right: a classifier trained anew on half of the samples and of the test images, and "
        "asked about the other halves.",
        "D's outputs against epochs, and the accuracy of a two-sample classifier for each experiment",
    ),
    "text-against-code": Section(
        "Text against code",
        "Algorithm 1 and goodfeli/adversarial",
        drawing.effects,
        "effects",
        "Each row throws one switch of the 2014 code; `all of Algorithm 1` throws all that the algorithm says. Dropout "
        "and the noise prior are choices that it leaves open. Bars: intervals of the means over seeds, simultaneous "
        "for all rows; those that leave the picture are wider than it.",
        "Differences in test log-likelihood to the 2014 code, by switch, with intervals",
    ),
}
MORE = {  # figures beside the sections' own
    "variety": (
        drawing.variety,
        "helvetica",
        "Mean shares of the digits that a classifier finds among the samples, their entropy, distinct nearest training "
        "images, and distance of two samples; beside real images and a collapse made on purpose.",
        "Shares of digits and three measures of variety, for each experiment and two yardsticks",
    )
}
