"""How many faults are tried, and a count of those that were."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from pipeline.reporting.page import with_passages

COUNTS: Counter[str] = Counter()


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How many cases to try: few in `make test`, many in `make torture`."""
    return lambda few, many: many if request.config.getoption("--long") else few


@pytest.fixture
def tally() -> Iterator[Callable[[str], None]]:
    """Counts a fault that was tried; it counts only where the test goes on to pass."""
    tried: Counter[str] = Counter()
    yield lambda what: tried.update([what])
    COUNTS.update(tried)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the counts into the page, where all went well."""
    page = session.config.getoption("--tally")
    if page is None or exitstatus:
        return
    page.write_text(with_passages(page.read_text(), {"counts": counts(COUNTS)}, page))


def counts(tried: Counter[str]) -> str:
    """What was tried, in a sentence and a table that opens on a click; tests that fail leave no page."""
    table = [
        "| what was done to it | times |",
        "|---|---|",
        *(f"| {what} | {n} |" for what, n in sorted(tried.items())),
    ]
    return "\n".join(
        [
            f"{tried.total()} faults of {len(tried)} kinds: no result was lost, no number was wrong, no traceback was "
            "shown.",
            "",
            "<details><summary>How often each</summary>",
            "",
            *table,
            "",
            "</details>",
        ]
    )
