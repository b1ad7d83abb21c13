"""What feeds offer becomes items: once, in the order of the feeds, as fast as a batch allows."""

import asyncio
from random import Random
from typing import Any

import msgspec
import pytest

from haat.catalog.arrange import InvalidCategory
from haat.catalog.check import InvalidItem
from haat.catalog.consumers import ItemsFromFeeds
from haat.catalog.model import Item, decode, origin_of
from haat.catalog.take import OfferedItem, OfferedVariant
from haat.events.envelope import Event, wrap
from haat.inbound.messages import ItemOffered
from haat.inbound.messages import OfferedVariant as SentVariant
from haat.vocabulary import EventId
from tests.catalog.conftest import Market, a_draft
from tests.conftest import NOON_MS, ManualClock

ITEM = "itm_01jdd0000000000000000000aa"


def offered(item_id: str = ITEM, as_of_ms: int = 100, **changes: Any) -> OfferedItem:
    code = changes.pop("code", item_id)
    fields: dict[str, Any] = {
        "seller": "acme",
        "title": "Daypack",
        "category": ["Travel", "Packs"],
        "create_categories": True,
        "attributes": {"capacity": 24, "wheels": False},
        "attribute_labels": {"capacity": "Capacity"},
        "attribute_units": {"capacity": "l"},
        "variants": [OfferedVariant(sku=f"acme.{code}", code=code)],
        **changes,
    }
    return OfferedItem(item_id=item_id, code=code, as_of_ms=as_of_ms, **fields)


async def stored(market: Market, item_id: str = ITEM) -> Item:
    return decode((await market.catalog.documents([item_id]))[item_id])


def event_of(message: Any, number: int = 0) -> Event:
    return wrap(message, event_id=EventId(f"evt_{number}"), key=message.item_id, source="haat/inbound", now_ms=NOON_MS)


async def test_an_offered_item_becomes_an_item_and_one_event(market: Market) -> None:
    assert await market.catalog.take_offered([offered(rating=4.5, rating_count=12, feed_id="fed_1", line=7)]) == []
    item = await stored(market)
    assert (item.version, item.status, item.category) == (1, "active", "travel.packs")
    assert (item.attributes, item.labels, item.units) == (
        {"capacity": 24, "wheels": False},
        {"capacity": "Capacity"},
        {"capacity": "l"},
    )
    assert (item.rating, item.rating_count) == (4.5, 12)
    assert [step.name for step in item.categories] == ["Travel", "Packs"]
    assert [(e.item_id, e.version, e.status) for e in await market.events()] == [(ITEM, 1, "active")]
    assert not isinstance((await market.catalog.show_item(ITEM)).origin, type(item.origin))


async def test_the_same_again_makes_no_version_and_no_event(market: Market) -> None:
    await market.catalog.take_offered([offered()])
    await market.events()
    before = await market.collections.items.scan()
    assert await market.catalog.take_offered([offered()]) == []
    assert await market.collections.items.scan() == before
    await market.catalog.take_offered([offered(as_of_ms=200)])
    item = await stored(market)
    assert (item.version, origin_of(item).as_of_ms) == (1, 200)
    assert await market.events() == []


async def test_an_older_feed_never_overwrites_a_newer_one_even_if_the_newer_changed_nothing(market: Market) -> None:
    await market.catalog.take_offered([offered(as_of_ms=100)])
    await market.catalog.take_offered([offered(as_of_ms=300)])
    assert await market.catalog.take_offered([offered(as_of_ms=200, title="Late")]) == []
    assert (await stored(market)).title == "Daypack"
    await market.catalog.take_offered([offered(as_of_ms=300, line=5, title="Further down")])
    assert (await stored(market)).title == "Further down"


async def test_a_persons_change_is_newer_than_feeds_before_it_and_older_than_those_after(
    market: Market, clock: ManualClock
) -> None:
    await market.catalog.take_offered([offered(as_of_ms=clock.now_ms() - 5_000)])
    await market.catalog.patch_item("acme", ITEM, 1, {"title": "By hand"})
    await market.catalog.take_offered([offered(as_of_ms=clock.now_ms() - 1_000, title="Earlier")])
    assert (await stored(market)).title == "By hand"
    await market.catalog.take_offered([offered(as_of_ms=clock.now_ms() + 1_000)])
    assert (await stored(market)).title == "Daypack"


