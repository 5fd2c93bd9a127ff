"""A claim: a sentence of the paper, a number with its interval, and a reading."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

from gan.theory.readings import Estimate, Outcome, reading

Kind = Literal["paper", "identity", "check", "counterexample", "open"]


@dataclass(frozen=True)
class Claim:
    """A row of claims.csv, without the name of its section.

    Attributes:
        says: the claim, in words.
        measured: the quantity.
        value, low, high, unit, n, over: the number, its interval, and what n counts.
        kind: "paper": the paper states it; "identity": so too, but it is algebra, which tests only our code; "check": a
            check of ours: of the code, or of what is settled beforehand; "counterexample": to what the paper might be
            taken to say; "open": not predicted.
        bounds: range in which the claim holds, in words; empty for a difference that is not predicted.
        outcome, reading: conclusion from the interval; see gan.theory.readings.Reading.
    """

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
    outcome: Outcome
    reading: str


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
    """Claim that a number lies within bounds."""
    read, interval = reading(number, *bounds, unit, too_short), (number.value, number.low, number.high)
    return Claim(says, measured, *interval, unit, number.n, over, kind, _words(*bounds), read.outcome, read.text)


paper, identity, check, counterexample = (
    partial(within, kind=kind) for kind in ("paper", "identity", "check", "counterexample")
)


def _words(low: float, high: float) -> str:
    if math.isinf(low):
        return f"below {high:.3g}"
    return f"above {low:.3g}" if math.isinf(high) else f"{low:g} to {high:g}"
