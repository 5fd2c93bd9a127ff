"""The scorecard: every result of the paper, what it says, what was measured here with its n, and the outcome.

Outcomes follow from the published files by these rules:

- Table 1: "reproduced" or "not reproduced" where the verdicts of all grids of bandwidths say so
  (`gan.statistics.verdict`); "undecided" where they differ or say anything else.
- A picture of samples has no number that could refute it. It is "reproduced" where the score of its network is, and
  "undecided" otherwise; so are pictures of networks for which the paper reports no score.
- A proposition, theorem or sentence is measured by rows of claims.csv, each an interval held against a bound
  (`gan.theory.readings`). "not reproduced": a row does not hold; "reproduced": all rows hold; "verified": so too, and
  all are of kind identity or check: algebra, and checks of our code or of what is settled beforehand; "undecided": an
  interval crosses its bound, or seeds or epochs are too few. Of a difference that the paper does not predict, the
  paper's own choice holds where the other one costs, and does not where the other one gains.
- D = 1/2 is read off the curves of the results where these have enough seeds and epochs; a fresh classifier's row of
  claims.csv, from shorter runs, is then shown and decides nothing. It is "undecided" where D has not got there: the
  paper speaks of the optimum and states no length of training.
- Without any measurement: "cannot be run" where the data are restricted, "not attempted" otherwise.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.record.places import CIFAR10_CURVES
from pipeline.reporting.cells import GRIDS, PAPER, cell, count, quoted, two_digits
from pipeline.reporting.claimed import FIGURES_AT, claimed, half
from pipeline.reporting.gather import Frames
from pipeline.reporting.paper import CLAIMED, FIGURE_1, HALF, OURS, OUTCOMES, Claimed, Outcome, Result

VERDICTS: Mapping[str, Outcome] = {"reproduced": "reproduced", "not reproduced": "not reproduced"}
SCORECARD = "scorecard.csv"
INPUTS = ("metrics.csv", "curves.csv", "toy.csv", "claims.csv")
CIFAR10 = ("cifar10-fc", "cifar10-conv")
AT_THE_END, NO_NUMBER = "(d) at the end", "the paper reports no number"
EXTENSIONS = Result("Extensions, section 7", "five ideas, without results", "not attempted", "not implemented", link="")


def read_frames(results: Path, claims: Path, cifar10: Path = CIFAR10_CURVES) -> Frames:
    """Read what the scorecard follows from; a file that is missing is left out.

    Args:
        results: folder of a scale's tables.
        claims: folder of the claims' tables.
        cifar10: curves of the networks of Figure 2 c and d, for results without them.
    """
    paths = {name: results / name for name in INPUTS} | {"claims.csv": claims / "claims.csv"}
    paths["cifar10"] = cifar10
    return {name: read_csv(path) for name, path in paths.items() if path.is_file()}


def scorecard(frames: Frames, params: Params) -> list[Result]:
    """Return the scorecard, in the paper's order.

    Args:
        frames: of `read_frames`; metrics.csv must be there.
        params: of the results' scale.
    """
    mnist = _scored(frames["metrics.csv"], params, "mnist", "Table 1, MNIST")
    tfd = _scored(frames["metrics.csv"], params, "tfd", "Table 1 and Figure 2 b, TFD")
    figures = [_figure_1(frames), _pictures(mnist), _cifar10(frames, params)]
    return [mnist, tfd, *figures, *(_of_claims(frames, one, params) for one in CLAIMED), EXTENSIONS]


def table(results: list[Result]) -> pd.DataFrame:
    """Return the scorecard as scorecard.csv has it."""
    return pd.DataFrame([asdict(result) for result in results])


def sentence(results: list[Result]) -> str:
    """Count the results by outcome."""
    outcomes = [result.outcome for result in results]
    counted = [f"{outcomes.count(name)} {name}" for name in OUTCOMES if name in outcomes]
    asked = sum(OURS in one.result for one in results)
    ours = f" and {count(asked, 'question')} of ours" if asked else ""
    return f"Of {len(results) - asked} results of the paper{ours}: {', '.join(counted)}."


def markdown(results: list[Result], root: str = "") -> str:
    """Write the scorecard as Markdown; links begin with `root`, the way to the root of the repository."""
    columns = ("Result", "The paper says", "Outcome", "Our result", "Scale")
    names = [f"[{one.result}]({root}{one.link})" if one.link else one.result for one in results]
    rows = [
        (name, one.paper, f"**{one.outcome}**", one.found, one.scale) for name, one in zip(names, results, strict=True)
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
    spread = f" ± {two_digits(seeds.sd)} (sd)" if seeds.n > 1 else ""
    return Result(
        name,
        paper,
        outcomes.pop() if len(outcomes) == 1 else "undecided",
        f"{seeds.mean:.1f}{spread} nats over {_length(seeds.n, ours[0].length, params, experiment)}",
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


def _pictures(scored: Result) -> Result:
    """Judge the pictures of MNIST by the score of their network."""
    name, paper = "Figures 2 a and 3, MNIST", "random samples, not chosen; digits along lines in z space"
    link, judged = f"{FIGURES_AT}interpolation-mnist.svg", scored.outcome in ("reproduced", "not attempted")
    found = f"n = {count(scored.n, scored.over)}" if scored.n else "n = 0"
    about = (link, scored.value, scored.unit, scored.n, scored.over, scored.scale)
    return Result(name, paper, scored.outcome if judged else "undecided", f"{found}; {NO_NUMBER}", *about)


def _cifar10(frames: Frames, params: Params) -> Result:
    """Report how far the networks of Figure 2 c and d were trained."""
    name, paper = "Figure 2 c and d, CIFAR-10", "random samples of two networks"
    links = {
        "curves.csv": f"{FIGURES_AT}samples-cifar10-fc.svg",
        "cifar10": "docs/cifar10/samples-cifar10-fc.svg",
    }
    found = {link: frames[key].query("experiment in @CIFAR10") for key, link in links.items() if key in frames}
    link = next((link for link, rows in found.items() if len(rows)), None)
    if link is None:
        return Result(name, paper, "not attempted", "n = 0", "docs/data.md")
    ends = found[link].groupby(["experiment", "seed"]).epoch.max()
    lengths = [
        f"`{one}` {_length(len(epochs), epochs.min(), params, str(one))}"
        for one, epochs in ends.groupby(level="experiment")
    ]
    n = int(ends.groupby(level="experiment").size().min())
    return Result(name, paper, "undecided", f"{'; '.join(lengths)}; {NO_NUMBER}", link, n=n, over="seed")


def _figure_1(frames: Frames) -> Result:
    """Read the game of Figure 1 off many games of its kind, beside the one that is plotted."""
    read, link = claimed(frames, FIGURE_1), f"{FIGURES_AT}toy.svg"
    if "toy.csv" not in frames:
        return Result(read.result, read.paper, "not attempted", "n = 0", link)
    end = frames["toy.csv"].query("panel == @AT_THE_END and d.notna()")
    away = float(((end.d - 0.5).abs() * end.p_data).sum() / end.p_data.sum())
    return replace(
        read,
        link=link,
        found=f"{read.found}; in the plotted game, not judged, D ends {away:.2g} from 1/2 on average over p_data",
    )


def _of_claims(frames: Frames, spec: Claimed, params: Params) -> Result:
    """Read a result off the claims, and D = 1/2 off longer runs than theirs, too."""
    read, longer = claimed(frames, spec), half(frames, params) if spec is HALF else None
    if longer:
        beside = f"; beside them, deciding nothing, shorter runs of scale `{read.scale}`: {read.found}"
        read = replace(longer, found=longer.found + beside * bool(read.n))
    if spec is HALF and read.outcome == "not reproduced":
        return replace(read, outcome="undecided", found=f"not at the optimum: {read.found}")
    return read
