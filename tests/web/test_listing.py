"""Search results and stalls: filters, chips, sorting, paging, what is hidden, the page with nothing on it."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from haat.web.storefront.address import PAGE_ITEMS
from tests.web.pages import page
from tests.web.sample import SampleShop, thing


async def test_hits_carry_price_and_day(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/search?q=backpack")
    assert listing.words("#count") == "3 things reach 560034"
    assert "₹6,499" in listing.words(".good")
    assert "Get it by Tue, 24 Nov" in listing.words(".good")


async def test_facets_offer_what_search_counted(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/c/outdoor.bags")
    labels = listing.each("summary span")
    assert "Here by" in labels
    assert "Capacity" in labels
    assert "Brand" in labels
    assert "45 l 2" in listing.each(".facet label")
    assert listing.words("h1") == "Bags"


async def test_choosing_and_taking_away_is_one_link_each_way(at_home: httpx2.AsyncClient) -> None:
    url = "/search?q=backpack&attr.capacity=45&attr.capacity=60&brand=Daybird&price_min=1000&deliver_by=2026-11-28"
    listing = await page(at_home, url)
    chips = {" ".join(chip.text_content().split()): chip.get("href") for chip in listing.all(".chip")}
    without = parse_qs(urlsplit(chips["Remove filter: Capacity: 45 l"]).query)
    assert without["attr.capacity"] == ["60"]
    assert without["brand"] == ["Daybird"]
    assert without["q"] == ["backpack"]
    assert "Remove filter: Here by Sat, 28 Nov" in chips
    assert "Remove filter: From ₹1,000" in chips
    assert listing.link("Clear all") == "/search?q=backpack"


async def test_a_chosen_value_that_leaves_nothing_else_stays_in_the_form(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/c/outdoor?brand=Daybird&brand=Nobody")
    checked = [box.get("value") for box in listing.all('[name="brand"]') if box.get("checked") is not None]
    assert set(checked) == {"Daybird", "Nobody"}


async def test_the_form_keeps_words_and_order(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/c/outdoor?q=backpack&sort=price")
    hidden = {i.get("name"): i.get("value") for i in listing.all('#filters [type="hidden"]')}
    assert hidden == {"q": "backpack", "sort": "price"}
    assert listing.attribute("#filters form", "action") == "/c/outdoor"


async def test_sort_is_a_plain_form_and_soonest_needs_a_pin_code(visitor: httpx2.AsyncClient, shop: SampleShop) -> None:
    without = await page(visitor, "/search?q=backpack&sort=fastest")
    assert "Soonest here" not in without.each("option")
    assert shop.asked[-1].sort == "relevance"


async def test_what_is_hidden_is_counted_with_the_reason_and_a_way(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/c/outdoor?deliver_by=2026-11-24")
    note = listing.words(".note")
    assert "more match, but do not reach 560034 by Tue, 24 Nov" in note
    assert listing.link("Show those by").startswith("/c/outdoor?deliver_by=2026-11-2")
    assert listing.link("Use another PIN code").startswith("/pin?next=%2Fc%2Foutdoor")


async def test_what_does_not_reach_can_be_shown_and_says_so(visitor: httpx2.AsyncClient) -> None:
    await visitor.post("/pin", data={"pincode": "263001"})
    listing = await page(visitor, "/c/outdoor.tents")
    assert "too heavy" in listing.words(".note")
    everywhere = await page(visitor, listing.link("Show what does not reach me"))
    promises = everywhere.each(".good .promise")
    assert "Not delivered to 263001" in promises
    assert any(promise.startswith("Get it by") for promise in promises)
    assert "All of India" in " ".join(everywhere.each(".chip"))


async def test_a_corrected_word_is_said(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/search?q=bagpack")
    assert "Showing results for backpack" in listing.words("main")
    assert listing.words("h1") == "“bagpack”"


async def test_every_page_is_reached_forth_and_back(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things = [thing(n, f"Pot {n}", "home.cookware", 100 + n) for n in range(1, 80)]
    url, seen, urls = "/search?q=pot", [], []
    while True:
        listing = await page(at_home, url)
        urls.append(url)
        seen += [a.get("href") for a in listing.all(".goods h3 a")]
        following = listing.all('[rel="next"]')
        if not following:
            break
        url = following[0].get("href")
    assert len(seen) == len(set(seen)) == 79
    assert len(urls) == -(-79 // PAGE_ITEMS)
    last = await page(at_home, urls[-1])
    assert last.words(".pager .small") == "73–79 of 79"
    back = await page(at_home, last.all('.pager [rel="prev"]')[0].get("href"))
    first_before = await page(at_home, urls[-2])
    assert back.each(".goods h3") == first_before.each(".goods h3")


async def test_an_old_cursor_begins_anew_and_says_so(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/search?q=backpack&cursor=forged&seen=24")
    assert listing.status == 200
    assert "This is the beginning" in listing.words(".note")


@pytest.mark.parametrize(
    ("query", "note"),
    [("price_min=cheap", "could not read the lowest price"), ("deliver_by=tomorrow", "could not read the day"),
     ("deliver_by=2020-01-01", "That day is over")],
)  # fmt: skip
async def test_what_cannot_be_read_is_named_not_refused(at_home: httpx2.AsyncClient, query: str, note: str) -> None:
    listing = await page(at_home, f"/search?q=backpack&{query}&utm_source=letter")
    assert listing.status == 200
    assert note in listing.text


async def test_prices_are_read_as_people_write_them(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    await page(at_home, "/search?price_min=₹8,000&price_max=1,299.50")
    assert (shop.asked[-1].price_min_minor, shop.asked[-1].price_max_minor) == (129_950, 800_000)


async def test_nothing_found_helps(at_home: httpx2.AsyncClient) -> None:
    zero = await page(at_home, "/search?q=tramoline+12+feet")
    assert zero.words("h1") == "Nothing here is called “tramoline 12 feet”"
    assert [chip.get("href") for chip in zero.all(".chip")] == ["/search?q=tent", "/search?q=backpack"]
    assert len(zero.all(".shelf .good")) >= 3


async def test_nothing_left_by_filters_shows_them(at_home: httpx2.AsyncClient) -> None:
    zero = await page(at_home, "/search?q=backpack&brand=Agni")
    assert "fits all of that" in zero.words("h1")
    assert "Remove filter: Agni" in zero.each(".chip")


async def test_nothing_that_reaches_says_why(visitor: httpx2.AsyncClient) -> None:
    await visitor.post("/pin", data={"pincode": "744101"})
    zero = await page(visitor, "/search?q=stove")
    assert zero.words("h1") == "Nothing called “stove” reaches 744101"
    assert "not delivered to this PIN code" in zero.words("main")
    assert "anywhere=true" in zero.link("Show what does not reach me")


async def test_an_unknown_stall_is_not_found(at_home: httpx2.AsyncClient) -> None:
    assert (await page(at_home, "/c/nothing.here")).status == 404


async def test_htmx_gets_the_part_and_a_title(at_home: httpx2.AsyncClient) -> None:
    answer = await at_home.get("/c/outdoor", headers={"hx-request": "true"})
    assert answer.text.startswith("<title>Outdoor: 6 things reach 560034")
    assert "<header" not in answer.text
    assert "hx-request" in answer.headers["vary"]
    restored = await at_home.get("/c/outdoor", headers={"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<header" in restored.text


async def test_search_engines_see_stalls_but_not_combinations(at_home: httpx2.AsyncClient) -> None:
    stall = await page(at_home, "/c/outdoor.bags")
    assert stall.attribute('link[rel="canonical"]', "href") == "http://shop.test/c/outdoor.bags"
    assert [step["name"] for step in stall.linked_data()["itemListElement"]] == ["Home", "Outdoor", "Bags"]
    filtered = await page(at_home, "/c/outdoor.bags?brand=Daybird")
    assert filtered.attribute('[name="robots"]', "content") == "noindex, follow"
    assert not filtered.all('link[rel="canonical"]')


async def test_sold_out_things_are_shown_when_asked_and_not_said_to_reach(at_home: httpx2.AsyncClient) -> None:
    assert (await page(at_home, "/c/books")).words("#count") == "2 things reach 560034"
    shown = await page(at_home, "/c/books?in_stock=false")
    assert shown.words("#count") == "3 things, with those that are sold out"
    assert "Sold out" in shown.each(".good .promise")
    assert "Remove filter: Sold out too" in shown.each(".chip")
