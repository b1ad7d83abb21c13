"""What the command line does, as functions over an open shop. `cli.py` parses, this does and prints.

A command that needs engines opens the shop itself and holds the data directory; while a server runs there, it is told so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from haat import serve as serving
from haat.app import Shop, database_paths, open_shop
from haat.engines.lock import data_directory
from haat.engines.sql.migrations import Step, upgrade
from haat.settings import Settings

Say = Callable[[str], None]
ALL_ROLES: Final = ("web", "events", "lanes", "search-upkeep", "feeds", "behaviour", "timers")


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    print(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


def migrate_databases(settings: Settings) -> list[Step]:
    """Bring every database to its head; where each stood before. Raises: OSError when a folder cannot be made."""
    return [upgrade(line, path) for line, path in database_paths(settings).values()]


@asynccontextmanager
async def whole_shop(settings: Settings, command: str, url: str = "") -> AsyncIterator[Shop]:
    """A migrated, open shop with its hubs and its matrix, in a data directory held by this process.

    Raises: DirectoryInUse, Unavailable.
    """
    with data_directory(settings.data_dir, command, url):
        await asyncio.to_thread(migrate_databases, settings)
        async with open_shop(settings) as shop:
            if await shop.seed_hubs():
                await shop.build_matrix()
                await shop.serviceability.refresh()
            yield shop


async def migrate(settings: Settings) -> list[Step]:
    """Databases, hubs and matrix. Doing it again changes nothing."""
    with data_directory(settings.data_dir, "haat migrate"):
        steps = await asyncio.to_thread(migrate_databases, settings)
        async with open_shop(settings) as shop:
            if await shop.seed_hubs():
                await shop.build_matrix()
    return steps


def show_steps(steps: Sequence[Step], *, as_json: bool) -> None:
    """Where each database stood, and its head."""
    if as_json:
        print_json([{"database": s.name, "was": s.current, "is": s.head} for s in steps])
        return
    for step in steps:
        print(f"{step.name}: {step.current or 'empty'} -> {step.head}")


