"""robots.txt and the sitemap: an index, one file of stalls, and files of 5,000 items each.

Source: sitemaps.org protocol 0.9 (at most 50,000 addresses a file), RFC 9309 (robots.txt).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from litestar import Response

from haat.errors import NotFound
from haat.vocabulary import Clock
from haat.web.ports import ItemLinks
from haat.web.storefront.address import item_path
from haat.web.storefront.frame import Visit

FILE_ITEMS: Final = 5_000
BOUNDS_KEPT_S: Final = 3_600.0  # search engines come by the day
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@dataclass(slots=True)
class _Bounds:
    """The id before each file's first item, as of one moment."""

    read_at_s: float = float("-inf")
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sitemaps:
    """`/robots.txt`, `/sitemap.xml`, `/sitemap/stalls.xml`, `/sitemap/items-{n}.xml`."""

    links: ItemLinks
    clock: Clock
    bounds: _Bounds = field(default_factory=_Bounds)

    async def robots(self, visit: Visit) -> Response[bytes]:
        """What robots may read: everything but the API and the endless combinations of filters."""
        lines = ["User-agent: *", "Disallow: /api/", "Disallow: /search", "Disallow: /pin", "Allow: /"]
        return _answer("\n".join([*lines, f"Sitemap: {visit.origin}/sitemap.xml", ""]), "text/plain; charset=utf-8")

    async def index(self, visit: Visit) -> Response[bytes]:
        """The list of sitemap files. Cost: one walk over all item ids an hour."""
        files = ["/sitemap/stalls.xml", *(f"/sitemap/items-{n}.xml" for n in range(1, len(await self._after()) + 1))]
        entries = "".join(f"<sitemap><loc>{escape(visit.origin + file)}</loc></sitemap>\n" for file in files)
        return _xml(f"<sitemapindex {_SPACE}>\n{entries}</sitemapindex>\n")

    async def stalls(self, visit: Visit) -> Response[bytes]:
        """Home and every category."""
        return _xml(_urls([(visit.origin + "/", ""), *((f"{visit.origin}/c/{id_}", "") for id_ in visit.tree.names)]))

    async def items(self, visit: Visit, name: str) -> Response[bytes]:
        """One file of items. Raises: NotFound."""
        found = re.fullmatch(r"items-([1-9][0-9]{0,5})\.xml", name)
        after = await self._after()
        number = int(found[1]) if found else 0
        if not 1 <= number <= len(after):
            raise NotFound("There is no such sitemap.")
        rows = await self.links(after[number - 1], FILE_ITEMS)
        return _xml(_urls((visit.origin + item_path(title, id_), updated) for id_, title, updated in rows))

    async def _after(self) -> Sequence[str]:
        now_s = self.clock.monotonic_s()
        if now_s - self.bounds.read_at_s < BOUNDS_KEPT_S:
            return self.bounds.after
        after, last = [], ""
        while rows := await self.links(last, FILE_ITEMS):
            after.append(last)
            last = rows[-1][0]
        self.bounds.after, self.bounds.read_at_s = after, now_s
        return after


def _urls(rows: Iterable[tuple[str, str]]) -> str:
    entries = "".join(
        f"<url><loc>{escape(url)}</loc>{f'<lastmod>{escape(updated)}</lastmod>' if updated else ''}</url>\n"
        for url, updated in rows
    )
    return f"<urlset {_SPACE}>\n{entries}</urlset>\n"


def _xml(body: str) -> Response[bytes]:
    return _answer(_HEAD + body, "application/xml; charset=utf-8")


def _answer(body: str, media_type: str) -> Response[bytes]:
    return Response(body.encode(), headers={"cache-control": "public, max-age=3600"}, media_type=media_type)
