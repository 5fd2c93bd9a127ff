"""The claims in the paper's order, and how each is read off the frames; no figure is drawn here."""

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd

from pipeline.claims import toys, trained
from pipeline.claims.claim import Claim, Frames
from pipeline.config.params import Params

READERS: dict[str, Callable[[Frames, Params], list[Claim]]] = {
    "optimal-discriminator": toys.optimal_discriminator,
    "global-optimum": toys.global_optimum,
    "convergence": toys.convergence,
    "saturating-loss": trained.saturating_loss,
    "k": trained.discriminator_steps,
    "helvetica": lambda frames, params: toys.modes(frames, params) + trained.helvetica(frames, params),
    "half": trained.half,
    "text-against-code": trained.switches,
}


def read_all(frames: Frames, params: Params) -> pd.DataFrame:
    """claims.csv."""
    rows = [asdict(claim) | {"claim": name} for name, read in READERS.items() for claim in read(frames, params)]
    return pd.DataFrame(rows).assign(scale=params.scale)
