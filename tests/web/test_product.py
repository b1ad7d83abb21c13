"""The product page."""

from dataclasses import replace

import httpx2
import msgspec

from haat.web.messages import ItemViewed
from haat.web.storefront.address import item_path
from tests.web.pages import Page, page
from tests.web.sample import SampleOffer, SampleShop, item_id, thing, with_item

PACK = item_path("AlpinePack 45 l hiking backpack", item_id(1))


async def of(client: httpx2.AsyncClient, shop: SampleShop, number: int) -> Page:
    title = next(t.item.title for t in shop.things if t.item.id == item_id(number))
    return await page(client, item_path(title, item_id(number)))


async def test_promise_has_day_place_and_way(at_home: httpx2.AsyncClient) -> None:
    product = await page(at_home, PACK)
    assert product.words(".due .promise") == "Get it by Tue, 24 Nov"
    assert product.words(".due .leaf") == "Tue24Nov"
    assert product.each(".lane li") == [
        "Bengaluruleaves Mon, 23 Nov", "Bengaluru hubMon, 23 Nov", "Your doorTue, 24 Nov",
    ]  # fmt: skip
    assert "Pay on delivery: yes" in product.text


async def test_day_equals_the_listing(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    for query in ("/c/outdoor", "/c/home", "/c/books"):
        listing = await page(at_home, query)
        for card in listing.all(".good"):
            link = card.xpath(".//h3/a")[0].get("href")
            said = " ".join(card.xpath(".//p[contains(@class, 'promise')]")[0].text_content().split())
            assert (await page(at_home, link)).words(".due .promise") == said


async def test_variants_are_links_with_paint_and_difference(at_home: httpx2.AsyncClient) -> None:
    product = await page(at_home, PACK)
    assert product.each(".swatches a") == ["Navy", "Moss + ₹100", "Clay + ₹200", "Stone sold out"]
    assert product.all(".swatches a")[0].get("aria-current") == "true"
    assert product.all(".swatches path")[0].get("fill") == "#233450"
    moss = await page(at_home, product.all(".swatches a")[1].get("href"))
    assert moss.words(".price") == "₹6,599"
    assert moss.words(".label") == "Colour: Moss"
    stone = await page(at_home, product.link("Stone"))
    assert stone.words(".due .promise") == "Sold out"


async def test_few_left_is_a_count(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    assert "Only 3 left" in (await of(at_home, shop, 8)).each(".tag")


async def test_not_delivered_says_why_and_offers_a_way(visitor: httpx2.AsyncClient, shop: SampleShop) -> None:
    await visitor.post("/pin", data={"pincode": "263001"})
    product = await of(visitor, shop, 6)
    assert product.words(".due .promise") == "Not delivered to 263001"
    assert product.link("Tents that reach me") == "/c/outdoor.tents"


async def test_without_a_pin_code_the_day_is_asked_for(visitor: httpx2.AsyncClient) -> None:
    product = await page(visitor, PACK)
    assert product.words(".due .promise") == "Enter your PIN code for the day"
    assert not product.all(".lane")


async def test_old_addresses_move_for_good(at_home: httpx2.AsyncClient) -> None:
    for old in (f"/i/{item_id(1)}", f"/i/old-name-{item_id(1)}"):
        answer = await at_home.get(old)
        assert (answer.status_code, answer.headers["location"]) == (301, PACK)
    answer = await at_home.get(f"/i/old-name-{item_id(1)}?sku=sahyadri.1-2")
    assert answer.headers["location"] == PACK + "?sku=sahyadri.1-2"


async def test_what_is_not_there_is_not_found(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things.append(with_item(thing(50, "Draft", "books", 10), status="draft"))
    for path in ("/i/x", f"/i/nothing-{item_id(99)}", f"/i/draft-{item_id(50)}", "/i/%00"):
        assert (await page(at_home, path)).status == 404


async def test_linked_data_says_what_the_page_says(at_home: httpx2.AsyncClient) -> None:
    product = await page(at_home, PACK)
    thing_, crumbs = product.linked_data()["@graph"]
    assert thing_["@type"] == "Product"
    assert thing_["aggregateRating"] == {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 639}
    assert [(o["price"], o["availability"].rpartition("/")[2]) for o in thing_["offers"]] == [
        ("6499", "InStock"), ("6599", "InStock"), ("6699", "InStock"), ("6799", "OutOfStock"),
    ]  # fmt: skip
    assert thing_["image"][0].startswith("http://shop.test/pictures/p1/")
    assert [step["name"] for step in crumbs["itemListElement"]][:3] == ["Home", "Outdoor", "Bags"]
    assert product.attribute('link[rel="canonical"]', "href") == "http://shop.test" + PACK


async def test_a_thing_without_offer_has_no_price_and_is_not_sold(
    at_home: httpx2.AsyncClient, shop: SampleShop
) -> None:
    shop.things.append(
        replace(thing(51, "Priceless", "books", 10), offers=(SampleOffer("sahyadri.51-0", None, "INR", True, ()),))
    )
    product = await of(at_home, shop, 51)
    assert "no price yet" in product.text
    assert product.words(".due .promise") == "Sold out"
    assert "offers" not in product.linked_data()["@graph"][0]


async def test_eighty_attributes_fold_and_missing_pictures_hang(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    many = {f"attribute_{n}": f"value {n}" for n in range(80)}
    shop.things.append(thing(52, "Wide thing", "books", 10, attributes=many, picture=None))
    product = await of(at_home, shop, 52)
    assert len(product.all(".facts tr")) >= 80
    assert "more facts" in product.words(".facet summary")
    assert "No picture yet" in product.words(".shots")


async def test_descriptions_written_as_html_keep_their_shape_and_nothing_else(
    at_home: httpx2.AsyncClient, shop: SampleShop
) -> None:
    wild = (
        '<p onclick="x()">One <b>two</b></p><script>alert(1)</script><img src=x onerror=alert(2)>'
        '<a href="//evil.test">out</a>'
    )
    shop.things.append(thing(53, "Markup", "books", 10, description=wild))
    product = await of(at_home, shop, 53)
    assert "<p>One <b>two</b></p>" in product.text
    for forbidden in ("onclick", "alert(1)", "onerror", "evil.test"):
        assert forbidden not in product.text.split("</head>")[1]


async def test_plain_descriptions_are_paragraphs(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things.append(thing(54, "Plain", "books", 10, description="5 < 6 & 7\n\nतीन-चार दिन की यात्रा"))
    product = await of(at_home, shop, 54)
    assert "5 &lt; 6 &amp; 7" in product.text
    assert 'lang="hi">तीन' in product.text


async def test_looking_at_a_thing_is_told_once_with_what_was_promised(
    visitor: httpx2.AsyncClient, shop: SampleShop
) -> None:
    await page(visitor, PACK)
    assert shop.watched == [], "the first page only gives the browser its id"
    await visitor.post("/pin", data={"pincode": "560034"})
    await page(visitor, PACK)
    await page(visitor, PACK, headers={"sec-purpose": "prefetch"})
    ((who, viewed),) = shop.watched
    assert who
    assert (viewed.item_id, viewed.sku, viewed.price_minor) == (item_id(1), "sahyadri.1-0", 649_900)
    assert (viewed.pincode, viewed.promised) == ("560034", "2026-11-24")
    assert msgspec.json.decode(msgspec.json.encode(viewed), type=ItemViewed) == viewed
