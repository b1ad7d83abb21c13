"""Kafka as rigs: topics of a fresh name for each test, behind a door that can be shut.

HAAT_TEST_KAFKA_URL names the broker (make test-engines starts it). Its parameter `doors` says where a door may stand,
because a client goes where the broker says it is. What a crash would leave is what another client sees.
"""

import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlsplit

from haat.events.adapters.kafka_log import KafkaEventLog
from haat.events.ports import EventLog, MovableLog
from tests.conftest import ManualClock
from tests.doors import Door

FOR_EVER_MS: Final = -1  # the clock of the tests stands where a broker's retention may have passed by
SESSION_S: Final = 6.0
HEARTBEAT_S: Final = 0.1
_NUMBERS: Final = count()


def broker_url() -> str:
    """The broker's address. One that is named and not there fails the test."""
    given = os.environ.get("HAAT_TEST_KAFKA_URL")
    assert given, "HAAT_TEST_KAFKA_URL is not set: make test-engines starts kafka and sets it"
    return given


def fresh_name() -> str:
    return f"t{os.getpid()}-{next(_NUMBERS)}"


def stand_in_front() -> Door:
    """A door where nobody stands: as many processes as there are places test at once."""
    places = parse_qs(urlsplit(broker_url()).query)["doors"][0].split(",")
    for outside, inside in (place.split(":") for place in places):
        try:
            return Door(int(inside), at=int(outside))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise AssertionError(f"all of {len(places)} doors are taken")


class KafkaEventLogRig:
    """Topics of one name."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.advance = self.clock.advance
        self.name = fresh_name()
        self.door = stand_in_front()
        self.opened: list[KafkaEventLog] = []
        self.file = self.open(f"127.0.0.1:{self.door.port}")
        self.log: MovableLog = self.file

    def open(self, server: str) -> KafkaEventLog:
        log = KafkaEventLog(
            f"kafka://{server}/{self.name}",
            self.clock,
            keeps_ms=FOR_EVER_MS,
            call_s=3.0,
            append_s=3.0,
            session_s=SESSION_S,
            heartbeat_s=HEARTBEAT_S,
        )
        self.opened.append(log)
        return log

    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def down(self) -> None:
        self.door.shut()

    async def up(self) -> None:
        self.door.open()
        await self.log.ping()

    def crash_point(self, *, torn: bool = False) -> None:
        """All that was acknowledged is the broker's. What its own crash leaves: tests/faults/test_kill_broker.py."""

    async def found(self) -> EventLog:
        return self.open(urlsplit(broker_url()).netloc)


@asynccontextmanager
async def opened() -> AsyncIterator[KafkaEventLogRig]:
    """A rig, ended afterwards."""
    rig = KafkaEventLogRig()
    try:
        yield rig
    finally:
        for log in rig.opened:
            await log.close()
        rig.door.close()
