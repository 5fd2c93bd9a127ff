"""How a stage ends: what is expected becomes one line and an exit code, what is not keeps its traceback."""

import sys

import pytest
from helpers import ROOT

from pipeline import __main__ as listing
from pipeline.files.errors import RunError, UserError
from pipeline.runtime import cli


def test_every_command_is_listed(capsys):
    listing.main()
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    modules = {path for path in (ROOT / "pipeline").rglob("*.py") if "cli.parser(" in path.read_text()}
    names = {".".join(path.relative_to(ROOT / "pipeline").with_suffix("").parts) for path in modules}
    assert listed == {name.removesuffix(".__main__") for name in names}


def ending(error: BaseException | None, monkeypatch, *options: str) -> int:
    """Exit code of a stage whose work raises the error."""

    def work(_: object) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(sys, "argv", ["stage", *options])
    try:
        cli.run(cli.parser("stage", "", ""), work)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (None, 0, ""),
        (UserError("wrong"), 2, "stage: error: wrong\n"),
        (OSError(28, "No space left on device"), 2, "stage: error: [Errno 28] No space left on device\n"),
        (RunError("diverged"), 1, "stage: error: diverged\n"),
        (FloatingPointError("not finite"), 1, "stage: error: not finite\n"),
        (KeyboardInterrupt(), 1, "stage: stopped; the same command resumes from the last checkpoint, if it has any\n"),
        (MemoryError(), 1, f"stage: error: {cli.NO_MEMORY}\n"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), 1, f"stage: error: {cli.NO_MEMORY}\n"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, f"stage: error: {cli.NO_MEMORY}\n"),
    ],
)
def test_an_expected_error_is_one_line(error, code, line, monkeypatch, capsys):
    assert ending(error, monkeypatch) == code
    assert capsys.readouterr().err == line


def test_an_unexpected_error_keeps_its_traceback(monkeypatch):
    with pytest.raises(RuntimeError, match="shapes"):
        ending(RuntimeError("shapes do not match"), monkeypatch)
    with pytest.raises(UserError):
        ending(UserError("wrong"), monkeypatch, "--debug")
