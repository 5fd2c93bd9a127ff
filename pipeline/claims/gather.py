"""The runs that are compared, as one frame of each kind."""

from pathlib import Path

import pandas as pd

from pipeline.claims.claim import Frames
from pipeline.claims.files import CLASSIFIER
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, reading
from pipeline.record.runs import CURVE, MEASURED, MEASURES, Run


def gather_claims(folders: list[Path], params: Params, toys: Path) -> Frames:
    """The measures and the curves of all runs, as one frame each.

    Args:
        folders: of the runs.
        toys: folder of what is no run: the classifier is that of its manifest.
    Raises:
        UserError: a run was made or measured with other settings than the present ones, or with other data than the
            first, or with another classifier, or is damaged.
    """
    measures, curves = [], []
    manifest = toys / "classifier.manifest.json"
    content = read_json(manifest)
    with reading(manifest):
        used = {CLASSIFIER: content["outputs"][CLASSIFIER]}
    for folder in folders:
        experiment = params.experiment(folder.parent.name)
        run = Run(folder, experiment, "train")
        run.require(MEASURED, params.measuring(experiment.name))
        for name in (f"{experiment.dataset}.npz", CLASSIFIER):
            if used.setdefault(name, run.known[name]) != run.known[name]:
                other = toys if name == CLASSIFIER else folders[0]
                raise UserError(f"{folder}: used another {name} than {other}; measure it again")
        measures.append(read_csv(folder / MEASURES))
        curves.append(read_csv(folder / CURVE).assign(experiment=experiment.name, seed=run.seed, scale=params.scale))
    return {"measures.csv": pd.concat(measures), "curves.csv": pd.concat(curves)}
