"""The contract of FeedStore: one class, every engine binds to it with fixtures only."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from haat.errors import Unavailable
from haat.inbound.decide import Speaker
from haat.inbound.feed import Feed
from haat.inbound.mapping import StockRule
from haat.inbound.model import Draft, DraftVariant, Notes, Refusal, Taken
from haat.inbound.offering import Placer, offering
from haat.inbound.ports import Chunk, FeedStore, LeaseLost
from tests.conftest import NOON_MS

LEASE_MS = 60_000


def feed(feed_id: str = "fed_1", **over: Any) -> Feed:
    said: dict[str, Any] = {
        "id": feed_id, "seller": "acme", "digest": f"digest of {feed_id}", "size_bytes": 10, "filename": "f.csv",
        "format": "haat-csv", "mapping": b"{}", "as_of_ms": NOON_MS, "generated": False, "created_ms": NOON_MS,
    }  # fmt: skip
    return Feed(**{**said, **over})


def speaker(feed_id: str = "fed_1", as_of_ms: int = NOON_MS) -> Speaker:
    return Speaker(feed_id, "acme", as_of_ms, "INR")


def chunk(codes: Sequence[str], *, since: int = 0, title: str = "T", bad: Sequence[int] = ()) -> Chunk:
    offerings = []
    for number, code in enumerate(codes, since + 1):
        made = DraftVariant(code=code, line=number, number=number, price_minor=500)
        draft = Draft(code=code, line=number, title=title, variants=[made], item_rows=[number])
        offered = offering(Taken(), draft, "acme", Placer({}, StockRule()), create_categories=True)
        assert offered is not None
        offerings.append(offered)
    refusals = [Refusal(number, "title", "There is no title.", number) for number in bad]
    rows = len(codes) + len(bad)
    return Chunk(
        since=since, groups=rows, rows=rows, bytes_read=10, offerings=offerings, refusals=refusals,
        new_ids=[f"itm_{code}_{since}_{title}" for code in codes], new_categories=[], currency_refused=0,
        pictures_left_out=0, unplaced_stock=0, latin1_lines=0, encoding=Notes().encoding,
    )  # fmt: skip


class FeedStoreContract:
    """Promises P1-P3 of haat.inbound.ports.FeedStore. Fixtures: store, events (their keys), down."""

    async def test_p1_a_chunk_is_kept_with_its_events_refusals_counts_and_checkpoint(
        self, store: FeedStore, events: Any
    ) -> None:
        await store.add(feed())
        await store.claim("fed_1", "me", LEASE_MS, force=False)
        counts = await store.commit(speaker(), chunk(["a", "b"], bad=[3]), "me", LEASE_MS)
        assert (counts.rows, counts.accepted, counts.refused) == (3, 2, 1)
        kept = await store.get("fed_1")
        assert kept is not None
        assert (kept.position, kept.counts) == (3, counts)
        assert [r.line for _, r in await store.refusals("fed_1", 0, 10)] == [3]
        assert len(await events()) == 4

    async def test_p1_a_chunk_that_fails_leaves_nothing(self, store: FeedStore, events: Any) -> None:
        await store.add(feed())
        await store.claim("fed_1", "me", LEASE_MS, force=False)
        wrong = chunk(["a"])
        with pytest.raises(AssertionError):  # a row without an outcome
            await store.commit(speaker(), type(wrong)(**{**_fields(wrong), "rows": 2}), "me", LEASE_MS)
        kept = await store.get("fed_1")
        assert kept is not None
        assert (kept.position, kept.counts.rows, await events()) == (0, 0, [])

    async def test_p2_a_chunk_is_kept_once(self, store: FeedStore, events: Any) -> None:
        await store.add(feed())
        await store.claim("fed_1", "me", LEASE_MS, force=False)
        await store.commit(speaker(), chunk(["a"]), "me", LEASE_MS)
        with pytest.raises(LeaseLost):
            await store.commit(speaker(), chunk(["a"]), "me", LEASE_MS)
        assert len(await events()) == 2

    async def test_p2_who_lost_the_feed_keeps_nothing(self, store: FeedStore, events: Any) -> None:
        await store.add(feed())
        assert await store.claim("fed_1", "me", LEASE_MS, force=False)
        assert await store.claim("fed_1", "other", LEASE_MS, force=False) is None
        assert await store.claim("fed_1", "other", LEASE_MS, force=True)
        with pytest.raises(LeaseLost):
            await store.commit(speaker(), chunk(["a"]), "me", LEASE_MS)
        await store.finish("fed_1", "me", "done", "")
        kept = await store.get("fed_1")
        assert kept is not None
        assert (kept.state, await events()) == ("running", [])

    async def test_p2_of_many_that_race_for_a_feed_one_gets_it(self, store: FeedStore) -> None:
        await store.add(feed())
        claims = await asyncio.gather(*(store.claim("fed_1", f"w{n}", LEASE_MS, force=False) for n in range(8)))
        assert sum(claim is not None for claim in claims) == 1

    async def test_p2_a_feed_whose_worker_is_gone_is_open_again(self, store: FeedStore, advance: Any) -> None:
        await store.add(feed())
        await store.claim("fed_1", "me", LEASE_MS, force=False)
        assert await store.open_feeds(NOON_MS) == []
        advance(61)
        assert await store.open_feeds(NOON_MS + 61_000) == ["fed_1"]
        assert await store.claim("fed_1", "other", LEASE_MS, force=False)

    async def test_p3_a_code_keeps_its_item(self, store: FeedStore, events: Any) -> None:
        first = await store.identity("acme", "a", "itm_first")
        for n, title in ((1, "T"), (2, "Other")):
            await store.add(feed(f"fed_{n}"))
            await store.claim(f"fed_{n}", "me", LEASE_MS, force=False)
            await store.commit(speaker(f"fed_{n}", NOON_MS + n), chunk(["a"], title=title), "me", LEASE_MS)
        assert (first, await store.identity("acme", "a", "itm_late")) == ("itm_first", "itm_first")
        assert set(await events()) == {"itm_first"}

    async def test_p3_codes_that_differ_in_case_are_two(self, store: FeedStore) -> None:
        ids = {await store.identity("acme", code, f"itm_{n}") for n, code in enumerate(("ab", "AB", "Ab"))}
        assert len(ids) == 3

    async def test_the_unfinished_feed_of_the_same_file_is_answered(self, store: FeedStore) -> None:
        first = await store.add(feed(digest="same"))
        assert (await store.add(feed("fed_2", digest="same"))).id == first.id
        await store.claim("fed_1", "me", LEASE_MS, force=False)
        await store.finish("fed_1", "me", "done", "")
        assert (await store.add(feed("fed_2", digest="same"))).id == "fed_2"

    async def test_accepted_feeds_of_a_seller_are_ordered_though_the_clock_stands(self, store: FeedStore) -> None:
        order = [(await store.add(feed(f"fed_{n}"))).as_of_ms for n in range(3)]
        assert order == sorted(set(order))

    async def test_an_engine_that_is_gone_says_so(self, store: FeedStore, down: Any) -> None:
        await down()
        with pytest.raises(Unavailable):
            await store.get("fed_1")
        with pytest.raises(Unavailable):
            await store.add(feed())


def _fields(made: Chunk) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Chunk.__slots__}
