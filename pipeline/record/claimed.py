"""What the claims follow from beside their runs: the toys' tables, and settings by the names of manifests."""

from typing import Any

from pipeline.config.params import Params
from pipeline.record.weights import main_experiment

TOYS = {  # tables, by the command that makes them
    "theory": ("optimal", "path", "descent", "dirac", "nets"),
    "modes": ("modes", "modes_points"),
    "advantages": ("circle", "circle_points", "chains", "machines", "chain_steps"),
}


def claims_settings(params: Params) -> dict[str, Any]:
    """Return what each manifest of the claims depends on beside code and inputs."""
    code, compared, toys = params.claims.code, params.compared(), params.toys()
    return dict.fromkeys(TOYS, toys) | {
        "memorised": main_experiment(params).settings("sample"),
        "saturation": params.experiment(code).settings("train") | {"seeds": params.claims.toy_seeds},
        "classifier": params.measuring(code),
        "claims": compared,
        "figures/": compared,
    }
