"""What a page may weigh, and that all of it comes from one host."""

import gzip
import re

import httpx2
import pytest

from haat.web.assets import Assets, minified_css
from tests.web.pages import page
from tests.web.sample import SampleShop, thing
from tests.web.server import ASSETS

LONG = "Travel backpack that opens like a suitcase, fits a 16-inch laptop, hidden pocket, lockable zips " * 2


def test_style_sheet_is_at_most_30_kb_as_sent() -> None:
    assert len(ASSETS.asset("shop.css").body) <= 30_000


def test_scripts_are_at_most_20_kb_without_htmx() -> None:
    assert len(ASSETS.asset("haat.js").body) + len(ASSETS.asset("api-docs.js").body) <= 20_000


async def test_a_full_listing_is_at_most_60_kb_and_12_zipped(at_home: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things = [
        thing(
            n, f"{LONG[:190]} {n}", "outdoor.bags", 1000 + n, brand=f"Brand number {n % 30}",
            attributes={f"attribute {k}": f"value {n % 12} of it" for k in range(12)},
        )
        for n in range(1, 60)
    ]  # fmt: skip
    listing = await at_home.get("/c/outdoor.bags", headers={"accept-encoding": "identity"})
    assert len(listing.content) <= 60_000
    assert len(gzip.compress(listing.content, 4)) <= 12_000


async def test_pages_are_zipped_for_browsers_that_take_it(at_home: httpx2.AsyncClient) -> None:
    answer = await at_home.get("/", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "What reaches you" in answer.text


async def test_static_files_are_named_by_content_and_kept_for_ever(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.get(ASSETS["shop.css"], headers={"accept-encoding": "gzip"})
    assert re.fullmatch(r"/static/shop\.[0-9a-f]{12}\.css", ASSETS["shop.css"])
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await visitor.get("/static/shop.000000000000.css")).status_code == 404
    assert Assets()["shop.css"] == ASSETS["shop.css"]


@pytest.mark.parametrize("path", ["/", "/c/outdoor", "/search?q=tent", "/pin", "/nothing", "/api"])
async def test_nothing_comes_from_another_host_and_nothing_is_inline(at_home: httpx2.AsyncClient, path: str) -> None:
    answer = await at_home.get(path)
    for address in re.findall(r"""(?:src|href|action|content)=["'](https?:)?//([^/"']+)""", answer.text):
        assert address[1] == "shop.test"
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*(?:src=|application/ld\+json))", answer.text)
    assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_pictures_have_sizes_and_only_the_first_are_eager(at_home: httpx2.AsyncClient) -> None:
    listing = await page(at_home, "/search?q=a")
    pictures = listing.all(".goods img")
    assert all(p.get("width") and p.get("height") for p in pictures)
    assert [p.get("loading") for p in pictures[:3]] == [None] * 3
    assert {p.get("loading") for p in pictures[4:]} == {"lazy"}


def test_minifying_keeps_meaning() -> None:
    css = """/* gone */ @media (min-width: 60rem) { .a > .b , i { width: calc(1px + 2px) ; content: "a  ;  b" } }"""
    assert minified_css(css) == '@media (min-width:60rem){.a>.b,i{width:calc(1px + 2px);content:"a  ;  b"}}'


def test_the_browser_libraries_travel_with_their_licences() -> None:
    assert b"4.0.0-beta6" in ASSETS.asset("htmx.js").body
    assert b"Zero-Clause BSD" in ASSETS.asset("htmx.LICENSE.txt").body
    assert b"Apache License" in ASSETS.asset("swagger-ui.LICENSE.txt").body
