"""A shop whose log is Kafka: the same checks, over records that were copied from the broker."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from haat.events.adapters.kafka_log import KafkaEventLog
from haat_verify import CannotRead, Paths, verify
from tests.cli.process import free_ports
from tests.conftest import ManualClock
from tests.contracts.brokers import broker_url, fresh_name
from tests.verify.make_shop import NOW_MS, Files

Record = tuple[str, str, bytes]  # topic, key, value


def told(events: Path) -> list[Record]:
    """What the made shop's own log tells, in its order."""
    query = """SELECT t.name, r."key", r.value FROM records r JOIN topics t ON t.id = r.topic_id
        WHERE t.name IN ('orders', 'payments') ORDER BY r.position"""
    with closing(sqlite3.connect(events)) as file:
        return file.execute(query).fetchall()


def on_kafka(records: list[Record]) -> str:
    """The address of a log that tells this."""
    url = f"kafka://{urlsplit(broker_url()).netloc}/{fresh_name()}"

    async def append() -> None:
        log = KafkaEventLog(url, ManualClock(NOW_MS))
        try:
            for topic in ("orders", "payments"):
                await log.append(topic, [(key, value) for one, key, value in records if one == topic])
        finally:
            await log.close()

    asyncio.run(append())
    return url


def broken(files: Files, url: str) -> dict[str, int]:
    report = verify(Paths(files.orders, files.gateway, url, files.events), drained=True, now_ms=NOW_MS)
    assert "log-order" not in report.left_out
    return {found.name: found.total for found in report.found if found.total}


def one_less(records: list[Record]) -> list[Record]:
    return records[1:]


def one_more(records: list[Record]) -> list[Record]:
    topic, key, value = records[0]
    return [*records, (topic, key, value.replace(b'"id":"evt_', b'"id":"evt_x', 1))]


def backwards(records: list[Record]) -> list[Record]:
    return records[::-1]


@pytest.mark.engine("kafka")
def test_a_log_that_tells_everything_in_order_is_clean(pristine: Files) -> None:
    assert broken(pristine, on_kafka(told(pristine.events))) == {}


@pytest.mark.engine("kafka")
@pytest.mark.parametrize(
    ("change", "check"), [(one_less, "log-complete"), (one_more, "log-complete"), (backwards, "log-order")]
)
def test_what_a_log_gets_wrong_is_found(
    pristine: Files, change: Callable[[list[Record]], list[Record]], check: str
) -> None:
    records = told(pristine.events)
    assert change(records) != records
    assert set(broken(pristine, on_kafka(change(records)))) == {check}


@pytest.mark.engine("kafka")
def test_a_log_that_nobody_wrote_to_lacks_everything(pristine: Files) -> None:
    url = f"kafka://{urlsplit(broker_url()).netloc}/{fresh_name()}"
    assert set(broken(pristine, url)) == {"log-complete"}


def test_a_broker_that_is_not_there_is_no_verdict(pristine: Files) -> None:
    url = f"kafka://127.0.0.1:{free_ports(1)[0]}/haat"
    with pytest.raises(CannotRead, match="kafka"):
        verify(Paths(pristine.orders, pristine.gateway, url, pristine.events), drained=True, now_ms=NOW_MS)
    assert verify(Paths(pristine.orders, None, url), now_ms=NOW_MS).clean, "of a running shop the log is not read"


def test_without_a_place_for_parked_events_that_check_is_left_out(pristine: Files) -> None:
    report = verify(Paths(pristine.orders, events=None, parked=None), drained=True, now_ms=NOW_MS)
    assert report.left_out["parked-event"] == "no database of parked events was given"
