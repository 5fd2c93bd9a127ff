"""YAML of version 1.2, core schema, which DVC reads and writes too: 1e-05 is a number, `on` and a date are text."""

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.files.errors import UserError

# What a scalar without quotes is, by its form; everything else is text. DVC writes null as nothing at all.
FORMS = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
TAG = "tag:yaml.org,2002:"
BASES = {"0o": 8, "0x": 16}  # of integers; 010 is ten


class _Core(yaml.SafeLoader):
    """Loader of these scalars, lists and mappings alone; keys are text, and each appears once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines = dict[str, int]()
        for key, _ in node.value:
            name, line = self.construct_object(key), key.start_mark.line + 1
            if name == "<<":
                raise yaml.YAMLError(f"line {line}: merge keys (<<) are not supported; write out what they bring in")
            if not isinstance(name, str):
                raise yaml.YAMLError(f"line {line}: expected text as a key, got {name!r}")
            if name in lines:
                raise yaml.YAMLError(f"key {name!r} appears on line {lines[name]} and on line {line}; keep one of them")
            lines[name] = line
        return super().construct_mapping(node, deep)


_Core.yaml_implicit_resolvers = {None: [(TAG + kind, re.compile(rf"({form})\Z")) for kind, form in FORMS.items()]}
_Core.yaml_constructors = {
    tag: yaml.SafeLoader.yaml_constructors[tag]
    for tag in (None, *(TAG + kind for kind in (*FORMS, "str", "seq", "map")))
}
_Core.add_constructor(f"{TAG}int", lambda _, node: int(node.value, BASES.get(node.value[:2], 10)))


def parse_yaml(text: str | bytes, path: Path) -> dict[str, Any]:
    """Return the content of a YAML file.

    Raises:
        UserError: it is not YAML, or no mapping; a key is no text or appears twice. The message is one line.
    """
    try:
        content = yaml.load(text, _Core)
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(
            f"{path}: expected keys with values, got {'nothing' if content is None else repr(content)[:40]}"
        )
    return content
