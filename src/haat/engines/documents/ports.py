"""The documents port: one collection of versioned JSON bodies.

Promises (tests/contracts/documents.py has a test of each name):
P1 a put that was answered True is durable: body, lookup keys and outgoing rows; after a crash all are there or none
P2 a put whose `expects` is not the stored version changes nothing, is answered False, and its neighbours go on
P3 of many writers that expect the same version exactly one is answered True
P4 the stored version is `expects` + 1, and versions only grow
P5 `get` of many ids is one round trip; unknown ids are missing from the answer
P6 `find` gives exactly the documents whose newest keys hold the value, by id, page by page
P7 `scan` visits every document that is there all the while exactly once, by id
P8 bodies, ids and lookup values come back as they are, but an id with a NUL character is refused (`Invalid`);
   collections do not see each other
P9 after close, and while the engine is gone, every call raises `Unavailable`
P10 `starting` gives documents with a word of their newest write that begins so, each once, in no promised order
P11 what was brought is there with version, lookup keys, words and outgoing rows, and `whole` gives it back as it was
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from haat.engines.outgoing import Outgoing

WORD: Final = "word"
"""The lookup name that words are kept under: `find` asks for a whole one."""


class Document(NamedTuple):
    """One stored document."""

    id: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """A document to be written if its version is still the expected one."""

    id: str
    body: bytes
    expects: int  # 0: must not exist yet
    keys: Mapping[str, str] = field(default_factory=dict)  # lookup name → value; replaces all earlier ones
    outgoing: Sequence[Outgoing] = ()
    words: Collection[str] = ()  # whose beginnings it is found by; replaces all earlier ones


class Documents(Protocol):
    """A collection of documents. Promises in the module's docstring."""

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of the ids that exist. Raises: Unavailable. Cost: one round trip."""

    async def put(self, puts: Sequence[Put]) -> list[bool]:
        """Write each, in order; False marks a stale one. Raises: Invalid (nothing written); Unavailable.

        Each put stands for itself: a call that ended in Unavailable may have written some of them, each of these whole.
        Cost: one round trip for all of them, if no id occurs twice.
        """

    async def find(self, key: str, value: str, after: str = "", limit: int = 100) -> list[Document]:
        """Documents whose lookup `key` is `value`, by id, behind the id `after`. Raises: Unavailable."""

    async def scan(self, after: str = "", limit: int = 500) -> list[Document]:
        """All documents by id, behind the id `after`. Raises: Unavailable."""

    async def starting(self, beginning: str, limit: int = 100) -> list[Document]:
        """Up to `limit` documents with a word that begins so. Raises: Unavailable."""

    async def ping(self) -> None:
        """Return if the engine answers. Raises: Unavailable."""


class Whole(NamedTuple):
    """A document with all that it is known by."""

    id: str
    version: int
    body: bytes
    keys: Mapping[str, str]
    words: Sequence[str] = ()  # in their order as texts, each once


class MovableDocuments(Documents, Protocol):
    """A collection whose documents can come from, or go to, another engine."""

    async def whole(self, after: str = "", limit: int = 500) -> list[Whole]:
        """As `scan`, with lookup keys and words. Raises: Unavailable."""

    async def bring(self, documents: Sequence[tuple[Whole, Sequence[Outgoing]]]) -> None:
        """Write documents that are not there yet, with the version that they have, and what is to be sent of each.

        Raises: Refused, when an id is taken; Unavailable. Others may have been written then, each of these whole.
        """
