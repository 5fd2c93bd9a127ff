"""The two ways in which a stage fails; each is one line to the user and one exit code."""


class UserError(Exception):
    """A bad parameter, or a missing or damaged file: exit code 2."""


class RunError(Exception):
    """The run itself failed, e.g. it diverged: exit code 1."""