async def test_the_newest_of_a_batch_wins_whatever_its_place(market: Market) -> None:
    batch = [offered(as_of_ms=n, title=f"At {n}") for n in (3, 9, 5)]
    assert await market.catalog.take_offered(batch) == []
    assert ((await stored(market)).title, (await stored(market)).version) == ("At 9", 1)


async def test_one_bad_item_does_not_hold_up_the_others(market: Market) -> None:
    other = ITEM[:-1] + "b"
    batch = [offered(title=""), offered(other), offered(as_of_ms=50, title="Older and good")]
    refusals = await market.catalog.take_offered(batch)
    assert [(r.offered.as_of_ms, r.error.problems[0].pointer) for r in refusals] == [(100, "#/title")]
    assert (await stored(market, other)).title == "Daypack"
    assert (await stored(market)).title == "Older and good"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"create_categories": False}, "#/category"),
        ({"category_id": "no.such"}, "#/category"),
        ({"variants": []}, "#/variants"),
        ({"variants": [OfferedVariant(sku="other.x", code="x")]}, "#/variants/0/sku"),
        ({"category_id": "outdoor.bags"}, "#/attributes/volume"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_pointer(market: Market, changes: Any, pointer: str) -> None:
    refusals = await market.catalog.take_offered([offered(**changes)])
    assert pointer in [problem.pointer for problem in refusals[0].error.problems]
    assert await market.collections.items.scan() == []


async def test_another_sellers_item_and_skus_are_refused(market: Market) -> None:
    await market.catalog.take_offered([offered(code="x")])
    variants = [OfferedVariant(sku="other.x", code="x")]
    refusals = await market.catalog.take_offered([offered(as_of_ms=200, seller="other", variants=variants)])
    assert refusals[0].error.problems[0].pointer == "#/seller"
    twins = [offered(ITEM[:-1] + letter, code="y", line=n) for n, letter in enumerate("bc")]
    refusals = await market.catalog.take_offered(twins)
    assert [r.error.problems[0].pointer for r in refusals] == ["#/variants/0/code"]
    assert await market.catalog.take_offered(twins[:1]) == []


async def test_feeds_speak_text_and_categories_know_kinds(market: Market) -> None:
    attributes = {"volume": "2.4", "waterproof": "yes", "uses": "city", "fabric": 100}
    variants = [
        OfferedVariant(sku="acme.r", code="r", attributes={"colour": "RED"}, shipping_class="heavy"),
        OfferedVariant(sku="acme.b", code="b", attributes={"colour": "blue"}),
    ]
    one = offered(
        category_id="outdoor.bags", attributes=attributes, attribute_units={"volume": "dl"}, variants=variants
    )
    refusals = await market.catalog.take_offered([one])
    assert [problem.detail for problem in refusals[0].error.problems] == ["At least 1 in l."]  # 2.4 dl are 0.24 l
    one = msgspec.structs.replace(one, attribute_units={"volume": "l"})
    assert await market.catalog.take_offered([one]) == []
    item = await stored(market)
    assert item.attributes == {"volume": 2.4, "waterproof": True, "uses": ["City"], "fabric": "100"}
    assert [v.attributes["colour"] for v in item.variants] == ["Red", "Blue"]
    assert (item.axes, item.shipping_class) == (["colour"], "heavy")


async def test_variants_that_nothing_tells_apart_are_kept_unless_the_category_says_how(market: Market) -> None:
    variants = [OfferedVariant(sku=f"acme.{c}", code=c, attributes={"colour": "Red"}) for c in "ab"]
    assert await market.catalog.take_offered([offered(variants=variants)]) == []
    bags = offered(ITEM[:-1] + "b", category_id="outdoor.bags", attributes={"volume": 3}, variants=variants)
    refusals = await market.catalog.take_offered([bags])
    assert refusals[0].error.problems[0].pointer == "#/variants/1/attributes"


async def test_a_person_and_a_feed_at_the_same_moment_lose_neither_and_agree_on_versions(market: Market) -> None:
    await market.catalog.take_offered([offered()])

    async def by_hand() -> None:
        for n in range(5):
            item = await market.catalog.own_item("acme", ITEM)
            await market.catalog.patch_item("acme", ITEM, item.version, {"title": f"Hand {n}"})

    async def by_feed() -> None:
        for n in range(5):
            await market.catalog.take_offered([offered(as_of_ms=NOON_MS + 1_000 + n, title=f"Feed {n}")])

    results = await asyncio.gather(by_feed(), by_hand(), return_exceptions=True)
    assert results[0] is None
    versions = [event.version for event in await market.events()]
    assert versions == list(range(1, len(versions) + 1))
    assert (await stored(market)).version == versions[-1]


async def test_the_consumer_takes_inbounds_own_messages(market: Market) -> None:
    consumer = ItemsFromFeeds(market.catalog.take_offered)
    sent = ItemOffered(
        item_id=ITEM, seller="acme", code="P1", feed_id="fed_1", as_of_ms=5, line=2, title="Pack",
        variants=[SentVariant(sku="acme.P1", code="P1", pictures=["https://x.example/a.jpg"])],
    )  # fmt: skip
    await consumer([event_of(sent)])
    assert (await stored(market)).title == "Pack"
    await consumer([event_of(sent)])
    assert len(await market.events()) == 1


async def test_the_consumer_keeps_the_good_and_raises_for_the_bad(market: Market) -> None:
    consumer = ItemsFromFeeds(market.catalog.take_offered)
    messages = [
        ItemOffered(
            item_id=ITEM[:-1] + letter, seller="acme", code=letter, feed_id="fed_1", as_of_ms=5, line=2, title=title,
            variants=[SentVariant(sku=f"acme.{letter}", code=letter)],
        )
        for letter, title in (("a", "Good"), ("b", "x" * 501), ("c", "Good too"))
    ]  # fmt: skip
    with pytest.raises(InvalidItem):
        await consumer([event_of(message, n) for n, message in enumerate(messages)])
    assert [(await stored(market, ITEM[:-1] + letter)).title for letter in "ac"] == ["Good", "Good too"]
    with pytest.raises(InvalidItem):
        await consumer([event_of(messages[1])])
    broken = msgspec.structs.replace(event_of(messages[0]), data=msgspec.Raw(b'{"item_id": 5}'))
    with pytest.raises(msgspec.ValidationError):
        await consumer([broken, event_of(messages[2])])


async def test_a_full_tree_refuses_new_categories(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haat.catalog.arrange.MAX_CATEGORIES", 3)
    with pytest.raises(InvalidCategory):
        await market.catalog.take_offered([offered()])


async def test_a_batch_is_a_handful_of_round_trips_whatever_its_size(market: Market) -> None:
    market.calls.clear()
    await market.catalog.take_offered([offered(f"itm_{n:026d}") for n in range(300)])
    assert market.calls == ["categories.get", "categories.put", "items.get", "skus.get", "skus.put", "items.put"]
    market.calls.clear()
    await market.catalog.take_offered([offered(f"itm_{n:026d}", 200, title="New") for n in range(300)])
    assert market.calls == ["items.get", "items.put"]


async def test_any_order_and_any_repetition_end_in_the_newest(market: Market) -> None:
    random = Random(5)
    for round_number in range(12):
        item_id = f"itm_{round_number:026d}"
        orders = [(random.randint(1, 4), random.randint(0, 2)) for _ in range(random.randint(1, 8))]
        events = [
            offered(item_id, as_of, line=at, title=f"{as_of}.{at}", bullets=[str(as_of % 2)]) for as_of, at in orders
        ] * 2
        random.shuffle(events)
        while events:
            batch, events = events[: (size := random.randint(1, 4))], events[size:]
            assert await market.catalog.take_offered(batch) == []
        newest = max(orders)
        assert (await stored(market, item_id)).title == f"{newest[0]}.{newest[1]}"
    seen: dict[str, int] = {}
    for event in await market.events():
        assert event.version == seen.get(event.item_id, 0) + 1
        seen[event.item_id] = event.version


async def test_a_created_and_an_offered_item_are_one(market: Market) -> None:
    item = await market.catalog.create_item("acme", a_draft(category=None))
    one = offered(item.id, NOON_MS + 1, code="BAG1", variants=[OfferedVariant(sku="acme.red", code="red")])
    assert await market.catalog.take_offered([one]) == []
    after = await stored(market, item.id)
    assert (after.version, after.title, after.created) == (2, "Daypack", item.created)
