"""One reading of one feed: from its file to chunks that are ready to be committed. Runs on worker threads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from haat.events.envelope import rfc3339
from haat.inbound.decide import Speaker
from haat.inbound.feed import Feed
from haat.inbound.formats.build import build
from haat.inbound.formats.entry import Format, Reading
from haat.inbound.formats.registry import detect, format_named
from haat.inbound.grouping import Group, alone, grouped, numbered
from haat.inbound.mapping import Mapping as FeedMapping
from haat.inbound.model import Bad, Draft, Notes, Refusal, Taken, Unreadable
from haat.inbound.offering import Offering, Placer, check, offering
from haat.inbound.ports import AttributeSpec, Chunk
from haat.inbound.readers.source import Source, open_source
from haat.vocabulary import Ids

CHUNK_GROUPS: Final = 500  # one commit's worth: some 40 ms of SQL, and no more than that is read again after a kill
CHUNK_ROWS: Final = 2_000  # groups may be large
_MAPPING: Final = msgspec.json.Decoder(FeedMapping)


@dataclass(slots=True)
class Batch:
    """Some groups, built but not yet checked against their categories."""

    groups: int = 0
    taken: list[Taken] = field(default_factory=list)
    drafts: list[tuple[Taken, Draft, str]] = field(default_factory=list)  # with the category's id, "" for none


@dataclass(frozen=True, slots=True)
class Order:
    """A feed to read and what its rows are read with. Can be sent to another process."""

    feed: Feed
    warehouses: Mapping[str, str]  # code → id of those the seller may use
    category_id: Callable[[Sequence[str]], str]  # names, root to leaf → the id of that category; at a module's top
    ids: Ids
    currency: str  # the shop's

    @property
    def speaker(self) -> Speaker:
        """Who speaks in this feed."""
        return Speaker(self.feed.id, self.feed.seller, self.feed.as_of_ms, self.currency)


class Run:
    """Reads a feed from its checkpoint on."""

    def __init__(self, order: Order) -> None:
        feed = order.feed
        self.feed = feed
        self.speaker = order.speaker
        self.mapping = _MAPPING.decode(feed.mapping)
        self._placer = Placer(order.warehouses, self.mapping.stock)
        self._category_id = order.category_id
        self._ids = order.ids
        self._notes = Notes()
        self._stack = ExitStack()
        self._schemas: dict[str, Sequence[AttributeSpec] | None] = {}  # None: there is no such category
        self._ids_of: dict[tuple[str, ...], str] = {}
        self._position = feed.position
        self._groups: Iterator[Group] = iter(())
        self._reading: Reading
        self._format: Format
        self._source: Source

    def open(self, path: Path) -> None:
        """Open the file and stand behind what was committed. Raises: Unreadable."""
        if self.mapping.stock.warehouses and self._placer.unknown:
            raise Unreadable(f"The mapping names warehouse {self._placer.unknown[0]!r}, which this seller may not use.")
        mapping, currency = self.mapping, self.speaker.currency
        self._format = format_named(self.feed.format or detect(path, mapping.encoding), mapping)
        self._reading = Reading(
            mapping=mapping,
            currency=currency,
            rates={code: Decimal(rate) for code, rate in mapping.price.rates.items()},
            today=rfc3339(self.feed.as_of_ms)[:10],
            taxonomy=mapping.category.google_names,
        )
        self._source = self._stack.enter_context(open_source(path, self._notes, mapping.encoding))
        rows = numbered(self._format.rows(self._source, self._reading))
        own = self._format
        groups = grouped(rows, own.key, own.members) if own.key else alone(rows)
        self._stack.callback(groups.close)
        self._groups = islice(groups, self._position, None)

    def close(self) -> None:
        """Close the file and the scratch space."""
        self._stack.close()

    def read(self) -> Batch | None:
        """The next groups as drafts; None at the end. Raises: Unreadable."""
        batch = Batch()
        rows = 0
        for group in islice(self._groups, CHUNK_GROUPS):
            taken = build(self._format, group, self._reading)
            batch.groups += 1
            batch.taken.append(taken)
            batch.drafts += [(taken, draft, draft.category_id or self._id_of(draft.category)) for draft in taken.drafts]
            rows += taken.rows
            if rows >= CHUNK_ROWS:
                break
        return batch if batch.groups else None

    def _id_of(self, names: Sequence[str]) -> str:
        key = tuple(names)
        found = self._ids_of.get(key)
        if found is None:
            found = self._category_id(names) if names else ""
            if len(self._ids_of) < 100_000:  # a hostile file may name categories without end
                self._ids_of[key] = found
        return found

    def unknown_categories(self, batch: Batch) -> list[str]:
        """Categories whose schemas are not at hand yet."""
        return [one for one in {category for _, _, category in batch.drafts if category} if one not in self._schemas]

    def learn(self, asked: Sequence[str], found: Mapping[str, Sequence[AttributeSpec]]) -> None:
        """Keep the schemas that were asked for."""
        self._schemas.update({one: found.get(one) for one in asked})

    def chunk(self, batch: Batch) -> Chunk:
        """The batch, checked and encoded."""
        offerings: list[Offering] = []
        new_categories: set[str] = set()
        create = self.mapping.create_categories
        for taken, draft, category in batch.drafts:
            problems = self._problems(draft, category, new_categories) if draft.action == "offer" else []
            if problems:
                _refuse(taken, draft, problems)
                continue
            made = offering(taken, draft, self.speaker.seller, self._placer, create_categories=create)
            if made is not None:
                offerings.append(made)
        chunk = Chunk(
            since=self._position,
            groups=batch.groups,
            rows=sum(taken.rows for taken in batch.taken),
            bytes_read=self._source.tell(),
            offerings=offerings,
            refusals=[refusal for taken in batch.taken for refusal in taken.refused],
            new_ids=[self._ids.new("itm") for _ in offerings],
            new_categories=sorted(new_categories),
            currency_refused=sum(taken.currency_refused for taken in batch.taken),
            pictures_left_out=sum(taken.pictures_left_out for taken in batch.taken),
            unplaced_stock=sum(taken.unplaced_stock for taken in batch.taken),
            latin1_lines=self._notes.latin1_lines,
            encoding=self._notes.encoding,
        )
        self._position += batch.groups
        return chunk

    def _problems(self, draft: Draft, category: str, new: set[str]) -> list[Bad]:
        if not category:
            return []
        specs = self._schemas[category]
        if specs is None:
            if self.mapping.create_categories and not draft.category_id:
                new.add(category)
                return []
            return [Bad("category", f"There is no category {category}, and this feed may not create one.")]
        return check(draft, specs)


def _refuse(taken: Taken, draft: Draft, problems: Sequence[Bad]) -> None:
    """Refuse an item for its own problems: its first row says what, the others why."""
    rows = dict.fromkeys(draft.item_rows, draft.line) | {made.number: made.line for made in draft.variants}
    head = min(rows)
    taken.refused += [Refusal(rows[head], bad.field, bad.reason, head) for bad in problems]
    why = f"Its item, on line {rows[head]}, was refused."
    taken.refused += [Refusal(line, "", why, number) for number, line in rows.items() if number != head]
