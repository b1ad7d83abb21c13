"""The wishlist over HTTP and through its use cases."""

from typing import Any

import httpx2
import msgspec
import pytest

from haat.wishlist.merge_wishes import MergeWishes
from haat.wishlist.model import MAX_WISHES
from haat.wishlist.who_waits import WhoWaits
from tests.cart.market import Market
from tests.orders.world import PIN


async def put(browser: httpx2.AsyncClient, item_id: str, **body: Any) -> httpx2.Response:
    return await browser.put(f"wishlist/{item_id}", json=body)


async def wishes(browser: httpx2.AsyncClient, pincode: str = "") -> list[dict[str, Any]]:
    answer = await browser.get("wishlist", params={"pincode": pincode} if pincode else {})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["wishes"]
    return found


async def test_a_guest_remembers_an_item(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 4}, 25_000)
    empty = await browser.get("wishlist")
    assert (empty.json(), empty.headers["cache-control"]) == ({"pincode": "", "wishes": []}, "no-store")
    assert "set-cookie" not in empty.headers
    first = await put(browser, "itm_a")
    assert first.status_code == 200
    assert "haat_guest=" in first.headers["set-cookie"]
    assert first.json() == {
        "item_id": "itm_a", "sku": None, "tell_back": False, "added": "2026-11-22T06:30:00.000Z"
    }  # fmt: skip
    again = await put(browser, "itm_a", tell_back=True, sku="acme.A")
    assert (again.json()["tell_back"], again.json()["sku"]) == (True, "acme.A")
    (wish,) = await wishes(browser, PIN)
    assert wish.pop("promised_on")
    assert wish == {
        "item_id": "itm_a",
        "sku": "acme.A",
        "title": "Thing A",
        "picture": "pic",
        "price_minor": 25_000,
        "currency": "INR",
        "sold_out": False,
        "gone": False,
        "deliverable": True,
        "tell_back": True,
        "added": "2026-11-22T06:30:00.000Z",
    }
    assert (await browser.delete("wishlist/itm_a")).status_code == 204
    assert (await browser.delete("wishlist/itm_a")).status_code == 204
    assert await wishes(browser) == []
    assert [event.type for event in await market.events()] == ["wishlist.changed"] * 3


async def test_what_sold_out_or_is_gone_says_so(market: Market, browser: httpx2.AsyncClient) -> None:
    world = market.world
    for code in ("HERE", "FAR", "OUT", "OFF", "GONE"):
        await world.sell(f"acme.{code}", {"whs_unknown" if code == "FAR" else world.serving()[0]: 3}, 10_000)
        assert (await put(browser, f"itm_{code.lower()}", tell_back=True)).status_code == 200
        world.clock.advance(1)
    await market.leave("acme.OUT", 0)
    await world.sell("acme.OFF", {}, 10_000, active=False)
    document = msgspec.json.decode(world.catalogue.bodies["itm_gone"])
    world.catalogue.bodies["itm_gone"] = msgspec.json.encode({**document, "status": "retired"})
    shown = await wishes(browser, PIN)
    said = [(w["item_id"], w["sold_out"], w["gone"], w["deliverable"], w["price_minor"]) for w in shown]
    assert said == [
        ("itm_gone", True, True, None, None),
        ("itm_off", True, False, None, None),
        ("itm_out", True, False, None, 10_000),
        ("itm_far", False, False, False, 10_000),
        ("itm_here", False, False, True, 10_000),
    ]
    del world.catalogue.bodies["itm_gone"]
    assert (await wishes(browser))[0]["title"] == ""
    assert [wish["deliverable"] for wish in await wishes(browser)] == [None] * 5


