"""The scorecard: every result of the paper, what it says, what was measured here with its n, and the outcome.

Outcomes follow from the published files by these rules:

- Table 1: "reproduced" or "not reproduced" where the verdicts of all grids of bandwidths say so
  (`gan.statistics.verdict`); "undecided" where they differ or say anything else.
- A picture of samples has no number that could refute it. It is "reproduced" where the score of its network is, and
  "undecided" otherwise; so are pictures of networks for which the paper reports no score.
- A proposition, theorem or sentence is measured by rows of claims.csv, each an interval held against a bound
  (`gan.theory.readings`). "not reproduced": a row does not hold; "reproduced": all rows hold; "undecided": an interval
  crosses its bound, or seeds or epochs are too few. Of a difference that the paper does not predict, the paper's own
  choice holds where the other one costs, and does not where the other one gains.
- Without any measurement: "cannot be run" where the data are restricted, "not attempted" otherwise.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.reporting.cells import GRIDS, PAPER, cell, count, quoted, two_digits
from pipeline.reporting.gather import Frames
from pipeline.reporting.paper import CLAIMED, FIGURE_1, Claimed

Outcome = Literal["reproduced", "not reproduced", "undecided", "not attempted", "cannot be run"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
VERDICTS: Mapping[str, Outcome] = {"reproduced": "reproduced", "not reproduced": "not reproduced"}
READINGS: Mapping[str, Outcome] = {
    "holds": "reproduced",
    "costs": "reproduced",
    "does not hold": "not reproduced",
    "gains": "not reproduced",
}
WORST_FIRST: tuple[Outcome, ...] = ("not reproduced", "undecided", "reproduced")
SCORECARD = "scorecard.csv"
FILES = ("metrics.csv", "curves.csv", "toy.csv", "claims.csv")
CIFAR10 = ("cifar10-fc", "cifar10-conv")
CIFAR10_CURVES = Path("docs/cifar10/curves.csv")  # of runs that are not among the published ones
AT_THE_END, NO_NUMBER = "(d) at the end", "the paper reports no number"
CLAIMS_PAGE = "docs/claims.md"
FIGURES = "results/published/figures/"


@dataclass(frozen=True)
class Result:
    """A result of the paper: a line of the scorecard.

    Attributes:
        result: its name, and where the paper has it.
        paper: what the paper says.
        outcome: by the rules of this module.
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


EXTENSIONS = Result("Extensions, section 7", "five ideas, without results", "not attempted", "not implemented", link="")


def read_frames(results: Path, claims: Path, cifar10: Path = CIFAR10_CURVES) -> Frames:
    """Read what the scorecard follows from; a file that is missing is left out.

    Args:
        results: folder of a scale's tables.
        claims: folder of the claims' tables.
        cifar10: curves of the networks of Figure 2 c and d, for results without them.
    """
    paths = {name: results / name for name in FILES} | {"claims.csv": claims / "claims.csv", "cifar10": cifar10}
    return {name: read_csv(path) for name, path in paths.items() if path.is_file()}


def scorecard(frames: Frames, params: Params) -> list[Result]:
    """Return the scorecard, in the paper's order.

    Args:
        frames: of `read_frames`; metrics.csv must be there.
        params: of the results' scale.
    """
    mnist = _scored(frames["metrics.csv"], params, "mnist", "Table 1, MNIST")
    tfd = _scored(frames["metrics.csv"], params, "tfd", "Table 1 and Figure 2 b, TFD")
    samples = _pictures(mnist, "Figure 2 a, MNIST", "random samples, not chosen", "seeds")
    lines = _pictures(mnist, "Figure 3, MNIST", "digits along lines in z space", "interpolation")
    measured = [_claimed(frames, one) for one in CLAIMED]
    return [mnist, tfd, _figure_1(frames), samples, _cifar10(frames, params), lines, *measured, EXTENSIONS]


def table(results: list[Result]) -> pd.DataFrame:
    """Return the scorecard as scorecard.csv has it."""
    return pd.DataFrame([asdict(result) for result in results])


def sentence(results: list[Result]) -> str:
    """Count the results by outcome."""
    outcomes = [result.outcome for result in results]
    counted = [f"{outcomes.count(name)} {name}" for name in OUTCOMES if name in outcomes]
    return f"Of {len(results)} results of the paper: {', '.join(counted)}."


def markdown(results: list[Result], root: str = "") -> str:
    """Write the scorecard as Markdown; links begin with `root`, the way to the root of the repository."""
    columns = ("Result", "The paper", "Outcome", "Here")
    names = [f"[{one.result}]({root}{one.link})" if one.link else one.result for one in results]
    rows = [
        (name, one.paper, f"**{one.outcome}**", one.found + (f"; scale `{one.scale}`" if one.scale else ""))
        for name, one in zip(names, results, strict=True)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, ("---",) * len(columns), *rows))


