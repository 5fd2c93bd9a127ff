"""The runs that are compared, as one frame of each kind."""

from pathlib import Path

import pandas as pd

from pipeline.claims.claim import Frames
from pipeline.errors import UserError
from pipeline.io import read_csv
from pipeline.params import Params
from pipeline.runs import CURVE, MEASURED, MEASURES, Run


def gather_claims(folders: list[Path], params: Params) -> Frames:
    """The measures and the curves of all runs, as one frame each.

    Raises:
        UserError: a run was made or measured with other settings than the present ones, or with other data or
            another classifier than the first, or is damaged.
    """
    measures, curves = [], []
    used: dict[str, str] = {}
    for folder in folders:
        experiment = params.experiment(folder.parent.name)
        run = Run(folder, experiment, "train")
        run.require(MEASURED, params.measuring(experiment.name))
        for name in (f"{experiment.dataset}.npz", "classifier.safetensors"):
            if used.setdefault(name, run.known[name]) != run.known[name]:
                raise UserError(f"{folder}: used another {name} than {folders[0]}; measure it again")
        measures.append(read_csv(folder / MEASURES))
        curves.append(read_csv(folder / CURVE).assign(experiment=experiment.name, seed=run.seed, scale=params.scale))
    return {"measures.csv": pd.concat(measures), "curves.csv": pd.concat(curves)}
