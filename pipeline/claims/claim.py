"""What a claim is: a sentence of the paper, a number with its interval, and a reading."""

from dataclasses import dataclass

import pandas as pd

from gan.readings import Estimate, reading

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Claim:
    """A row of claims.csv.

    Attributes:
        claim: name of its section.
        says: what ought to be.
        measured: the quantity.
        value, low, high, unit, n, over: the number, its interval, and what n counts.
        reading: what the interval says of it; see gan.readings.
    """

    claim: str
    says: str
    measured: str
    value: float
    low: float
    high: float
    unit: str
    n: int
    over: str
    reading: str


def row(says: str, measured: str, number: Estimate, read: str, unit: str = "", over: str = "seed") -> Claim:
    """A claim from its estimate; `read_all` names the section."""
    return Claim("", says, measured, number.value, number.low, number.high, unit, number.n, over, read)


def within(
    says: str,
    measured: str,
    number: Estimate,
    bounds: tuple[float, float],
    unit: str = "",
    too_short: str = "",
    over: str = "seed",
) -> Claim:
    """A claim that the number lies within bounds."""
    return row(says, measured, number, reading(number, *bounds, unit, too_short), unit, over)
