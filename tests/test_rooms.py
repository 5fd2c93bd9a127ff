"""The rooms: a file in pipeline/ is a command, a folder a layer that imports only those before it; gan/ is pure."""

import ast
from pathlib import Path

import pytest
from helpers import ROOT

PIPELINE = ROOT / "pipeline"
# Each folder of pipeline/ and what it imports, beside itself; commands import all but each other and the rules.
ARROWS = {
    "files": set(),
    "console": {"files"},
    "config": {"files"},
    "record": {"files", "config"},
    "data": {"files", "config"},
    "runtime": {"files", "config", "record", "data"},
    "reporting": {"files", "config", "record", "data"},
    "claims": {"files", "config", "record", "data", "runtime", "reporting"},
    "rules": {"files", "config", "record", "data"},
}
COMMANDS_OF_COMMANDS = {("publish", "verify")}  # nothing is published unverified


def imports(path: Path) -> set[str]:
    """Return the modules that a file names, those inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms(path: Path) -> set[str]:
    """Return the names directly below pipeline/ that a file imports from."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("pipeline.")}


def test_every_folder_is_a_room():
    assert {path.parent.name for path in PIPELINE.glob("*/__init__.py")} == set(ARROWS)


@pytest.mark.parametrize("folder", ARROWS)
def test_a_layer_imports_only_those_before_it(folder):
    for path in (PIPELINE / folder).rglob("*.py"):
        assert rooms(path) <= ARROWS[folder] | {folder}, path


def test_a_command_imports_layers_and_no_command():
    for path in PIPELINE.glob("*.py"):
        others = rooms(path) - set(ARROWS)
        assert {(path.stem, name) for name in others} <= COMMANDS_OF_COMMANDS, path
        assert "rules" not in rooms(path), path


def test_gan_knows_no_file_clock_terminal_or_pipeline():
    banned = {"pipeline", "os", "sys", "io", "time", "datetime", "pathlib", "subprocess", "tqdm", "pandas"}
    for path in (ROOT / "gan").rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & banned, path
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"open", "print", "input"}, path


def test_evidence_theory_and_rivals_are_built_on_the_game_and_not_the_reverse():
    for path in (ROOT / "gan").glob("*.py"):
        assert not [name for name in imports(path) if name.startswith(("gan.evidence", "gan.theory", "gan.rivals"))], (
            path
        )
