"""NetworkStore on SQL."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.adapters.tables import LINE
from haat.serviceability.ports import NetworkStore
from tests.contracts.network_store import NetworkStoreContract, NetworkStoreRig
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import SqlRig, opened


class SqlNetworkRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.store: NetworkStore = SqlNetworkStore(self.file, Outbox("haat/serviceability", SeededIds(7, self.clock)))

    async def published(self) -> Sequence[bytes]:
        return [row.value for row in await SqlOutgoing(self.file).unsent(1_000)]


class TestSqlNetworkStore(NetworkStoreContract):
    @pytest.fixture
    def rigs(self) -> Rigs[NetworkStoreRig]:
        return lambda: opened(SqlNetworkRig)
