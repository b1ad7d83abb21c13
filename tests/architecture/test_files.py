"""Rules about files that no linter knows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MAX_LINES = 400
VAGUE = {"utils", "helpers", "common", "misc", "base", "manager", "util", "helper"}
MACHINES = ("/work" + "/", "/root" + "/", "/home" + "/")


def test_there_are_sources() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_source_file_is_short_and_named_for_what_it_holds(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES
    assert path.stem not in VAGUE
    assert not any(place in text for place in MACHINES)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_only_the_composition_root_imports_adapters(path: Path) -> None:
    """Adapters point inward: besides themselves, only app.py (and what it is split into) and tests know them."""
    package, *parts = path.relative_to(ROOT / "src").with_suffix("").parts
    root = parts[0] in ("app", "cli", "gateway", "opening", "selling", "shop")
    if package != "haat" or root or "adapters" in parts or "migrations" in parts:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert ".adapters" not in name, f"{path.name} imports {name}"
