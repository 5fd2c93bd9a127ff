"""Where the rules find the project's own files."""

import os


def here(path):
    """A file of the project, relative to the working directory: every clone has the same inputs."""
    return local(os.path.normpath(os.path.join(os.path.relpath(workflow.basedir), path)))


def no_other(wildcards):
    """No environment but the one in which Snakemake runs, that of `make setup`; the linter asks each rule for one."""
    return None
