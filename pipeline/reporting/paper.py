"""What the paper says, result by result, and which rows of claims.csv measure it; what was found of it."""

from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["reproduced", "verified", "not reproduced", "undecided", "not attempted", "cannot be run"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
OURS = "our question"  # in the name of a result that is none of the paper's


@dataclass(frozen=True)
class Claimed:
    """A result that rows of claims.csv measure.

    Attributes:
        result, paper: as for Result.
        heading: its anchor in docs/claims.md.
        claims, kinds: of the rows.
        word: which the rows have in `says` or `measured`.
        shows: the column that says what the number is.
    """

    result: str
    paper: str
    heading: str
    claims: tuple[str, ...]
    kinds: tuple[str, ...] = ("paper",)
    word: str = ""
    shows: Literal["says", "measured"] = "says"


@dataclass(frozen=True)
class Result:
    """A result of the paper: a line of the scorecard.

    Attributes:
        result: its name, and where the paper has it.
        paper: what the paper says.
        outcome: by the rules of pipeline.reporting.scorecard.
        found: what was measured here, in words, with its n.
        value, unit, n, over: the number that decides the outcome, and what n counts; value is nan without a number.
        scale: of the runs behind the number; empty without any.
        link: where it is shown, a path from the root of the repository; empty where nothing is.
    """

    result: str
    paper: str
    outcome: Outcome
    found: str
    link: str
    value: float = float("nan")
    unit: str = ""
    n: int = 0
    over: str = ""
    scale: str = ""


FIGURE_1 = Claimed(
    "Figure 1, a game in one dimension",
    "p_g reaches p_data, where D = 1/2",
    "convergence",
    ("convergence",),
    ("check",),
    "rounds",
    "measured",
)
HALF = Claimed(
    "D = 1/2 at the optimum, section 4",
    "at the optimum D = 1/2; nothing about a number of epochs",
    "d-goes-to-12",
    ("half",),
)
CLAIMED = (
    Claimed(
        "Proposition 1",
        "the optimal D is p_data / (p_data + p_g)",
        "the-optimal-discriminator",
        ("optimal-discriminator",),
        ("check",),
        "D meets",
    ),
    Claimed(
        "Theorem 1",
        "C(G) is least where p_g = p_data, and is −log 4 there",
        "the-global-optimum",
        ("global-optimum",),
        ("identity", "check"),
    ),
    Claimed(
        "Proposition 2",
        "small updates of p_g itself, not of parameters, reach p_data",
        "convergence",
        ("convergence",),
        ("identity",),
    ),
    Claimed(
        "Saturating loss, section 3",
        "early on, log(1 − D(G(z))) saturates and −log D(G(z)) does not",
        "the-saturating-loss",
        ("saturating-loss",),
    ),
    Claimed(
        f"k steps of D at equal cost ({OURS})",
        "k = 1 is the least expensive option; nothing about equal cost",
        "k-the-discriminators-steps",
        ("k",),
        ("open",),
        "multiply-adds",
    ),
    Claimed(
        "Helvetica scenario, section 6",
        "G trained too much without D maps many z to the same x",
        "the-helvetica-scenario",
        ("helvetica",),
    ),
    HALF,
    Claimed(
        "Nearest neighbours, Figure 2",
        "samples are not copies of training images",
        "nothing-is-memorised",
        ("memorised",),
    ),
    Claimed(
        "Parzen estimate, section 5; advantages, section 6",
        "the estimate is poor in high dimensions; G is sharp, and its samples are uncorrelated",
        "the-estimate-in-high-dimensions",
        ("estimate", "sharp", "uncorrelated"),
        ("paper", "identity"),
    ),
)
