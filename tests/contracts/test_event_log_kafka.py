"""The contract suite of the event log on Kafka (make test-engines)."""

import pytest

from tests.contracts.brokers import opened
from tests.contracts.event_log import EventLogContract, EventLogRig
from tests.contracts.rigs import Rigs

pytestmark = pytest.mark.engine("kafka")


class TestKafkaEventLog(EventLogContract):
    @pytest.fixture
    def rigs(self) -> Rigs[EventLogRig]:
        return opened
