"""docs/paper: the paper is what the committed results say, flips with them, and is LaTeX that compiles."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import ROOT
from PIL import Image

from docs.paper.__main__ import HERE, TEMPLATE, pages
from docs.paper.formats import PICTURES, inline, latex, markdown
from docs.paper.results import facts
from pipeline.files.formats import read_csv, write_csv

MOST_PAGES, MOST_WORDS = 4, 2400  # words of the text; tables are counted as pages alone
NAMES = r"[Tt]able 1|Algorithm 1|2014|float32"  # digits that are names, not results
COMPILER = shutil.which("pdflatex") or shutil.which("tectonic")
PAPER, TEX = HERE / "paper.md", HERE / "paper.tex"


def test_the_paper_is_what_the_committed_results_say():
    for path, page in pages(facts(ROOT)).items():
        assert path.read_text(encoding="utf-8") == page, f"{path.name}: python -m docs.paper writes it anew"


def test_the_template_has_no_number_of_its_own():
    text, _, _ = TEMPLATE.read_text(encoding="utf-8").partition("## References")
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\[@[^\]]+\]", "", text, flags=re.DOTALL)
    assert re.findall(r".*\d.*", re.sub(NAMES, "", text)) == []


def test_no_sentence_of_the_code_has_a_number_of_its_own():
    tree = ast.parse((HERE / "results.py").read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    bare |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.FormattedValue) and node.format_spec
        for part in ast.walk(node.format_spec)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
    ]
    assert [text for text in texts if " " in text and re.search(r"\d", re.sub(NAMES, "", text))] == []


@pytest.fixture(scope="module")
def other_results(tmp_path_factory) -> Path:
    """Return a folder of results in which every measurement is another, and comes out otherwise."""
    root = tmp_path_factory.mktemp("results")
    for name in ("results/published", "benchmarks/results", "docs/cifar10"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.svg", "*.html", "sheet.npz"))
    for name in ("params.yaml", "docs/epochs.csv"):
        shutil.copy(ROOT / name, root / name)
    published, benchmarks = root / "results/published", root / "benchmarks/results"
    ours = "model == 'adversarial-nets' and scale == 'paper'"
    change(published / "metrics.csv", f"{ours} and grid == 'authors'", value=lambda old: old + 12)
    change(published / "metrics.csv", f"{ours} and grid == 'fine'", value=lambda old: old + 6.5)
    change(published / "metrics.csv", f"{ours} and length == 900", value=lambda old: old - 3)
    change(published / "metrics.csv", "model == 'training-images'", value=lambda old: old - 100)
    change(published / "oracle.csv", "estimate == estimate", estimate=lambda old: old + 50)
    change(published / "growth.csv", "value == value", value=lambda old: old * 2)
    change(published / "claims/claims.csv", "kind == 'paper'", outcome=lambda _: "does not hold")
    change(published / "claims/claims.csv", "claim == 'text-against-code'", outcome=lambda _: "costs")
    change(benchmarks / "original.csv", "value == value", value=lambda old: old - 100)
    change(benchmarks / "original-scorers.csv", "scorer == 'parzen_ll.py'", value=lambda old: old + 3)
    change(benchmarks / "memorised-seed0.csv", "of == 'G'", difference=lambda old: old + 1)
    change(benchmarks / "comparison/ais_images.csv", "model == 'k-means'", exact=lambda old: old + 1000)
    change(root / "params.yaml", "learning_rate: 0.1\n", "learning_rate: 0.2\n")
    return root


def change(path: Path, what: str, *new: str, **columns: object) -> None:
    """Change a text, or columns of the rows of a CSV file that a query finds; something must change."""
    before = path.read_text(encoding="utf-8")
    if new:
        path.write_text(before.replace(what, *new), encoding="utf-8")
    else:
        frame = read_csv(path)
        rows = frame.query(what).index
        for column, function in columns.items():
            frame.loc[rows, column] = frame.loc[rows, column].map(function)
        write_csv(path, frame)
    assert path.read_text(encoding="utf-8") != before


@pytest.fixture(scope="module")
def papers(other_results) -> tuple[str, str]:
    """Return the paper as committed and that of the other results, as Markdown on one line."""
    return tuple(
        " ".join(text.split()) for text in (PAPER.read_text(encoding="utf-8"), pages(facts(other_results))[PAPER])
    )


@pytest.mark.parametrize(
    ("committed", "other"),
    [
        ("213.0 ± 1.8", "225.0 ± 1.8"),
        ("; not reproduced at 1,000 epochs", "; reproduced at 1,000 epochs"),
        ("0 of 5 seeds reach", "3 of 5 seeds reach"),
        ("| Table 1, MNIST | not reproduced |", "| Table 1, MNIST | reproduced |"),
        ("| Proposition 1 | reproduced |", "| Proposition 1 | not reproduced |"),
        ("| 100 more epochs (900 to 1,000) | +2.5 |", "| 100 more epochs (900 to 1,000) | +5.5 |"),
        ("by -12.0 nats", "by +0.0 nats"),
        ("about 480 more epochs would close the gap", None),
        ("Runs that differ in one switch", None),
        (None, "| D first then G, against the 2014 code |"),
        ("no difference between the implementations is seen", None),
        (None, "; outside: `own` at 100 epochs"),
        ("0 beat real images", "5 beat real images"),
        ("10 hold, 4 are too short to tell", "14 do not hold"),
        ("does not survive", "does survive"),
        ("not shown to be greater", "is greater"),
        ("at most 4e-05 nats apart", "at most 3e+00 nats apart"),
        ("at least 212.4 nats", "at least 162.4 nats"),
        ("from 94.9 to 272.4", "from 189.9 to 544.8"),
        ("learning rate of 0.1,", "learning rate of 0.2,"),
    ],
)
def test_sentences_follow_the_results(papers, committed, other):
    """None: nothing in place of the other one's sentence."""
    (before, after) = papers
    for text, here, there in ((committed, before, after), (other, after, before)):
        assert text is None or (text in here and text not in there)