async def test_of_several_variants_the_one_that_can_be_had_is_shown(
    market: Market, browser: httpx2.AsyncClient
) -> None:
    world = market.world
    for code, warehouse, price in (("A1", "whs_unknown", 10_000), ("A2", world.serving()[0], 30_000)):
        await world.sell(f"acme.{code}", {warehouse: 3}, price)
    whole = msgspec.json.decode(world.catalogue.bodies["itm_a1"])
    other = msgspec.json.decode(world.catalogue.bodies["itm_a2"])
    whole["variants"] += other["variants"]
    world.catalogue.bodies["itm_a1"] = msgspec.json.encode(whole)

    def move(tx: Any) -> None:
        tx.cursor.execute("UPDATE offer SET item_id = 'itm_a1'")
        tx.cursor.execute("UPDATE stock SET item_id = 'itm_a1'")

    await world.database.transact(move)
    await put(browser, "itm_a1")
    (wish,) = await wishes(browser)
    assert (wish["sku"], wish["price_minor"], wish["deliverable"]) == ("acme.A1", 10_000, None)
    (wish,) = await wishes(browser, PIN)
    assert (wish["sku"], wish["price_minor"], wish["deliverable"]) == ("acme.A2", 30_000, True)
    await put(browser, "itm_a1", sku="acme.A1")
    (wish,) = await wishes(browser, PIN)
    assert (wish["sku"], wish["price_minor"], wish["deliverable"]) == ("acme.A1", 10_000, False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"tell_back": 1}', b'{"tell_back": "true"}', b'{"tell_back": null}', b'{"owner": "usr_asha"}',
        b'{"tell_back": true, "added_ms": 1}', b'{"sku": ""}', b'{"sku": 5}', b'{"sku": {"$gt": ""}}',
    ],
)  # fmt: skip
async def test_a_wrong_body_is_refused(market: Market, browser: httpx2.AsyncClient, body: bytes) -> None:
    await market.world.sell("acme.A", {})
    answer = await browser.put("wishlist/itm_a", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert "set-cookie" not in answer.headers
    assert await market.events() == []


async def test_only_what_the_shop_knows_can_be_wished(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {})
    await market.world.sell("acme.DRAFT", {})
    document = msgspec.json.decode(market.world.catalogue.bodies["itm_draft"])
    market.world.catalogue.bodies["itm_draft"] = msgspec.json.encode({**document, "status": "draft"})
    tries = [("itm_none", {}), ("itm_draft", {}), ("x" * 300, {}), ("%00", {}), ("itm_a", {"sku": "acme.DRAFT"})]
    for item_id, body in tries:
        answer = await put(browser, item_id, **body)
        assert (answer.status_code, answer.json()["type"]) == (404, "https://shop.example/problems/unknown-item")
        assert "set-cookie" not in answer.headers
    assert (await browser.delete("wishlist/itm_a")).status_code == 204
    assert await market.events() == []


async def test_a_list_has_room_for_two_hundred(market: Market) -> None:
    async with market.browser("asha") as asha:
        for n in range(MAX_WISHES):
            await market.wishes.put("usr_asha", f"itm_{n}", None, tell_back=False, most=MAX_WISHES)
        await market.world.sell("acme.A", {})
        full = await put(asha, "itm_a")
        assert (full.status_code, full.json()["most"]) == (409, MAX_WISHES)
        assert len(await wishes(asha)) == MAX_WISHES


async def test_nobody_sees_anothers_list_and_merging_loses_nothing(market: Market, browser: httpx2.AsyncClient) -> None:
    for code in ("A", "B"):
        await market.world.sell(f"acme.{code}", {})
    async with market.browser("asha") as asha, market.browser("ravi") as ravi, market.browser("op") as operator:
        await put(asha, "itm_a")
        await put(browser, "itm_a", tell_back=True)
        await put(browser, "itm_b")
        assert await wishes(ravi) == []
        assert (await ravi.delete("wishlist/itm_a")).status_code == 204
        assert [wish["tell_back"] for wish in await wishes(asha)] == [False]
        assert (await operator.get("wishlist")).status_code == 403
        guest = (await market.events())[-1].subject
        merge = MergeWishes(market.wishes)
        assert (await merge(guest, "usr_asha"), await merge(guest, "usr_asha")) == (2, 0)
        assert {wish["item_id"]: wish["tell_back"] for wish in await wishes(asha)} == {"itm_a": True, "itm_b": False}
        assert await wishes(browser) == []
    waiting = await WhoWaits(market.wishes)(["itm_a", "itm_b"])
    assert [(one.item_id, one.owner) for one in waiting] == [("itm_a", "usr_asha")]


async def test_a_wrong_pin_code_is_refused(market: Market, browser: httpx2.AsyncClient) -> None:
    for wrong in ("12", "012345", "1234567"):
        assert (await browser.get("wishlist", params={"pincode": wrong})).status_code == 422
    assert (await browser.get("wishlist", params={"owner": "usr_asha"})).status_code == 422
