"""What a chunk of offerings changes, given what is known. Pure: it may run again with the same answer.

A row is unchanged when its content equals the last accepted row of its code; content that differs is taken unless a
newer feed has spoken. The whole item is published when anything of it changed, an offer only when the offer did.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from haat.events.envelope import Message
from haat.inbound.feed import Counts
from haat.inbound.messages import ItemOffered, OfferedVariant, OfferOffered, StockCount
from haat.inbound.model import Refusal
from haat.inbound.offering import ENCODER, OfferCore, Offering, Part, digest
from haat.vocabulary import sku_of

_ITEM: Final = msgspec.json.Decoder(ItemOffered)
_VARIANTS: Final = msgspec.json.Decoder(list[OfferedVariant])
_CORE: Final = msgspec.json.Decoder(OfferCore)
RETIRED: Final = digest(b"retired")


class KnownItem(NamedTuple):
    """What was last accepted for an item's code."""

    code: str
    item_id: str
    hash: bytes
    variants_hash: bytes
    payload: bytes  # the item's own part and its variants, two lines of JSON
    as_of_ms: int
    feed_id: str
    line: int

    def offered(self) -> ItemOffered:
        """The last published event."""
        item, _, variants = self.payload.partition(b"\n")
        return msgspec.structs.replace(_ITEM.decode(item), item_id=self.item_id, variants=_VARIANTS.decode(variants))


class KnownSku(NamedTuple):
    """What was last accepted for a sellable unit's code."""

    code: str
    item_id: str
    hash: bytes
    offer: bytes  # OfferCore, JSON
    as_of_ms: int
    feed_id: str
    line: int


class Speaker(NamedTuple):
    """The feed that speaks."""

    feed_id: str
    seller: str
    as_of_ms: int
    currency: str


@dataclass(slots=True)
class Outcome:
    """What to write."""

    items: dict[str, KnownItem] = field(default_factory=dict)
    skus: dict[str, KnownSku] = field(default_factory=dict)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    accepted: set[int] = field(default_factory=set)  # numbers of rows
    unchanged: set[int] = field(default_factory=set)
    missing_prices: int = 0
    older: int = 0

    def count(self, counts: Counts, rows: int) -> Counts:
        """The feed's counts with this chunk added. Raises: AssertionError if a row had no answer, or two."""
        refused = {refusal.number for refusal in self.refusals}
        accepted = self.accepted - refused
        unchanged = self.unchanged - refused - accepted
        assert rows == len(refused) + len(accepted) + len(unchanged), "a row ended in no outcome, or in two"
        return msgspec.structs.replace(
            counts,
            rows=counts.rows + rows,
            accepted=counts.accepted + len(accepted),
            unchanged=counts.unchanged + len(unchanged),
            refused=counts.refused + len(refused),
            reasons=counts.reasons + len(self.refusals),
            missing_prices=counts.missing_prices + self.missing_prices,
            older=counts.older + self.older,
            items=counts.items + sum(1 for _, m in self.messages if isinstance(m, ItemOffered)),
            offers=counts.offers + sum(1 for _, m in self.messages if isinstance(m, OfferOffered)),
        )


def decide(
    speaker: Speaker,
    offerings: Iterable[Offering],
    items: Mapping[str, KnownItem],
    skus: Mapping[str, KnownSku],
    new_ids: Sequence[str],
) -> Outcome:
    """The outcome of a chunk. `new_ids` has an id for each offering, used if its code is new."""
    outcome = Outcome()
    decider = _Decider(speaker, outcome, dict(items), dict(skus), iter(new_ids))
    for offering in offerings:
        decider.take(offering)
    return outcome


