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
    """Loader of these scalars, text, lists and mappings alone; a key appears once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        marks = dict[str, Any]()
        for key, _ in node.value:
            first, line = marks.setdefault(str(key.value), key.start_mark), key.start_mark.line + 1
            if first is not key.start_mark:
                raise yaml.YAMLError(f"key {key.value!r} appears on lines {first.line + 1} and {line}; keep one")
        return super().construct_mapping(node, deep)


KINDS = (None, *(TAG + kind for kind in (*FORMS, "str", "seq", "map")))  # no dates, sets, merge keys
_Core.yaml_implicit_resolvers = {None: [(TAG + kind, re.compile(rf"({form})\Z")) for kind, form in FORMS.items()]}
_Core.yaml_constructors = {kind: yaml.SafeLoader.yaml_constructors[kind] for kind in KINDS}
_Core.add_constructor(f"{TAG}int", lambda _, node: int(node.value, BASES.get(node.value[:2], 10)))


def parse_yaml(text: str | bytes, path: Path) -> dict[str, Any]:
    """Return the mapping that is a YAML file's content; a UserError says where it is none, or has a key twice."""
    try:
        content = yaml.load(text, _Core)
    except (yaml.YAMLError, ValueError, LookupError, RecursionError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys with values, got {content!r:.40}")
    return content
