"""The indices of one prefix in a search server: which one answers, new ones, and the end of old ones.

An alias named like the prefix points to the index that answers. Documents are sent through aliases too, because a bulk
request to an index that was deleted meanwhile would make a new one: `<index>-write` ends with its index.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final

from haat.errors import Unavailable
from haat.search.adapters.opensearch_client import Answer, SearchClient
from haat.search.adapters.opensearch_schema import FORMAT, index_body
from haat.search.adapters.opensearch_state import Running, ServerState, create
from haat.search.index import Held
from haat.vocabulary import Clock

LEASE_S: Final = 60.0
"""So long after its last sign of life a rebuild is believed to be lost."""
_BULK_BYTES: Final = 4 << 20


class Indices:
    """See above. `keep_s`: how long a replaced index is still read by views that were handed out."""

    def __init__(self, client: SearchClient, alias: str, clock: Clock, keep_s: float) -> None:
        self.alias = alias
        self.client = client
        self.state = ServerState(client, alias)
        self._clock = clock
        self._keep_ms = keep_s * 1_000
        self._retired: dict[str, int] = {}  # when

    async def open(self) -> None:
        """Make the first index unless there is one that this code can read. Several processes at once make one."""
        await self.state.create()
        await self._started(self.state.index)
        old = await self._pointed()
        if old is None or not await self._readable(old):
            first = f"{self.alias}-first-{FORMAT}"
            await create(self.client, first, index_body(self.alias if old is None else None, _write(first)))
            if old is not None:
                await self.point(first, old)
                await self.delete(old)
        await self._started(self.alias)
        await self._find_lost()

    async def live(self) -> str:
        """The index that answers. Raises: Unavailable."""
        found = await self._pointed()
        if found is None:
            raise Unavailable("The item index is not there.")
        return found

    async def make(self) -> str:
        """A name for one more index; it is not there yet."""
        return f"{self.alias}-{self._clock.now_ms():x}-{secrets.token_hex(3)}"

    async def create(self, index: str) -> None:
        """Make it, empty."""
        await create(self.client, index, index_body(None, _write(index)))

    async def refresh(self, index: str = "") -> None:
        """Let searches see all that was sent to it, or to the live one."""
        await self._ask("POST", f"/{index or self.alias}/_refresh")

    async def point(self, new: str, old: str) -> None:
        """Move the alias in one step."""
        move = [{"remove": {"index": old, "alias": self.alias}}, {"add": {"index": new, "alias": self.alias}}]
        await self._ask("POST", "/_aliases", {"actions": move})

    async def delete(self, index: str) -> None:
        """Delete one; that it is gone is no error."""
        await self._ask("DELETE", f"/{index}", expected=(404,))

    async def retire(self, index: str) -> None:
        """From now on nobody is given it; views that were handed out read it for their time."""
        self._retired[index] = self._clock.now_ms()
        await self.state.write(f"retired:{index}", {"at_ms": self._clock.now_ms()})

    async def sweep(self) -> None:
        """Delete the retired ones that no cursor can need."""
        for index, at_ms in list(self._retired.items()):
            if self._clock.now_ms() - at_ms > self._keep_ms:
                await self.delete(index)
                del self._retired[index]

    async def held(self, ids: Collection[str], index: str = "") -> dict[str, Held]:
        """What an index, or the live one, has of each item: read by id, so also what no view shows yet."""
        if not ids:
            return {}
        asked = {"docs": [{"_id": id_, "_source": ["ordinal"]} for id_ in dict.fromkeys(ids)]}
        answer = await self.client.ask("POST", f"/{index or self.alias}/_mget", asked, within_s=self.client.state_s)
        found = [one for one in answer.body["docs"] if one.get("found")]
        return {one["_id"]: Held(int(one["_version"]), int(one["_source"]["ordinal"])) for one in found}

    async def send(self, lines: Sequence[bytes], index: str = "") -> list[bool] | None:
        """Index documents; for each whether it was taken: of the others the server has a newer version.

        None: that index is not there any more. Raises: Unavailable; some may have been taken then.
        """
        alias = _write(index) if index else self.alias
        taken: list[bool] = []
        begin = size = 0
        for place, one in enumerate(lines):
            size += len(one)
            if size > _BULK_BYTES or place == len(lines) - 1:
                answer = await self.client.lines(
                    f"/{alias}/_bulk?require_alias=true", lines[begin : place + 1], within_s=self.client.bulk_s
                )
                results = [item["index"] for item in answer["items"]]
                if index and any(result["status"] == 404 for result in results):
                    return None
                taken += [_taken(result) for result in results]
                begin, size = place + 1, 0
        return taken

    def lease(self, index: str) -> Running:
        """A rebuild that is alive now."""
        return Running(index, self._clock.now_ms() + round(LEASE_S * 1_000))

    def lost(self, running: Running) -> bool:
        """Whether a rebuild has given no sign of life for too long."""
        return running.until_ms <= self._clock.now_ms()

    def ageing(self, running: Running) -> bool:
        """Whether its lease should be made longer."""
        return running.until_ms - self._clock.now_ms() < LEASE_S * 500

    async def _started(self, index: str) -> None:
        """Wait until it can be read: another process may just have made it, or the server just have started.

        By the status of a new index one would not know: it is yellow before it is there.
        """
        patience_s = self.client.bulk_s / 2
        await self._ask("GET", f"/_cluster/health/{index}?wait_for_active_shards=1&timeout={patience_s:.0f}s")

    async def _pointed(self) -> str | None:
        answer = await self._ask("GET", f"/_alias/{self.alias}", expected=(404,))
        return str(next(iter(answer.body))) if answer.found else None

    async def _readable(self, index: str) -> bool:
        """Whether this code can read it: an older format is built anew."""
        mapping = (await self._ask("GET", f"/{index}/_mapping")).body[index]["mappings"]
        return bool(mapping.get("_meta", {}).get("format") == FORMAT)

    async def _find_lost(self) -> None:
        """The indices that were retired by a process that is gone, and those of rebuilds that nobody finished."""
        found = (await self._ask("GET", f"/{self.alias}-*/_alias")).body
        _, running = await self.state.running()
        for index, about in found.items():
            if index == self.state.index or self.alias in about["aliases"] or (running and running.index == index):
                continue
            kept = await self.state.read(f"retired:{index}")
            self._retired[index] = int(kept.body.get("at_ms", self._clock.now_ms()))
        await self.sweep()

    async def _ask(self, method: str, path: str, body: Any = None, expected: Collection[int] = ()) -> Answer:
        return await self.client.ask(method, path, body, within_s=self.client.bulk_s, expected=expected)


def _write(index: str) -> str:
    return f"{index}-write"


def _taken(result: Any) -> bool:
    if result["status"] == 409:
        return False
    if result["status"] >= 300:
        raise Unavailable(f"The search server did not take a document: {result['error']['type']}")
    return True
