"""The category tree in the document store: one document, read whole, changed by compare-and-set.

One document and not one per category, because what must hold (a parent exists, an attribute means the same down a
branch, only an empty category goes) holds across categories, and documents commit one by one. It also makes the whole
tree one read and one pre-encoded answer. 5,595 categories (Google's taxonomy) take 0.6 MB.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from haat.catalog.categories import Category, Tree
from haat.engines.documents import Documents, Put
from haat.errors import Unavailable
from haat.vocabulary import Clock

FRESH_S: Final = 1.0  # how long a process may go on with the tree it has
_ID: Final = "tree"
_TRIES: Final = 8


class Forest(Struct, frozen=True):
    """The tree as it is stored and as it is answered, parents before children. `version` counts its changes."""

    version: int
    categories: list[Category]


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Forest)


class TreeStore:
    """The collection `categories` and this process's copy of it."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._tree = Tree(0, ())
        self._body = _ENCODER.encode(Forest(0, []))
        self._read_s = float("-inf")

    @property
    def known(self) -> Tree:
        """The tree as last read, without asking: for what must answer from memory."""
        return self._tree

    async def current(self) -> Tree:
        """The tree, at most a second old; while its store is away the last one known, which is looked for each second.

        Raises: Unavailable when there is none yet.
        """
        now_s = self._clock.monotonic_s()
        if now_s - self._read_s >= FRESH_S:
            try:
                await self.fresh()
            except Unavailable:
                if not self._tree.version:
                    raise
                self._read_s = now_s
        return self._tree

    async def answer(self) -> tuple[int, bytes]:
        """Version and encoded bytes of `current`, encoded once a version. Raises: Unavailable."""
        version = (await self.current()).version
        return version, self._body

    async def fresh(self) -> Tree:
        """The tree as it is now. One round trip. Raises: Unavailable."""
        found = (await self._documents.get([_ID])).get(_ID)
        if found is not None and found.version > self._tree.version:
            self._take(Tree(found.version, _DECODER.decode(found.body).categories), found.body)
        self._read_s = self._clock.monotonic_s()
        return self._tree

    async def change(self, step: Callable[[Tree], Tree]) -> Tree:
        """Apply a change to the newest tree; `step` may run again when somebody was faster, and may raise.

        A step that answers the tree it was given changes nothing. Raises: what `step` raises; Unavailable.
        """
        for _ in range(_TRIES):
            old = await self.fresh()
            new = step(old)
            if new is old:
                return old
            tree = Tree(old.version + 1, new.by_id.values())
            body = _ENCODER.encode(Forest(tree.version, list(tree.by_id.values())))
            put = Put(id=_ID, body=body, expects=old.version, keys={}, outgoing=())
            if (await self._documents.put([put]))[0]:
                self._take(tree, body)
                return tree
        raise Unavailable("Too many changes of the category tree at once.")

    def _take(self, tree: Tree, body: bytes) -> None:
        if tree.version > self._tree.version:  # a slower reader must not bring an older tree back
            self._tree, self._body = tree, body
