"""What the rules of the claims ask: runs that are compared, what is read beside them, and what a job depends on."""

from collections.abc import Callable
from typing import Any

from pipeline.record.claimed import claims_settings
from pipeline.record.places import PUBLISHED, audit_folder, labels, prepared
from pipeline.record.runs import AUDITS, GROWTH, MANIFESTS, SAMPLES
from pipeline.record.weights import WEIGHTS
from pipeline.rules.graph import Graph


class ClaimsGraph:
    """The part of the graph behind the claims.

    Args:
        graph: all of it.
    Attributes:
        code: the experiment that the others are held against.
        main: the one whose samples are held against training images; where only some variants are trained, the
            published generator's are.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph, self._params, self._claims = graph, graph.params, graph.params.claims
        self.code, self.main = self._claims.code, self._claims.main

    def runs(self) -> list[str]:
        """Return the folders of the runs that are compared."""
        return self._graph.runs(self._claims.experiments)

    def lists(self) -> list[str]:
        """Return the lists of these runs."""
        return self._graph.lists(self._claims.experiments)

    def options(self) -> str:
        """Return which runs are compared, and which variants they are."""
        part = "" if self._claims.is_whole else f"--variants {' '.join(self._claims.experiments)} "
        return f"{part}--runs {' '.join(self.runs())}"

    def data(self) -> dict[str, str]:
        """Return their images and their classes."""
        dataset = self._params.dataset_of(self.code)
        return {"data": str(prepared(dataset)), "labels": str(labels(dataset))}

    def measuring(self, stage: str) -> Callable[[Any], dict[str, Any]]:
        """Return what a run's measures depend on, or those of the yardsticks."""
        settings, depends = self._params.measuring, self._graph.depends
        return lambda wildcards: depends(stage, settings(getattr(wildcards, "experiment", self.code)))

    def depends(self, name: str) -> dict[str, Any]:
        """Return what a command of the claims depends on, which has its name in `claims_settings`."""
        return self._graph.depends(f"claims.{name}", claims_settings(self._params)[name])

    def looked_at(self) -> str:
        """Return the option that names whose samples are held against training images."""
        return f"--run {' '.join(self._graph.runs([self.main]))}" if self._claims.is_whole else "--published"

    def samples(self) -> list[str]:
        """Return the files behind these samples."""
        if not self._claims.is_whole:
            return [str(WEIGHTS / "manifest.json")]
        files = [SAMPLES["best"], MANIFESTS["sample"]]
        runs = self._graph.runs([self.main])
        return [*self._graph.lists([self.main]), *(f"{run}/{file}" for run in runs for file in files)]

    def growth(self) -> list[str]:
        """Return what growth measured of the estimate: the scale's own, or the published one beside some variants."""
        if not self._claims.is_whole:
            return [str(PUBLISHED / GROWTH)]
        return [str(audit_folder(self._params, self.main) / name) for name in (GROWTH, AUDITS["growth"])]