def test_the_paper_is_short():
    text = "\n".join(line for line in PAPER.read_text(encoding="utf-8").splitlines() if not line.startswith("|"))
    assert len(text.split()) <= MOST_WORDS
    assert text.count("**Figure ") <= 3


def test_every_picture_and_file_that_it_names_is_there():
    text = PAPER.read_text(encoding="utf-8")
    for path in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (HERE / path).is_file(), path
    for path in re.findall(r"`((?:docs|pipeline|tests)/[^`]+)`", text):
        assert (ROOT / path).is_file(), path


def test_latex_is_balanced_and_cites_what_it_lists():
    text = TEX.read_text(encoding="utf-8")
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert opened == []
    bare = re.sub(r"\\[\\{}]", "", re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", "", text, flags=re.DOTALL))
    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"(?<!\\)\$", bare)) % 2 == 0
    cited = {key for keys in re.findall(r"\\cite\{([^}]+)\}", text) for key in keys.split(", ")}
    assert cited == set(re.findall(r"\\bibitem\{(\w+)\}", text))
    assert set(re.findall(r"\\usepackage(?:\[\w+\])?\{(\w+)\}", text)) == {"graphicx", "booktabs", "hyperref"}


@pytest.mark.skipif(COMPILER is None, reason="needs pdflatex or tectonic on the PATH")
def test_latex_compiles_to_four_pages(tmp_path):
    """With blank pictures of the figures' proportions."""
    folder = tmp_path / "docs/paper"
    folder.mkdir(parents=True)
    shutil.copy(TEX, folder)
    (folder / PICTURES).mkdir(parents=True)
    for name in re.findall(r"\\paperfigure\{.*/(\S+)\.png\}", TEX.read_text(encoding="utf-8")):
        svg = (ROOT / f"results/published/figures/{name}.svg").read_text(encoding="utf-8")
        size = re.search(r'viewBox="0 0 (\S+) (\S+)"', svg)
        Image.new("L", (round(float(size[1])), round(float(size[2])))).save(folder / PICTURES / f"{name}.png")
    options = ("-interaction=nonstopmode", "-halt-on-error") if "pdflatex" in str(COMPILER) else ("--print",)
    done = subprocess.run([str(COMPILER), *options, TEX.name], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
    written = re.search(r"Output written on .*?\((\d+) pages?", done.stdout.replace("\n", ""))
    assert written is None or int(written[1]) <= MOST_PAGES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5% of a_b & `c_d` #1", r"5\% of a\_b \& \texttt{c\_d} \#1"),
        ("-1.5 ± 2 (-3), x-1, 2014-06", r"$-$1.5 $\pm$ 2 ($-$3), x-1, 2014-06"),
        ('**bold** and *weak*, "said"', r"\textbf{bold} and \emph{weak}, ``said''"),
        ("[a](https://b.c/d#e), [@one; @two]", r"\href{https://b.c/d\#e}{a}, \cite{one, two}"),
        ("2 -> 3 {x} ~ ^ \\", r"2 $\rightarrow$ 3 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{}"),
    ],
)
def test_inline_escapes_what_latex_reads_otherwise(text, expected):
    assert inline(text) == expected


def test_inline_refuses_what_pdflatex_does_not_know():
    with pytest.raises(ValueError, match="no LaTeX is known for"):
        inline("√2")


def test_both_formats_have_the_same_parts():
    text = "## A\n\nTable: Two *words*.\n\n| a | b |\n|---|---|\n| 1 |   |\n\n- x [@k]\n- y\n\n"
    text += "```sh\nmake  it\n\nnow\n```\n\n![A plot.](p/q.svg)\n\n## References\n\n- [@k]: K."
    page, document = markdown("T", "W", text), latex("T", "W", text)
    assert page.startswith("# T\n\nW\n\n## A\n\n**Table 1.** Two *words*.\n\n| a | b |\n")
    assert "- x [1]\n- y" in page
    assert page.endswith("![Figure 1](p/q.svg)\n\n**Figure 1.** A plot.\n\n## References\n\n1. K.\n")
    assert "\\section*{A}" in document
    assert "\\caption{Two \\emph{words}.}" in document
    assert "a & b \\tabularnewline\n\\midrule\n1 &  \\tabularnewline" in document
    assert "\\begin{verbatim}\nmake  it\n\nnow\n\\end{verbatim}" in document
    assert "/q.png}\n\\caption{A plot.}" in document
    assert "\\bibitem{k} K." in document
    assert "References" not in document
