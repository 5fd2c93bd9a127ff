"""The commands, one line each; `python -m pipeline.COMMAND --help` describes one."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
COMMANDS = {
    "from raw data to a verdict": ("download", "prepare", "train", "sample", "evaluate", "table"),
    "tests of the score itself": ("audit", "growth", "oracle"),
    "comparison with other models": ("rival", "ais", "compare"),
    "figures and report": ("toy", "figures", "report", "show"),
    "the paper's claims": (
        *(f"claims.{name}" for name in ("theory", "modes", "advantages", "saturation")),
        *(f"claims.{name}" for name in ("classify", "measure", "memorised")),
        "claims",
    ),
    "checks and publication": ("check", "verify", "publish"),
}


def main() -> None:
    """Print the commands."""
    print(__doc__)
    for title, names in COMMANDS.items():
        print(f"\n{title}:")
        for name in names:
            print(f"  {name:<18} {_first_line(name)}")


def _first_line(name: str) -> str:
    path = HERE.joinpath(*name.split("."))
    source = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").splitlines()[0]


if __name__ == "__main__":
    main()
