"""Documents in MongoDB beyond the contract, on its wire-compatible stand-in: no half writes, and what outages cost."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from haat.engines.breaker import FAILURES
from haat.engines.documents import Document, Put
from haat.engines.documents.mongo import CONNECTIONS, READ_S, MongoDocuments, MongoStore
from haat.engines.documents.mongo_schema import HEAD, upgrade
from haat.engines.outgoing import Outgoing
from haat.errors import Invalid, Unavailable
from tests.conftest import ManualClock
from tests.contracts.servers_documents import COLLECTIONS, MongoDocumentsRig, mongo_rig

pytestmark = pytest.mark.engine("mongo")


def event(number: int, key: str = "itm") -> list[Outgoing]:
    return [Outgoing(f"evt-{number}", "items", key, b"%d" % number, number)]


@pytest.fixture
async def rig() -> AsyncIterator[MongoDocumentsRig]:
    async with mongo_rig(MongoDocumentsRig) as rig:
        yield rig


async def values(rig: MongoDocumentsRig, most: int = 1_000) -> list[int]:
    return [int(row.value) for row in await rig.source.unsent(most)]


async def test_no_other_connection_ever_sees_a_document_without_its_event(rig: MongoDocumentsRig) -> None:
    """Who reads all the while sees of each version body, key and event, or nothing of it: so would a crash leave it."""
    torn: list[Any] = []
    looked, done = 0, threading.Event()

    def look() -> None:
        nonlocal looked
        while not done.is_set():
            for found in rig.root[rig.live]["items"].find({}):
                version = found["version"]
                whole = (
                    found["body"] == b"%d" % version
                    and found["keys"] == [f"version={version}"]
                    and [one["value"] for one in found["unsent"]] == [b"%d" % n for n in range(1, version + 1)]
                )
                looked += 1
                if not whole:
                    torn.append(found)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        for version in range(40):
            written = [
                Put(f"id-{n}", b"%d" % (version + 1), version, {"version": str(version + 1)}, event(version + 1))
                for n in range(3)
            ]
            assert await rig.documents.put(written) == [True] * 3
    finally:
        done.set()
        watching.join()
    assert torn == []
    assert looked > 40


async def test_a_write_that_finds_nothing_to_change_makes_nothing(rig: MongoDocumentsRig) -> None:
    assert await rig.documents.put([Put("a", b"x", 3, {}, event(1)), Put("b", b"x", 1)]) == [False, False]
    assert list(rig.root[rig.live]["items"].find({})) == []


async def test_of_a_large_bulk_each_put_has_its_own_answer(rig: MongoDocumentsRig) -> None:
    await rig.documents.put([Put(f"id-{n:03}", b"1", 0) for n in range(0, 300, 2)])
    puts = [Put(f"id-{n:03}", b"2", 1, {}, event(n)) for n in range(300)]
    assert await rig.documents.put(puts) == [n % 2 == 0 for n in range(300)]
    assert await values(rig) == list(range(0, 300, 2))


async def test_a_document_s_events_keep_the_order_of_its_versions_when_clocks_disagree(rig: MongoDocumentsRig) -> None:
    """One process is an hour ahead of the other; both change the same document in turn."""
    ahead = MongoStore(rig.address(rig.live, rig.url.port or 0), ManualClock(rig.clock.now_ms() + 3_600_000))
    rig.stores.append(ahead)
    theirs = ahead.collection("items")
    for version in range(10):
        writer = theirs if version % 2 == 0 else rig.documents
        assert await writer.put([Put("a", b"", version, {}, event(version))]) == [True]
    assert await values(rig) == list(range(10))
    for number in range(10):
        rows = await rig.source.unsent(1)
        assert [row.value for row in rows] == [b"%d" % number]
        await rig.source.mark_sent(rows)
    assert await rig.source.backlog() == (0, 0)


async def test_an_event_written_while_another_is_marked_stays(rig: MongoDocumentsRig) -> None:
    await rig.documents.put([Put("a", b"", 0, {}, event(0))])
    for version in range(1, 30):
        rows = await rig.source.unsent(10)
        await asyncio.gather(
            rig.source.mark_sent(rows), rig.documents.put([Put("a", b"", version, {}, event(version))])
        )
        assert await values(rig) == [version]


async def test_what_is_sent_leaves_nothing_behind(rig: MongoDocumentsRig) -> None:
    await rig.documents.put([Put("a", b"", 0, {}, event(1) + event(2)), Put("b", b"", 0)])
    await rig.source.mark_sent(await rig.source.unsent(1))
    kept = rig.root[rig.live]["items"].find_one({"_id": "a"})
    assert kept is not None
    assert [one["event"] for one in kept["unsent"]] == ["evt-2"]
    assert kept["unsent_since"] == kept["unsent"][0]["stamp"]
    await rig.source.mark_sent(await rig.source.unsent(1))
    kept = rig.root[rig.live]["items"].find_one({"_id": "a"})
    assert kept is not None
    assert (kept["unsent"], "unsent_since" in kept) == ([], False)


async def test_events_of_every_collection_are_sent_and_hinted(rig: MongoDocumentsRig) -> None:
    hints: list[int] = []
    rig.source.on_new(lambda: hints.append(1))
    await rig.documents.put([Put("a", b"", 0, {}, event(1))])
    await rig.others.put([Put("a", b"", 0, {}, event(2))])
    await rig.others.put([Put("b", b"", 0)])
    await rig.others.put([Put("b", b"", 0, {}, event(3))])  # stale
    assert (await values(rig), len(hints)) == ([1, 2], 2)
    await rig.source.mark_sent(await rig.source.unsent(5))
    assert await rig.source.backlog() == (0, 0)


async def test_reads_use_the_indexes(rig: MongoDocumentsRig) -> None:
    await rig.documents.put([Put(f"id-{n:03}", b"", 0, {"brand": str(n % 10)}, event(n)) for n in range(200)])

    def examined(wanted: dict[str, Any]) -> int:
        asked = {"explain": {"find": "items", "filter": wanted}, "verbosity": "executionStats"}
        return int(rig.root[rig.live].command(asked)["executionStats"]["totalDocsExamined"])

    await rig.source.mark_sent(await rig.source.unsent(195))
    assert examined({"keys": "brand=7", "_id": {"$gt": ""}}) == 20
    assert examined({"unsent_since": {"$gt": 0}}) == 5
    assert examined({"_id": {"$in": ["id-001", "id-002"]}}) == 2


@pytest.mark.parametrize(
    "pairs", [[("a=b", "c"), ("a", "b=c")], [("a%3Db", "c"), ("a=b", "c")], [("a", ""), ("", "a")]]
)
async def test_no_two_lookup_keys_are_taken_for_each_other(
    rig: MongoDocumentsRig, pairs: Sequence[tuple[str, str]]
) -> None:
    for number, (name, value) in enumerate(pairs):
        await rig.documents.put([Put(f"id-{number}", b"", 0, {name: value})])
    for number, (name, value) in enumerate(pairs):
        assert await rig.documents.find(name, value) == [Document(f"id-{number}", 1, b"")]


async def test_ids_and_bodies_that_cannot_be_stored_are_refused_before_anything_is_written(
    rig: MongoDocumentsRig,
) -> None:
    for wrong in (Put("\ud800", b"", 0), Put("big", b"x" * (13 << 20), 0), Put("a\0", b"", 0)):
        with pytest.raises(Invalid):
            await rig.documents.put([Put("fine", b"", 0), wrong])
    assert await rig.documents.get(["fine", "\ud800"]) == {}
    assert await rig.documents.put([Put("large", b"x" * (11 << 20), 0)]) == [True]


async def test_a_black_hole_costs_some_time_outs_and_then_nothing(rig: MongoDocumentsRig) -> None:
    await rig.documents.ping()
    rig.hurry()
    rig.door.swallow()
    began_s = time.monotonic()
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await rig.documents.get(["a"])
    assert time.monotonic() - began_s >= READ_S * FAILURES
    began_s = time.monotonic()
    for _ in range(1_000):
        with pytest.raises(Unavailable):
            await rig.documents.get(["a"])
    assert time.monotonic() - began_s < 1_000 * READ_S / 100


async def test_a_late_answer_reaches_nobody_else(rig: MongoDocumentsRig) -> None:
    await rig.documents.put([Put(f"id-{n}", b"%d" % n, 0) for n in range(50)])
    rig.hurry()
    rig.door.slow(READ_S * 3)
    late = await asyncio.gather(*(rig.documents.get([f"id-{n}"]) for n in range(CONNECTIONS)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in late)
    await rig.up()
    await rig.documents.put([Put("found", b"", 0)])
    for number in range(50):
        found = await rig.documents.get([f"id-{number}"])
        assert found == {f"id-{number}": Document(f"id-{number}", 1, b"%d" % number)}


async def test_connections_are_bounded(rig: MongoDocumentsRig) -> None:
    await asyncio.gather(*(rig.documents.get([f"id-{n}"]) for n in range(CONNECTIONS * 10)))
    assert 1 < rig.door.connections <= CONNECTIONS + 2  # and the driver's two that watch the server


async def test_a_database_is_made_ready_again_without_change(rig: MongoDocumentsRig) -> None:
    url = rig.address(rig.live, rig.url.port or 0)
    await rig.documents.put([Put("a", b"kept", 0)])
    before = rig.root[rig.live]["items"].index_information()
    step = upgrade("catalog", url, COLLECTIONS)
    assert (step.name, step.current, step.head) == ("catalog", HEAD, HEAD)
    assert rig.root[rig.live]["items"].index_information() == before
    fresh = upgrade("catalog", rig.address(f"{rig.live}_new", rig.url.port or 0), COLLECTIONS)
    rig.made.append(f"{rig.live}_new")
    assert fresh.current is None
    assert await rig.documents.get(["a"]) == {"a": Document("a", 1, b"kept")}


async def test_a_server_that_is_not_there_cannot_be_made_ready(rig: MongoDocumentsRig) -> None:
    rig.door.shut()
    with pytest.raises(Unavailable):
        upgrade("catalog", rig.address(rig.live, rig.door.port), COLLECTIONS, select_ms=300)


async def test_after_close_every_call_is_refused(rig: MongoDocumentsRig) -> None:
    await rig.store.close()
    documents = MongoDocuments(rig.store, "items")
    for call in (documents.get(["a"]), documents.put([Put("a", b"", 0)]), documents.scan(), documents.ping()):
        with pytest.raises(Unavailable):
            await call
