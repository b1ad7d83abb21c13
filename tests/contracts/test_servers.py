"""The contract suites on SQL servers (make test-engines)."""

import pytest

from tests.contracts.database import DatabaseContract, DatabaseRig
from tests.contracts.rigs import Rigs
from tests.contracts.servers import MySqlDatabaseRig, each_server, opened


class TestMySqlDatabase(DatabaseContract):
    @pytest.fixture(params=each_server())
    def rigs(self, request: pytest.FixtureRequest) -> Rigs[DatabaseRig]:
        return lambda: opened(MySqlDatabaseRig, *request.param)
