"""Write the page into which `dvc plots` sets its charts: Vega is inlined, so that it opens offline.

DVC's own page loads Vega from the network. Snakemake's package ships the same scripts for its reports.
"""

import argparse
from importlib import resources
from pathlib import Path

from pipeline.files.formats import write_text
from pipeline.runtime import cli

SCRIPTS = ("vega/vega.js", "vega-lite/vega-lite.js", "vega-embed/vega-embed.js")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Learning curves</title>
{refresh_tag}
{vega}
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem; } img { max-width: 100%; }</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def main() -> None:
    """Command line."""
    parser = cli.parser("plots_page", __doc__, "--output results/plots_page.html")
    parser.add_argument("--output", type=Path, required=True, help="the html file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    assets = resources.files("snakemake") / "assets" / "data"
    scripts = [assets.joinpath(*name.split("/")).read_text(encoding="utf-8") for name in SCRIPTS]
    write_text(args.output, PAGE.replace("{vega}", "\n".join(f"<script>{script}</script>" for script in scripts)))


if __name__ == "__main__":
    main()
