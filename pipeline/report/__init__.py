"""The report of a scale: one HTML page that opens offline. `python -m pipeline.report` writes it."""
