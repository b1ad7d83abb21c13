"""While search is away there is a plain list from the catalogue, which says so, and a shop that goes on."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.catalog.fill_words import FillWords
from haat.catalog.plain import plain_words
from haat.catalog.shelf import keys_of
from haat.engines.documents import Put
from haat.web.storefront.home import REPAIRED
from haat.web.storefront.listing import PLAIN_LIST
from tests.api.away import HOME, Open, opened
from tests.api.conftest import Seeded


@pytest.fixture
async def market(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Open]:
    shutil.copytree(seeded.folder, tmp_path / "var")
    async with opened(tmp_path / "var") as market:
        yield market


async def test_hits_are_those_of_search_and_the_answer_says_what_it_is(market: Open) -> None:
    all_hits = (await market.api("/search", pincode=HOME, limit="100")).json()["hits"]
    known = {hit["item_id"]: hit for hit in all_hits}
    word = plain_words(all_hits[0]["title"])[-1]
    category = (await market.api(f"/items/{all_hits[0]['item_id']}")).json()["categories"][0]["id"]
    searched = (await market.api("/search", pincode=HOME, category=category, limit="100")).json()
    assert searched["degraded"] is False
    market.doors.away.add("search")
    named = (await market.api("/search", q=word[:4].upper(), pincode=HOME)).json()
    assert named["hits"]
    for hit in named["hits"]:
        assert hit == known[hit["item_id"]]
        assert any(one.startswith(word[:4]) for one in plain_words(f"{hit['title']} {hit['brand'] or ''}"))
    assert (named["degraded"], named["next"], named["facets"]["brand"]) == (True, None, [])
    inside = (await market.api("/search", pincode=HOME, category=category, limit="100")).json()
    assert sorted(hit["item_id"] for hit in inside["hits"]) == sorted(hit["item_id"] for hit in searched["hits"])
    assert inside["total"] == searched["total"]
    assert (await market.api("/search", q="\N{SNOWMAN}")).json()["hits"] == []
    assert (await market.api("/search", q=f"{word} zzzz")).json()["hits"] == []


async def test_filters_hold_in_the_plain_list(market: Open) -> None:
    some = (await market.api("/search", pincode=HOME)).json()["hits"][0]["item_id"]
    within = (await market.api(f"/items/{some}")).json()["categories"][0]["id"]
    found = (await market.api("/search", pincode=HOME, category=within, limit="100")).json()["hits"]
    hits = [hit for hit in found if hit["brand"]]
    brand, day = hits[0]["brand"], sorted(hit["eta"] for hit in hits)[len(hits) // 2]
    price = sorted(hit["price"]["minor"] for hit in hits)[len(hits) // 2]
    asked = [{"brand": brand}, {"deliver_by": day}, {"price_max": str(price)}, {"price_min": str(price)}]
    asked = [one | {"category": within} for one in asked]
    before = [(await market.api("/search", pincode=HOME, limit="100", **one)).json() for one in asked]
    market.doors.away.add("search")
    after = [(await market.api("/search", pincode=HOME, limit="100", **one)).json() for one in asked]
    for old, new in zip(before, after, strict=True):
        assert {hit["item_id"] for hit in new["hits"]} == {hit["item_id"] for hit in old["hits"]}
    assert (await market.api("/search", pincode="12")).status_code == 422
    assert (await market.api("/search", pincode="999999")).json()["reason"] == "pincode_not_served"


async def test_pages_show_the_banner_until_search_answers_again(market: Open) -> None:
    roots = [one["id"] for one in (await market.api("/categories")).json()["categories"] if "." not in one["id"]]
    item = (await market.api("/search", pincode=HOME)).json()["hits"][0]
    where = (await market.page(f"/i/x-{item['item_id']}")).headers["location"]
    word = plain_words(item["title"])[-1]
    listings = (f"/search?q={word}", f"/c/{roots[0]}", "/search?q=nothing-of-this-name")
    market.doors.away.add("search")
    for path in listings:
        page = await market.page(path)
        assert page.status_code == 200
        assert PLAIN_LIST in page.text
        assert "Nothing here" not in page.text
    home = await market.page("/")
    assert home.status_code == 200
    assert REPAIRED in home.text
    assert "at the moment" not in home.text
    assert (await market.page(where)).status_code == 200
    assert (await market.page(f"/search?q={word}&cursor=x&seen=24")).status_code == 200
    assert (await market.api("/search/suggest", q=word[:3])).status_code == 200
    market.doors.away.clear()
    for path in ("/", *listings):
        page = await market.page(path)
        assert PLAIN_LIST not in page.text
        assert REPAIRED not in page.text


async def test_a_following_page_of_the_api_is_not_made_up(market: Open) -> None:
    first = (await market.api("/search", limit="5")).json()
    market.doors.away.add("search")
    following = await market.api("/search", limit="5", cursor=first["next"])
    assert (following.status_code, following.headers["retry-after"]) == (503, "1")


async def test_without_search_and_catalogue_the_home_page_and_its_stalls_stay(market: Open) -> None:
    assert (await market.page("/")).status_code == 200
    market.doors.away |= {"search", "catalog"}
    assert (await market.page("/")).status_code == 200
    assert (await market.page("/search?q=tent")).status_code == 503


async def test_items_of_an_earlier_release_get_their_words_once(market: Open) -> None:
    shop, documents = market.shop, market.shop.catalog.own_items.shelf.documents
    item = (await shop.catalog.own_items((await shop.sellers.find.all())[0].code))[0][0]
    kept = (await documents.get([item.id]))[item.id]
    assert await documents.put([Put(item.id, kept.body, kept.version, keys_of(item))]) == [True]
    word = plain_words(item.title)[0]
    assert item.id not in [one.id for one in await documents.starting(word)]
    fill = FillWords(documents, shop.catalog.gallery.urls)
    assert await fill() >= 100
    again = (await documents.get([item.id]))[item.id]
    assert item.id in [one.id for one in await documents.starting(word)]
    assert (again.body, again.version) == (kept.body, kept.version + 2)
    assert [one.id for one in await documents.find("seller", item.seller, limit=1)]
    assert await fill() == 0
