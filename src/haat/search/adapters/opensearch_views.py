"""The views of one process: the newest one, those that cursors were handed out for, and those of other processes."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final
from weakref import finalize

from haat.errors import Unavailable
from haat.search.adapters.opensearch_dialect import Dialect
from haat.search.adapters.opensearch_indices import Indices
from haat.search.adapters.opensearch_state import Marks
from haat.search.adapters.opensearch_view import ServerView, documents_in
from haat.search.coverage import Coverage
from haat.search.index import Label
from haat.vocabulary import Clock

KEPT_VIEWS: Final = 60
"""A node keeps 300 points in time unless told otherwise: room for four processes and what they look at now."""
MARGIN_S: Final = 60.0  # a cursor's snapshot is there a little longer than the cursor
_ATTEMPTS: Final = 5


class Views:
    """Snapshots are ended when no view of this process needs them, or by the server after their time."""

    def __init__(self, indices: Indices, dialect: Dialect, clock: Clock, keep_s: float) -> None:
        self.newest: ServerView | None = None
        self._indices = indices
        self._client = indices.client
        self._dialect = dialect
        self._clock = clock
        self._keep_s = keep_s
        self._process = secrets.token_hex(4)  # part of the names of this process's views
        self._shown = 0
        self._marks: Marks | None = None
        self._kept: OrderedDict[str, tuple[ServerView, float]] = OrderedDict()
        self._foreign: OrderedDict[str, ServerView] = OrderedDict()
        self._done: list[str] = []  # snapshots that nobody here looks at any more
        self._showing = asyncio.Lock()

    async def show(self, instead_of: ServerView | None = None) -> None:
        """Take the newest view: labels, coverage and documents as of one moment. Five round trips.

        `instead_of`: unless somebody else replaced this one meanwhile. Raises: Unavailable.
        """
        async with self._showing:
            if instead_of is not None and self.newest is not instead_of:
                return
            for _ in range(_ATTEMPTS):
                live = await self._indices.live()
                marks = await self._indices.state.marks(live)
                view = await self._taken(live, marks)
                if await self._indices.state.marks(live) == marks:
                    self._marks, self.newest = marks, view
                    await self._let_go()
                    return
            raise Unavailable("The item index is changed too fast to be looked at.")

    async def catch_up(self) -> None:
        """Take a newer view if another process has changed something. Two round trips when it has not."""
        view = self.newest
        if view is not None:
            live = await self._indices.live()
            if live == view.index and await self._indices.state.marks(live) == self._marks:
                return
        await self.show(view)

    def keep(self, view: object) -> None:
        """Hold it for cursors. One without a snapshot is not held: its listing goes on behind the last hit."""
        if not isinstance(view, ServerView) or not view.snapshot or view.name in self._foreign:
            return
        now_s = self._clock.monotonic_s()
        while self._kept:
            oldest = next(iter(self._kept))
            if now_s - self._kept[oldest][1] <= self._keep_s and len(self._kept) < KEPT_VIEWS:
                break
            del self._kept[oldest]
        self._kept[view.name] = (view, now_s)
        self._kept.move_to_end(view.name)

    def recall(self, name: str) -> ServerView | None:
        """The view of that name. One of another process is found by what its name says, as long as the labels and the
        coverage are those it was taken with.
        """
        newest = self.newest
        if newest is None or newest.name == name:
            return newest
        found = self._kept.get(name)
        if found is not None:
            return found[0] if self._clock.monotonic_s() - found[1] <= self._keep_s else None
        return self._foreign.get(name) or self._recalled(name, newest)

    async def gone(self, view: ServerView) -> None:
        """The server has let go of a view's snapshot: nobody is given it again."""
        self._kept.pop(view.name, None)
        self._foreign.pop(view.name, None)
        if view is self.newest:
            await self.show(view)

    async def close(self) -> None:
        """End what no cursor was handed out for: cursors may be given to another process. Raises: Unavailable."""
        newest, self.newest = self.newest, None
        if newest is not None and newest.snapshot and newest.name not in self._kept:
            self._done.append(newest.snapshot)
        await self._let_go()

    async def _taken(self, live: str, marks: Marks) -> ServerView:
        state, snapshot = self._indices.state, ""
        coverage = await state.coverage(live, marks.coverage)
        labels = await state.labels(live, marks.labels)
        snapshots = self._dialect.snapshots
        if snapshots is not None:
            path = snapshots.open(live, self._keep_s + MARGIN_S)
            snapshot = snapshots.name((await self._client.ask("POST", path, within_s=self._client.bulk_s)).body)
        items = await documents_in(self._view("", live, snapshot, (coverage, labels)))
        self._shown += 1
        name = f"{self._process}.{self._shown:x}~{live}~{marks.coverage:x}~{items:x}~{snapshot}"
        view = self._view(name, live, snapshot, (coverage, labels), items)
        if snapshot:
            finalize(view, self._done.append, snapshot).atexit = False
        return view

    def _recalled(self, name: str, newest: ServerView) -> ServerView | None:
        owner, *parts = name.split("~")
        if len(parts) != 4 or owner.partition(".")[0] == self._process or self._marks is None:
            return None
        index, coverage, items, snapshot = parts
        if index != newest.index or coverage != f"{self._marks.coverage:x}" or not snapshot:
            return None
        while len(self._foreign) >= KEPT_VIEWS:
            self._foreign.popitem(last=False)
        view = self._view(name, index, snapshot, (newest.coverage, newest.labels), int(items, 16))
        self._foreign[name] = view
        return view

    def _view(
        self, name: str, index: str, snapshot: str, kept: tuple[Coverage, Mapping[str, Label]], items: int = 0
    ) -> ServerView:
        return ServerView(
            name=name,
            client=self._client,
            index=index,
            snapshot=snapshot,
            keep_s=self._keep_s + MARGIN_S,
            score_scale=self._dialect.score_scale,
            items=items,
            coverage=kept[0],
            labels=kept[1],
            gone=self.gone,
        )

    async def _let_go(self) -> None:
        """End the snapshots that are done with. One that is gone already is no matter."""
        done, self._done[:] = list(self._done), []
        snapshots = self._dialect.snapshots
        if done and snapshots is not None:
            path, body = snapshots.close(done)
            await self._client.ask("DELETE", path, body, within_s=self._client.bulk_s, expected=(404,))
