"""The item index on OpenSearch or Elasticsearch, shared by any number of processes. Promises: haat.search.index.

Entries written wait in this process and are sent when they are committed: what was not committed leaves nothing.
Writes carry the entry's version, and the server refuses older ones, whoever sends them. A commit changes a small
document that the other processes look at once a second; then they take a new view.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from haat.errors import Unavailable
from haat.search.adapters.opensearch_client import SearchClient, where
from haat.search.adapters.opensearch_dialect import Elasticsearch, OpenSearch
from haat.search.adapters.opensearch_indices import Indices
from haat.search.adapters.opensearch_query import stocked_in
from haat.search.adapters.opensearch_view import DEEPEST, ServerView
from haat.search.adapters.opensearch_views import MARGIN_S, Views
from haat.search.adapters.opensearch_writer import Writer
from haat.search.coverage import Coverage
from haat.search.index import Entry, Held, SnapshotGone, Stored, View
from haat.vocabulary import Clock

KEEP_S: Final = 300.0
FOLLOW_S: Final = 1.0


class ServerItemIndex:
    """See the port. Open it once per process; belongs to one event loop."""

    def __init__(self, url: str, clock: Clock, *, keep_s: float = KEEP_S) -> None:
        at = where(url)
        self._client = SearchClient(at, clock)
        self._dialect = Elasticsearch() if at.elastic else OpenSearch()
        self._indices = Indices(self._client, at.prefix, clock, keep_s + MARGIN_S)
        self._writer = Writer(self._indices)
        self._views = Views(self._indices, self._dialect, clock, keep_s)
        self._writing = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def open(self) -> bool:
        """See what is there, or make the first index. True if it holds nothing and should be rebuilt.

        Raises: Unavailable when the server does not answer, or is of another kind.
        """
        self._dialect.check((await self._client.ask("GET", "/", within_s=self._client.state_s)).body)
        await self._indices.open()
        await self._views.show()
        self._following = asyncio.create_task(self._follow(), name="item-index-follow")
        return self._newest().items == 0

    async def close(self) -> None:
        """Let go of the server. What was not committed is lost; every later call raises Unavailable."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        with suppress(Unavailable):
            await self._views.close()
        await self._client.close()

    def view(self) -> View:
        """See the port."""
        return self._newest()

    def keep(self, view: View) -> None:
        """See the port."""
        self._views.keep(view)

    def recall(self, name: str) -> View | None:
        """See the port."""
        return self._views.recall(name)

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """See the port."""
        async with self._writing:
            return await self._writer.take(entries)

    async def commit(self) -> None:
        """See the port."""
        async with self._writing:
            await self._commit()

    async def cover(self, coverage: Coverage) -> None:
        """See the port."""
        async with self._writing:
            await self._indices.state.cover(await self._indices.live(), coverage)
            await self._tell()

    async def stocked_in(self, warehouses: Sequence[str]) -> Sequence[str]:
        """See the port. Cost: one round trip for 10,000 items."""
        if not warehouses:
            return []
        view = self._newest()
        ids: list[str] = []
        body: dict[str, Any] = {"query": stocked_in(warehouses), "size": DEEPEST, "_source": False}
        body |= {"sort": [{"ordinal": "asc"}], "track_total_hits": False}
        while True:
            (answer,) = await view.search([body], within_s=self._client.bulk_s)
            hits = answer["hits"]["hits"]
            ids += [hit["_id"] for hit in hits]
            if len(hits) < DEEPEST:
                return ids
            body["search_after"] = hits[-1]["sort"]

    async def held(self, ids: Sequence[str]) -> Mapping[str, Held]:
        """See the port."""
        return await self._indices.held(ids)

    async def stored(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """See the port."""
        if not ids:
            return {}
        try:
            return await self._newest().of_items(ids)
        except SnapshotGone:  # there is a newer view
            return await self._newest().of_items(ids)

    async def rebuild(self) -> "ServerRebuild":
        """See the port."""
        async with self._writing:
            await self._commit()
            return ServerRebuild(self, await self._writer.begin_rebuild())

    async def ping(self) -> None:
        """See the port."""
        await self._client.ask("GET", f"/{self._indices.alias}/_count", within_s=self._client.find_s)

    async def catch_up(self) -> None:
        """See now what other processes have committed. Raises: Unavailable."""
        await self._views.catch_up()

    async def _copy(self, index: str, entries: Sequence[Entry]) -> Sequence[int | None]:
        async with self._writing:
            await self._writer.renew(index)
            return await self._writer.copy(index, entries) if entries else ()

    async def _finish(self, index: str, coverage: Coverage) -> None:
        async with self._writing:
            await self._writer.renew(index)
            await self._writer.commit()
            await self._indices.refresh(index)
            await self._indices.state.cover(index, coverage)
            old = await self._indices.live()
            await self._indices.retire(old)
            await self._indices.point(index, old)
            await self._writer.end_rebuild(index, live=index)
            await self._tell()

    async def _abandon(self, index: str) -> None:
        async with self._writing:
            await self._writer.end_rebuild(index, live=await self._indices.live())

    async def _commit(self) -> None:
        if await self._writer.commit():
            await self._tell()
        else:
            await self._views.catch_up()

    async def _tell(self) -> None:
        """Tell the other processes that something is new, and see it here."""
        await self._indices.state.tell()
        await self._views.show()
        await self._indices.sweep()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            with suppress(Unavailable):
                await self._views.catch_up()

    def _newest(self) -> ServerView:
        """The newest view, while the server answers."""
        if self._views.newest is None or self._client.breaker.state == "open":
            raise Unavailable("The item index is closed, or its server does not answer.")
        return self._views.newest


class ServerRebuild:
    """A second index beside the live one, registered under a lease that each write makes longer."""

    def __init__(self, index: ServerItemIndex, name: str) -> None:
        self._index = index
        self._name = name

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """See the port."""
        return await self._index._copy(self._name, entries)  # noqa: SLF001  # one object in two parts

    async def finish(self, coverage: Coverage) -> None:
        """See the port."""
        await self._index._finish(self._name, coverage)  # noqa: SLF001  # one object in two parts

    async def abandon(self) -> None:
        """See the port."""
        await self._index._abandon(self._name)  # noqa: SLF001  # one object in two parts
