"""Output that vanishes: a pipe into `head`, a closed terminal, a full disk under the log. The work continues."""

import os
import re
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest
from helpers import ROOT, run_in
from tqdm import tqdm

from pipeline.files.errors import UserError
from pipeline.runtime import cli


def closed_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def closed_terminal() -> int:
    outer, inner = os.openpty()
    os.close(outer)
    return inner


GONE = {
    "a pipe whose reader has ended": closed_pipe,
    "a terminal that is closed": closed_terminal,
    "a file on a full disk": lambda: os.open("/dev/full", os.O_WRONLY),
}


@pytest.fixture(params=GONE)
def gone(request) -> Iterator[TextIO]:
    with os.fdopen(GONE[request.param](), "w") as stream:
        yield stream


def ran(monkeypatch, *options: str, error: Exception | None = None) -> bool:
    """Run a command that prints lines and a bar; return whether it came to its end."""
    done = []

    def work(_: object) -> None:
        for number in tqdm(range(3), desc="bar"):
            print(f"line {number}", flush=True)
        if error is not None:
            raise error
        done.append(True)

    monkeypatch.setattr(sys, "argv", ["stage", *options])
    cli.run(cli.parser("stage", "", ""), work)
    return bool(done)


@pytest.mark.parametrize("names", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_a_command_whose_output_has_gone_comes_to_its_end(tmp_path, monkeypatch, gone, names):
    for name in names:
        monkeypatch.setattr(sys, name, gone)
    assert ran(monkeypatch, "--log", str(tmp_path / "logs/stage.log"))
    assert [getattr(sys, name) for name in names] == [gone] * len(names)
    log = (tmp_path / "logs/stage.log").read_text()
    assert re.findall(r"line \d", log) == ["line 0", "line 1", "line 2"]
    assert "bar: 100%" in log


@pytest.mark.parametrize("missing", ["stdout", "stderr"])
def test_a_command_that_starts_without_an_output_comes_to_its_end(monkeypatch, missing):
    monkeypatch.setattr(sys, missing, None)
    assert ran(monkeypatch)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("/dev/full", r"\n/dev/full: no longer written \(.*No space left on device\); the work continues without it\n"),
        ("/dev/null/x.log", r"'/dev/null.*'; the work continues without this log\n"),
    ],
)
def test_a_log_that_cannot_be_written_is_one_line(monkeypatch, capsys, log, message):
    assert ran(monkeypatch, "--log", log)
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("line")] == ["line 0", "line 1", "line 2"]
    assert len(re.findall(message, out + err)) == 1


def test_the_log_holds_what_is_printed_errors_too(tmp_path, monkeypatch, capsys):
    log = tmp_path / "stage.log"
    assert ran(monkeypatch, "--log", str(log))
    out, err = capsys.readouterr()
    assert sorted(log.read_bytes().decode()) == sorted(out + err)
    with pytest.raises(SystemExit, match="2"):
        ran(monkeypatch, "--log", str(log), error=UserError("wrong"))
    assert log.read_text().endswith("\nstage: error: wrong\n")
    with pytest.raises(LookupError):
        ran(monkeypatch, "--log", str(log), error=LookupError("unexpected"))
    assert log.read_text().endswith("\nLookupError: unexpected\n")
    assert "Traceback" in log.read_text()


def test_a_log_of_another_user_is_replaced(tmp_path, monkeypatch):
    log = tmp_path / "stage.log"
    log.write_text("old")
    os.link(log, tmp_path / "kept")
    assert ran(monkeypatch, "--log", str(log))
    assert (tmp_path / "kept").read_text() == "old"
    assert "line 2" in log.read_text()


def test_a_stage_whose_pipe_has_ended_ends_well(tmp_path):
    """As a process: Python's own flush at the end does not fail either."""
    options = ("--dataset", "synthetic-mnist", "--output", str(tmp_path / "images.npz"))
    pipe = closed_pipe()
    done = run_in(ROOT, "-c", f"import os, sys; os.dup2({pipe}, 1); {AS_PREPARE}", *options, pass_fds=[pipe])
    os.close(pipe)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "images.npz").is_file()


AS_PREPARE = "import runpy; sys.argv[0] = 'prepare'; runpy.run_module('pipeline.prepare', run_name='__main__')"


def test_no_rule_writes_its_log_through_a_pipe():
    rules = "".join(path.read_text() for path in sorted((ROOT / "pipeline/rules").glob("*.smk")))
    shells = re.findall(r"^    shell:\n((?: {8}.*\n)+)", rules, flags=re.MULTILINE)
    assert len(shells) == 2
    assert not [shell for shell in shells if "|" in shell or "--log {log}" not in shell]
