"""The two ways in which a stage fails; each is one line to the user and one exit code."""


class UserError(Exception):
    """A bad parameter, or a missing or damaged file: exit code 2."""


class RunError(Exception):
    """The run itself failed, e.g. it diverged: exit code 1."""


def reason(error: BaseException) -> str:
    """Return what an error says, on one line; its kind where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
