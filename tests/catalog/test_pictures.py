"""Pictures: added, shown, and fetched for items that feeds describe, without ever holding an item up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import pytest
from PIL import Image

from haat.catalog.consumers import PictureFetcher
from haat.catalog.fetch_pictures import MAX_TRIES
from haat.catalog.gallery import Gallery, UrlRecord
from haat.catalog.model import Item, Picture, decode
from haat.catalog.show_picture import PictureNotFound
from haat.catalog.take import OfferedItem, OfferedVariant
from haat.engines.images import BadPicture
from haat.events.envelope import Event
from haat.events.envelope import decode as envelope
from tests.catalog.conftest import Market, a_draft
from tests.conftest import ManualClock

ITEM = "itm_01jdd0000000000000000000aa"


def a_png(colour: str, width: int = 200, height: int = 100) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


class Site:
    """Somebody's picture server on the loopback. `files` by path; a path that is not there answers `otherwise`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.files: dict[str, bytes] = {}
        self.otherwise = b"404 Not Found"
        self.asked: list[str] = []

    def url(self, path: str, host: str = "pictures.example") -> str:
        return f"http://{host}:{self.port}/{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode().lstrip("/")
        self.asked.append(path)
        content = self.files.get(path)
        status = b"200 OK" if content is not None else self.otherwise
        body = content or b""
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def opened() -> AsyncIterator[Site]:
    site = Site(0)
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with opened() as one:
        yield one


def offered(as_of_ms: int = 100, **changes: object) -> OfferedItem:
    fields: dict[str, object] = {
        "variants": [OfferedVariant(sku="acme.a", code="a", attributes={"size": 1})],
        "title": "Daypack",
        **changes,
    }
    return OfferedItem(item_id=ITEM, seller="acme", code="P1", as_of_ms=as_of_ms, **fields)  # type: ignore[arg-type]  # a test's fields


async def stored(market: Market) -> Item:
    return decode((await market.catalog.documents([ITEM]))[ITEM])


async def record_of(market: Market, url: str) -> UrlRecord:
    gallery = Gallery(market.collections.pictures, market.collections.picture_urls)
    return (await gallery.tried([url]))[url]


