"""The jobs of a run: which there are, how far each is, and how long the rest takes."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

GUESSES = Path(__file__).parent / "seconds.csv"  # of scale quick; docs/contributing.md says where they are from
TAIL = 4096  # bytes: more than the longest line of a log
EPOCH = re.compile(r"epoch (?P<epoch>\d+)/(?P<epochs>\d+)(?P<numbers>.*), (?P<seconds>[\d.]+) s/epoch, ")
VALIDATION = re.compile(r"best validation .*? nats")
BAR = re.compile(r"(?P<what>.*?):? *(?P<percent>\d+)%\|")  # of tqdm
ERROR = re.compile(r"[\w.]+: (error: |stopped; ).*")  # the line of pipeline.runtime.cli; a bar may stand before it
TRUST = 60.0  # seconds of jobs that have to be known before they say more of the machine than the guesses do
OVERRUN = 0.1  # a job that takes longer than expected is taken to need so much of its time more


@dataclass
class Job:
    """A job and its times, seconds of the clock; None before they come.

    Attributes:
        needs: numbers of the jobs that it waits for.
        total: seconds that the job takes as a whole by its own account, where it counts epochs.
    """

    rule: str
    wildcards: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    threads: int = 1
    needs: frozenset[int] = frozenset()
    started: float | None = None
    ended: float | None = None
    failed: bool = False
    total: float | None = None

    @property
    def experiment(self) -> str:
        """Return what the rule is applied to: an experiment or a data set; empty for all of a scale."""
        return self.wildcards.get("experiment") or self.wildcards.get("dataset") or ""

    @property
    def title(self) -> str:
        """Return e.g. "train mnist seed 0"."""
        seed = self.wildcards.get("seed")
        seeds = self.wildcards.get("seeds") or (f"seed{seed}" if seed else "")
        words = (self.rule.replace("_", " "), self.experiment, re.sub(r"^(seeds?)", r"\1 ", seeds))
        return " ".join(filter(None, words))

    @property
    def running(self) -> bool:
        """Whether it has begun and not ended."""
        return self.started is not None and self.ended is None

    @property
    def is_stopped(self) -> bool:
        """Whether it ended because a person stopped it."""
        return self.failed and (found := ERROR.match(self.error())) is not None and found[1] == "stopped; "

    def look(self) -> tuple[float | None, str]:
        """Read the end of the log.

        Returns:
            share of the epochs done, None where no epochs are counted; what the job is at, in words.
        """
        line = self.last_line()
        if found := EPOCH.search(line):
            epoch, epochs = int(found["epoch"]), int(found["epochs"])
            self.total = float(found["seconds"]) * epochs
            score = VALIDATION.search(found["numbers"])
            return epoch / epochs, f"epoch {epoch:,}/{epochs:,}" + (f", {score[0]}" if score else "")
        if found := BAR.match(line):
            return None, f"{found['what'].strip()} {found['percent']}%".strip()
        return None, line

    def last_line(self) -> str:
        """Return the last line, or state of a bar, in the log that this job has written; empty where there is none."""
        lines = [line.strip() for line in re.split(r"[\r\n]+", self._tail()) if line.strip()]
        return lines[-1] if lines else ""

    def error(self) -> str:
        """Return the line of the log that says why the job failed; its last line where none does."""
        found = [match[0] for match in ERROR.finditer(self._tail())]
        return found[-1] if found else self.last_line() or "ended without a word"

    def _tail(self) -> str:
        try:
            if self.log is None or self.started is None or self.log.stat().st_mtime < self.started - 1:
                return ""  # of an earlier run
            with self.log.open("rb") as file:
                file.seek(max(self.log.stat().st_size - TAIL, 0))
                return file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""


@dataclass
class Jobs:
    """All jobs of a run, by Snakemake's numbers.

    Attributes:
        cores: that they share.
        guesses: whether the run is of the scale that the first guesses are of.
        done_before: jobs that need not run, for what they make is there.
    """

    by_number: dict[int, Job] = field(default_factory=dict)
    cores: int = 1
    guesses: bool = False
    done_before: int = 0

    def where(self, **states: bool) -> list[Job]:
        """Return the jobs in a state, e.g. running=True."""
        return [job for job in self.by_number.values() if all(getattr(job, key) is on for key, on in states.items())]

    @property
    def ended(self) -> list[Job]:
        """Return those that have ended, well or not."""
        return [job for job in self.by_number.values() if job.ended is not None]

    def seconds_left(self, now: float) -> tuple[float, bool]:
        """Estimate how long the rest takes.

        Two bounds: all work shared by all cores, and the longest chain of jobs that wait for each other.

        Returns:
            seconds, and whether every job could be estimated; if not, it takes longer.
        """
        blocked = self._blocked()
        waiting = {number: job for number, job in self.by_number.items() if job.ended is None and number not in blocked}
        left = {number: self._left(job, now) for number, job in waiting.items()}
        work = sum((left[number] or 0) * job.threads for number, job in waiting.items()) / max(self.cores, 1)

        @cache
        def chain(number: int) -> float:
            return (left[number] or 0) + max((chain(below) for below in waiting[number].needs & left.keys()), default=0)

        return max([work, *map(chain, left)]), None not in left.values()

    def _blocked(self) -> set[int]:
        """Return the jobs that wait for one that has failed."""
        found = {number for number, job in self.by_number.items() if job.failed}
        while more := {number for number, job in self.by_number.items() if job.needs & found} - found:
            found |= more
        return found

    def _left(self, job: Job, now: float) -> float | None:
        total = job.total if job.total is not None else self._expected(job)
        if job.started is None or total is None:
            return total
        return max(total - (now - job.started), OVERRUN * (now - job.started))

    def _expected(self, job: Job) -> float | None:
        """Return how long such a job takes: by those of its kind that ended or count epochs, else by a first guess."""
        kind = [one for one in self.by_number.values() if (one.rule, one.experiment) == (job.rule, job.experiment)]
        known = [seconds for one in kind if (seconds := _taken(one)) is not None]
        if known:
            return sum(known) / len(known)
        guess = _guess(job) if self.guesses else None
        return None if guess is None else guess * self._slowness()

    def _slowness(self) -> float:
        """Return the seconds of all jobs that are known over what was guessed for them; near 1 for few seconds."""
        pairs = [(_taken(job), _guess(job)) for job in self.by_number.values()]
        known = [(taken, guess) for taken, guess in pairs if taken is not None and guess is not None]
        return (TRUST + sum(taken for taken, _ in known)) / (TRUST + sum(guess for _, guess in known))


def planned(dag: Any, *, guesses: bool) -> Jobs:
    """Return the jobs that Snakemake will run; targets, which run nothing, are none.

    Args:
        dag: Snakemake's.
        guesses: see Jobs.
    """
    working = [job for job in dag.jobs if job.rule.shellcmd is not None]
    needed = {job: dag.jobid(job) for job in working if dag.needrun(job)}
    by_number = {
        number: Job(
            job.rule.name,
            dict(job.wildcards_dict),
            Path(job.log[0]) if job.log else None,
            job.threads,
            frozenset(needed[below] for below in dag.dependencies[job] if below in needed),
        )
        for job, number in needed.items()
    }
    return Jobs(by_number, guesses=guesses, done_before=len(working) - len(needed))


def _taken(job: Job) -> float | None:
    """Return the seconds of a job as a whole, where they are known."""
    if job.failed:
        return None
    return job.total if job.ended is None or job.started is None else job.ended - job.started


def _guess(job: Job) -> float | None:
    guesses = _guesses()
    return guesses.get((job.rule, job.experiment), guesses.get((job.rule, "")))


@cache
def _guesses() -> dict[tuple[str, str], float]:
    with GUESSES.open(encoding="utf-8", newline="") as file:
        return {(row["rule"], row["experiment"]): float(row["seconds"]) for row in csv.DictReader(file)}


def time_in_words(seconds: float) -> str:
    """Return a duration as a person says it, e.g. "40 s", "12 min", "7.5 h", "3 days"."""
    if seconds < 60:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.{seconds < 600:d}f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
