"""The jobs of a run as the console sees them: how far each is, why it failed, how long they still take."""

import os
import re

import pytest
from helpers import ROOT

from pipeline.console.jobs import GUESSES, Job, Jobs, time_in_words
from pipeline.files.formats import read_csv

START = 1000.0  # seconds of the clock


def test_a_job_that_died_without_an_error_line_is_told_with_its_last_words(tmp_path):
    job = Job("train", log=tmp_path / "1.log", started=START)
    assert job.error() == "ended without a word"
    job.log.write_text("epoch 1\nterminate called without an active exception\n")
    assert job.error() == "terminate called without an active exception"


@pytest.mark.parametrize(
    ("text", "share", "words"),
    [
        ("MNIST seed0: epoch 13/2000, D(x) 0.6, 10.1 s/epoch, 9.0 min left\n", 0.0065, "epoch 13/2,000"),
        ("scoring\n\rtwo-sample test:   0%|   | 0/3\rtwo-sample test:  33%|###  | 1/3", None, "two-sample test 33%"),
        ("  7%|###  | 1/14", None, "7%"),
        ("MNIST: scoring seed0\n\n", None, "MNIST: scoring seed0"),
        ("", None, ""),
    ],
)
def test_the_end_of_a_log_says_how_far_a_job_is(tmp_path, text, share, words):
    job = Job("train", log=tmp_path / "log", started=START)
    job.log.write_text(text)
    assert job.look() == (share, words)
    os.utime(job.log, (START - 60,) * 2)
    assert job.look() == (None, ""), "of an earlier run"


def ended(rule: str, seconds: float, experiment: str = "mnist") -> Job:
    return Job(rule, {"experiment": experiment}, started=START - seconds, ended=START)


def waiting(rule: str, *needs: int) -> Job:
    return Job(rule, {"experiment": "mnist"}, needs=frozenset(needs))


HALF = Job("train", {"experiment": "mnist"}, started=START - 30, total=100)


@pytest.mark.parametrize(
    ("jobs", "guesses", "expected"),
    [
        ([ended("sample", 10), *[waiting("sample") for _ in range(4)]], False, (20, True)),  # shared by two cores
        ([ended("sample", 10), waiting("sample", 2), waiting("sample", 3), waiting("sample")], False, (30, True)),
        ([ended("sample", 10), waiting("evaluate")], False, (0, False)),  # nothing like it has been timed
        ([HALF], False, (70, True)),
        ([HALF, waiting("train")], False, (100, True)),  # the other takes as long; 170 s of work on two cores
        ([waiting("evaluate")], True, (38, True)),
        ([ended("evaluate", 380), waiting("sample")], True, (5 * 440 / 98, True)),  # a machine slower than guessed
        ([Job("train", failed=True, started=0, ended=1), waiting("table", 0), waiting("report", 1)], True, (0, True)),
        ([ended("sample", 10), Job("sample", {"experiment": "mnist"}, started=START - 50)], False, (5, True)),
    ],
)
def test_the_time_left(jobs, guesses, expected):
    assert Jobs(dict(enumerate(jobs)), cores=2, guesses=guesses).seconds_left(START) == pytest.approx(expected)


def test_the_first_guesses_are_of_rules_that_there_are():
    text = "".join(path.read_text() for path in (ROOT / "pipeline/rules").glob("*.smk"))
    assert set(read_csv(GUESSES).rule) <= set(re.findall(r"^use rule \w+ as (\w+) with:", text, flags=re.MULTILINE))


def test_durations_are_said_as_a_person_says_them():
    assert [time_in_words(seconds) for seconds in (0.2, 59, 90, 1500, 9000, 400000)] == [
        *("1 s", "59 s", "1.5 min", "25 min", "2.5 h", "5 days")
    ]
