"""The paper's claims as experiments. `python -m pipeline.claims` gathers, judges and plots them."""

from pipeline.reporting import BACKEND  # noqa: F401 - set before matplotlib is imported
