"""One generation of the index in its folder: the tantivy index, the labels, the coverage. Used by one thread only."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from tantivy import Index, IndexWriter, Query

from haat.search.adapters.tantivy_query import Compiler
from haat.search.adapters.tantivy_schema import FORMAT, build_schema, document
from haat.search.adapters.tantivy_tally import Tallier
from haat.search.adapters.tantivy_view import StoredHits, TantivyView
from haat.search.coverage import Coverage
from haat.search.index import Entry, Held, Label

REMEMBERED: Final = 100_000
"""Items whose version is kept at hand, 200 bytes each: the hints of a busy shop come back to the same ones."""
_LABELS: Final = msgspec.json.Decoder(dict[str, Label])


class Generation:
    """An open generation: one writer, one newest searcher."""

    def __init__(self, folder: Path, index: Index, heap_bytes: int) -> None:
        self.folder = folder
        self._index = index
        self._schema = index.schema
        index.config_reader("manual")
        self._writer: IndexWriter | None = index.writer(heap_bytes, 1)
        index.reload()
        self._searcher = index.searcher()
        self._compiler = Compiler(self._schema, index)
        self._tallier = Tallier(self._searcher, self._compiler)
        self._stored = StoredHits(self._searcher)
        self._labels: Mapping[str, Label] = _LABELS.decode(_read(folder / "labels.json") or b"{}")
        encoded = _read(folder / "coverage.bin")
        self._coverage = Coverage.decode(encoded) if encoded else Coverage()
        self._pending: dict[str, Held] = {}  # what is not committed
        self._looked_up: dict[str, Held | None] = {}  # what is committed, of items read or written lately
        self._shown = 0
        highest = self._searcher.aggregate(Query.all_query(), {"most": {"max": {"field": "ordinal"}}})["most"]["value"]
        self._next_ordinal = int(highest) + 1 if highest is not None else 0

    @staticmethod
    def readable(folder: Path) -> bool:
        """Whether this code can read what lies there: an older format is built anew, not read."""
        return (_read(folder / "format") or b"").strip() == str(FORMAT).encode()

    @classmethod
    def create(cls, folder: Path, heap_bytes: int) -> "Generation":
        """Begin an empty one."""
        (folder / "index").mkdir(parents=True)
        index = Index(build_schema(), path=str(folder / "index"), sort_by_field="reach")
        _replace(folder / "format", str(FORMAT).encode())
        return cls(folder, index, heap_bytes)

    @classmethod
    def open(cls, folder: Path, heap_bytes: int) -> "Generation":
        """Open one as it was last committed."""
        return cls(folder, Index.open(str(folder / "index")), heap_bytes)

    @property
    def items(self) -> int:
        """Committed documents."""
        return self._searcher.num_docs

    def view(self, now_ms: int) -> TantivyView:
        """A snapshot of what is committed, under a name never used before."""
        self._shown += 1
        name = f"{self.folder.name}.{now_ms:x}.{self._shown:x}"
        return TantivyView(
            name, self._searcher, self._compiler, self._tallier, self._stored, self._coverage, self._labels
        )

    def write(self, entries: Sequence[Entry], known: "Generation | None" = None) -> list[int | None]:
        """Add what is not older than what is there. `known` gives the ordinals of items that are new here."""
        writer = self._opened()
        ordinals: list[int | None] = []
        fresh: dict[str, Label] = {}
        for entry in entries:
            held = self._pending.get(entry.id) or self._committed(entry.id)
            if held is not None and held.version > entry.version:
                ordinals.append(None)
                continue
            if held is not None:
                writer.delete_documents_by_term("id", entry.id)
                ordinal = held.ordinal
            else:
                ordinal = self._new_ordinal(entry.id, known)
            writer.add_json(document(entry, ordinal))
            self._pending[entry.id] = Held(entry.version, ordinal)
            ordinals.append(ordinal)
            fresh.update(entry.labels)
        self._learn(fresh)
        return ordinals

    def commit(self) -> bool:
        """Make it durable and visible. Answers whether there was anything."""
        if not self._pending:
            return False
        self._opened().commit()
        self._looked_up.update(self._pending)
        self._pending.clear()
        self._index.reload()
        self._searcher = self._index.searcher()
        self._tallier = Tallier(self._searcher, self._compiler)
        self._stored = StoredHits(self._searcher)
        return True

    def cover(self, coverage: Coverage) -> None:
        """Remember which matrix the documents say."""
        _replace(self.folder / "coverage.bin", coverage.encode())
        self._coverage = coverage

    def close(self) -> None:
        """Give up the writer's lock; what was not committed is dropped."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None

    def ping(self) -> None:
        """Raise unless the files can be read."""
        self._searcher.search(Query.all_query(), 1, count=False)

    def stocked_in(self, warehouses: Sequence[str]) -> list[str]:
        """Ids of the committed items stocked in any of these."""
        if not warehouses or self.items == 0:
            return []
        query = Query.term_set_query(self._schema, "warehouse", list(warehouses))
        hits = self._searcher.search(query, self.items, count=False).hits
        return [str(self._searcher.doc(address).get_first("id")) for _, address in hits]

    def held(self, ids: Sequence[str]) -> dict[str, Held]:
        """What is committed of each that is there."""
        found = {id_: self._committed(id_) for id_ in ids}
        return {id_: held for id_, held in found.items() if held is not None}

    def _committed(self, id_: str) -> Held | None:
        if id_ not in self._looked_up:
            if len(self._looked_up) >= REMEMBERED:
                self._looked_up.clear()
            self._looked_up[id_] = self._look_up(id_)
        return self._looked_up[id_]

    def _look_up(self, id_: str) -> Held | None:
        if not self._searcher.doc_freq("id", id_):  # 0.5 µs, and most writes of an import end here
            return None
        hits = self._searcher.search(Query.term_query(self._schema, "id", id_), 1, count=False).hits
        if not hits:
            return None
        address = [hits[0][1]]
        (version,), (ordinal,) = (self._searcher.fast_field_values(name, address) for name in ("version", "ordinal"))
        assert version is not None
        assert ordinal is not None
        return Held(int(version), int(ordinal))

    def _new_ordinal(self, id_: str, known: "Generation | None") -> int:
        """An item keeps its number in the next generation; new ones are numbered by one counter for both."""
        if known is None:
            self._next_ordinal += 1
            return self._next_ordinal - 1
        held = known._pending.get(id_) or known._committed(id_)  # noqa: SLF001  # another generation of this class
        ordinal = held.ordinal if held is not None else known._new_ordinal(id_, None)  # noqa: SLF001  # as above
        self._next_ordinal = max(self._next_ordinal, ordinal + 1)
        return ordinal

    def _learn(self, fresh: Mapping[str, Label]) -> None:
        """Labels reach the disk before the documents that need them."""
        if any(self._labels.get(name) != label for name, label in fresh.items()):
            self._labels = {**self._labels, **fresh}  # views hold the old one
            _replace(self.folder / "labels.json", msgspec.json.encode(self._labels))

    def _opened(self) -> IndexWriter:
        if self._writer is None:
            raise OSError("closed")
        return self._writer


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _replace(path: Path, content: bytes) -> None:
    """Put content there in one step: a crash leaves the old or the new."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
