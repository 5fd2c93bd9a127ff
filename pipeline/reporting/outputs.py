"""Section 4: D's mean outputs in the last epoch of training, held against 1/2."""

import math
from collections.abc import Mapping

import pandas as pd

from gan.theory.claim import Claim, check
from gan.theory.readings import Estimate, over_seeds
from pipeline.config.params import Params

OUTPUTS: Mapping[str, str] = {"D(x)": "training images", "D(G(z))": "samples"}
UNKNOWN = Estimate(math.nan, math.nan, math.nan, 0)  # of runs that did not last until it could be measured


def last_epochs(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each seed's curve; the curves are of one experiment and one scale."""
    return curves[curves.epoch == curves.groupby("seed").epoch.transform("max")]


def outputs_at_the_end(last: pd.DataFrame, params: Params, too_short: str) -> dict[str, Claim]:
    """Read whether the means of D(x) and of D(G(z)) are 1/2, by output.

    Args:
        last: of `last_epochs`.
        too_short: why the runs must not be interpreted; empty if they may.
    """
    near, rows = params.claims.bounds.near, {}
    for output, over in OUTPUTS.items():
        says = f"the mean of {output} is 1/2 at the end"
        measured = f"over {over} of the last epoch, dropout active, D as it was at each step"
        mean = over_seeds(last[output].tolist(), params.confidence) if len(last) else UNKNOWN
        rows[output] = check(says, measured, mean, (0.5 - near, 0.5 + near), too_short=too_short)
    return rows
