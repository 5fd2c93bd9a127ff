"""What a claim is: a sentence of the paper, a number with its interval, and a reading."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from gan.theory.readings import Estimate, reading

Frames = dict[str, pd.DataFrame]
Kind = Literal["paper", "identity", "check", "counterexample", "open"]


@dataclass(frozen=True)
class Claim:
    """A row of claims.csv.

    Attributes:
        claim: name of its section.
        says: what ought to be.
        measured: the quantity.
        value, low, high, unit, n, over: the number, its interval, and what n counts.
        kind: "paper": the paper says so; "identity": so too, but algebra; it tests our code alone;
            "check": ours, of an experiment or of what it leads one to expect;
            "counterexample": to what the paper might be taken to say; "open": nobody predicts it.
        bounds: where the number ought to lie, in words; empty for a difference that nobody predicts.
        reading: what the interval says of it; see gan.theory.readings.
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
    kind: Kind
    bounds: str
    reading: str


def difference_of(says: str, measured: str, number: Estimate, read: str, unit: str) -> Claim:
    """A difference of runs of one seed, which may go either way; `read_all` names the section."""
    return Claim("", says, measured, number.value, number.low, number.high, unit, number.n, "pair", "open", "", read)


def within(
    says: str,
    measured: str,
    number: Estimate,
    bounds: tuple[float, float],
    unit: str = "",
    *,
    kind: Kind,
    too_short: str = "",
    over: str = "seed",
) -> Claim:
    """A claim that the number lies within bounds."""
    read, interval = reading(number, *bounds, unit, too_short), (number.value, number.low, number.high)
    return Claim("", says, measured, *interval, unit, number.n, over, kind, _words(*bounds), read)


paper, identity, check, counterexample = (
    partial(within, kind=kind) for kind in ("paper", "identity", "check", "counterexample")
)


def _words(low: float, high: float) -> str:
    if math.isinf(low):
        return f"below {high:.3g}"
    return f"above {low:.3g}" if math.isinf(high) else f"{low:g} to {high:g}"
