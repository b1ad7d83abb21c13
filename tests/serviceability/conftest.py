"""A whole serviceability over a made-up country, with its database and blobs."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from haat.engines.blobs.files import FileBlobs
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.adapters.tables import LINE
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.live import Serviceability
from haat.serviceability.seed_hubs import SeedHubs
from tests.conftest import ManualClock
from tests.migrated import template
from tests.serviceability.worlds import ZONE, GridPlaces, HandHolidays, warehouses_of


@dataclass
class Shop:
    database: SqliteDatabase
    store: SqlNetworkStore
    blobs: FileBlobs
    places: GridPlaces
    holidays: HandHolidays
    seed: SeedHubs
    build: BuildMatrix

    def live(self, **options: object) -> Serviceability:
        return Serviceability(self.store, self.blobs, self.holidays, ZONE, **options)  # type: ignore[arg-type]  # test options

    async def filled(self, warehouses: int = 8) -> Serviceability:
        """Hubs, warehouses and a built matrix, taken up."""
        await self.seed()
        for warehouse in warehouses_of(self.places, warehouses):
            await self.store.save(warehouse, 0)
        await self.build()
        live = self.live()
        assert await live.refresh()
        return live


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at its head, to be copied: migrating one per test would take most of the time."""
    path = tmp_path_factory.mktemp("serviceability") / "empty.db"
    path.write_bytes(template(LINE))
    return path


@pytest.fixture
def shop(migrated: Path, tmp_path: Path, clock: ManualClock, ids: SeededIds) -> Iterator[Shop]:
    shutil.copy(migrated, tmp_path / "serviceability.db")
    database = SqliteDatabase(tmp_path / "serviceability.db", clock)
    database.open()
    store = SqlNetworkStore(database, Outbox("haat/serviceability", ids))
    blobs, places = FileBlobs(tmp_path / "blobs"), GridPlaces()
    yield Shop(
        database, store, blobs, places, HandHolidays(), SeedHubs(places, store), BuildMatrix(places, store, blobs)
    )
    database.close()
