"""WishStore on SQL."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from haat.cart.adapters.tables import LINE as CARTS
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.wishlist.adapters.sql import SqlWishStore
from haat.wishlist.adapters.tables import LINE
from haat.wishlist.messages import WishChanged
from haat.wishlist.ports import WishStore
from tests.contracts.counting import CountingDatabase
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import SqlRig, opened
from tests.contracts.wish_store import WishStoreContract, WishStoreRig


class SqlWishRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CARTS.joined(LINE))
        self.counting = CountingDatabase(self.file)
        self.store: WishStore = SqlWishStore(self.counting, Outbox("haat/wishlist", SeededIds(7, self.clock)))

    async def events(self) -> list[WishChanged]:
        rows = await SqlOutgoing(self.file).unsent(1000)
        assert all(row.topic == "carts" for row in rows)
        events = [decode(row.value).read(WishChanged) for row in rows]
        assert [event.owner for event in events] == [row.key for row in rows]
        return events

    async def statements(self) -> list[int]:
        counts, self.counting.counts = self.counting.counts, []
        return counts


class TestSqlWishStore(WishStoreContract):
    @pytest.fixture
    def rigs(self) -> Rigs[WishStoreRig]:
        def rigs() -> AbstractAsyncContextManager[WishStoreRig]:
            return opened(SqlWishRig)

        return rigs
