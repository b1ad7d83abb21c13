"""What the docs say is so: links lead somewhere, commands, targets, settings and files exist, examples are read."""

import json
import re
from pathlib import Path

import msgspec
import pytest
import typer

from haat.cli import app
from haat.inbound.mapping import check_mapping, read_mapping
from haat.settings import OTHERS, PREFIX, Settings
from tools import degradation

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
MADE = "benchmarks/out"  # written by `make bench`

COMMAND = typer.main.get_command(app)
COMMANDS = set(getattr(COMMAND, "commands"))  # noqa: B009  # a group, which the type does not say
SETTINGS = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}


def test_there_are_pages() -> None:
    assert len(PAGES) > 25


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_targets_and_settings_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`([^`]+)`|```[a-z]*\n(.*?)```", text, re.DOTALL)[i][j] for i, j in _places(text))
    for command in re.findall(r"(?m)(?:^|\s)haat ([a-z]+)\b(?! CSV| JSON)", code):
        assert command in COMMANDS, f"{page.name} names `haat {command}`"
    for target in re.findall(r"(?m)(?:^|\s)make ([a-z0-9-]+)", code):
        assert target in TARGETS, f"{page.name} names `make {target}`"
    for name in re.findall(r"\bHAAT_[A-Z_]+\b", text):
        known = name in SETTINGS or name.startswith(OTHERS) or name.endswith("_")
        assert known, f"{page.name} names {name}"


def _places(text: str) -> list[tuple[int, int]]:
    found = re.findall(r"`([^`]+)`|```[a-z]*\n(.*?)```", text, re.DOTALL)
    return [(i, j) for i, groups in enumerate(found) for j in range(len(groups))]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_files_it_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|tests|docs|benchmarks|tools|requirements)/[\w./-]+)`", text):
        if not name.startswith(MADE):
            assert (ROOT / name.rstrip("/")).exists(), f"{page.name} names {name}"


def test_the_mapping_of_the_how_to_is_one() -> None:
    text = (ROOT / "docs/how-to/import-a-feed.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        assert check_mapping(read_mapping(example.encode())) == []


def test_every_decision_is_numbered_once() -> None:
    numbers = [page.name[:4] for page in sorted((ROOT / "docs/adr").glob("*.md"))]
    assert len(numbers) == len(set(numbers))
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_the_table_of_what_was_seen_is_that_of_its_run() -> None:
    page = degradation.PAGE.read_text(encoding="utf-8")
    assert page == degradation.renewed(page, json.loads(degradation.SEEN.read_text(encoding="utf-8")))
