"""What the rules of the claims ask, from the params."""

from pathlib import Path
from typing import Any

from pipeline.files.formats import read_json, sha256
from pipeline.record.places import PUBLISHED, labels, prepared
from pipeline.rules.graph import Graph


class ClaimsGraph:
    """The rules' view of what is compared.

    Args:
        graph: of everything else.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph, self._params = graph, graph.params
        self.folder = f"{graph.results}/claims"
        self.code = graph.params.claims.code

    def runs(self) -> list[str]:
        """Folders of the runs."""
        return self._graph.runs_of(self._params.claims.experiments)

    def seeds(self) -> list[int]:
        """Seeds of the games whose gradients are looked at: as many as of the toys, for they take minutes."""
        return self._params.claims.toy_seeds

    def data(self) -> str:
        """Images of all runs."""
        return str(prepared(self._params.dataset_of(self.code)))

    def labels(self) -> str:
        """Their classes."""
        return str(labels(self._params.dataset_of(self.code)))

    def training(self) -> dict[str, Any]:
        """What the experiment that the others are held against depends on."""
        return self._params.experiment(self.code).settings("train") | {"seeds": self.seeds()}

    def measuring(self, wildcards: Any) -> dict[str, Any]:
        """What a run's measures depend on, or those of the yardsticks."""
        return self._params.measuring(getattr(wildcards, "experiment", self.code))

    def option(self, _: Any = None) -> str:
        """Shows the claims in the report where they have been read: asking for the report reads none."""
        return f"--claims {self.folder}" if self.known() else ""

    def known(self, _: Any = None) -> str:
        """Hash of those claims: the report is made again when they change."""
        manifest = Path(self.folder) / "claims.manifest.json"
        return sha256(manifest) if manifest.is_file() else ""

    def published_scale(self, _: Any) -> str:
        """Scale of the committed claims."""
        return read_json(PUBLISHED / "claims/published.json")["scale"]
