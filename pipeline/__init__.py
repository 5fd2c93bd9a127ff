"""The commands: `python -m pipeline.NAME`. A file here is a command, a folder a layer that imports those before it.

files, config, record and data, runtime and reporting, claims; then the commands. `rules` import the first four.
"""
