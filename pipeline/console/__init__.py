"""What a person sees of a run: one line per job, time left, errors; the rest of Snakemake's output is in a log."""
