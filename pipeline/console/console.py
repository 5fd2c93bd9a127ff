"""Print a run from Snakemake's events: what will happen, each job as it ends, time left, how it ended."""

import re
from logging import ERROR, LogRecord

from snakemake_interface_logger_plugins.common import LogEvent

from pipeline.console.jobs import Job, Jobs, time_in_words
from pipeline.console.screen import Screen

QUIET_SECONDS = 600.0  # after which a log gets a line though no job has ended
BAR_WIDTH = 20
PLACE = re.compile(r"^\w+ in (?:file|rule) .*:\n|^Error: |\n +File .*")  # of an error of Snakemake's, in the Snakefile
NOTHING = "Nothing to be done"
INTERRUPTED = "Terminating processes on user request"
ENDING = "Will exit after finishing currently running jobs"


class Console:
    """A run on a screen: on a terminal its bottom shows the jobs at work, elsewhere each job is one line.

    Args:
        screen: where.
        log: name of the file that has the rest, to be pointed to.
    """

    def __init__(self, screen: Screen, log: str) -> None:
        self.screen, self.log, self.jobs = screen, log, Jobs()
        self.started: float | None = None  # the first job
        self.told = 0.0  # when the last line was printed
        self.problems: list[str] = []
        self.interrupted = self.has_told = False

    def tell(self, record: LogRecord) -> None:
        """Handle one of Snakemake's records, and print what matters of it."""
        event, now = getattr(record, "event", None), record.created
        if event == LogEvent.RESOURCES_INFO and hasattr(record, "cores"):
            self.jobs.cores = record.cores
        elif event == LogEvent.JOB_INFO:
            self._start(record, now)
        elif event == LogEvent.JOB_FINISHED:
            self._end(record.job_id, now)  # type: ignore[attr-defined]
        elif event == LogEvent.JOB_ERROR:
            self._end(record.jobid, now, failed=True)  # type: ignore[attr-defined]
        elif hasattr(record, "plan"):
            self._announce(record)
        elif record.levelno >= ERROR:
            self.problems.append(PLACE.sub("", record.getMessage().strip()))
            self.has_told = True
        else:
            self._note(record.getMessage())

    def _announce(self, record: LogRecord) -> None:
        """Print what will happen."""
        self.jobs, cores = record.plan, self.jobs.cores  # type: ignore[attr-defined]
        self.jobs.cores, self.started, self.told, self.has_told = cores, record.created, record.created, True
        n, before = len(self.jobs.by_number), self.jobs.done_before
        text = f"{n} job{'s' * (n != 1)} on {cores} core{'s' * (cores != 1)}" + f" ({before} are done)" * bool(before)
        self.screen.keep(*record.getMessage().splitlines(), f"{text}{self._left(record.created)}. Details: {self.log}")

    def _start(self, record: LogRecord, now: float) -> None:
        if (job := self.jobs.by_number.get(record.jobid)) is not None:  # type: ignore[attr-defined]
            job.started, job.ended, job.failed = now, None, False
            self.refresh(now)

    def _end(self, number: int, now: float, *, failed: bool = False) -> None:
        """Print the line of a job that has ended; a target, which ran nothing, has none."""
        job = self.jobs.by_number.get(number)
        if job is None:
            return
        job.ended, job.failed = now, failed
        n, of, took = len(self.jobs.ended), len(self.jobs.by_number), time_in_words(now - (job.started or now))
        how = f"{took}{self._left(now)}"
        if failed:
            how = f"stopped after {took}" if job.is_stopped else f"failed after {took}; its log: {job.log}"
            self.interrupted |= job.is_stopped
        self.screen.keep(f"[{n:{len(str(of))}}/{of}] {job.title}: {how}")
        self.told = now
        self.refresh(now)

    def _note(self, text: str) -> None:
        """Handle Snakemake's messages."""
        if text.startswith(NOTHING):
            self.has_told = True
            self.screen.keep("Nothing to run: every file is there, and up to date.")
        elif text.startswith(ENDING) and not self.interrupted:
            self.interrupted = True
            self.screen.keep("Stopping when the jobs at work have ended.")
        elif text.startswith(INTERRUPTED):
            self.interrupted = True

    def _left(self, now: float) -> str:
        """Return the time left for the whole in words, empty at the end and where too little is known."""
        seconds, known = self.jobs.seconds_left(now)
        if not seconds or (not known and seconds < 60):
            return ""
        return f", {'about' if known else 'more than'} {time_in_words(seconds)} left"

    def refresh(self, now: float) -> None:
        """Show the jobs at work on a terminal; in a log, say after a long silence that they are."""
        running = self.jobs.where(running=True)
        if self.started is None or not running:
            self.screen.show([])
            return
        looks = [(job, *job.look()) for job in running]
        if self.screen.is_live:
            n, of = len(self.jobs.ended), len(self.jobs.by_number)
            whole = f"{bar(n / of)} {n} of {of} jobs, {time_in_words(now - self.started)} passed{self._left(now)}"
            self.screen.show([*(at_work(*look, now) for look in looks), whole])
        elif now - self.told >= QUIET_SECONDS:
            self.told = now
            jobs = "; ".join(f"{job.title} ({words})" if words else job.title for job, _, words in looks)
            self.screen.keep(f"at work: {jobs}{self._left(now)}")

    def finish(self, now: float) -> None:
        """Say how the run ended, with what matters last."""
        failed = [job for job in self.jobs.where(failed=True) if not job.is_stopped]
        n, of = len(self.jobs.ended) - len(self.jobs.where(failed=True)), len(self.jobs.by_number)
        self.screen.show([])
        if self.started is not None and n == of:
            self.screen.keep(f"{n} job{'s' * (n != 1)} in {time_in_words(now - self.started)}.")
        elif self.started is not None:
            counts = f"{n} of {of} jobs done" + (f", {len(failed)} failed" if failed else "")
            what = "Interrupted" if self.interrupted else "Stopped"
            self.screen.keep(f"{what}: {counts}. Finished work is saved; the same command resumes.")
        if failed:
            self.screen.keep(*errors(failed))
        elif not self.interrupted:
            self.screen.keep(*self.problems)


def errors(failed: list[Job]) -> list[str]:
    """Return each error once, with the logs that it is in."""
    logs: dict[str, list[str]] = {}
    for job in failed:
        logs.setdefault(job.error(), []).append(str(job.log))
    return [f"{error} (log: {', '.join(names)})" for error, names in logs.items()]


def bar(share: float) -> str:
    """Return a bar of fixed width, of characters that every terminal has."""
    full = int(share * BAR_WIDTH)
    return f"[{'#' * full}{'.' * (BAR_WIDTH - full)}]"


def at_work(job: Job, share: float | None, words: str, now: float) -> str:
    """Return the line of a job at work."""
    front = "" if share is None else f"{bar(share)} "
    return f"  {front}{job.title}: {time_in_words(now - (job.started or now))}{', ' * bool(words)}{words}"
