"""Which item a sku belongs to: one document per sku, claimed before the item that wants it is written.

Documents of two collections do not commit together, so the claim comes first and stands for ever. A crash between the
two leaves a claim without its item; it is given up after a minute, which no write takes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

from haat.engines.documents import Document, Documents, Put
from haat.errors import Unavailable
from haat.vocabulary import Clock

ABANDONED_MS: Final = 60_000
_TRIES: Final = 5


class Claim(Struct, frozen=True):
    """A sku's item."""

    item_id: str
    claimed_ms: int


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Claim)


@dataclass(frozen=True, slots=True)
class SkuClaims:
    """The collection `skus`. `items` tells whether the item of an old claim was ever written."""

    documents: Documents
    items: Documents
    clock: Clock

    async def owners(self, skus: Sequence[str]) -> dict[str, str]:
        """Item ids by sku; skus that nobody has are left out. One round trip. Raises: Unavailable."""
        return {sku: _DECODER.decode(d.body).item_id for sku, d in (await self.documents.get(skus)).items()}

    async def claim(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Claim skus for items (sku → item id). Answers the refused ones: sku → the item that has it.

        Claiming again for the same item changes nothing. Two round trips for any number when none is taken.
        Raises: Unavailable.
        """
        refused: dict[str, str] = {}
        open_skus = dict(wanted)
        for _ in range(_TRIES):
            if not open_skus:
                return refused
            found = await self.documents.get(list(open_skus))
            gone = await self._abandoned(found.values(), open_skus)
            puts: list[Put] = []
            for sku, item_id in open_skus.items():
                there = found.get(sku)
                if there is None or there.id in gone:
                    puts.append(self._put(sku, item_id, there.version if there else 0))
                elif (owner := _DECODER.decode(there.body).item_id) != item_id:
                    refused[sku] = owner
            done = await self.documents.put(puts) if puts else []
            open_skus = {put.id: open_skus[put.id] for put, won in zip(puts, done, strict=True) if not won}
        if open_skus:
            raise Unavailable("Too many writers want the same skus.")
        return refused

    async def _abandoned(self, documents: Iterable[Document], wanted: Mapping[str, str]) -> set[str]:
        """Skus whose old claim is by an item that was never written."""
        before_ms = self.clock.now_ms() - ABANDONED_MS
        others = {
            document.id: claim.item_id
            for document in documents
            if (claim := _DECODER.decode(document.body)).item_id != wanted[document.id] and claim.claimed_ms < before_ms
        }
        written = await self.items.get(list(set(others.values()))) if others else {}
        return {sku for sku, item_id in others.items() if item_id not in written}

    def _put(self, sku: str, item_id: str, expects: int) -> Put:
        body = _ENCODER.encode(Claim(item_id, self.clock.now_ms()))
        return Put(id=sku, body=body, expects=expects, keys={}, outgoing=())
