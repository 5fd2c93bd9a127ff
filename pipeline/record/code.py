"""Which code decides a command's numbers, and its hash: the only definition of what a change of code repeats.

Comments, docstrings and the strings of `raise`, `print`, progress bars and help do not count. All other strings do, for
the names of random streams decide numbers.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Of all that a command imports, what brings values and files to the science, and words and pictures to people. The
# rest decides numbers. config/ is not even followed: what it computes are values, which stand in the settings.
CONFIG = "pipeline/config/"
TRANSPORT = (
    CONFIG,
    "pipeline/files/",
    "pipeline/record/",
    "pipeline/reporting/",
    "pipeline/runtime/cli.py",
    "pipeline/runtime/checkpoints.py",  # the same bits after a kill: tested
    "pipeline/runtime/progress.py",
    "pipeline/claims/files.py",
    "pipeline/claims/plots",
    "pipeline/claims/sections.py",
    "pipeline/claims/tables.py",
)
# Which runs count, their mean, and where their variance comes from.
ALL_THE_SAME = tuple(f"pipeline/reporting/{name}.py" for name in ("cells", "gather", "variance"))
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


@cache
def code_hash(module: str) -> str:
    """Return the SHA-256 of the code that decides a command's numbers, the same in every version of Python.

    Args:
        module: the command's, e.g. "pipeline.train".
    """
    digest = hashlib.sha256()
    for essence in sorted(map(_essence_of, sources(module))):  # a renamed file is the same code
        digest.update(f"{essence}\0".encode())
    return digest.hexdigest()


def sources(module: str) -> list[str]:
    """Return the files that decide a command's numbers, sorted, relative to the project's root."""
    reached, todo = dict[str, str](), [module, f"{module}.__main__"]
    while todo:
        name = todo.pop()
        path = _file_of(name)
        if path is not None and name not in reached and not path.startswith(CONFIG):
            reached[name] = path
            todo += _imports(path)
    paths = set(reached.values())
    return sorted(path for path in paths if path in ALL_THE_SAME or not path.startswith(TRANSPORT))


@cache
def _parse(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def _essence_of(path: str) -> str:
    return _essence(_parse(path))


def _file_of(module: str) -> str | None:
    place = module.replace(".", "/")
    found = next((path for path in (f"{place}.py", f"{place}/__init__.py") if (ROOT / path).is_file()), None)
    return found if place.split("/")[0] in ("gan", "pipeline") else None


def _imports(path: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _essence(node: Any, talk: bool = False) -> str:
    """Return a syntax tree as text, without what does not decide a number; `talk`: strings are words for people."""
    if isinstance(node, list):
        return f"[{','.join(filter(None, (_essence(one, talk) for one in node)))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and talk:
        return ""
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline"):
        return ""  # what is imported counts by itself, or not at all
    talk = talk or _talks(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
    if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
        fields["body"] = node.body[1:]
    if _called(node) == "tqdm":
        fields["keywords"] = [word for word in node.keywords if word.arg not in ("desc", "unit")]
    return f"{type(node).__name__}({','.join(f'{name}={_essence(value, talk)}' for name, value in fields.items())})"


def _talks(node: ast.AST) -> bool:
    """Whether the strings below are words for people."""
    if isinstance(node, ast.Assign):
        return [getattr(target, "id", "") for target in node.targets] == ["EXAMPLE"]  # of a command line, for its help
    if isinstance(node, ast.keyword):
        return node.arg == "help"
    return isinstance(node, ast.Raise) or _called(node) == "print"


def _called(node: ast.AST) -> str:
    """Return the name of the function that is called; empty where none is."""
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
