"""The claims as text: a section's rows, how many read how, and a sentence of what came of them."""

from typing import get_args

import pandas as pd

from pipeline.claims.claim import Kind
from pipeline.reporting.cells import count

OUTCOMES = {  # what readings come to, and how they begin
    "hold": ("holds",),
    "do not hold": ("does not hold",),
    "gain or cost": ("gains", "costs"),
    "are undecided": ("undecided", "no effect shown"),
    "are too short to tell": ("too short",),
}
FOUR_DIGITS = 1000  # from here on without decimals


def is_read(reading: str) -> bool:
    """Whether seeds and epochs were enough for a reading."""
    return not reading.startswith("too short")


def scoreboard(claims: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each kind read how, as text."""
    table = pd.crosstab(claims.kind, claims.reading.map(_outcome))
    table = table.reindex(index=list(get_args(Kind)), columns=list(OUTCOMES), fill_value=0)
    return table.replace(0, "").rename_axis(index="rows of kind", columns=None).reset_index()


def summary(claims: pd.DataFrame) -> str:
    """What came of the paper's own claims, in a sentence."""
    papers = claims[claims.kind == "paper"]
    readings = papers.reading.map(_outcome)
    told = [f"{n} {outcome}" for outcome in OUTCOMES if (n := int((readings == outcome).sum()))]
    return (
        f"What the paper claims, as experiments: of {len(papers)} numbers held against its claims {', '.join(told)} "
        f"(scale `{claims.scale.iloc[0]}`)."
    )


def _outcome(reading: str) -> str:
    return next(outcome for outcome, starts in OUTCOMES.items() if reading.startswith(starts))


def shown(claims: pd.DataFrame, name: str, confidence: float) -> pd.DataFrame:
    """The rows of one section as text; a number that is not read is in claims.csv alone."""
    rows = claims[claims.claim == name]
    return pd.DataFrame(
        {
            "claim": rows.says,
            "kind": rows.kind,
            "reading": rows.reading,
            "number": [_number(one.value, one.unit) if is_read(one.reading) else "" for one in rows.itertuples()],
            f"{confidence:.0%} interval": [
                _interval(one.low, one.high, one.over) if is_read(one.reading) else "" for one in rows.itertuples()
            ],
            "n": [count(one.n, one.over) for one in rows.itertuples()],
            "holds if": rows.bounds.fillna(""),
            "measured": rows.measured,
        }
    )


def _number(value: float, unit: str) -> str:
    return f"{value:.3g}{' ' if isinstance(unit, str) and unit else ''}{unit if isinstance(unit, str) else ''}"


def _interval(low: float, high: float, over: str) -> str:
    if over not in ("seed", "pair"):
        return "exact"
    return " to ".join(f"{end:,.0f}" if abs(end) >= FOUR_DIGITS else f"{end:.3g}" for end in (low, high))
