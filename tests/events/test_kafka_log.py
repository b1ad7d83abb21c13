"""What the event log on Kafka does beside its port: time-outs, members that are slow or dead, how topics are made."""

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from haat.engines.system import SeededIds, SystemClock
from haat.errors import TooLarge, Unavailable
from haat.events.adapters.kafka_log import KafkaEventLog, servers_of
from haat.events.behaviour import MOST_WAITING, Behaviour
from haat.events.ports import PARTITIONS, Lag
from tests.contracts.brokers import KafkaEventLogRig, broker_url, opened
from tests.events.handlers import Counted

pytestmark = pytest.mark.engine("kafka")
SESSION_S = 1.5  # the broker of the tests takes members for dead sooner than others do


@pytest.fixture
async def rig() -> AsyncIterator[KafkaEventLogRig]:
    async with opened() as rig:
        yield rig


def quick(rig: KafkaEventLogRig, server: str) -> KafkaEventLog:
    """A log whose members are taken for dead soon."""
    log = KafkaEventLog(
        f"kafka://{server}/{rig.name}",
        rig.clock,
        keeps_ms=-1,
        call_s=2,
        append_s=2,
        session_s=SESSION_S,
        heartbeat_s=0.1,
    )
    rig.opened.append(log)
    return log


def test_a_url_names_servers_and_a_name() -> None:
    assert servers_of("kafka://one:9092,two:9093/shop") == ("one:9092,two:9093", "shop")
    assert servers_of("kafka://one:9092") == ("one:9092", "haat")


async def test_topics_are_made_with_their_partitions_and_retention(rig: KafkaEventLogRig) -> None:
    direct = urlsplit(broker_url()).netloc
    log = KafkaEventLog(f"kafka://{direct}/{rig.name}", SystemClock(), keeps_ms=86_400_000)
    rig.opened.append(log)
    assert await log.make_topics(["items", "offers", "items"]) == [f"{rig.name}.items", f"{rig.name}.offers"]
    assert await log.make_topics(["items", "users"]) == [f"{rig.name}.users"]
    assert await log.partitions("users") == PARTITIONS
    admin = AIOKafkaAdminClient(bootstrap_servers=direct)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, f"{rig.name}.items")])
        options = {name: value for name, value, *_ in answer.resources[0][4]}
    finally:
        await admin.close()
    assert options["retention.ms"] == "86400000"
    assert options["cleanup.policy"] == "delete"
    assert options["message.timestamp.type"] == "CreateTime"


async def test_a_broker_that_swallows_everything_is_waited_for_once(rig: KafkaEventLogRig) -> None:
    await rig.log.append("items", [("a", b"1")])
    rig.door.swallow()
    began_s = time.monotonic()
    with pytest.raises(Unavailable):
        await rig.log.append("items", [("a", b"2")])
    assert time.monotonic() - began_s < 5
    began_s = time.monotonic()
    with pytest.raises(Unavailable):
        await rig.log.append("items", [("a", b"2")])
    assert time.monotonic() - began_s < 0.1
    rig.door.open()
    await rig.log.ping()
    await rig.log.append("items", [("a", b"2")])


async def test_nobody_at_the_address_is_said_at_once_and_opening_needs_nobody(rig: KafkaEventLogRig) -> None:
    await rig.down()
    began_s = time.monotonic()
    for call in (rig.log.ping(), rig.log.read("items", 0, 0, 1), rig.log.lag("g", "items")):
        with pytest.raises(Unavailable):
            await call
    assert time.monotonic() - began_s < 1
    await rig.up()
    await rig.log.append("items", [("a", b"1")])


async def test_after_close_every_call_says_so(rig: KafkaEventLogRig) -> None:
    await rig.log.append("items", [("a", b"1")])
    await rig.file.close()
    for call in (rig.log.append("items", [("a", b"2")]), rig.log.ping(), rig.log.trim(1), rig.log.partitions("items")):
        with pytest.raises(Unavailable):
            await call


async def test_an_event_that_no_topic_takes_is_refused_before_anything_is_appended(rig: KafkaEventLogRig) -> None:
    with pytest.raises(TooLarge):
        await rig.log.append("items", [("a", b"1"), ("a", b"." * (17 << 20))])
    assert await rig.log.lag("g", "items") == Lag(0, 0)
    await rig.log.append("items", [("a", b"." * (16 << 20))])
    async with rig.log.subscribe("g", ["items"]) as subscription:
        (record,) = await subscription.poll(10, 0)
    assert len(record.value) == 16 << 20


