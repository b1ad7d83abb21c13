"""What the command line does to move a whole shop, as functions over its engines."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from haat.app import open_shop
from haat.catalog.verbs import COLLECTIONS
from haat.commands import Say, print_json
from haat.engines.lock import data_directory
from haat.engines.sql.migrations import Step, state
from haat.engines.system import SystemClock, spare_memory
from haat.errors import Invalid, Problem
from haat.moving.engines import Engines, open_engines
from haat.moving.folder import Folder
from haat.moving.half import mark_whole, refuse_half
from haat.moving.parts import Content
from haat.moving.shop import Identity, bring, contents, export
from haat.preparing import prepare_databases
from haat.settings import Settings
from haat.shop import sql_databases

_OF_ITS_ENGINE: Final = "catalog"  # on the other side it may be documents of another kind, with a history of their own


async def export_shop(settings: Settings, folder: Path, *, as_json: bool, say: Say) -> None:
    """Write the whole shop into an empty folder, and print what it holds.

    Raises: Conflict, when it is not at rest, not whole, or the folder is not empty; Damaged, Unavailable.
    """
    async with _at_rest(settings, "haat export") as (engines, identity):
        manifest = await export(engines, Folder(folder), identity, say)
    _show({one.name: Content(one.rows, one.sha256) for one in manifest.parts}, as_json=as_json)
    say(f"The shop is in {folder}. Not in it: settings, the secret key, and what FakePay keeps (fakepay.db).")


async def show_contents(settings: Settings, *, as_json: bool, say: Say) -> None:
    """Print how much every part of the shop holds, and its hash: equal tables, equal shops.

    Raises: Conflict, Unavailable.
    """
    async with _at_rest(settings, "haat export --hashes") as (engines, _):
        found = await contents(engines, say)
    _show(found, as_json=as_json)


async def import_shop(settings: Settings, folder: Path, *, as_json: bool, say: Say) -> None:
    """Write an exported shop into this one, which is empty, build its index, and print what it holds now.

    Raises: Invalid, when the export is damaged or does not fit; Conflict, when something is there; Damaged, NotFound,
    Unavailable. Before the first row was written nothing has changed; afterwards the shop stays half imported.
    """
    spare_memory()
    clock = SystemClock()
    with data_directory(settings.data_dir, "haat import --all"):
        await prepare_databases(settings)
        async with open_engines(settings, COLLECTIONS, clock) as engines:
            await refuse_half(engines.databases["orders"])
            identity = _identity(settings, await asyncio.to_thread(_steps, settings))
            found = await bring(engines, Folder(folder), identity, say)
        say("Building the search index …")
        async with open_shop(settings, clock, fetch_pictures=False, importing=True) as shop:
            await mark_whole(shop.databases["orders"])
    _show(found, as_json=as_json)
    say("The shop is here, and equal to what was exported.")


@asynccontextmanager
async def _at_rest(settings: Settings, command: str) -> AsyncIterator[tuple[Engines, Identity]]:
    """The engines of a whole shop that no other process of this machine has open. Nothing is migrated.

    Raises: DirectoryInUse; Conflict, when it is half imported; Invalid, when it is not at this release; Unavailable.
    """
    spare_memory()
    with data_directory(settings.data_dir, command):
        steps = await asyncio.to_thread(_steps, settings)
        behind = [Problem(step.name, f"It is at {step.current}.") for step in steps if step.current != step.head]
        if behind:
            raise Invalid("The databases are not at this release: run `haat migrate` first.", problems=behind)
        async with open_engines(settings, COLLECTIONS, SystemClock()) as engines:
            await refuse_half(engines.databases["orders"])
            yield engines, _identity(settings, steps)


def _steps(settings: Settings) -> list[Step]:
    return [state(line, url) for line, url in sql_databases(settings).values()]


def _identity(settings: Settings, steps: list[Step]) -> Identity:
    return Identity(settings.currency, {step.name: step.head for step in steps if step.name != _OF_ITS_ENGINE})


def _show(found: Mapping[str, Content], *, as_json: bool) -> None:
    if as_json:
        print_json({name: {"rows": content.rows, "sha256": content.sha256} for name, content in found.items()})
        return
    width = max(map(len, found))
    for name, content in found.items():
        print(f"{name:<{width}}  {content.rows:>9}  {content.sha256}")
