"""The claims as text: a section's rows, how many read how, a sentence of their results, and parts of pages."""

import re
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from gan.theory.claim import Kind
from gan.theory.readings import ROUNDING, Outcome
from pipeline.claims.sections import PLOTS, SECTIONS
from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.reporting.cells import count
from pipeline.reporting.claimed import number
from pipeline.reporting.page import embedded

OUTCOMES: dict[str, tuple[Outcome, ...]] = {  # of readings, as a sentence counts them
    "hold": ("holds",),
    "do not hold": ("does not hold",),
    "gain or cost": ("gains", "costs"),
    "are undecided": ("undecided", "no effect shown"),
    "are too short to tell": ("too short",),
}
OF_ONE = {"hold": "holds", "do not hold": "does not hold", "gain or cost": "gains or costs"}
OF_ONE |= {words: words.replace("are", "is", 1) for words in OUTCOMES if words not in OF_ONE}
COUNTED = {outcome: words for words, outcomes in OUTCOMES.items() for outcome in outcomes}
FOUR_DIGITS = 1000  # from here on without decimals
CHOSEN = "kind"  # what n counts where it was chosen, not drawn
DRAWN = ("seed", "pair", "sample", "draw")  # what n counts where the number has chance in it


def scoreboard(claims: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of each kind by outcome, as text."""
    table = pd.crosstab(claims.kind, claims.outcome.map(COUNTED))
    table = table.reindex(index=list(get_args(Kind)), columns=list(OUTCOMES), fill_value=0)
    return table.replace(0, "").rename_axis(index="rows of kind", columns=None).reset_index()


def summary(claims: pd.DataFrame) -> str:
    """Sum up the readings of the paper's own claims in a sentence."""
    papers = claims[claims.kind == "paper"]
    readings = papers.outcome.map(COUNTED)
    numbers = {words: int((readings == words).sum()) for words in OUTCOMES}
    counted = [f"{n} {OF_ONE[words] if n == 1 else words}" for words, n in numbers.items() if n]
    return (
        f"The paper's claims as experiments: of {len(papers)} numbers compared with them, {', '.join(counted)} "
        f"(scale `{claims.scale.iloc[0]}`)."
    )


def shown(claims: pd.DataFrame, name: str, confidence: float) -> pd.DataFrame:
    """Select the rows of one section as text; a number that is too short to tell is in claims.csv alone."""
    rows = claims[claims.claim == name].fillna({"unit": "", "bounds": ""})
    too_short = rows.outcome == "too short"
    numbers = pd.Series([number(one.value, one.unit) for one in rows.itertuples()], rows.index)
    intervals = pd.Series([_interval(one.low, one.high, one.over) for one in rows.itertuples()], rows.index)
    return pd.DataFrame(
        {
            "claim": rows.says,
            "kind": rows.kind,
            "reading": rows.reading,
            "number": numbers.mask(too_short, ""),
            f"{confidence:.0%} interval": intervals.mask(too_short, ""),
            "n": [count(one.n, one.over) for one in rows.itertuples()],
            "holds if": rows.bounds,
            "measured": rows.measured,
        }
    )


def _interval(low: float, high: float, over: str) -> str:
    if over == CHOSEN:
        return "none"
    if over not in DRAWN or max(abs(low), abs(high)) < ROUNDING:
        return "exact"
    return " to ".join(f"{end:,.0f}" if abs(end) >= FOUR_DIGITS else f"{end:.3g}" for end in (low, high))


def markdown(claims: pd.DataFrame, params: Params) -> str:
    """Write all claims as Markdown."""
    text = f"Scale `{params.scale}`.\n"
    for name, section in SECTIONS.items():
        table = shown(claims, name, params.confidence).to_markdown(index=False)
        text += f"\n## {section.title} ({section.source})\n\n{table}\n"
    return text


def part(folder: Path, params: Params) -> list[dict[str, Any]]:
    """Return the sections of a page with their tables and figures, from a folder of claims.csv and figures."""
    claims, sections = read_csv(folder / "claims.csv"), []
    for name, section in SECTIONS.items():
        pictures = [(folder / f"figures/{picture}.svg", PLOTS[picture]) for picture in section.pictures]
        figures = [embedded(path, picture.caption, picture.alt) for path, picture in pictures]
        table = shown(claims, name, params.confidence)
        about = {"id": anchor(section.title), "title": section.title, "source": section.source, "plotted": []}
        sections.append(about | {"table": table, "figures": figures})
    return sections


def anchor(title: str) -> str:
    """Return the id of a heading, as in the Markdown pages of the repository."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def scale_in_words(measures: pd.DataFrame, params: Params) -> str:
    """State how many seeds and epochs are behind the numbers, and of how many of the trainings."""
    claims, trained = params.claims, measures.groupby("experiment").seed.nunique()
    toys = f"{claims.toys} seeds of each toy and of the gradients"
    runs = f"{count(int(trained.max()), 'seed')} of {claims.epochs} epochs of each training on MNIST"
    part = f"; {len(trained)} of these {len(claims.listed)} are made" if len(trained) < len(claims.listed) else ""
    return f"These numbers are of scale {params.scale}: {toys}, {runs}{part}."


def page_passages(published: Path, params: Params) -> dict[str, str]:
    """Write the passages of docs/claims.md by name, from what is published of the claims."""
    claims, classifier = (read_csv(published / f"{name}.csv") for name in ("claims", "classifier"))
    quality = classifier.iloc[0]
    return {
        "scale": scale_in_words(read_csv(published / "measures.csv"), params),
        "scoreboard": scoreboard(claims).to_markdown(index=False),
        "classifier": f"The classifier is right on {quality.accuracy:.2%} of the {quality.n_test:,} test images.",
    } | {name: shown(claims, name, params.confidence).to_markdown(index=False) for name in SECTIONS}
