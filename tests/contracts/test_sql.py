"""The SQL engine under test keeps the promises of its ports."""

import pytest

from tests.contracts.database import DatabaseContract, DatabaseRig
from tests.contracts.outgoing import OutgoingContract, OutgoingRig
from tests.contracts.parking import ParkingContract, ParkingRig
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import SqlDatabaseRig, SqlOutgoingRig, SqlParkingRig, opened


class TestSqlDatabase(DatabaseContract):
    @pytest.fixture
    def rigs(self) -> Rigs[DatabaseRig]:
        return lambda: opened(SqlDatabaseRig)


class TestSqlOutgoing(OutgoingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[OutgoingRig]:
        return lambda: opened(SqlOutgoingRig)


class TestSqlParking(ParkingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[ParkingRig]:
        return lambda: opened(SqlParkingRig)
