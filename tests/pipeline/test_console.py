"""The console of `make quick`: what it tells of a run, from a stream of Snakemake's events made here."""

import io
import logging
import os
import re
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings

from pipeline.console.console import QUIET_SECONDS, Console
from pipeline.console.handler import LogHandler
from pipeline.console.jobs import Job, Jobs
from pipeline.console.screen import Screen

START = 1000.0  # seconds of the clock, as of the records
SIDE_BY_SIDE = {1: {}, 2: {"experiment": "mnist", "seeds": "seed0"}, 3: {"experiment": "mnist", "seeds": "seeds1-4"}}


class Terminal(io.StringIO):
    """A terminal of 80 columns and 24 rows, as nothing measures it."""

    def isatty(self) -> bool:
        return True


def screens(text: str) -> list[list[str]]:
    """Replay what a terminal got: the lines on it before each time that its bottom is rewritten, and at the end."""
    found, lines = [], [""]
    for part in re.split(r"(\r\x1b\[\d+A\x1b\[J|\n)", text):
        if part == "\n":
            lines.append("")
        elif part.startswith("\r"):
            found.append(lines[:-1])
            lines = [*lines[: -1 - int(re.search(r"\d+", part)[0])], ""]
        else:
            lines[-1] += part
    return [*found, lines[:-1]]


def tell(console: Console, seconds: float, event: LogEvent | None = None, text: str = "", **extra: object) -> None:
    level = logging.ERROR if event in (LogEvent.ERROR, LogEvent.JOB_ERROR) else logging.INFO
    record = logging.LogRecord("snakemake", level, __file__, 1, text, (), None)
    record.created = START + seconds
    record.__dict__.update({"event": event} | extra)
    console.tell(record)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


def begun(stream: io.StringIO, folder: Path, wildcards: dict[int, dict[str, str]] = SIDE_BY_SIDE) -> Console:
    """A console that has been told of a first job, 1, of those that need it, and of a last one that needs these."""
    console = Console(Screen(stream), "logs/snakemake.log")
    later = [number for number in wildcards if number > 1]
    plan = {number: Job("train", wildcards[number], folder / f"{number}.log", needs=frozenset({1})) for number in later}
    plan |= {1: Job("prepare", wildcards[1], folder / "1.log"), 9: Job("table", needs=frozenset(later))}
    tell(console, 0, LogEvent.RESOURCES_INFO, cores=2)
    tell(console, 0, text="Scale quick.\n  MNIST: 5 seeds", plan=Jobs(plan, done_before=7))
    return console


def start(console: Console, seconds: float, *numbers: int) -> None:
    for number in numbers:
        tell(console, seconds, LogEvent.JOB_INFO, "rule", jobid=number)


def end(console: Console, seconds: float, number: int) -> None:
    tell(console, seconds, LogEvent.JOB_FINISHED, f"Finished jobid: {number}", job_id=number)


def fail(console: Console, seconds: float, number: int, line: str) -> None:
    log = console.jobs.by_number[number].log
    log.write_text(f"scoring\n\roracle:  98%|#### | 44/45 [02:13<00:07,  7.01s/density]{line}\nOMP: Info #1\n")
    os.utime(log, (START + seconds,) * 2)
    tell(console, seconds, LogEvent.ERROR, f'RuleException:\nCalledProcessError in file "base.smk": {number}')
    tell(console, seconds, LogEvent.JOB_ERROR, "Error in rule", jobid=number)


WHOLE = """Scale quick.
  MNIST: 5 seeds
4 jobs on 2 cores (7 are done). Details: logs/snakemake.log
[1/4] prepare: 4 s
[2/4] train mnist seeds 1-4: 1.0 min
[3/4] train mnist seed 0: 2.0 min
[4/4] table: 8 s
4 jobs in 2.2 min.
"""


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_each_job_is_one_line_with_its_time_in_a_log_and_on_a_terminal(folder, stream):
    output = stream()
    console = begun(output, folder)
    start(console, 0, 1)
    end(console, 4, 1)
    start(console, 4, 2, 3)
    for seconds in range(5, 60):
        console.refresh(START + seconds)
    end(console, 64, 3)
    end(console, 124, 2)
    start(console, 124, 9)
    end(console, 132, 9)
    end(console, 132, 0)  # the target `all`, which runs nothing
    console.finish(START + 132)
    if stream is Terminal:
        assert "\n".join([*screens(output.getvalue())[-1], ""]) == WHOLE
        assert len(screens(output.getvalue())) > 50
    else:
        assert output.getvalue() == WHOLE


def test_the_bottom_of_a_terminal_shows_the_jobs_at_work(folder):
    output = Terminal()
    console = begun(output, folder)
    end(console, 4, 1)
    start(console, 4, 2, 3)
    log = folder / "3.log"
    log.write_text(
        "MNIST seeds1-4: epoch 4/20, D(x) 0.7, best validation 3.1 to 90.2 nats, 6.0 s/epoch, 1.6 min left\n"
    )
    os.utime(log, (START + 28,) * 2)
    console.refresh(START + 28)
    console.screen.show([])
    assert screens(output.getvalue())[-2][-3:] == [
        "  train mnist seed 0: 24 s",
        "  [####................] train mnist seeds 1-4: 24 s, epoch 4/20, best validati",
        "[#####...............] 1 of 4 jobs, 28 s passed, more than 1.6 min left",
    ]


