"""Numbers to words, tables, plots and pages."""

import os

# Before matplotlib is imported: the one that a notebook's shell names may not even load.
BACKEND = os.environ["MPLBACKEND"] = "Agg"
