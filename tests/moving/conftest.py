"""One shop that is full of everything, and its export, for all tests of this room."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from haat.http import logs
from haat.moving.parts import Content
from haat.preparing import prepare_databases
from haat.settings import Settings
from tests.moving import market


@dataclass(frozen=True)
class Full:
    """A shop, the folder it was exported to, and what it holds."""

    shop: Settings
    folder: Path
    held: dict[str, Content]


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Full:
    logs.configure(json=True, level="error")
    root = tmp_path_factory.mktemp("moving")
    asyncio.run(market.fill(root / "var"))
    shop = market.chosen(root / "var")
    asyncio.run(market.exported(shop, root / "export"))
    return Full(shop, root / "export", asyncio.run(market.held(shop)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose databases are at their heads: migrating takes longer than what is tested."""
    folder = tmp_path_factory.mktemp("migrated") / "var"
    asyncio.run(prepare_databases(market.chosen(folder)))
    return folder


@pytest.fixture
def moved(migrated: Path, tmp_path: Path) -> Settings:
    """An empty shop."""
    return market.chosen(shutil.copytree(migrated, tmp_path / "moved"))


@pytest.fixture
def export(full: Full, tmp_path: Path) -> Path:
    """A copy of the export, to be spoilt."""
    return shutil.copytree(full.folder, tmp_path / "export")