def _scored(metrics: pd.DataFrame, params: Params, experiment: str, name: str) -> Result:
    """Hold a cell of Table 1 against the paper's."""
    theirs = quoted("table 1").query(f"model == {PAPER!r} and dataset == {experiment!r}").iloc[0]
    paper = f"{theirs.value:g} ± {theirs.error:g} nats (± over {theirs.error_over} of one run)"
    cells = [cell(metrics, params, experiment, grid) for grid in GRIDS]
    ours = [one for one in cells if one is not None]
    if not ours:
        restricted = params.dataset(params.dataset_of(experiment)).user_supplied
        why = "n = 0: the data set is restricted" if restricted else "n = 0"
        return Result(name, paper, "cannot be run" if restricted else "not attempted", why, "docs/data.md")
    seeds, outcomes = ours[0].seeds, {VERDICTS.get(one.verdict.name, "undecided") for one in ours}
    spread = f" ± {two_digits(seeds.sd)}" if seeds.n > 1 else ""
    return Result(
        name,
        paper,
        outcomes.pop() if len(outcomes) == 1 else "undecided",
        f"{seeds.mean:.1f}{spread} nats ({_length(seeds.n, ours[0].length, params, experiment)})",
        "docs/evidence.md",
        seeds.mean,
        "nats",
        seeds.n,
        "seed",
        params.scale,
    )


def _length(n: int, epochs: int, params: Params, experiment: str) -> str:
    """Say how many seeds were trained for how many epochs, beside the planned number."""
    planned = params.values["scales"]["paper"]["experiments"][experiment]["epochs"]
    return f"n = {count(n, 'seed')}, {epochs:,} of {planned:,} epochs"


def _pictures(scored: Result, name: str, paper: str, figure: str) -> Result:
    """Judge pictures of MNIST by the score of their network."""
    about = (f"{FIGURES}{figure}-mnist.svg", *(scored.value, scored.unit, scored.n, scored.over, scored.scale))
    if scored.outcome in ("reproduced", "not attempted"):
        return Result(name, paper, scored.outcome, f"n = {count(scored.n, 'seed')}", *about)
    return Result(name, paper, "undecided", f"n = {count(scored.n, 'seed')}; {NO_NUMBER}", *about)


def _cifar10(frames: Frames, params: Params) -> Result:
    """Report how far the networks of Figure 2 c and d were trained."""
    name, paper = "Figure 2 c and d, CIFAR-10", "random samples of two networks"
    links = {"curves.csv": f"{FIGURES}samples-cifar10-fc.svg", "cifar10": "docs/cifar10/samples-cifar10-fc.svg"}
    found = {link: frames[key].query("experiment in @CIFAR10") for key, link in links.items() if key in frames}
    link = next((link for link, rows in found.items() if len(rows)), None)
    if link is None:
        return Result(name, paper, "not attempted", "n = 0", "docs/data.md")
    ends = found[link].groupby(["experiment", "seed"]).epoch.max()
    lengths = [
        f"`{one}` {_length(len(epochs), epochs.min(), params, str(one))}"
        for one, epochs in ends.groupby(level="experiment")
    ]
    return Result(name, paper, "undecided", f"{'; '.join(lengths)}; {NO_NUMBER}", link)


def _figure_1(frames: Frames) -> Result:
    """Read the game of Figure 1 off many games of its kind, beside the one that is plotted."""
    read, link = _claimed(frames, FIGURE_1), f"{FIGURES}toy.svg"
    if "toy.csv" not in frames:
        return Result(read.result, read.paper, "not attempted", "n = 0", link)
    end = frames["toy.csv"].query("panel == @AT_THE_END and d.notna()")
    away = float(((end.d - 0.5).abs() * end.p_data).sum() / end.p_data.sum())
    return replace(
        read, link=link, found=f"{read.found}; in the plotted game D ends {away:.2g} from 1/2 on average over p_data"
    )


def _claimed(frames: Frames, spec: Claimed) -> Result:
    """Read a result off its rows of claims.csv."""
    if "claims.csv" not in frames:
        return Result(spec.result, spec.paper, "not attempted", "n = 0", f"{CLAIMS_PAGE}#{spec.heading}")
    rows = frames["claims.csv"].query("claim in @spec.claims and kind in @spec.kinds")
    rows = rows[(rows.says + rows.measured).str.contains(spec.word, regex=False)]
    if rows.empty:
        raise ValueError(f"claims.csv: no row of {spec.claims} of kind {spec.kinds} about {spec.word!r}")
    outcomes = rows.outcome.map(READINGS).fillna("undecided")
    outcome = next(name for name in WORST_FIRST if name in set(outcomes))
    row, agree = rows[outcomes == outcome].iloc[0], int((outcomes == "reproduced").sum())
    counted = f"{agree} of {len(rows)} agree; " if len(rows) > 1 else ""
    found, unit = counted + _found(row, row[spec.shows]), "" if pd.isna(row.unit) else row.unit
    return Result(
        spec.result,
        spec.paper,
        outcome,
        found,
        f"{CLAIMS_PAGE}#{spec.heading}",
        row.value,
        unit,
        row.n,
        row.over,
        row.scale,
    )


def _found(row: pd.Series, what: str) -> str:
    """Report the row that decides: its number with the bound and n, or why it is too short to tell."""
    if row.outcome == "too short":
        return f"{what}: {row.reading}"
    unit, bound = "" if pd.isna(row.unit) else f" {row.unit}", "" if pd.isna(row.bounds) else f"claim: {row.bounds}; "
    return f"{what}: {row.value:.3g}{unit} ({bound}n = {count(row.n, row.over)})"
