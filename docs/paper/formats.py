"""One text in two formats, Markdown and LaTeX.

The text is Markdown of a few kinds of blocks, with blank lines between them: headings, paragraphs, lists, fenced
commands, tables beneath a paragraph "Table: CAPTION", figures as ![CAPTION](PATH). A citation is [@KEY]; the list that
defines the keys has items "[@KEY]: SOURCE".
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

PICTURES = "../../results/regenerated/figures"  # PNG files of `snakemake --cores all published`; pdflatex reads no SVG
LINE = 124  # characters of a table as wide as the page
REFERENCES = "## References"
SHORT = 34  # characters: a column of longer cells breaks its lines
INLINE = re.compile(r"(`[^`]+`|\[@[^\]]+\]|\[[^\]@]+\]\([^)]+\)|\*\*[^*]+\*\*|\*[^*]+\*)")
SPECIAL = {character: rf"\{character}" for character in "&%$#_{}"}
SPECIAL |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$"}
SPECIAL |= {"±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$", "σ": r"$\sigma$", "|": "$|$"}

PREAMBLE = r"""% Written by `python -m docs.paper` from template.md. Compile it in this folder, twice with pdflatex.
% `snakemake --cores all published` makes the figures as PNG files, which a PDF needs.
\documentclass[10pt,a4paper]{article}
\usepackage{graphicx}
\usepackage{booktabs}
\usepackage[hidelinks]{hyperref}
\setlength{\textwidth}{17.4cm}\setlength{\oddsidemargin}{-0.75cm}
\setlength{\textheight}{26.6cm}\setlength{\topmargin}{-2.4cm}
\setlength{\parindent}{0pt}\setlength{\parskip}{3pt}\setlength{\emergencystretch}{3em}
\setlength{\floatsep}{4pt}\setlength{\textfloatsep}{6pt}\setlength{\intextsep}{6pt}\setlength{\abovecaptionskip}{3pt}
\makeatletter
\renewcommand{\section}{\@startsection{section}{1}{0pt}{-8pt}{3pt}{\large\bfseries}}
\renewcommand{\subsection}{\@startsection{subsection}{2}{0pt}{-6pt}{2pt}{\normalsize\bfseries}}
\makeatother
\renewcommand{\labelitemi}{$\bullet$}
\newcommand{\paperfigure}[1]{\IfFileExists{#1}{\includegraphics[width=\linewidth,height=3.8cm,keepaspectratio]{#1}}%
  {\fbox{\texttt{\detokenize{#1}}: not made yet; \texttt{snakemake --cores all published}}}}
"""


def blocks(text: str) -> list[str]:
    """Split a text at its blank lines; fenced commands stay whole."""
    parts = re.split(r"^(```.*?^```)$", text, flags=re.DOTALL | re.MULTILINE)
    return [block.strip("\n") for part in parts for block in ([part] if part[:3] == "```" else _paragraphs(part))]


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def keys(text: str) -> list[str]:
    """Return the keys of the references, in order."""
    return re.findall(r"^- \[@(\w+)\]: ", text, re.MULTILINE)


def markdown(title: str, authors: str, text: str) -> str:
    """Return the text as a page: tables and figures numbered, citations as numbers."""
    numbers = {key: n for n, key in enumerate(keys(text), start=1)}
    parts, tables, figures = [f"# {title}", authors], 0, 0
    for block in blocks(text):
        if block.startswith("Table: "):
            tables += 1
            block = block.replace("Table: ", f"**Table {tables}.** ", 1)
        elif found := re.fullmatch(r"!\[(.+)\]\((.+)\)", block, re.DOTALL):
            figures += 1
            block = f"![Figure {figures}]({found[2]})\n\n**Figure {figures}.** {' '.join(found[1].split())}"
        parts.append(_numbered(block if block[:1] in "|`!" else _unwrapped(block), numbers))
    return "\n\n".join(parts) + "\n"


def _unwrapped(block: str) -> str:
    """Return a paragraph, or each item of a list, on one line: the template's lines are ragged once filled in."""
    items = _items(block) if block.startswith("- ") else [block]
    return "\n".join(("- " if block.startswith("- ") else "") + " ".join(item.split()) for item in items)


def _numbered(block: str, numbers: dict[str, int]) -> str:
    block = re.sub(r"^- \[@(\w+)\]: ", lambda found: f"{numbers[found[1]]}. ", block, flags=re.MULTILINE)
    return re.sub(r"\[@([^\]]+)\]", lambda found: f"[{_cited(found[1], lambda key: str(numbers[key]))}]", block)


def _cited(found: str, name: Callable[[str], str]) -> str:
    return ", ".join(name(key.strip().removeprefix("@")) for key in found.split(";"))


def latex(title: str, authors: str, text: str) -> str:
    """Return the text as a LaTeX document of class article."""
    name = f"{{\\Large {inline(title)}\\par}}\\smallskip {inline(authors)}"
    head = f"\\begin{{document}}\n\\begin{{center}}\n{name}\n\\end{{center}}"
    parts, caption = [PREAMBLE + head], ""
    for block in blocks(text):
        if block == REFERENCES:  # the list has this heading in LaTeX
            continue
        if block.startswith("Table: "):
            caption = block.removeprefix("Table: ")
        elif block.startswith("|"):
            parts.append(_table(caption, block))
        else:
            parts.append(_block(block))
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _block(block: str) -> str:
    """Return a block that is no table as LaTeX."""
    if found := re.fullmatch(r"(#{2,3}) (.+)", block):
        return f"\\{'sub' * (len(found[1]) - 2)}section*{{{inline(found[2])}}}"
    if block.startswith("```"):
        return "\\begin{verbatim}\n" + "\n".join(block.splitlines()[1:-1]) + "\n\\end{verbatim}"
    if found := re.fullmatch(r"!\[(.+)\]\((.+)\)", block, re.DOTALL):
        file = f"{PICTURES}/{PurePosixPath(found[2]).stem}.png"
        picture = f"\\centering\\paperfigure{{{file}}}\n\\caption{{{inline(found[1])}}}"
        return f"\\begin{{figure}}[!htb]\n{picture}\n\\end{{figure}}"
    if block.startswith("- [@"):
        items = [re.sub(r"^\[@(\w+)\]: (.*)", _reference, item, flags=re.DOTALL) for item in _items(block)]
        return (
            "\\begin{thebibliography}{9}\\footnotesize\\setlength{\\itemsep}{0pt}\\setlength{\\parskip}{0pt}\n"
            + "\n".join(items)
            + "\n\\end{thebibliography}"
        )
    if block.startswith("- "):
        items = [f"\\item {inline(item)}" for item in _items(block)]
        tight = "\\setlength{\\itemsep}{0pt}\\setlength{\\parskip}{1pt}"
        return f"\\begin{{itemize}}{tight}\n" + "\n".join(items) + "\n\\end{itemize}"
    return inline(block)


def _items(block: str) -> list[str]:
    return re.split(r"\n?^- ", block, flags=re.MULTILINE)[1:]


def _reference(found: re.Match[str]) -> str:
    return f"\\bibitem{{{found[1]}}} {inline(found[2])}"


def _table(caption: str, block: str) -> str:
    """Return a table with its caption; columns of long cells share the rest of the line."""
    head, _, *body = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in block.splitlines()]
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]
    long = sum(width for width in widths if width > SHORT)
    rest = 1 - sum(3 + width * (width <= SHORT) for width in widths) / LINE
    shares = [0 if width <= SHORT else rest * width / max(long, LINE * rest) for width in widths]
    columns = "".join(f"p{{{share:.2f}\\linewidth}}" if share else "l" for share in shares)
    first, *rows = (
        " & ".join((r"\raggedright " if share else "") + inline(cell) for cell, share in zip(row, shares, strict=True))
        + r" \tabularnewline"
        for row in [head, *body]
    )
    lines = [f"\\begin{{tabular}}{{{columns}}}", r"\toprule", first, r"\midrule", *rows, r"\bottomrule"]
    inside = "\n".join([f"\\caption{{{inline(caption)}}}", *lines, "\\end{tabular}"])
    return f"\\begin{{table}}[!htb]\n\\centering\\footnotesize\n{inside}\n\\end{{table}}"


def inline(text: str) -> str:
    """Return a run of text as LaTeX.

    Raises:
        ValueError: a character that pdflatex does not know by itself.
    """
    parts = INLINE.split(" ".join(text.split()))
    return "".join(_marked(part) if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _marked(part: str) -> str:
    if part.startswith("`"):
        return f"\\texttt{{{_escaped(part[1:-1])}}}"
    if part.startswith("**"):
        return f"\\textbf{{{inline(part[2:-2])}}}"
    if part.startswith("*"):
        return f"\\emph{{{inline(part[1:-1])}}}"
    if part.startswith("[@"):
        return f"\\cite{{{_cited(part[1:-1], str)}}}"
    words, _, target = part[1:-1].partition("](")
    address = re.sub("[%#]", r"\\\g<0>", target)
    return f"\\href{{{address}}}{{{inline(words)}}}" if "://" in target else inline(words)


def _escaped(text: str) -> str:
    text = "".join(SPECIAL.get(character, character) for character in text)
    if strange := [character for character in text if ord(character) > 255]:
        raise ValueError(f"no LaTeX is known for {strange}: add it to SPECIAL")
    text = re.sub(r'"([^"]*)"', r"``\1''", text)
    text = text.replace("-$>$", r"$\rightarrow$")
    return re.sub(r"(?<![\w)\]-])-(?=\d)", "$-$", text)  # a minus, not a hyphen
