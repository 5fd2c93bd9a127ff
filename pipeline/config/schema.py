"""The content of params.yaml against its schema; each mistake is one line that names the key."""

import math
import sys
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from pipeline.files.errors import UserError
from pipeline.files.yaml_core import parse_yaml

SCHEMA = Path(__file__).parent / "params.schema.yaml"


def validated(values: Any) -> dict[str, Any]:
    """Return the values with every catalogue entry in full, after checking them against the schema."""
    if isinstance(values, dict) and isinstance(values.get("catalogue"), dict):
        catalogue = values["catalogue"]
        values = values | {"catalogue": {name: _in_full(name, catalogue, ()) for name in catalogue}}
    _check_schema(values)
    _check_finite(values, "")
    return values


def _in_full(name: str, catalogue: dict[str, Any], below: tuple[str, ...]) -> Any:
    """A catalogue entry with what it does not say taken from the one that it is like.

    Args:
        below: entries that are like this one, on the way here.
    """
    entry = catalogue[name]
    if not isinstance(entry, dict):
        raise UserError(f"params: catalogue: {name}: {entry!r} is not of type 'object'")
    if "like" not in entry:
        return entry
    known(f"catalogue: {name}: like", str(entry["like"]), catalogue)
    if entry["like"] in (*below, name):
        raise UserError(f"params: catalogue: {name}: like: {entry['like']} is like {name} itself")
    own = {key: value for key, value in entry.items() if key != "like"}
    return _merged(_in_full(entry["like"], catalogue, (*below, name)), own)


def _merged(base: Any, changes: Any) -> Any:
    """The base with the changes, mappings key by key; lists and values are replaced."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return base | {key: _merged(base.get(key), value) for key, value in changes.items()}


def _check_schema(values: Any) -> None:
    """Raise one line that names the first key which does not fit the schema; 100.0 becomes 100 where that is asked."""
    try:
        import jsonschema
    except ImportError:  # a bare GPU box; the params were validated where they were written
        print("params: not validated, because jsonschema is not installed", file=sys.stderr)
        return
    draft = jsonschema.Draft202012Validator
    integers = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)  # by itself takes 100.0
    strict = jsonschema.validators.extend(draft, type_checker=integers)(parse_yaml(SCHEMA.read_bytes(), SCHEMA))
    for *above, key, value in _whole(strict.iter_errors(values)):
        reduce(getitem, above, values)[key] = value
    errors = list(strict.iter_errors(values))
    error = jsonschema.exceptions.best_match(errors)
    if error is not None:
        place = ": ".join(map(str, _first_place(error, errors, values))) or "top level"
        hint = error.validator == "pattern" and error.schema.get("description")
        raise UserError(f"params: {place}: {error.message}{f'; expected {hint}' if hint else ''}")


def _whole(errors: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the keys to each error that is a whole number but no integer, and the integer."""
    for error in errors:
        yield from _whole(error.context)
        if error.validator_value == "integer" and isinstance(error.instance, float) and error.instance.is_integer():
            yield [*error.absolute_path, int(error.instance)]


def _first_place(error: Any, errors: list[Any], values: Any) -> list[Any]:
    """Return where the mistake is: an entry that is like another has its mistakes too, so the first of them is
    named."""
    path = list(error.absolute_path)
    if path[:1] != ["catalogue"] or len(path) < 2:
        return path
    places = [list(other.absolute_path) for other in errors if other.message == error.message]
    names = {place[1] for place in places if place[:1] == ["catalogue"] and place[2:] == path[2:]}
    return ["catalogue", next(name for name in values["catalogue"] if name in names), *path[2:]]


def _check_finite(values: Any, place: str) -> None:
    """No number is nan or infinite: comparisons let nan pass every bound of the schema."""
    if isinstance(values, float) and not math.isfinite(values):
        raise UserError(f"params: {place}: {values} is not a finite number")
    children = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in children:
        _check_finite(value, f"{place}: {key}".removeprefix(": "))


def known(what: str, name: str, choices: Any) -> None:
    """Raise one line where a name is none of the choices."""
    if name not in choices:
        raise UserError(f"params: {what}: {name!r} is unknown; there are: {', '.join(map(str, choices))}")
