"""A catalogue on its embedded engines: SQLite documents, blobs in a folder, the real re-encoder, loopback fetches."""

from collections.abc import AsyncIterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from haat.catalog.categories import Attribute, Category
from haat.catalog.draft import DraftItem, DraftVariant
from haat.catalog.messages import ItemChanged
from haat.catalog.verbs import Catalog, Collections, Outside, catalog_on
from haat.engines.blobs.files import FileBlobs
from haat.engines.documents import Document, Documents, Put
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.documents.tables import line
from haat.engines.fetch import Fetcher
from haat.engines.images import QUICK, Reencoder
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.errors import Unavailable
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.inbound.adapters.sql import SqlFeeds
from haat.inbound.adapters.tables import LINE as FEEDS
from haat.inbound.identify import IdentifyItem
from tests.conftest import ManualClock
from tests.migrated import template

BAGS = Category(
    id="outdoor.bags",
    name="Bags",
    attributes=[
        Attribute(
            name="volume", label="Volume", kind="number", unit="l", required=True, facet=True, minimum=1, maximum=200
        ),
        Attribute(name="colour", label="Colour", kind="enum", values=["Red", "Blue", "Green"], axis=True, facet=True),
        Attribute(name="waterproof", label="Waterproof", kind="boolean"),
        Attribute(name="uses", label="Uses", kind="multi", values=["Hiking", "City"]),
        Attribute(name="fabric", label="Fabric", kind="text", searchable=True),
    ],
)
OUTDOOR = Category(
    id="outdoor", name="Outdoor", attributes=[Attribute(name="weight", label="Weight", kind="number", unit="g")]
)


class Counted:
    """Documents that remember which calls were made."""

    def __init__(self, documents: Documents, name: str, calls: list[str]) -> None:
        self._documents, self._name, self._calls = documents, name, calls

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        self._calls.append(f"{self._name}.get")
        return await self._documents.get(ids)

    async def put(self, puts: Sequence[Put]) -> list[bool]:
        self._calls.append(f"{self._name}.put")
        return await self._documents.put(puts)

    async def find(self, key: str, value: str, after: str = "", limit: int = 100) -> list[Document]:
        self._calls.append(f"{self._name}.find")
        return await self._documents.find(key, value, after, limit)

    async def scan(self, after: str = "", limit: int = 500) -> list[Document]:
        return await self._documents.scan(after, limit)

    async def starting(self, beginning: str, limit: int = 100) -> list[Document]:
        return await self._documents.starting(beginning, limit)

    async def ping(self) -> None:
        await self._documents.ping()


class Market:
    """The catalogue under test and the parts that tests look into."""

    def __init__(
        self, catalog: Catalog, collections: Collections, database: SqliteDatabase, blobs: FileBlobs, calls: list[str]
    ) -> None:
        self.calls = calls  # of the document store, as "items.get"
        self.catalog = catalog
        self.collections = collections
        self.database = database
        self.blobs = blobs
        self.outbox = SqlOutgoing(database)

    async def events(self) -> list[ItemChanged]:
        """Events since the last call."""
        rows = await self.outbox.unsent(10_000)
        await self.outbox.mark_sent(rows)
        assert all(row.key == decode(row.value).subject for row in rows)
        return [decode(row.value).read(ItemChanged) for row in rows]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty databases at their head, to be copied: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("migrated")
    (folder / "catalog.db").write_bytes(template(line("catalog")))
    (folder / "inbound.db").write_bytes(template(FEEDS))
    return folder


@pytest.fixture
async def market(tmp_path: Path, migrated: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Market]:
    for name in ("catalog.db", "inbound.db"):
        copyfile(migrated / name, tmp_path / name)
    database = SqliteDatabase(tmp_path / "catalog.db", clock)
    feeds = SqliteDatabase(tmp_path / "inbound.db", clock)
    database.open()
    feeds.open()
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.open()
    reencode = Reencoder(QUICK)

    async def resolver(host: str, port: int) -> Sequence[str]:
        return {"pictures.example": ["127.0.0.1"], "inside.example": ["10.0.0.8"]}.get(host, [])

    names = ("items", "skus", "categories", "pictures", "picture_urls")
    calls: list[str] = []
    collections = Collections(*(Counted(SqliteDocuments(database, name, clock), name, calls) for name in names))
    fetch = Fetcher(
        resolver=resolver, allowed=[ip_network("127.0.0.0/8")], ports=frozenset(range(1_024, 65_536)), deadline_s=5.0
    )
    identity = IdentifyItem(SqlFeeds(feeds, Outbox("haat/inbound", ids)), ids)

    async def nobody(_: Sequence[str]) -> Mapping[str, bytes]:
        raise Unavailable

    outside = Outside(
        blobs=blobs, reencode=reencode, fetch=fetch, identity=identity, clock=clock, ids=ids, stand_in=nobody
    )
    catalog = catalog_on(collections, outside)
    for category in (OUTDOOR, BAGS):
        await catalog.put_category(category)
    yield Market(catalog, collections, database, blobs, calls)
    reencode.close()
    database.close()
    feeds.close()
    blobs.close()


@pytest.fixture
def catalog(market: Market) -> Catalog:
    return market.catalog


def a_draft(**changes: Any) -> DraftItem:
    """A valid item in `outdoor.bags` with two colours."""
    fields: Mapping[str, Any] = {
        "code": "BAG1",
        "title": "Monsoon daypack",
        "status": "active",
        "category": "outdoor.bags",
        "attributes": {"volume": 24, "fabric": "Ripstop nylon", "laptop_sleeve": True},
        "variants": [a_variant("red", "Red"), a_variant("blue", "Blue")],
        **changes,
    }
    return DraftItem(**fields)


def a_variant(code: str, colour: str, **changes: Any) -> DraftVariant:
    return DraftVariant(code=code, attributes={"colour": colour}, **changes)
