"""Whatever a supplier or a visitor writes is shown as text: in every place of every page."""

import json
import re
from pathlib import Path

import httpx2
import pytest
from lxml import html

from haat.web.storefront.address import item_path
from tests.web.pages import page
from tests.web.sample import SampleShop, item_id, thing

pytestmark = pytest.mark.long

NASTY = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "</title><svg onload=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
    "\u202egpj.exe\u2066",
    "مرحبا بالعالم: حقيبة ظهر",
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4,
    "\U0001f600 \U0001f9d1\u200d\U0001f680",
    "a\x00b\x0b",
    "&lt;b&gt; &amp; &#60;",
    "\u200b﻿",
]  # fmt: skip
BAD_ATTRIBUTES = re.compile(r"^on|^style$")


def assert_inert(text: str) -> None:
    """No script of ours or theirs inside the page, no handler, no style, no address that runs."""
    tree = html.document_fromstring(text)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "script":
            assert element.get("src", "").startswith("/static/") or element.get("type") == "application/ld+json"
            if element.get("type") == "application/ld+json":
                json.loads(element.text)
        for name, value in element.attrib.items():
            assert not BAD_ATTRIBUTES.match(name), f"{element.tag} has {name}"
            if name in ("href", "src", "action", "hx-get"):
                assert value.startswith(("/", "#", "http://shop.test/")) or value == "", f"{name}={value}"


async def everywhere(client: httpx2.AsyncClient, shop: SampleShop, text: str) -> None:
    shop.things = [
        thing(
            number,
            text or "x",
            "books",
            10,
            brand=text,
            bullets=[text],
            description=text,
            attributes={"material": text, text[:90] or "x": text},
            labels={"material": text},
            units={"weight": text},
            variants=[({"colour": text, "size": "S"}, 10, 3), ({"colour": "Navy", "size": text}, 20, 3)],
            axes=["colour", "size"],
        )
        for number in range(1, 5)
    ]
    shop.categories_by_id["books"] = text or "x"
    shop.corrections = {"qqq": text}
    params = {"q": text, "brand": text, "attr.material": text, "price_min": text, "deliver_by": text, "sort": text}
    for url, query in (
        ("/", {}),
        ("/c/books", {}),
        ("/c/books", {"q": "qqq"}),
        ("/search", params),
        ("/search", {"q": text}),
        (item_path(text or "x", item_id(1)), {}),
        (item_path(text or "x", item_id(1)), {"sku": text}),
        ("/pin", {"next": text}),
    ):
        answer = await client.get(url, params=query)
        assert answer.status_code == 200, f"{url} {query}: {answer.status_code}"
        assert_inert(answer.text)
    assert_inert((await client.post("/pin", data={"pincode": text, "next": text})).text or "<p>")


@pytest.mark.parametrize("text", NASTY)
async def test_nasty_text_is_shown_as_text(at_home: httpx2.AsyncClient, shop: SampleShop, text: str) -> None:
    await everywhere(at_home, shop, text)


async def test_nasty_words_of_a_visitor_come_back_whole(at_home: httpx2.AsyncClient) -> None:
    zero = await page(at_home, "/search", params={"q": NASTY[1]})
    assert zero.words("h1") == f"Nothing here is called “{NASTY[1]}”"
    assert zero.attribute("#q", "value") == NASTY[1]


async def test_garbage_in_addresses_is_never_a_crash(at_home: httpx2.AsyncClient) -> None:
    paths = ["/search?%ff%fe=%zz", "/search?" + "&" * 400, "/search?q=" + "a" * 5000, "/c/..%2f..", "/i/itm_"]
    paths += ["/search?attr.=1&attr.x", "/search?seen=-1&cursor=c&back=&back=%00", "/static/..%2fpyproject.toml"]
    for path in paths:
        answer = await at_home.get(path)
        assert answer.status_code in (200, 404), path


@pytest.mark.data
async def test_the_big_list_of_naughty_strings(at_home: httpx2.AsyncClient, shop: SampleShop, data_dir: Path) -> None:
    strings = json.loads((data_dir / "bad-input" / "blns.json").read_text("utf-8"))
    assert len(strings) > 400
    for text in strings[::8]:
        await everywhere(at_home, shop, text)
