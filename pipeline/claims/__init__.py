"""What the paper claims, read off experiments. `python -m pipeline.claims` gathers, reads and plots them."""

from pipeline.reporting import BACKEND  # noqa: F401 - set before matplotlib is imported
