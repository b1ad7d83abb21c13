"""The home page: the week, the stalls, the question for the PIN code."""

import httpx2

from tests.web.pages import page
from tests.web.sample import SampleShop


async def test_week_shows_days_with_counts_and_each_day_is_a_search(at_home: httpx2.AsyncClient) -> None:
    home = await page(at_home, "/")
    days = home.each(".days a")
    assert len(days) >= 3
    assert days[0].startswith("Here by Tue24Nov")
    assert "all 11" in days[-1]
    assert home.all(".days a")[0].get("href") == "/search?deliver_by=2026-11-24"


async def test_counts_of_a_day_equal_the_listing_behind_it(at_home: httpx2.AsyncClient) -> None:
    home = await page(at_home, "/")
    for link, words in zip(home.all(".days a"), home.each(".days a"), strict=True):
        listing = await page(at_home, link.get("href"))
        count = listing.words("#count b").split()[0]
        assert words.endswith((f"{count} things", f"{count} thing", f"all {count}"))


async def test_without_a_pin_code_it_asks_and_shows_goods_without_days(visitor: httpx2.AsyncClient) -> None:
    home = await page(visitor, "/")
    assert "Tell us your PIN code" in home.words(".hello")
    assert not home.all(".days")
    assert home.all('.hello [name="pincode"]')
    assert len(home.all(".good")) > 5
    assert "Get it by" not in home.text


async def test_stalls_have_drawings_counts_and_lead_to_their_page(at_home: httpx2.AsyncClient) -> None:
    home = await page(at_home, "/")
    assert home.each(".stalls a")[0] == "Outdoor 6 things"
    assert [a.get("href") for a in home.all(".stalls a")][:2] == ["/c/outdoor", "/c/home"]
    assert "#tent" in home.all(".stalls use")[0].get("href")


async def test_no_thing_stands_on_two_shelves(at_home: httpx2.AsyncClient) -> None:
    links = [a.get("href") for a in (await page(at_home, "/")).all(".shelf h3 a")]
    assert len(links) == len(set(links))


async def test_an_empty_market_says_so(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things.clear()
    home = await page(at_home, "/")
    assert "Nothing in this market reaches 560034" in home.words(".hello")


async def test_one_search_with_facets_and_one_per_shelf(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.asked.clear()
    await page(at_home, "/")
    assert len(shop.asked) <= 4
    assert sum(request.facets for request in shop.asked) == 1