async def test_a_slow_consumer_stays_a_member(rig: KafkaEventLogRig) -> None:
    log = quick(rig, f"127.0.0.1:{rig.door.port}")
    await log.append("items", [(f"k{n}", b"") for n in range(50)])
    async with log.subscribe("g", ["items"]) as slow, log.subscribe("g", ["items"]) as other:
        records = await slow.poll(50, 0)
        theirs = await other.poll(50, 0)
        await asyncio.sleep(2 * SESSION_S)  # the handler is at work
        assert await other.poll(50, 0) == []
        await slow.commit(records)
        await other.commit(theirs)
        assert await log.lag("g", "items") == Lag(50 - len(records) - len(theirs), 0)
        assert len(records) + len(theirs) == 50


async def test_the_partitions_of_a_member_that_died_come_to_the_others(rig: KafkaEventLogRig) -> None:
    cut_off, stay = quick(rig, f"127.0.0.1:{rig.door.port}"), quick(rig, urlsplit(broker_url()).netloc)
    await stay.append("items", [(f"k{n}", str(n).encode()) for n in range(50)])
    async with stay.subscribe("g", ["items"]) as living, cut_off.subscribe("g", ["items"]) as dying:
        theirs = await dying.poll(50, 0)
        mine = await living.poll(50, 0)
        assert theirs
        assert not set(theirs) & set(mine)
        rig.door.swallow()
        found: list[object] = []
        async with asyncio.timeout(10):
            while not set(theirs) <= set(found):
                found += await living.poll(50, 1)
        rig.door.open()


async def test_a_late_commit_for_a_partition_of_another_member_is_left_to_it(rig: KafkaEventLogRig) -> None:
    await rig.log.append("items", [(f"k{n}", str(n).encode()) for n in range(50)])
    async with rig.log.subscribe("g", ["items"]) as first:
        records = await first.poll(50, 0)
        assert len(records) == 50
        firsts = list({one.partition: one for one in reversed(records)}.values())
        async with rig.log.subscribe("g", ["items"]) as second:
            theirs = await second.poll(50, 0)
            await second.commit(theirs)
            await first.commit(firsts)  # also of the partitions that are the other's by now, and done
            left = {one.partition for one in records} - {one.partition for one in theirs}
            undone = [one for one in records if one.partition in left and one not in firsts]
            assert theirs
            assert undone
            assert (await rig.log.lag("g", "items")).records == len(undone)
            await first.commit(records)
            assert (await rig.log.lag("g", "items")).records == 0
        assert await first.poll(50, 0) == []


async def test_a_long_poll_that_was_interrupted_delays_nothing_and_loses_nothing(rig: KafkaEventLogRig) -> None:
    async with rig.log.subscribe("g", ["items"]) as subscription:
        for number in range(20):
            polling = asyncio.ensure_future(subscription.poll(10, 30))
            await rig.log.append("items", [("a", str(number).encode())])
            subscription.interrupt()
            records = await polling
            while not records:
                records = await subscription.poll(10, 30)
            assert [one.value for one in records] == [str(number).encode()]
            await subscription.commit(records)


async def test_no_visitor_waits_for_a_broker_that_is_gone(rig: KafkaEventLogRig) -> None:
    behaviour = Behaviour(rig.log, SeededIds(1, rig.clock), rig.clock, "haat/web")
    await behaviour.publish("visitor", Counted(1))
    await behaviour.flush()
    rig.door.swallow()
    await behaviour.publish("visitor", Counted(2))
    flushing = asyncio.ensure_future(behaviour.flush())
    await asyncio.sleep(0)
    began_s = time.monotonic()
    for number in range(MOST_WAITING + 5):
        await behaviour.publish("visitor", Counted(number))
    assert not flushing.done()  # all of that happened while the log waited for its broker
    assert time.monotonic() - began_s < 3
    with pytest.raises(Unavailable):
        await flushing
    assert behaviour.dropped == 5 + 1


async def test_an_interrupt_ends_a_poll_also_while_partitions_are_dealt_out(rig: KafkaEventLogRig) -> None:
    direct = rig.open(urlsplit(broker_url()).netloc)
    async with direct.subscribe("g", ["items"]) as living, rig.log.subscribe("g", ["items"]) as dead:
        await dead.poll(1, 0)
        await living.poll(1, 0)
        rig.door.swallow()
        async with asyncio.TaskGroup() as group:

            async def third() -> None:
                async with direct.subscribe("g", ["items"]):  # all wait for the dead one, for six seconds
                    pass

            joining = group.create_task(third())
            polling = asyncio.ensure_future(living.poll(1, 30))
            await asyncio.sleep(1.0)  # ten heartbeats: the living one knows
            living.interrupt()
            async with asyncio.timeout(1.5):
                assert await polling == []
            assert not joining.done()
            assert await living.poll(1, 0.2) == []
            assert not joining.done()
        rig.door.open()
