"""Where the rules find the project's own files."""

import os
from functools import cache

from pipeline.record.manifest import sources as sources_of


def here(*paths):
    """Files of the project, relative to the working directory: every clone has the same inputs."""
    root = os.path.relpath(workflow.basedir)
    return local([os.path.normpath(os.path.join(root, path)) for path in paths])


@cache
def sources(module):
    """Source files of a stage: their content triggers re-runs."""
    return here(*sources_of(module))