async def test_an_added_picture_is_shown_at_each_width_in_both_formats(market: Market) -> None:
    picture = await market.catalog.add_picture(a_png("red", 400, 200))
    assert (picture.width, picture.height) == (400, 200)
    for width, file in ((160, "160.avif"), (320, "320.webp"), (400, "640.avif"), (400, "1280.webp")):
        shown = await market.catalog.show_picture(picture.key, file)
        assert shown.media_type == f"image/{file.partition('.')[2]}"
        with Image.open(BytesIO(shown.content)) as decoded:
            assert decoded.size == (width, width // 2)


async def test_the_same_bytes_are_the_same_picture(market: Market) -> None:
    one, again, other = [await market.catalog.add_picture(a_png(colour)) for colour in ("red", "red", "blue")]
    assert one == again
    assert one.key != other.key


@pytest.mark.parametrize(
    "file", ["", "160", "160.png", "161.webp", "../160.webp", "0160.webp", "-1.webp", "99999.webp"]
)
async def test_what_is_not_a_picture_of_ours_is_not_found(market: Market, file: str) -> None:
    picture = await market.catalog.add_picture(a_png("red", 400, 200))
    for key in (picture.key, "0" * 32, "../../etc/passwd", ""):
        with pytest.raises(PictureNotFound):
            await market.catalog.show_picture(key, file)


async def test_what_is_no_picture_is_refused_and_not_kept(market: Market) -> None:
    with pytest.raises(BadPicture):
        await market.catalog.add_picture(b"<svg/>")
    assert await market.collections.pictures.scan() == []


async def test_an_item_names_uploaded_pictures_and_gets_their_sizes(market: Market) -> None:
    picture = await market.catalog.add_picture(a_png("red"))
    item = await market.catalog.create_item("acme", a_draft(pictures=[Picture(picture.key, "Front")]))
    assert item.pictures == [Picture(picture.key, "Front", 200, 100)]


async def test_a_feeds_pictures_come_after_the_item_and_variants_know_theirs(market: Market, site: Site) -> None:
    site.files = {"a.png": a_png("red"), "b.png": a_png("blue"), "same.png": a_png("red")}
    urls = [site.url(name) for name in ("a.png", "b.png", "same.png")]
    variants = [
        OfferedVariant(sku="acme.a", code="a", attributes={"size": 1}, pictures=[urls[1]]),
        OfferedVariant(sku="acme.b", code="b", attributes={"size": 2}, pictures=[urls[2], urls[1]]),
    ]
    await market.catalog.take_offered([offered(pictures=urls, variants=variants)])
    assert (await stored(market)).pictures == []
    await market.catalog.fetch_pictures([ITEM])
    item = await stored(market)
    assert item.version == 2
    assert [(picture.width, picture.alt) for picture in item.pictures] == [(200, "Daypack"), (200, "Daypack")]
    assert [variant.pictures for variant in item.variants] == [[1], [0, 1]]
    assert [event.version for event in await market.events()] == [1, 2]
    await market.catalog.fetch_pictures([ITEM])
    assert len(site.asked) == 3
    assert await market.events() == []
    await market.catalog.take_offered([offered(200, pictures=urls[:1], title="New title")])
    assert [picture.key for picture in (await stored(market)).pictures] == [item.pictures[0].key]


async def test_what_cannot_be_fetched_is_remembered_with_its_reason_and_the_rest_is_hung(
    market: Market, site: Site
) -> None:
    site.files = {"good.png": a_png("red"), "bad.png": b"<html>no</html>"}
    good, bad, gone = site.url("good.png"), site.url("bad.png"), site.url("gone.png")
    inside, odd = site.url("x.png", "inside.example"), "file:///etc/passwd"
    await market.catalog.take_offered([offered(pictures=[odd, inside, bad, gone, good])])
    await market.catalog.fetch_pictures([ITEM])
    assert len((await stored(market)).pictures) == 1
    assert "x.png" not in site.asked
    for url, words in ((bad, "JPEG"), (gone, "404"), (inside, "private"), (odd, "http")):
        record = await record_of(market, url)
        assert (record.state, words in record.failure) == ("refused", True), record
    asked = len(site.asked)
    await market.catalog.fetch_pictures([ITEM])
    assert len(site.asked) == asked


async def test_a_site_that_is_down_is_tried_again_later_and_given_up_in_the_end(
    market: Market, site: Site, clock: ManualClock
) -> None:
    site.otherwise = b"503 Busy"
    url = site.url("late.png")
    await market.catalog.take_offered([offered(pictures=[url])])
    await market.catalog.fetch_pictures([ITEM])
    assert (await record_of(market, url)).state == "waiting"
    assert await market.catalog.retry_pictures() == 0
    clock.advance(601)
    assert await market.catalog.retry_pictures() == 1
    assert (await record_of(market, url)).tries == 2
    site.files["late.png"] = a_png("green")
    clock.advance(7 * 3_600)
    assert await market.catalog.retry_pictures() == 1
    assert len((await stored(market)).pictures) == 1

    never = site.url("never.png")
    await market.catalog.take_offered([offered(200, pictures=[never])])
    for _ in range(MAX_TRIES + 2):
        await market.catalog.fetch_pictures([ITEM])
        clock.advance(25 * 3_600)
    assert (await record_of(market, never)).state == "refused"
    assert site.asked.count("never.png") == MAX_TRIES


async def test_a_host_that_keeps_failing_is_left_alone_for_the_rest_of_the_batch(market: Market, site: Site) -> None:
    site.otherwise = b"500 Oops"
    urls = [site.url(f"{n}.png") for n in range(40)]
    await market.catalog.take_offered([offered(pictures=urls)])
    await market.catalog.fetch_pictures([ITEM])
    assert 3 <= len(site.asked) <= 12  # eight at once may be under way when the third fails
    assert {(await record_of(market, url)).state for url in urls} == {"waiting"}


async def test_a_feed_without_pictures_keeps_what_the_seller_uploaded(market: Market) -> None:
    picture = await market.catalog.add_picture(a_png("red"))
    await market.catalog.take_offered([offered()])
    await market.catalog.patch_item("acme", ITEM, 1, {"pictures": [{"key": picture.key, "alt": "Mine"}]})
    far_later_ms = 9_999_999_999_999
    await market.catalog.take_offered([offered(far_later_ms, title="New")])
    item = await stored(market)
    assert (item.title, [p.alt for p in item.pictures]) == ("New", ["Mine"])


async def test_pictures_of_a_persons_choice_are_not_replaced_by_late_fetches(market: Market, site: Site) -> None:
    site.files = {"a.png": a_png("blue")}
    picture = await market.catalog.add_picture(a_png("red"))
    await market.catalog.take_offered([offered(pictures=[site.url("a.png")])])
    await market.catalog.patch_item("acme", ITEM, 1, {"pictures": [{"key": picture.key}]})
    await market.catalog.fetch_pictures([ITEM])
    assert [p.key for p in (await stored(market)).pictures] == [picture.key]
    assert site.asked == []


async def test_a_person_who_writes_while_pictures_are_fetched_loses_nothing(market: Market, site: Site) -> None:
    site.files = {"a.png": a_png("blue")}
    await market.catalog.take_offered([offered(pictures=[site.url("a.png")])])
    await asyncio.gather(
        market.catalog.fetch_pictures([ITEM]), market.catalog.patch_item("acme", ITEM, 1, {"title": "By hand"})
    )
    item = await stored(market)
    assert (item.title, len(item.pictures), item.version) == ("By hand", 1, 3)


async def test_a_feed_may_name_pictures_that_are_here(market: Market) -> None:
    picture = await market.catalog.add_picture(a_png("red"))
    await market.catalog.take_offered([offered(pictures=[f"picture:{picture.key}", "picture:none"])])
    assert [p.key for p in (await stored(market)).pictures] == [picture.key]


async def test_the_consumer_hears_items_and_fetches_for_those_not_retired(market: Market, site: Site) -> None:
    site.files = {"a.png": a_png("blue")}
    await market.catalog.take_offered([offered(pictures=[site.url("a.png")], status="retired")])
    consumer = PictureFetcher(market.catalog.fetch_pictures)

    async def heard() -> list[Event]:
        rows = await market.outbox.unsent(100)
        await market.outbox.mark_sent(rows)
        return [envelope(row.value) for row in rows]

    await consumer(await heard())
    assert site.asked == []
    await market.catalog.take_offered([offered(200, pictures=[site.url("a.png")])])
    await consumer(await heard())
    assert len((await stored(market)).pictures) == 1
