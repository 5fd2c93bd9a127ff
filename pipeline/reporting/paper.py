"""What the paper says, result by result, and which rows of claims.csv measure it."""

from dataclasses import dataclass
from typing import Literal


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


FIGURE_1 = Claimed(
    "Figure 1, a game in one dimension",
    "p_g reaches p_data, and D reaches 1/2",
    "convergence",
    ("convergence",),
    ("check",),
    "Algorithm 1",
    "measured",
)
CLAIMED = (
    Claimed(
        "Proposition 1",
        "the optimal D is p_data / (p_data + p_g)",
        "the-optimal-discriminator",
        ("optimal-discriminator",),
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
        "k steps of D, Algorithm 1",
        "k = 1, the least expensive choice",
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
    Claimed(
        "D = 1/2 at the end, section 4",
        "at the optimum D cannot distinguish samples from data",
        "d-goes-to-12",
        ("half",),
    ),
    Claimed(
        "Nearest neighbours, Figure 2",
        "samples are not copies of training images",
        "nothing-is-memorised",
        ("memorised",),
    ),
    Claimed(
        "Parzen estimate, section 5",
        "high variance; does not perform well in high dimensions",
        "the-estimate-in-high-dimensions",
        ("estimate",),
    ),
    Claimed(
        "Advantages, section 6",
        "sharp distributions; no Markov chain, so uncorrelated samples",
        "sharp-distributions",
        ("sharp", "uncorrelated"),
        ("paper", "identity"),
    ),
)
