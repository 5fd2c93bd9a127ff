"""One thin command per stage, `python -m pipeline.STAGE`; the only place with files and progress."""
