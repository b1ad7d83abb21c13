"""The pictures that feeds name by URL are fetched after the item is there, and never hold it up."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from haat.catalog.add_picture import AddPicture
from haat.catalog.gallery import OURS, Gallery, UrlRecord, hung, urls_of
from haat.catalog.model import origin_of
from haat.catalog.shelf import Shelf, change_to
from haat.engines.fetch import Fetched, FetchFailed
from haat.errors import Invalid, TooLarge
from haat.events.envelope import rfc3339
from haat.vocabulary import Clock

AT_ONCE: Final = 8
HOST_FAILURES: Final = 3  # a host that failed so often in one call is left alone until the next
MAX_TRIES: Final = 4
_DELAYS_MS: Final = (600_000, 6 * 3_600_000, 24 * 3_600_000)  # ten minutes, six hours, a day: an outage, a bad day
_MOST_WANTING: Final = 20
_REMEMBERED_AT_ONCE: Final = 64  # what a crash makes us fetch again
_TRIES: Final = 5


class Fetch(Protocol):
    """The safe way out (haat.engines.fetch.Fetcher)."""

    def __call__(self, url: str) -> Awaitable[Fetched]:
        """See haat.engines.fetch. Raises: UnsafeUrl, NotFetched, FetchFailed."""


@dataclass(frozen=True, slots=True)
class FetchPictures:
    """Fetches what items still lack, remembers what failed and why, and hangs the pictures up."""

    shelf: Shelf
    gallery: Gallery
    fetch: Fetch
    add_picture: AddPicture
    clock: Clock

    async def __call__(self, item_ids: Sequence[str]) -> None:
        """Return when each URL of these items is fetched or its failure remembered. Calling it again is fine.

        Raises: Unavailable (of our own engines; a site that is down is remembered, not raised).
        Cost: 10 s for a URL at most, eight at once; one round trip when nothing is missing.
        """
        kept = await self.shelf.get(list(dict.fromkeys(item_ids)))
        wanted: dict[str, list[str]] = {}
        for item_id, (item, _) in kept.items():
            for url in urls_of(origin_of(item)):
                wanted.setdefault(url, []).append(item_id)
        if not wanted:
            return
        tried = await self.gallery.tried(list(wanted))
        now_ms = self.clock.now_ms()
        due = [url for url in wanted if not url.startswith(OURS) and _is_due(tried.get(url), now_ms)]
        failures: dict[str, int] = {}
        for start in range(0, len(due), _REMEMBERED_AT_ONCE):
            urls = due[start : start + _REMEMBERED_AT_ONCE]
            gate = asyncio.Semaphore(AT_ONCE)
            found = await asyncio.gather(*(self._try(url, tried.get(url), wanted[url], failures, gate) for url in urls))
            await self.gallery.remember(found)
            tried.update((record.url, record) for record in found)
        await self._hang(list(kept), tried)

    async def _try(
        self, url: str, before: UrlRecord | None, items: list[str], failures: dict[str, int], gate: asyncio.Semaphore
    ) -> UrlRecord:
        async with gate:
            record = await self._fetched(url, before, failures)
        wanting = list(dict.fromkeys([*(before.items if before else ()), *items]))[:_MOST_WANTING]
        return msgspec.structs.replace(record, items=wanting if record.state == "waiting" else [])

    async def _fetched(self, url: str, before: UrlRecord | None, failures: dict[str, int]) -> UrlRecord:
        host = _host(url)
        tries = before.tries if before else 0
        try:
            if failures.get(host, 0) >= HOST_FAILURES:
                return self._waiting(url, "The other side does not answer.", tries + 1)
            picture = await self.add_picture((await self.fetch(url)).content)
        except FetchFailed as error:
            failures[host] = failures.get(host, 0) + 1
            return self._waiting(url, error.detail, tries + 1)
        except (Invalid, TooLarge) as error:  # an unsafe URL, an answer without a picture, a picture that is none
            return UrlRecord(url=url, state="refused", failure=error.detail, tries=tries + 1)
        return UrlRecord(url=url, state="done", key=picture.key, width=picture.width, height=picture.height)

    def _waiting(self, url: str, failure: str, tries: int) -> UrlRecord:
        if tries >= MAX_TRIES:
            return UrlRecord(url=url, state="refused", failure=failure, tries=tries)
        next_ms = self.clock.now_ms() + _DELAYS_MS[tries - 1]
        return UrlRecord(url=url, state="waiting", failure=failure, tries=tries, next_ms=next_ms)

    async def _hang(self, item_ids: Sequence[str], tried: Mapping[str, UrlRecord]) -> None:
        """Give the items the pictures that are there now; each that gains one gets a version and an event."""
        open_ids = list(item_ids)
        for _ in range(_TRIES):
            changes = []
            for item, stored in (await self.shelf.get(open_ids)).values():
                better = hung(item, origin_of(item), tried)
                if (better.pictures, better.variants) != (item.pictures, item.variants):
                    now = rfc3339(self.clock.now_ms())
                    better = msgspec.structs.replace(better, version=item.version + 1, updated=now)
                    changes.append(change_to(better, replaces=stored, announced=True))
            if not changes:
                return
            done = await self.shelf.keep(changes)
            open_ids = [change.item.id for change, won in zip(changes, done, strict=True) if not won]


@dataclass(frozen=True, slots=True)
class RetryPictures:
    """Tries again what failed for the moment. For a timer, every few minutes."""

    gallery: Gallery
    fetch_pictures: FetchPictures
    clock: Clock

    async def __call__(self, most: int = 200) -> int:
        """The number of URLs that were due among up to `most` that wait. Raises: Unavailable."""
        due: list[UrlRecord] = []
        after = ""
        while len(due) < most:
            page = await self.gallery.waiting(after, 500)
            due += [record for _, record in page if record.next_ms <= self.clock.now_ms()]
            if len(page) < 500:
                break
            after = page[-1][0]
        if due:
            await self.fetch_pictures([item_id for record in due[:most] for item_id in record.items])
        return len(due[:most])


def _is_due(record: UrlRecord | None, now_ms: int) -> bool:
    return record is None or (record.state == "waiting" and record.next_ms <= now_ms)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
