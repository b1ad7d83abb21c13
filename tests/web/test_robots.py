"""robots.txt, sitemap, manifest, icons."""

import re

import httpx2
import msgspec
from lxml import etree

from haat.web.storefront import sitemap
from tests.web.sample import SampleShop, thing
from tests.web.server import ASSETS

NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


async def test_every_item_stands_in_exactly_one_sitemap(visitor: httpx2.AsyncClient, shop: SampleShop) -> None:
    shop.things = [thing(n, f"Thing <&> {n}", "books", 10) for n in range(1, sitemap.FILE_ITEMS + 8)]
    robots = (await visitor.get("/robots.txt")).text
    index = re.search(r"Sitemap: http://shop\.test(\S+)", robots)
    assert index is not None
    files = etree.fromstring((await visitor.get(index[1])).content).xpath("//s:loc/text()", namespaces=NS)
    urls: list[str] = []
    for file in files:
        answer = await visitor.get(file.removeprefix("http://shop.test"))
        assert answer.headers["content-type"].startswith("application/xml")
        urls += etree.fromstring(answer.content).xpath("//s:loc/text()", namespaces=NS)
    items = [url for url in urls if "/i/" in url]
    assert len(items) == len(set(items)) == sitemap.FILE_ITEMS + 7
    assert "http://shop.test/c/outdoor.bags" in urls
    assert "http://shop.test/" in urls


async def test_a_sitemap_that_is_not_there(visitor: httpx2.AsyncClient) -> None:
    for name in ("items-0.xml", "items-99.xml", "items-x.xml", "items-1.xml.gz", "%2e%2e"):
        assert (await visitor.get(f"/sitemap/{name}")).status_code == 404


async def test_manifest_names_icons_that_exist(visitor: httpx2.AsyncClient) -> None:
    manifest = msgspec.json.decode((await visitor.get(ASSETS["haat.webmanifest"])).content)
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        assert (await visitor.get(icon["src"])).status_code == 200
