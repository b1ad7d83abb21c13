"""What a search server keeps of an index beside its documents: labels, coverage, the next ordinal, a running rebuild.

A small index `<prefix>-state` holds it, one document each, unread by any search. What several processes may change at
the same time is changed by compare and set (`if_seq_no`).
"""

import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from haat.errors import Unavailable
from haat.search.adapters.opensearch_client import SearchClient
from haat.search.coverage import Coverage
from haat.search.index import Label

_ATTEMPTS: Final = 20  # of one compare and set: each that fails is another one's that succeeded
_LABELS: Final = msgspec.json.Decoder(dict[str, Label])
_BODY: Final = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "translog.durability": "request"}},
    "mappings": {"enabled": False},
}


class Kept(NamedTuple):
    """A document and its place in the history of changes; seq_no -1: there is none yet."""

    body: Mapping[str, Any]
    seq_no: int = -1
    term: int = 0


class Marks(NamedTuple):
    """The changes that a view was taken at: equal marks, equal labels, coverage and documents."""

    labels: int
    coverage: int
    commit: str


class Running(msgspec.Struct, frozen=True):
    """A rebuild: the index it fills, and until when it is believed to be alive."""

    index: str
    until_ms: int


class ServerState:
    """The state index of one prefix."""

    def __init__(self, client: SearchClient, prefix: str) -> None:
        self._client = client
        self.index = f"{prefix}-state"
        self._labels: tuple[str, int, Mapping[str, Label]] = ("", -1, {})  # of which index, at which change
        self._coverage: tuple[str, int, Coverage] = ("", -1, Coverage())

    async def create(self) -> None:
        """Make the index, unless it is there."""
        await create(self._client, self.index, _BODY)

    async def marks(self, index: str) -> Marks:
        """At which changes the content of an index is now. One round trip."""
        asked = [
            {"_id": f"labels:{index}", "_source": False},
            {"_id": f"coverage:{index}", "_source": False},
            {"_id": "commit"},
        ]
        found = await self._ask("POST", "_mget", {"docs": asked})
        labels, coverage, commit = found["docs"]
        return Marks(
            labels.get("_seq_no", -1),
            coverage.get("_seq_no", -1),
            commit["_source"]["id"] if commit.get("found") else "",
        )

    async def labels(self, index: str, seq_no: int) -> Mapping[str, Label]:
        """The labels as of a change, or a later one; read once."""
        if self._labels[:2] != (index, seq_no):
            kept = await self.read(f"labels:{index}")
            read = _LABELS.decode(unpacked(kept.body)) if kept.seq_no >= 0 else {}
            self._labels = (index, kept.seq_no, read)
        return self._labels[2]

    async def coverage(self, index: str, seq_no: int) -> Coverage:
        """The coverage as of a change, or a later one; read once."""
        if self._coverage[:2] != (index, seq_no):
            kept = await self.read(f"coverage:{index}")
            read = Coverage.decode(unpacked(kept.body)) if kept.seq_no >= 0 else Coverage()
            self._coverage = (index, kept.seq_no, read)
        return self._coverage[2]

    async def cover(self, index: str, coverage: Coverage) -> None:
        """Replace the coverage of an index."""
        await self.write(f"coverage:{index}", packed(coverage.encode()))

    async def learn(self, index: str, fresh: Mapping[str, Label]) -> None:
        """Add labels to those of an index."""
        name = f"labels:{index}"
        for _ in range(_ATTEMPTS):
            owner, _, known = self._labels
            if owner == index and all(known.get(key) == label for key, label in fresh.items()):
                return
            kept = await self.read(name)
            known = _LABELS.decode(unpacked(kept.body)) if kept.seq_no >= 0 else {}
            merged = {**known, **fresh}
            if merged == known:
                self._labels = (index, kept.seq_no, known)
                return
            if await self.replace(name, kept, packed(msgspec.json.encode(merged))):
                return
        raise Unavailable("Labels of the item index are changed by too many at once.")

    async def ordinals(self, count: int) -> int:
        """Numbers that nobody else gets: the first of so many in a row."""
        for _ in range(_ATTEMPTS):
            kept = await self.read("ordinals")
            first = int(kept.body.get("next", 0))
            if await self.replace("ordinals", kept, {"next": first + count}):
                return first
        raise Unavailable("Numbers of items are taken by too many at once.")

    async def tell(self) -> None:
        """Say that something was committed."""
        await self.write("commit", {"id": secrets.token_hex(8)})

    async def running(self) -> tuple[Kept, Running | None]:
        """The rebuild that is registered, whether it lives or not."""
        kept = await self.read("rebuild")
        there = kept.seq_no >= 0 and bool(kept.body.get("index"))
        return kept, msgspec.convert(kept.body, Running) if there else None

    async def read(self, name: str) -> Kept:
        """A document by its name."""
        answer = await self._client.ask(
            "GET", f"/{self.index}/_doc/{name}", within_s=self._client.state_s, expected=(404,)
        )
        if not answer.found:
            if "error" in answer.body:  # the whole index is not there
                raise Unavailable("The item index is not there.")
            return Kept({})
        return Kept(answer.body["_source"], answer.body["_seq_no"], answer.body["_primary_term"])

    async def write(self, name: str, body: object) -> None:
        """Put a document there, whatever was."""
        await self._ask("PUT", f"_doc/{name}", body)

    async def replace(self, name: str, kept: Kept, body: object) -> bool:
        """Put a document in the place of one that was read; False if it is another by now. Never sent twice."""
        condition = f"if_seq_no={kept.seq_no}&if_primary_term={kept.term}" if kept.seq_no >= 0 else "op_type=create"
        path = f"/{self.index}/_doc/{name}?{condition}"
        answer = await self._client.ask("PUT", path, body, within_s=self._client.state_s, expected=(409,), again=False)
        return answer.status != 409

    async def _ask(self, method: str, path: str, body: object) -> Any:
        return (await self._client.ask(method, f"/{self.index}/{path}", body, within_s=self._client.state_s)).body


async def create(client: SearchClient, index: str, body: object) -> bool:
    """Make an index; False if it is there already."""
    answer = await client.ask("PUT", f"/{index}", body, within_s=client.bulk_s, expected=(400,), again=False)
    if answer.status == 400 and answer.body["error"]["type"] != "resource_already_exists_exception":
        raise Unavailable(f"An index could not be made: {answer.body['error']['type']}")
    return answer.status != 400


def packed(content: bytes) -> dict[str, str]:
    """Bytes as a document: a matrix is a megabyte of small numbers, and a twentieth of that when packed."""
    return {"body": b64encode(zlib.compress(content, 1)).decode()}


def unpacked(body: Mapping[str, Any]) -> bytes:
    """The bytes again."""
    return zlib.decompress(b64decode(body["body"]))
