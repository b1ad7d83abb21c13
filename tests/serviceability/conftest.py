"""A whole serviceability over a made-up country, with its database and blobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from haat.engines.blobs.files import FileBlobs
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.adapters.tables import LINE
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.live import Serviceability
from haat.serviceability.seed_hubs import SeedHubs
from tests.conftest import ManualClock
from tests.serviceability.worlds import ZONE, GridPlaces, HandHolidays, warehouses_of
from tests.sql import SQL, Opened


@dataclass
class Shop:
    database: Opened
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


@pytest.fixture
def shop(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> Iterator[Shop]:
    database = SQL.database(LINE, tmp_path / "serviceability.db", clock)
    database.open()
    store = SqlNetworkStore(database, Outbox("haat/serviceability", ids))
    blobs, places = FileBlobs(tmp_path / "blobs"), GridPlaces()
    yield Shop(
        database, store, blobs, places, HandHolidays(), SeedHubs(places, store), BuildMatrix(places, store, blobs)
    )
    database.close()
