"""Every row gets an answer; what did not change is not said again; the newest feed wins."""

import json
from typing import Any

import msgspec
import pytest

from haat.errors import Invalid
from haat.inbound.accept import FeedRequest
from haat.inbound.mapping import CategoryMapping, Columns, Mapping, PriceRule, StockRule
from tests.conftest import ManualClock
from tests.inbound.shop import ANY, Shop, Spec, pieces

HEAD = "code,item,title,price,category,stock,variant:Colour,attr:Weight:g\n"
CSV = (
    HEAD + "t-red,tee,Tee,499.00,Clothing > Tees,5,Red,180\nt-blue,tee,,499.00,,7,Blue,\nmug,,Mug,199,Kitchen,3,,300\n"
)


def lines(*rows: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


async def test_rows_become_an_item_with_variants_and_an_offer_for_each(shop: Shop) -> None:
    feed = await shop.send(CSV.encode())
    assert (feed.state, feed.counts.rows, feed.counts.accepted) == ("done", 3, 3)
    events = await shop.events()
    items = {e["code"]: e for topic, e in events if topic == "items.inbound"}
    offers = {e["sku"]: e for topic, e in events if topic == "offers.inbound"}
    assert sorted(items) == ["mug", "tee"]
    tee = items["tee"]
    assert [v["sku"] for v in tee["variants"]] == ["acme.t-red", "acme.t-blue"]
    assert [v["attributes"] for v in tee["variants"]] == [{"colour": "Red"}, {"colour": "Blue"}]
    assert (tee["attributes"], tee["attribute_units"]["weight"]) == ({"weight": 180}, "g")
    assert tee["category"] == ["Clothing", "Tees"]
    assert offers["acme.t-red"]["price_minor"] == 49_900
    assert offers["acme.t-red"]["item_id"] == tee["item_id"]
    assert sum(count["on_hand"] for count in offers["acme.t-blue"]["stock"]) == 7
    assert offers["acme.t-blue"]["stock_mode"] == "restate"


async def test_the_same_feed_again_changes_nothing(shop: Shop, clock: ManualClock) -> None:
    await shop.send(CSV.encode())
    before = await shop.events()
    clock.advance(60)
    again = await shop.send(CSV.encode())
    assert (again.counts.unchanged, again.counts.accepted, again.counts.refused) == (3, 0, 0)
    assert await shop.events() == before


async def test_one_changed_row_says_only_itself_again(shop: Shop, clock: ManualClock) -> None:
    await shop.send(CSV.encode())
    before = len(await shop.events())
    clock.advance(60)
    changed = await shop.send(CSV.replace("t-blue,tee,,499.00", "t-blue,tee,,449.00").encode())
    assert (changed.counts.accepted, changed.counts.unchanged) == (1, 2)
    (new,) = (await shop.events())[before:]
    assert (new[0], new[1]["sku"], new[1]["price_minor"]) == ("offers.inbound", "acme.t-blue", 44_900)


async def test_a_new_order_of_columns_is_no_change(shop: Shop) -> None:
    row = {"code": "a", "title": "A", "price": "5", "attributes": {"size": 1, "fit": "slim"}}
    await shop.send(lines(row))
    again = await shop.send(lines({**dict(reversed(row.items())), "attributes": {"fit": "slim", "size": 1}}))
    assert again.counts.unchanged == 1


async def test_an_older_feed_never_overwrites_a_newer_one(shop: Shop, clock: ManualClock) -> None:
    now = clock.now_ms()
    await shop.send(lines({"code": "a", "title": "New", "price": "5"}), generated_at_ms=now - 1_000)
    before = await shop.events()
    old = await shop.send(
        lines({"code": "a", "title": "Old", "price": "5"}, {"code": "b", "title": "B"}), generated_at_ms=now - 2_000
    )
    assert (old.counts.refused, old.counts.older, old.counts.accepted) == (1, 1, 1)
    assert "newer" in (await shop.refusals(old))[0].reason
    after = await shop.events()
    assert after[: len(before)] == before
    assert {e["code"] for topic, e in after[len(before) :] if topic == "items.inbound"} == {"b"}


async def test_an_unchanged_row_of_a_newer_feed_still_guards_against_older_ones(shop: Shop, clock: ManualClock) -> None:
    now = clock.now_ms()
    row = {"code": "a", "title": "Right", "price": "5"}
    await shop.send(lines(row), generated_at_ms=now - 3_000)
    await shop.send(lines(row), generated_at_ms=now - 1_000)
    late = await shop.send(lines({**row, "title": "Wrong"}), generated_at_ms=now - 2_000)
    assert late.counts.refused == 1


async def test_a_code_keeps_its_item_for_ever(shop: Shop) -> None:
    minted = await shop.store.identity("acme", "tee", "itm_first")
    assert minted == "itm_first"
    await shop.send(CSV.encode())
    items = {e["code"]: e["item_id"] for topic, e in await shop.events() if topic == "items.inbound"}
    assert items["tee"] == "itm_first"
    assert await shop.store.identity("acme", "mug", "itm_other") == items["mug"]


async def test_a_bad_variant_is_refused_alone_and_stays_as_it_was(shop: Shop, clock: ManualClock) -> None:
    await shop.send(CSV.encode())
    before = len(await shop.events())
    clock.advance(60)
    broken = CSV.replace("t-blue,tee,,499.00", "t-blue,tee,,cheap").replace("Tee,499", "Better Tee,499")
    feed = await shop.send(broken.encode())
    assert (feed.counts.accepted, feed.counts.unchanged, feed.counts.refused) == (1, 1, 1)
    (refusal,) = await shop.refusals(feed)
    assert (refusal.line, refusal.field) == (3, "price")
    (event,) = (await shop.events())[before:]
    assert event[1]["title"] == "Better Tee"
    assert [v["code"] for v in event[1]["variants"]] == ["t-red", "t-blue"]


async def test_every_problem_of_a_row_is_named_at_once(shop: Shop) -> None:
    feed = await shop.send(lines({"code": "a/b", "title": "", "price": "-1", "rating": 9, "eans": ["12"]}))
    assert {r.field for r in await shop.refusals(feed)} == {"code", "title", "price", "rating", "eans"}
    assert (feed.counts.rows, feed.counts.refused, feed.counts.reasons) == (1, 1, 5)
    assert await shop.events() == []


async def test_codes_given_twice_in_a_file_are_refused(shop: Shop) -> None:
    row = {"code": "a", "title": "A", "price": "5"}
    feed = await shop.send(lines(row, {**row, "title": "Another"}, {"code": "b", "title": "B"}))
    assert (feed.counts.accepted, feed.counts.refused) == (2, 1)
    assert "line 1" in (await shop.refusals(feed))[0].reason


async def test_a_sku_does_not_move_to_another_item(shop: Shop) -> None:
    await shop.send(CSV.encode())
    moved = await shop.send((HEAD + "t-red,other,Other,5,,,,\n").encode())
    assert moved.counts.refused == 1
    assert "another item" in (await shop.refusals(moved))[0].reason


async def test_rows_are_checked_against_their_categorys_schema(shop: Shop) -> None:
    shop.world.categories = {
        "kitchen": [Spec("capacity", "number", required=True), Spec("material", "enum", values=("Steel", "Clay"))]
    }
    base = {"title": "Pot", "price": "5", "category": "Kitchen"}
    feed = await shop.send(
        lines(
            {**base, "code": "good", "attributes": {"capacity": "2.5", "material": "steel"}},
            {**base, "code": "bare"},
            {**base, "code": "odd", "attributes": {"capacity": "much", "material": "Gold"}},
        )
    )
    assert (feed.counts.accepted, feed.counts.refused) == (1, 2)
    assert [(r.line, r.field) for r in await shop.refusals(feed)] == [
        (2, "attributes/capacity"),
        (3, "attributes/capacity"),
        (3, "attributes/material"),
    ]
    item = next(e for topic, e in await shop.events() if topic == "items.inbound")
    assert item["attributes"] == {"capacity": 2.5, "material": "Steel"}


async def test_a_seller_may_not_make_categories_and_a_mapping_may(shop: Shop) -> None:
    row = lines({"code": "a", "title": "A", "category": ["New", "Kind"]})
    refused = await shop.send(row, mapping=Mapping())
    assert (refused.counts.refused, refused.counts.categories_created) == (1, 0)
    taken = await shop.send(row)
    assert (taken.counts.accepted, taken.counts.categories_created) == (1, 1)
    assert next(e for t, e in await shop.events() if t == "items.inbound")["create_categories"] is True


async def test_prices_are_converted_refused_or_filled_in_and_counted(shop: Shop) -> None:
    mapping = Mapping(
        format="jsonl",
        columns=Columns(code="id", title="name"),
        price=PriceRule(column="usd", currency="USD", rates={"USD": "88.40"}, missing_price_minor=99_900),
    )
    feed = await shop.send(
        lines({"id": 1, "name": "A", "usd": 19.99}, {"id": 2, "name": "B"}, {"id": 3, "name": "C", "usd": "5 EUR"}),
        mapping=mapping,
    )
    counts = feed.counts
    assert (counts.accepted, counts.refused, counts.missing_prices, counts.currency_refused) == (2, 1, 1, 1)
    offers = {e["sku"]: e["price_minor"] for topic, e in await shop.events() if topic == "offers.inbound"}
    assert offers == {"acme.1": 176_712, "acme.2": 99_900}  # 19.99 x 88.40 = 1767.116


async def test_without_a_declared_price_an_item_is_listed_and_not_sold(shop: Shop) -> None:
    feed = await shop.send(lines({"code": "a", "title": "A"}))
    assert feed.counts.missing_prices == 1
    assert next(e for t, e in await shop.events() if t == "offers.inbound")["price_minor"] is None


async def test_initial_stock_depends_on_the_code_alone(shop: Shop) -> None:
    mapping = msgspec.structs.replace(ANY, stock=StockRule(pick=[1, 3], initial=[0, 40]))
    rows = [{"code": f"c{n}", "title": "T", "price": "5"} for n in range(200)]
    await shop.send(lines(*rows), mapping=mapping)
    stock = {e["sku"]: e["stock"] for t, e in await shop.events() if t == "offers.inbound"}
    assert {len(s) for s in stock.values()} == {1, 2, 3}
    assert {c["warehouse"] for s in stock.values() for c in s} == set(shop.world.warehouses.values())
    assert all(len({c["warehouse"] for c in s}) == len(s) for s in stock.values())
    await shop.send(lines(*reversed(rows)), mapping=mapping, seller="acme")
    assert len([1 for t, _ in await shop.events() if t == "offers.inbound"]) == 200


async def test_unknown_warehouses_are_refused_by_name(shop: Shop) -> None:
    feed = await shop.send(lines({"code": "a", "title": "A", "stock": {"nowhere": 3}}))
    assert (await shop.refusals(feed))[0].field == "stock:nowhere"
    named = msgspec.structs.replace(ANY, stock=StockRule(warehouses=["nowhere"], initial=[1, 1]))
    whole = await shop.send(lines({"code": "a", "title": "A"}), mapping=named)
    assert (whole.state, "nowhere" in whole.reason) == ("refused", True)


async def test_categories_come_from_rules_in_their_order(shop: Shop) -> None:
    mapping = Mapping(
        format="jsonl",
        create_categories=True,
        columns=Columns(code="id", title="name"),
        category=msgspec.convert(
            {
                "root": ["Shop"],
                "default": ["Other"],
                "rules": [
                    {"column": "ink", "path": ["Ink"]},
                    {"column": "name", "words": ["mouse", "docking station"], "path": ["Input"]},
                ],
            },
            CategoryMapping,
        ),
    )
    names = ["Mouse pad", "Mousetrap", "The Docking Station X", "Pen"]
    rows = [{"id": n, "name": name} for n, name in enumerate(names)]
    await shop.send(lines(*rows, {"id": 9, "name": "mouse", "ink": "dye"}), mapping=mapping)
    found = {e["title"]: e["category"][-1] for t, e in await shop.events() if t == "items.inbound"}
    assert found == {
        "Mouse pad": "Input", "Mousetrap": "Other", "The Docking Station X": "Input", "Pen": "Other", "mouse": "Ink",
    }  # fmt: skip


async def test_unknown_fields_and_columns_are_named(shop: Shop) -> None:
    feed = await shop.send(lines({"code": "a", "title": "A", "prise": 5}))
    assert (await shop.refusals(feed))[0].field == "prise"
    csv = await shop.send(b"code,title,prise\na,A,5\n")
    assert (await shop.refusals(csv))[0].field == "prise"


async def test_who_sends_must_be_known_and_not_ahead_of_time(shop: Shop, clock: ManualClock) -> None:
    with pytest.raises(Invalid, match="no seller"):
        await shop.accept(FeedRequest(seller="nobody"), pieces(b"{}"))
    with pytest.raises(Invalid, match="future"):
        await shop.accept(FeedRequest(seller="acme", generated_at_ms=clock.now_ms() + 3_600_000), pieces(b"{}"))
    with pytest.raises(Invalid, match="empty"):
        await shop.accept(FeedRequest(seller="acme"), pieces(b""))
    with pytest.raises(Invalid, match="Known formats"):
        await shop.accept(FeedRequest(seller="acme", format="word"), pieces(b"{}"))


async def test_two_workers_never_read_one_feed_at_once(shop: Shop) -> None:
    feed = await shop.accept(FeedRequest(seller="acme", mapping=ANY), pieces(CSV.encode()))
    assert await shop.store.claim(feed.id, "somebody-else", 60_000, force=False) is not None
    assert await shop.worker.run(feed.id) is None
    assert await shop.worker() == 0
    taken_over = await shop.worker.run(feed.id, force=True)
    assert taken_over is not None
    assert taken_over.counts.accepted == 3


async def test_attributes_that_differ_between_rows_belong_to_the_variants(shop: Shop) -> None:
    rows = "code,item,title,price,attr:Fabric,attr:Length:cm\nr1,r,Rope,5,Hemp,100\nr2,r,,6,Hemp,200\n"
    await shop.send(rows.encode())
    item = next(e for topic, e in await shop.events() if topic == "items.inbound")
    assert item["attributes"] == {"fabric": "Hemp"}
    assert [v["attributes"] for v in item["variants"]] == [{"length": 100}, {"length": 200}]
