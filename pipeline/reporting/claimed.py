"""Results of the scorecard that are read off rows of claims.csv, or off the curves of longer runs than the claims'."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from gan.theory.claim import Claim, check
from gan.theory.readings import ROUNDING, Estimate, over_seeds
from pipeline.config.params import Params
from pipeline.reporting.cells import count
from pipeline.reporting.gather import Frames
from pipeline.reporting.paper import HALF, Claimed, Outcome, Result

READINGS: Mapping[str, Outcome] = {
    "holds": "reproduced",
    "costs": "reproduced",
    "does not hold": "not reproduced",
    "gains": "not reproduced",
}
KINDS = {"paper": "claims", "identity": "identities", "check": "checks", "open": "questions"}  # of rows of claims.csv
UNLIKELY_TO_FAIL = {"identity", "check"}
WORST_FIRST: tuple[Outcome, ...] = ("not reproduced", "undecided", "reproduced")
CLAIMS_PAGE = "docs/claims.md"
FIGURES_AT = "results/published/figures/"
OUTPUTS: Mapping[str, str] = {"D(x)": "training images", "D(G(z))": "samples"}
UNKNOWN = Estimate(math.nan, math.nan, math.nan, 0)  # of runs that did not last until it could be measured


def claimed(frames: Frames, spec: Claimed) -> Result:
    """Read a result off its rows of claims.csv."""
    nothing = Result(spec.result, spec.paper, "not attempted", "n = 0", f"{CLAIMS_PAGE}#{spec.heading}")
    if "claims.csv" not in frames:
        return nothing
    rows = frames["claims.csv"].query("claim in @spec.claims and kind in @spec.kinds")
    rows = rows[(rows.says + rows.measured).str.contains(spec.word, regex=False)]
    if rows.empty:
        raise ValueError(f"claims.csv: no row of {spec.claims} of kind {spec.kinds} about {spec.word!r}")
    if not rows.n.any():
        return nothing
    outcomes = rows.outcome.map(READINGS).fillna("undecided")
    worst = next(name for name in WORST_FIRST if name in set(outcomes))
    row, agree = rows[outcomes == worst].iloc[-1], int((outcomes == "reproduced").sum())
    unlikely = worst == "reproduced" and set(rows.kind) <= UNLIKELY_TO_FAIL
    outcome: Outcome = "verified" if unlikely else worst
    found, unit = _counted(rows, agree) + _found(row, spec.shows), "" if pd.isna(row.unit) else row.unit
    about = {"value": row.value, "unit": unit, "n": row.n, "over": row.over, "scale": row.scale}
    return replace(nothing, outcome=outcome, found=found, **about)


def _counted(rows: pd.DataFrame, agree: int) -> str:
    """Count the rows that hold, by kind where not all are claims of the paper; empty where there is little to count."""
    kinds = {str(kind): int(n) for kind, n in rows.kind.value_counts().items()}
    said = ", ".join(_count(n, kind) for kind, n in kinds.items())
    if not agree or (len(rows) == 1 and not kinds.keys() <= UNLIKELY_TO_FAIL):
        return ""
    if len(rows) == 1:
        return f"{said} holds; "
    hold = "claims hold" if kinds.keys() == {"paper"} else f"rows hold ({said})"
    short = int((rows.outcome == "too short").sum())
    others = f", {short} too short to tell" if short else ""
    return f"{agree} of {len(rows)} {hold}{others}; " + "for example, " * (agree == len(rows))


def _count(n: int, kind: str) -> str:
    return f"{n} {KINDS[kind] if n > 1 else kind.replace('paper', 'claim')}"


def _found(row: pd.Series, shows: str) -> str:
    """Report the row that decides: its number, what that is, the bound and n; or why it is too short to tell."""
    what = row[shows]
    unit = "" if pd.isna(row.unit) else row.unit
    if row.outcome == "too short":
        of_one = f", {number(row.value, unit)} (bound: {row.bounds}; n = {count(row.n, row.over)})"
        return f"{what}: {_shortened(row.reading)}{of_one if row.over == 'sample' else ''}"
    agrees = row.outcome in ("holds", "costs", "gains")
    said = number(row.value, unit) if agrees else row.reading  # which has the bound
    quantity = [] if unit or shows == "measured" else [re.split(r" \(|[:;] ", row.measured)[0]]
    bound = [f"bound: {row.bounds}"] if agrees and not pd.isna(row.bounds) else []
    about = "; ".join([*quantity, *bound, f"n = {count(row.n, row.over)}"])
    return f"{what}: {said} ({about})"


def number(value: float, unit: str) -> str:
    """Return a claim's number with its unit, which may be empty; one that is rounding alone is 0 up to it."""
    return f"0 {unit}".rstrip() + " up to rounding" if 0 < abs(value) < ROUNDING else f"{value:.3g} {unit}".rstrip()


def _shortened(reading: str) -> str:
    """Return why runs are too short to tell, without what else is wrong: their seeds and epochs say enough."""
    found = re.match(r"too short to tell: (\d+ of \d+ seeds, )?\d+ of \d+ (seeds|epochs)", reading)
    return found[0] if found else reading


def last_epochs(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each seed's curve; the curves are of one experiment and one scale."""
    return curves[curves.epoch == curves.groupby("seed").epoch.transform("max")]


def outputs_at_the_end(last: pd.DataFrame, params: Params, too_short: str) -> dict[str, Claim]:
    """Read whether the means of D(x) and of D(G(z)) are 1/2, by output.

    Args:
        last: of `last_epochs`.
        too_short: why the runs must not be interpreted; empty if they may.
    """
    near, rows = params.claims.bounds.near, {}
    for output, over in OUTPUTS.items():
        says = f"the mean of {output} is 1/2 at the end"
        measured = f"over {over} of the last epoch, dropout active, D as it was at each step"
        mean = over_seeds(last[output].tolist(), params.confidence) if len(last) else UNKNOWN
        rows[output] = check(says, measured, mean, (0.5 - near, 0.5 + near), too_short=too_short)
    return rows


def half(frames: Frames, params: Params) -> Result | None:
    """Read D's outputs off the results' last epochs; None where seeds or epochs are too few, or a run diverged."""
    if "curves.csv" not in frames:
        return None
    curves = frames["curves.csv"].query("experiment == @params.claims.main and scale == @params.scale")
    last = last_epochs(curves)
    if params.claims.too_short(len(last), last.epoch.min() if len(last) else 0) or last.isna()["D(x)"].any():
        return None
    rows = outputs_at_the_end(last, params, "")
    outcomes = {output: READINGS.get(row.outcome, "undecided") for output, row in rows.items()}
    output, outcome = min(outcomes.items(), key=lambda one: WORST_FIRST.index(one[1]))
    row, ends = rows[output], [f"{epoch:,}" for epoch in sorted({last.epoch.min(), last.epoch.max()})]
    values = ", ".join(f"{name} {one.value:.3f}" for name, one in rows.items())
    seeds = f"n = {count(row.n, row.over)}; with dropout, in training"
    found = f"{values} after {' to '.join(ends)} epochs (bound: {row.bounds}; {seeds})"
    link = f"{FIGURES_AT}learning-{params.claims.main}.svg"
    return Result(HALF.result, HALF.paper, outcome, found, link, row.value, row.unit, row.n, row.over, params.scale)