@pytest.mark.parametrize(("columns", "rows", "lines"), [(20, 24, 9), (300, 4, 3), (0, 0, 9)])
def test_a_small_terminal_gets_what_fits(monkeypatch, columns, rows, lines):
    monkeypatch.setenv("TERM", "xterm")
    output = Terminal()
    output.fileno = lambda: 1
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, rows)))
    screen = Screen(output)
    screen.show([f"{number} " * 60 for number in range(9)])
    screen.show([])
    (shown, _) = screens(output.getvalue())
    assert len(shown) == lines
    assert shown[-1].startswith("8 ")
    assert max(map(len, shown)) == (columns - 1 if columns == 20 else 120 if columns else 79)


@pytest.mark.parametrize("name", ["dumb", None])
def test_a_terminal_that_cannot_move_gets_lines(monkeypatch, name):
    monkeypatch.delenv("TERM", raising=False)
    if name:
        monkeypatch.setenv("TERM", name)
    screen = Screen(Terminal())
    screen.show(["at work"])
    screen.keep("done")
    assert screen.stream.getvalue() == "done\n"


def test_output_that_vanishes_ends_nothing(folder):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        console = begun(stream, folder)
        end(console, 4, 1)
        console.finish(START + 5)


def test_a_log_is_told_after_a_long_silence_that_jobs_are_at_work(folder):
    output = io.StringIO()
    console = begun(output, folder)
    start(console, 0, 1)
    for seconds in range(0, int(2.5 * QUIET_SECONDS), 60):
        console.refresh(START + seconds)
    assert output.getvalue().splitlines()[3:] == ["at work: prepare"] * 2


def test_a_failure_ends_with_the_stages_own_line_and_its_log_once_per_error(folder):
    output = io.StringIO()
    console = begun(output, folder)
    end(console, 4, 1)
    start(console, 4, 2, 3)
    for number in (2, 3):
        fail(console, 10, number, "train: error: images.npz: damaged; delete it")
    tell(console, 11, LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.")
    console.finish(START + 11)
    assert output.getvalue().splitlines()[-3:] == [
        f"[3/4] train mnist seeds 1-4: failed after 6 s; its log: {folder}/3.log",
        "Stopped: 1 of 4 jobs done, 2 failed. Finished work is saved; the same command resumes.",
        f"train: error: images.npz: damaged; delete it (log: {folder}/2.log, {folder}/3.log)",
    ]


@pytest.mark.parametrize("by", ["Terminating processes on user request, this might", "Will exit after finishing cur"])
def test_a_person_who_stops_a_run_is_told_how_far_it_is(folder, by):
    output = io.StringIO()
    console = begun(output, folder)
    end(console, 4, 1)
    start(console, 4, 2)
    tell(console, 6, text="Will exit after finishing currently running jobs" if by.startswith("Will") else by)
    fail(console, 7, 2, "train: stopped; the same command resumes from the last checkpoint, if it has any")
    tell(console, 8, LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.")
    console.finish(START + 8)
    assert output.getvalue().splitlines()[-2:] == [
        "[2/4] train mnist seed 0: stopped after 3 s",
        "Interrupted: 1 of 4 jobs done. Finished work is saved; the same command resumes.",
    ]


def test_an_error_before_any_job_is_its_own_text_without_the_place_in_the_snakefile():
    console = Console(Screen(io.StringIO()), "log")
    text = (
        'WorkflowError in file "/x/Snakefile", line 26:\nparams: scale: no\n  File "/x/Snakefile", line 26, in <module>'
    )
    tell(console, 0, LogEvent.ERROR, text)
    console.finish(START)
    assert (console.has_told, console.screen.stream.getvalue()) == (True, "params: scale: no\n")


def test_a_run_with_nothing_to_do_says_so():
    console = Console(Screen(io.StringIO()), "log")
    tell(console, 0, text="Nothing to be done (all requested files are present and up to date).")
    console.finish(START)
    assert (console.has_told, console.screen.stream.getvalue().count("\n")) == (True, 1)


class Settings(MockOutputSettings):
    def __init__(self, *, dryrun: bool) -> None:
        super().__init__()
        self.dryrun = dryrun


@pytest.mark.parametrize("dryrun", [False, True])
def test_the_plugin_prints_every_record_and_survives_a_console_that_fails(capsys, monkeypatch, dryrun):
    told = []

    def failing(record: logging.LogRecord) -> None:
        told.append(record)
        raise LookupError("of the console")

    console = Console(Screen(io.StringIO()), "log")
    monkeypatch.setattr(console, "tell", failing)
    monkeypatch.setattr(LogHandler, "console", console, raising=False)
    handler = LogHandler(Settings(dryrun=dryrun), None)
    handler.handle(logging.LogRecord("snakemake", logging.INFO, __file__, 1, "Building DAG", (), None))
    handler.close()
    assert "Building DAG\n" in capsys.readouterr().err
    assert len(told) == (0 if dryrun else 1)
    assert not handler.ticker.is_alive()
