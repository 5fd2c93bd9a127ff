"""What a claim is: a sentence of the paper, a number with its interval, and a reading."""

from dataclasses import dataclass

import pandas as pd

from gan.readings import Estimate

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Claim:
    """A row of claims.csv.

    Attributes:
        claim: which of CLAIMS it belongs to.
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


def row(claim: str, says: str, measured: str, number: Estimate, unit: str, read: str, over: str = "seed") -> Claim:
    """A claim from its estimate."""
    return Claim(claim, says, measured, number.value, number.low, number.high, unit, number.n, over, read)
