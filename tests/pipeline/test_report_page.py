"""The report in a browser: made from the published results, read wide, on a phone, in the dark and on paper."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, browser, chromium
from helpers import ROOT, call

from pipeline import report
from pipeline.claims.tables import part
from pipeline.config.params import load
from pipeline.files.formats import read_csv, read_json, write_json
from pipeline.reporting.page import render

PUBLISHED = ROOT / "results/published"
PAGES = ("report", "claims")
OVERFLOW = """[...document.querySelectorAll("main *")].filter((one) => !one.closest(".scroll, figure:target")
    && one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 200))"""
COLUMN = """(column) => [...document.querySelectorAll("#SECTION ~ .scroll table")[0].tBodies[0].rows]
    .map((row) => row.cells[column].textContent.trim())"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """The report of the published results, and the page of the published claims."""
    folder = tmp_path_factory.mktemp("published")
    results = Path(shutil.copytree(PUBLISHED, folder / "results", ignore=shutil.ignore_patterns("*.html")))
    figures = sorted(path.name for path in (results / "figures").glob("*.svg"))
    made = read_json(results / "table.manifest.json") | {"stage": "figures", "outputs": dict.fromkeys(figures, "")}
    write_json(results / "figures/manifest.json", made)
    entry, page = read_json(PUBLISHED / "published.json"), folder / "report.html"
    chosen = ["--scale", entry["scale"], "--experiments", *entry["experiments"], "--seeds", *entry["seeds"]]
    runs = sorted(results.glob("runs/*/*/seed*"))
    done = call(
        report,
        "--params",
        ROOT / "params.yaml",
        *chosen,
        "--results",
        results,
        "--published",
        results,
        "--runs",
        *runs,
        "--output",
        page,
    )
    assert done.returncode == 0, done.stderr
    params = load(ROOT / "params.yaml", read_json(PUBLISHED / "claims/published.json")["scale"])
    sections = part(results / "claims", params)
    about = {"scale": params.scale, "entry": params.claims, "n_seeds": 2, "is_real": True}
    titles = {section["id"]: section["title"] for section in sections}
    claims = folder / "claims.html"
    claims.write_text(render("claims.html.j2", claims=sections, titles=titles, **about), encoding="utf-8")
    return {"report": page, "claims": claims}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if chromium() is None:
        pytest.skip("needs Chromium or Chrome on the path")
    with browser() as found:
        yield found


def column(page: Page, section: str, number: int) -> list[str]:
    """Return the texts of a column of the first table after a heading."""
    found: list[str] = page.ask(f"({COLUMN.replace('SECTION', section)})({number})")
    return found


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_overflows_no_request_leaves_and_the_console_is_silent(page, pages, name, width):
    page.open(pages[name], width)
    assert page.ask("[innerWidth, document.scrollingElement.scrollWidth <= innerWidth]") == [width, True]
    assert page.ask(OVERFLOW) == []
    assert page.errors() == []
    assert page.requests() == {pages[name].resolve().as_uri()}


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_is_there_and_has_a_text_in_its_place(page, pages, name):
    page.open(pages[name])
    figures = page.ask(
        "[...document.images].map((one) => [one.alt.length > 20, one.complete && one.naturalWidth > 300])"
    )
    folder = PUBLISHED / ("claims/figures" if name == "claims" else "figures")
    assert figures == [[True, True]] * len(list(folder.glob("*.svg")))


@pytest.mark.parametrize("name", PAGES)
def test_every_place_is_unique_and_every_link_leads_to_one(page, pages, name):
    page.open(pages[name])
    assert page.ask("""(() => {
        const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        const links = [...document.querySelectorAll("a[href^='#']")].map((one) => one.getAttribute("href").slice(1));
        const nameless = [...document.querySelectorAll("a, button")].filter((one) =>
            !one.textContent.trim() && !one.querySelector("img[alt]"));
        return [ids.length - new Set(ids).size, links.filter((id) => !ids.includes(id)), nameless.length];
    })()""") == [0, [], 0]


def test_tables_sort_by_mouse_and_keyboard(page, pages):
    page.open(pages["report"])
    start, scores = column(page, "table-1", 0), column(page, "table-1", 1)
    assert scores[:2] == ["138 ± 2", "121 ± 1.6"]
    head = 'document.querySelectorAll("#table-1 ~ .scroll th")[1]'
    page.ask(f'{head}.querySelector("button").click()')
    rising = column(page, "table-1", 1)
    assert rising == sorted(scores, key=lambda text: float(text.split()[0]))
    assert page.ask(f"{head}.ariaSort") == "ascending"
    page.ask(f'{head}.querySelector("button").focus()')
    page.press("Enter")
    page.wait(f"{head}.ariaSort === 'descending'")
    assert column(page, "table-1", 1) == rising[::-1]
    page.ask('document.querySelectorAll("#table-1 ~ .scroll th button")[0].click()')
    assert column(page, "table-1", 0) == sorted(start, key=str.lower)
    assert page.ask('document.querySelectorAll("#table-1 ~ .scroll th")[1].ariaSort') is None


def test_empty_cells_and_words_do_not_break_the_order_of_numbers(page, pages):
    """TFD's column has words in our row, later papers' have gaps; minus signs and thousands count."""
    page.open(pages["report"])
    assert page.ask("""(() => {
        document.body.innerHTML = `<table><thead><tr><th>x</th></tr></thead><tbody>
            ${["1,000", "", "-6.5 nats", "−7", "n = 20", ".5"].map((text) => `<tr><td>${text}</td></tr>`).join("")}`;
        const table = document.querySelector("table");
        const order = () => [...table.tBodies[0].rows].map((row) => row.textContent);
        sortBy(table, 0, false); const rising = order(); sortBy(table, 0, true);
        return [rising, order()];
    })()""") == [["−7", "-6.5 nats", ".5", "n = 20", "1,000", ""], ["1,000", "n = 20", ".5", "-6.5 nats", "−7", ""]]


def test_a_figure_opens_and_closes_by_keyboard(page, pages):
    page.open(pages["report"])
    box = (
        "(() => { const box = document.querySelector('#figure-toy img').getBoundingClientRect(); return box.width; })()"
    )
    is_large = "getComputedStyle(document.querySelector('#figure-toy-large')).position === 'fixed'"
    width = page.ask(box)
    page.ask("document.querySelector('#figure-toy .enlarge').focus()")
    page.press("Enter")
    page.wait(is_large)
    assert page.ask(box) > width
    page.press("Escape")
    page.wait(f"!({is_large})")
    assert page.ask(f"[{box}, location.hash]") == [width, "#figure-toy"]


def test_without_script_tables_are_plain_and_figures_open_all_the_same(page, pages):
    page.do("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(pages["report"])
        assert page.ask("document.querySelectorAll('th button').length") == 0
        assert column(page, "table-1", 1)[0] == "138 ± 2"
        page.ask("document.querySelector('#figure-toy .enlarge').focus()")
        page.press("Enter")
        page.wait("getComputedStyle(document.querySelector('#figure-toy-large')).position === 'fixed'")
        page.ask("document.querySelector('#figure-toy .close').focus()")
        page.press("Enter")
        page.wait("getComputedStyle(document.querySelector('#figure-toy-large')).position === 'relative'")
    finally:
        page.do("Emulation.setScriptExecutionDisabled", value=False)


def test_every_number_of_the_tables_leads_to_its_manifest_or_source(page, pages):
    page.open(pages["report"])
    assert (
        page.ask("""[...document.querySelectorAll("#table-1 ~ .scroll")].slice(0, 1).flatMap((one) =>
        [...one.querySelectorAll("td:not(:first-child)")].filter((cell) => /\\d/.test(cell.textContent))
        .map((cell) => document.querySelector(cell.firstElementChild.getAttribute("href")).textContent.trim()))
        .filter((text) => !/^Quoted numbers$|^M\\d+: table/.test(text))""")
        == []
    )
    link = "document.querySelector('#seeds ~ .scroll td a.number')"
    folder = page.ask(f"{link}.title").partition(", ")[2]
    page.ask(f"{link}.focus()")
    page.press("Enter")
    page.wait("document.querySelector('details:target')?.open")
    path, shown = (page.ask(f"document.querySelector('details:target{part}').innerText") for part in (" code", ""))
    assert Path(path).parent == Path(folder)
    manifest = read_json(Path(path))
    hashes = {**manifest["inputs"], **manifest["outputs"]}.values()
    for text in (manifest["command"], manifest["commit"], *hashes, f"gpu {manifest['environment']['gpu']}"):
        assert text in shown
    assert page.ask("document.querySelector('details:target dd a.source').title").endswith(folder)


def test_the_scorecard_comes_first_and_its_outcomes_are_counted(page, pages):
    page.open(pages["report"])
    assert page.ask("document.querySelector('h2').id") == "scorecard"
    assert page.ask("document.querySelector('nav a').hash") == "#scorecard"
    outcomes, told = column(page, "scorecard", 2), page.ask("document.querySelector('#scorecard + p').innerText")
    assert told.startswith(f"Of {len(outcomes) - 1} results of the paper and 1 question of ours: ")
    assert all(f"{outcomes.count(name)} {name}" in told for name in set(outcomes))
    ours = read_csv(PUBLISHED / "table1.csv").set_index("Model").MNIST["Adversarial nets (ours)"]
    assert column(page, "scorecard", 3)[0].startswith(ours)


def test_in_the_dark_figures_lie_on_white(page, pages):
    ground = "getComputedStyle(document.querySelector('{}')).backgroundColor"
    found = {}
    for scheme in ("light", "dark"):
        page.open(pages["report"], prefers_color_scheme=scheme)
        found[scheme] = [page.ask(ground.format(what)) for what in ("body", "figure img")]
    assert found["light"] == ["rgb(255, 255, 255)"] * 2
    assert found["dark"][1] == "rgb(255, 255, 255)"
    assert max(map(int, found["dark"][0][4:-1].split(","))) < 50


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_tables_fit_the_page(page, pages, name):
    page.open(pages[name], 680)  # 18 cm: A4 without its margins
    page.do("Emulation.setEmulatedMedia", media="print")
    page.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.ask(OVERFLOW.replace(".scroll, ", "")) == []
    page.do("Emulation.setEmulatedMedia", media="")


def test_paper_has_no_navigation_and_says_where_links_lead(page, pages, tmp_path):
    page.open(pages["report"], 700)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.do("Emulation.setEmulatedMedia", media="print", features=dark)
    style = "getComputedStyle(document.querySelector('{}'){}).{}"
    assert page.ask(style.format("nav", "", "display")) == "none"
    assert page.ask(style.format("body", "", "backgroundColor")) == "rgb(255, 255, 255)"
    assert "https://arxiv.org/abs/1406.2661" in page.ask(style.format("a[href^=http]", ", '::after'", "content"))
    assert "[M" in page.ask(style.format("#seeds ~ .scroll td a.number", ", '::after'", "content"))
    most = page.ask(f"parseFloat({style.format('figure img', '', 'maxHeight')}) / 96 * 2.54")
    assert most < 29.7 - 2 * 1.5 - 4, "cm of a page, without its margins and a caption"
    assert page.ask(style.format(".figure", "", "breakInside")) == "avoid"
    page.do("Emulation.setEmulatedMedia", media="")
    page.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert page.ask("[...document.querySelectorAll('details')].every((one) => one.open)") is True
