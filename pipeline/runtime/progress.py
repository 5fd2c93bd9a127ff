"""How far a training is, on the terminal."""

import time
from collections.abc import Mapping, Sequence

from tqdm import tqdm

from pipeline.runtime.checkpoints import Progress


class Reporter:
    """A bar, or a line an epoch where the bars of several processes would mix.

    Args:
        title: what is trained.
        epochs: the most there will be.
        progress: of each seed; read after every epoch.
        lines: lines instead of a bar.
    """

    def __init__(self, title: str, epochs: int, progress: Mapping[int, Progress], *, lines: bool) -> None:
        self.title, self.epochs, self.progress, self.lines = title, epochs, progress, lines
        self.first = max(run.epoch for run in progress.values())
        self.started = time.perf_counter()
        if self.first:
            print(f"{title}: resuming after epoch {self.first}", flush=True)
        self.bar = tqdm(total=epochs, initial=self.first, desc=title, unit="epoch", disable=lines)

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def update(self, seeds: Sequence[int]) -> None:
        """Report the epoch that these seeds have just finished, if any did."""
        runs = [self.progress[seed] for seed in seeds]
        if not runs:
            return
        numbers = self._numbers(runs)
        self.bar.set_postfix_str(", ".join(numbers), refresh=False)
        self.bar.update()
        if self.lines:
            epoch = runs[0].epoch
            speed = (time.perf_counter() - self.started) / (epoch - self.first)
            place = f"{self.title}: epoch {epoch}/{self.epochs}"
            left = f"{speed * (self.epochs - epoch) / 60:.1f} min left"
            line = ", ".join([place, *numbers, f"{speed:.1f} s/epoch", left])
            print(f"{line}\n", end="", flush=True)  # one write: lines of several processes do not mix

    def _numbers(self, runs: Sequence[Progress]) -> list[str]:
        """Means over the seeds; the best validations from the lowest to the highest."""
        means = {key: sum(run.curve[-1][key] or 0.0 for run in runs) / len(runs) for key in ("D(x)", "D(G(z))")}
        numbers = [f"{key} {mean:.3f}" for key, mean in means.items()]
        if runs[0].best_epoch:
            best = sorted(run.best_log_likelihood for run in runs)
            span = f"{best[0]:.1f}" if len(best) == 1 else f"{best[0]:.1f} to {best[-1]:.1f}"
            numbers.append(f"best validation {span} nats")
        if len(runs) < len(self.progress):
            numbers.append(f"{len(runs)} of {len(self.progress)} seeds continue")
        return numbers