@dataclass(slots=True)
class _Decider:
    speaker: Speaker
    outcome: Outcome
    items: dict[str, KnownItem]
    skus: dict[str, KnownSku]
    new_ids: Iterator[str]

    def take(self, offering: Offering) -> None:
        new_id = next(self.new_ids)
        known = self.items.get(offering.code)
        if offering.action == "price":
            self._price(offering)
        elif offering.action == "retire":
            self._retire(offering, known)
        elif known and known.feed_id == self.speaker.feed_id:
            self._refuse_all(offering, f"{offering.code} was already given on line {known.line} of this file.")
        else:
            self._offer(offering, known, known.item_id if known else new_id)

    # ---- whole items

    def _offer(self, offering: Offering, known: KnownItem | None, item_id: str) -> None:
        parts = [part for part in offering.parts if self._free(part, item_id)]
        if not parts:
            self._refuse_all(offering, "The item has no variant that could be taken.")
            return
        same_item = known is not None and known.hash == offering.hash
        changed = [part for part in parts if not self._same(part)]
        if known and known.as_of_ms >= self.speaker.as_of_ms and (changed or not same_item):
            self._refuse_older(offering, parts, changed, same_item=same_item)
            return
        gone = len(parts) != len(offering.parts)
        variants_hash = digest(*(p.variant_json for p in parts)) if gone else offering.variants_hash
        self._mark(offering, parts, changed, same_item=same_item)
        same_variants = known is not None and known.variants_hash == variants_hash
        if known and same_item and (same_variants or (offering.held and not changed)):
            self._remember(known._replace(as_of_ms=max(known.as_of_ms, self.speaker.as_of_ms), line=offering.line))
        else:
            held = self._held(offering, known)
            self._publish_item(offering, parts, item_id, held, variants_hash)
        for part in parts:
            self._offer_part(part, item_id)

    def _publish_item(
        self, offering: Offering, parts: Sequence[Part], item_id: str, held: list[OfferedVariant], variants_hash: bytes
    ) -> None:
        speaker, line = self.speaker, offering.line
        where = {"item_id": item_id, "feed_id": speaker.feed_id, "as_of_ms": speaker.as_of_ms, "line": line}
        variants = [*(part.variant for part in parts), *held]
        event = msgspec.structs.replace(offering.item, variants=variants, **where)
        self.outcome.messages.append((item_id, event))
        written = [*(part.variant_json for part in parts), *map(ENCODER.encode, held)]
        payload = offering.item_json + b"\n[" + b",".join(written) + b"]"
        self._remember(
            KnownItem(offering.code, item_id, offering.hash, variants_hash, payload, speaker.as_of_ms, "", line)
        )

    def _held(self, offering: Offering, known: KnownItem | None) -> list[OfferedVariant]:
        """Variants whose rows were refused stay as they were."""
        if not offering.held or known is None or not known.payload:
            return []
        taken = {part.code for part in offering.parts}
        return [v for v in known.offered().variants if v.code in offering.held and v.code not in taken]

    def _free(self, part: Part, item_id: str) -> bool:
        """Whether this sku may be taken by this item now; refuses its row if not."""
        known = self.skus.get(part.code)
        if known is None:
            return True
        if known.feed_id == self.speaker.feed_id:
            reason = f"{part.code} was already given on line {known.line} of this file."
        elif known.item_id != item_id:
            reason = f"{part.code} belongs to another item of yours; a code stays with its item."
        else:
            return True
        self.outcome.refusals.append(Refusal(part.line, "code", reason, part.number))
        return False

    def _same(self, part: Part) -> bool:
        known = self.skus.get(part.code)
        return known is not None and known.hash == part.hash

    def _mark(self, offering: Offering, parts: Sequence[Part], changed: Sequence[Part], *, same_item: bool) -> None:
        into = self.outcome.unchanged if same_item else self.outcome.accepted
        into.update(offering.item_rows)
        self.outcome.unchanged.update(part.number for part in parts)
        self.outcome.accepted.update(part.number for part in changed)
        self.outcome.missing_prices += sum(part.price_missing for part in parts)

    def _offer_part(self, part: Part, item_id: str) -> None:
        known = self.skus.get(part.code)
        speaker = self.speaker
        if known is None or known.offer != part.offer_json:
            self._publish(part.code, part.line, item_id, part.offer)
        as_of_ms = max(speaker.as_of_ms, known.as_of_ms if known else 0)
        self._keep(KnownSku(part.code, item_id, part.hash, part.offer_json, as_of_ms, speaker.feed_id, part.line))

    def _publish(self, code: str, line: int, item_id: str, core: OfferCore) -> None:
        speaker = self.speaker
        event = OfferOffered(
            item_id=item_id, sku=sku_of(speaker.seller, code), seller=speaker.seller, feed_id=speaker.feed_id,
            as_of_ms=speaker.as_of_ms, line=line, price_minor=core.price_minor, currency=speaker.currency,
            tax_class=core.tax_class, active=core.active, stock=core.stock,
            stock_mode="initial" if core.initial else "restate",
        )  # fmt: skip
        self.outcome.messages.append((item_id, event))

    def _remember(self, item: KnownItem) -> None:
        kept = item._replace(feed_id=self.speaker.feed_id)
        self.items[item.code] = self.outcome.items[item.code] = kept

    def _keep(self, sku: KnownSku) -> None:
        self.skus[sku.code] = self.outcome.skus[sku.code] = sku

    # ---- refusals

    def _rows(self, offering: Offering) -> dict[int, int]:
        """Row numbers of an offering with their lines."""
        return dict.fromkeys(offering.item_rows, offering.line) | {part.number: part.line for part in offering.parts}

    def _refuse_all(self, offering: Offering, reason: str, field_name: str = "code") -> None:
        told = {refusal.number for refusal in self.outcome.refusals}
        self.outcome.refusals += [
            Refusal(line, field_name, reason, number)
            for number, line in self._rows(offering).items()
            if number not in told
        ]

    def _refuse_older(
        self, offering: Offering, parts: Sequence[Part], changed: Sequence[Part], *, same_item: bool
    ) -> None:
        """Rows that differ are refused; rows that say the same are unchanged."""
        reason = "A newer feed has already told us about this; nothing was changed."
        differ = {part.number: part.line for part in changed}
        if not same_item:
            differ |= dict.fromkeys(offering.item_rows, offering.line)
        self.outcome.refusals += [Refusal(line, "", reason, number) for number, line in differ.items()]
        self.outcome.older += len(differ)
        rest = self._rows(offering).keys() - differ.keys()
        self.outcome.unchanged.update(rest & {*offering.item_rows, *(part.number for part in parts)})

    # ---- updates

    def _price(self, offering: Offering) -> None:
        """Only the price of a known sku."""
        (part,) = offering.parts
        known = self.skus.get(part.code)
        if known is None:
            self._refuse_all(offering, f"{part.code} is not known; send the product before its price.")
            return
        core = _CORE.decode(known.offer)
        if core.price_minor == part.offer.price_minor:
            self.outcome.unchanged.add(part.number)
            return
        if known.as_of_ms >= self.speaker.as_of_ms:
            self._refuse_older(offering, offering.parts, offering.parts, same_item=True)
            return
        priced = msgspec.structs.replace(core, price_minor=part.offer.price_minor)
        self._publish(part.code, part.line, known.item_id, msgspec.structs.replace(priced, stock=_NO_STOCK))
        encoded = ENCODER.encode(priced)
        self._keep(known._replace(hash=digest(encoded), offer=encoded, as_of_ms=self.speaker.as_of_ms, line=part.line))
        self.outcome.accepted.add(part.number)

    def _retire(self, offering: Offering, known: KnownItem | None) -> None:
        """The item is no longer sold: it is retired, and its offers end."""
        if known is None or not known.payload:
            self._refuse_all(offering, f"{offering.code} is not known, so there is nothing to delete.")
            return
        number = offering.number
        if known.hash == RETIRED:
            self.outcome.unchanged.add(number)
            return
        if known.as_of_ms >= self.speaker.as_of_ms:
            self._refuse_older(offering, [], offering.parts, same_item=True)
            return
        speaker = self.speaker
        event = msgspec.structs.replace(
            known.offered(), status="retired", feed_id=speaker.feed_id, as_of_ms=speaker.as_of_ms, line=offering.line
        )
        self.outcome.messages.append((known.item_id, event))
        item = msgspec.structs.replace(event, item_id="", feed_id="", as_of_ms=0, line=0, variants=[])
        payload = ENCODER.encode(item) + b"\n" + ENCODER.encode(event.variants)
        self._remember(known._replace(hash=RETIRED, payload=payload, as_of_ms=speaker.as_of_ms, line=offering.line))
        for variant in event.variants:
            sku = self.skus.get(variant.code)
            if sku is not None:
                core = msgspec.structs.replace(_CORE.decode(sku.offer), active=False)
                self._publish(sku.code, offering.line, sku.item_id, msgspec.structs.replace(core, stock=_NO_STOCK))
                encoded = ENCODER.encode(core)
                self._keep(sku._replace(hash=digest(encoded), offer=encoded, as_of_ms=speaker.as_of_ms))
        self.outcome.accepted.add(number)


_NO_STOCK: Final[list[StockCount]] = []  # says nothing about stock
