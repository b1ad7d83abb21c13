"""What was written and not committed, and how it is sent. Used by one task at a time."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from haat.errors import Unavailable
from haat.search.adapters.opensearch_indices import Indices
from haat.search.adapters.opensearch_schema import document
from haat.search.index import Entry, Held, Label, Rebuilding

MOST_BYTES: Final = 64 << 20
"""More than this does not wait for the commit: it is sent, unseen, and stays should the process die."""


class _Waiting(NamedTuple):
    held: Held
    lines: bytes


class Writer:
    """Entries on their way to the live index, and to a rebuild beside it."""

    def __init__(self, indices: Indices) -> None:
        self._indices = indices
        self._state = indices.state
        self._waiting: dict[str, _Waiting] = {}
        self._bytes = 0
        self._fresh: dict[str, Label] = {}
        self._sent = False

    async def take(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """Entries for the next commit: each item's ordinal, or None for what is stale."""
        held = await self._indices.held([one.id for one in entries if one.id not in self._waiting])
        held |= {one.id: self._waiting[one.id].held for one in entries if one.id in self._waiting}
        held = await self._with_new(entries, held)
        ordinals = [self._put(entry, held) for entry in entries]
        if self._bytes > MOST_BYTES:
            await self._send()
        return ordinals

    async def commit(self) -> bool:
        """Send all, and let it be seen. Answers whether there was anything. Raises: Unavailable: it is lost then."""
        if self._waiting:
            await self._send()
        sent, self._sent = self._sent, False
        if sent:
            await self._indices.refresh()
        return sent

    async def begin_rebuild(self) -> str:
        """Register a rebuild and make its index. Raises: Rebuilding while another one lives."""
        kept, running = await self._state.running()
        if running is not None and not self._indices.lost(running):
            raise Rebuilding
        index = await self._indices.make()
        if not await self._state.replace("rebuild", kept, self._indices.lease(index)):
            raise Rebuilding
        if running is not None:
            await self._indices.delete(running.index)
        await self._indices.create(index)
        return index

    async def renew(self, index: str) -> None:
        """Say that a rebuild lives. Raises: Unavailable when it is over, or another took its place."""
        kept, running = await self._state.running()
        if running is None or running.index != index:
            raise Unavailable("The rebuild is over.")
        if self._indices.ageing(running) and not await self._state.replace("rebuild", kept, self._indices.lease(index)):
            raise Unavailable("The rebuild was given to another.")

    async def copy(self, index: str, entries: Sequence[Entry]) -> Sequence[int | None]:
        """Send entries to a rebuild at once: nobody sees them before it is finished."""
        ids = [one.id for one in entries]
        held = await self._indices.held(ids, index)  # also items that the live one never had
        held |= await self._indices.held(ids)
        held |= {id_: self._waiting[id_].held for id_ in ids if id_ in self._waiting}
        held = await self._with_new(entries, held)
        await self._state.learn(index, {name: label for one in entries for name, label in one.labels.items()})
        taken = await self._indices.send([document(one, held[one.id].ordinal) for one in entries], index)
        if taken is None:
            raise Unavailable("The rebuild is over.")
        return [held[id_].ordinal if took else None for id_, took in zip(ids, taken, strict=True)]

    async def end_rebuild(self, index: str, *, live: str) -> None:
        """Forget it, and delete what it made unless that answers now."""
        kept, running = await self._state.running()
        if running is not None and running.index == index:
            await self._state.replace("rebuild", kept, {})
        if live != index:
            await self._indices.delete(index)

    async def _with_new(self, entries: Sequence[Entry], held: Mapping[str, Held]) -> dict[str, Held]:
        """Numbers for the items that nobody has seen before."""
        new = list(dict.fromkeys(one.id for one in entries if one.id not in held))
        first = await self._state.ordinals(len(new)) if new else 0
        return {**held, **{id_: Held(-1, first + place) for place, id_ in enumerate(new)}}

    def _put(self, entry: Entry, held: dict[str, Held]) -> int | None:
        there = held[entry.id]
        if there.version > entry.version:
            return None
        held[entry.id] = Held(entry.version, there.ordinal)
        lines = document(entry, there.ordinal)
        before = self._waiting.get(entry.id)
        self._bytes += len(lines) - (len(before.lines) if before is not None else 0)
        self._waiting[entry.id] = _Waiting(held[entry.id], lines)
        self._fresh.update(entry.labels)
        return there.ordinal

    async def _send(self) -> None:
        """A rebuild gets it first: should that fail both are without it, and whoever wrote it writes it again."""
        waiting, self._waiting, self._bytes = self._waiting, {}, 0
        fresh, self._fresh = self._fresh, {}
        lines = [one.lines for one in waiting.values()]
        live = await self._indices.live()
        _, running = await self._state.running()
        if running is not None and running.index != live:
            await self._state.learn(running.index, fresh)
            await self._indices.send(lines, running.index)
        await self._state.learn(live, fresh)
        await self._indices.send(lines)
        self._sent = True
