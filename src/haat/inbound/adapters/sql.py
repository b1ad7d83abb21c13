"""Feeds and identities in SQL: one unit for each step, the same statements on SQLite and MySQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from haat.engines.sql import Database, Row, Statement, Tx
from haat.events.outbox import Outbox
from haat.inbound.adapters.tables import CREATED, FEEDS, ITEMS, REFUSALS, SKUS
from haat.inbound.decide import KnownItem, KnownSku, Outcome, Speaker, decide
from haat.inbound.feed import Counts, Feed, State
from haat.inbound.model import Refusal
from haat.inbound.ports import Chunk, LeaseLost

_IN_AT_ONCE: Final = 800  # bound parameters of one statement; SQLite took 999 before 3.32
_COUNTS: Final = msgspec.json.Decoder(Counts)
_FEED_COLUMNS: Final = [FEEDS.c[name] for name in Feed.__struct_fields__]

_ADD: Final = Statement(insert(FEEDS), *Feed.__struct_fields__)
_NEWEST: Final = Statement(select(func.max(FEEDS.c.as_of_ms)).where(FEEDS.c.seller == bindparam("seller")))
_GET: Final = Statement(select(*_FEED_COLUMNS).where(FEEDS.c.id == bindparam("id")))
_OF_SELLER: Final = Statement(
    select(*_FEED_COLUMNS)
    .where(FEEDS.c.seller == bindparam("seller"), FEEDS.c.id < bindparam("before"))
    .order_by(FEEDS.c.id.desc())
    .limit(bindparam("most"))
)
_UNFINISHED: Final = Statement(
    select(*_FEED_COLUMNS)
    .where(
        FEEDS.c.seller == bindparam("seller"),
        FEEDS.c.digest == bindparam("digest"),
        FEEDS.c.format == bindparam("format"),
        FEEDS.c.mapping == bindparam("mapping"),
        FEEDS.c.state.in_(("waiting", "running")),
    )
    .order_by(FEEDS.c.id)
    .limit(1)
)
_OPEN: Final = Statement(
    select(FEEDS.c.id)
    .where(
        or_(
            FEEDS.c.state == "waiting",
            and_(FEEDS.c.state == "running", FEEDS.c.held_until_ms < bindparam("now_ms")),
        )
    )
    .order_by(FEEDS.c.created_ms, FEEDS.c.id)
    .limit(20)
)
_CLAIM: Final = Statement(
    update(FEEDS)
    .where(
        FEEDS.c.id == bindparam("feed"),
        FEEDS.c.state.in_(("waiting", "running")),
        or_(FEEDS.c.held_until_ms < bindparam("now_ms"), bindparam("force") == 1),
    )
    .values(state="running", holder=bindparam("to"), held_until_ms=bindparam("until_ms"), tries=FEEDS.c.tries + 1)
)
_ADVANCE: Final = Statement(
    update(FEEDS)
    .where(
        FEEDS.c.id == bindparam("feed"),
        FEEDS.c.state == "running",
        FEEDS.c.holder == bindparam("by"),
        FEEDS.c.position == bindparam("since"),
    )
    .values(position=bindparam("to"), held_until_ms=bindparam("until_ms"), bytes_read=bindparam("read"), tries=0)
)
_COUNT: Final = Statement(update(FEEDS).where(FEEDS.c.id == bindparam("feed")).values(counts=bindparam("made")))
_FINISH: Final = Statement(
    update(FEEDS)
    .where(FEEDS.c.id == bindparam("feed"), FEEDS.c.holder == bindparam("by"), FEEDS.c.state == "running")
    .values(state=bindparam("to"), reason=bindparam("why"), finished_ms=bindparam("now_ms"), holder="", held_until_ms=0)
)
_RELEASE: Final = Statement(
    update(FEEDS)
    .where(FEEDS.c.id == bindparam("feed"), FEEDS.c.holder == bindparam("by"), FEEDS.c.state == "running")
    .values(state="waiting", holder="", held_until_ms=bindparam("until_ms"))
)
_ITEM_COLUMNS: Final = [ITEMS.c[name] for name in KnownItem._fields]
_SKU_COLUMNS: Final = [SKUS.c[name] for name in KnownSku._fields]
_FIND_ITEMS: Final = Statement(
    select(*_ITEM_COLUMNS).where(
        ITEMS.c.seller == bindparam("seller"), ITEMS.c.code.in_(bindparam("codes", expanding=True))
    )
)
_FIND_SKUS: Final = Statement(
    select(*_SKU_COLUMNS).where(
        SKUS.c.seller == bindparam("seller"), SKUS.c.code.in_(bindparam("codes", expanding=True))
    )
)
_ADD_ITEM: Final = Statement(insert(ITEMS), "seller", *KnownItem._fields)
_ADD_SKU: Final = Statement(insert(SKUS), "seller", *KnownSku._fields)
_SET_ITEM: Final = Statement(
    update(ITEMS)
    .where(ITEMS.c.seller == bindparam("s"), ITEMS.c.code == bindparam("c"))
    .values({name: bindparam(f"new_{name}") for name in KnownItem._fields if name not in ("code", "item_id")})
)
_TOUCH_ITEM: Final = Statement(
    update(ITEMS)
    .where(ITEMS.c.seller == bindparam("s"), ITEMS.c.code == bindparam("c"))
    .values(as_of_ms=bindparam("new_as_of_ms"), feed_id=bindparam("new_feed_id"), line=bindparam("new_line"))
)
_SET_SKU: Final = Statement(
    update(SKUS)
    .where(SKUS.c.seller == bindparam("s"), SKUS.c.code == bindparam("c"))
    .values({name: bindparam(f"new_{name}") for name in KnownSku._fields if name not in ("code", "item_id")})
)
_REFUSE: Final = Statement(insert(REFUSALS), "feed_id", "seq", "line", "field", "reason")
_REFUSED: Final = Statement(
    select(REFUSALS.c.seq, REFUSALS.c.line, REFUSALS.c.field, REFUSALS.c.reason)
    .where(REFUSALS.c.feed_id == bindparam("feed"), REFUSALS.c.seq > bindparam("after"))
    .order_by(REFUSALS.c.seq)
    .limit(bindparam("most"))
)
_CREATED: Final = Statement(
    select(CREATED.c.category_id).where(
        CREATED.c.feed_id == bindparam("feed"), CREATED.c.category_id.in_(bindparam("ids", expanding=True))
    )
)
_CREATE: Final = Statement(insert(CREATED), "feed_id", "category_id")


def _feed(row: Row) -> Feed:
    values = dict(zip(Feed.__struct_fields__, row, strict=True))
    values["counts"] = _COUNTS.decode(values["counts"])
    values["generated"] = bool(values["generated"])
    return Feed(**values)


def _by_code(tx: Tx, find: Statement, seller: str, codes: Sequence[str]) -> Iterable[Row]:
    for start in range(0, len(codes), _IN_AT_ONCE):
        yield from find.all(tx, {"seller": seller, "codes": codes[start : start + _IN_AT_ONCE]})


class SqlFeeds:
    """Feeds, identities and reports on one database. See FeedStore for the promises."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def add(self, feed: Feed) -> Feed:
        """See FeedStore."""

        def unit(tx: Tx) -> Feed:
            row = _UNFINISHED.first(
                tx,
                {"seller": feed.seller, "digest": feed.digest, "format": feed.format, "mapping": feed.mapping},
            )
            if row:
                return _feed(row)
            made = feed
            if not feed.generated:
                (newest,) = _NEWEST.first(tx, {"seller": feed.seller}) or (None,)
                made = msgspec.structs.replace(feed, as_of_ms=max(tx.now_ms, (newest or 0) + 1))
            values = msgspec.structs.asdict(made)
            values["counts"] = msgspec.json.encode(made.counts)
            values["generated"] = int(made.generated)
            _ADD.one(tx, values)
            return made

        return await self._database.transact(unit)

    async def get(self, feed_id: str) -> Feed | None:
        """See FeedStore."""
        row = await self._database.read(lambda tx: _GET.first(tx, {"id": feed_id}))
        return _feed(row) if row else None

    async def of_seller(self, seller: str, before: str, most: int) -> Sequence[Feed]:
        """See FeedStore."""
        bound = {"seller": seller, "before": before or "~", "most": most}
        return [_feed(row) for row in await self._database.read(lambda tx: _OF_SELLER.all(tx, bound))]

    async def open_feeds(self, now_ms: int) -> Sequence[str]:
        """See FeedStore."""
        rows = await self._database.read(lambda tx: _OPEN.all(tx, {"now_ms": now_ms}))
        return [row[0] for row in rows]

    async def claim(self, feed_id: str, holder: str, lease_ms: int, *, force: bool) -> Feed | None:
        """See FeedStore."""

        def unit(tx: Tx) -> Feed | None:
            bound = {
                "feed": feed_id, "now_ms": tx.now_ms, "force": int(force), "to": holder,
                "until_ms": tx.now_ms + lease_ms,
            }  # fmt: skip
            row = _GET.first(tx, {"id": feed_id}) if _CLAIM.one(tx, bound) else None
            return _feed(row) if row else None

        return await self._database.transact(unit)

    async def commit(self, speaker: Speaker, chunk: Chunk, holder: str, lease_ms: int) -> Counts:
        """See FeedStore. Cost: 10 statements, more only by 800 codes."""

        def unit(tx: Tx) -> Counts:
            bound = {
                "feed": speaker.feed_id, "by": holder, "since": chunk.since, "to": chunk.since + chunk.groups,
                "until_ms": tx.now_ms + lease_ms, "read": chunk.bytes_read,
            }  # fmt: skip
            if _ADVANCE.one(tx, bound) != 1:
                raise LeaseLost(f"Another worker reads {speaker.feed_id}.")
            row = _GET.first(tx, {"id": speaker.feed_id})
            assert row is not None
            counts = _feed(row).counts
            items, skus = self._known(tx, speaker.seller, chunk)
            outcome = decide(speaker, chunk.offerings, items, skus, chunk.new_ids)
            outcome.refusals += chunk.refusals
            self._save(tx, speaker.seller, outcome, items, skus)
            self._outbox.add(tx, outcome.messages)
            self._refuse(tx, speaker.feed_id, counts.reasons, outcome.refusals)
            made = outcome.count(counts, chunk.rows)
            made.currency_refused += chunk.currency_refused
            made.pictures_left_out += chunk.pictures_left_out
            made.unplaced_stock += chunk.unplaced_stock
            made.categories_created += self._create(tx, speaker.feed_id, chunk.new_categories)
            made.latin1_lines, made.encoding = chunk.latin1_lines, chunk.encoding
            _COUNT.one(tx, {"feed": speaker.feed_id, "made": msgspec.json.encode(made)})
            return made

        return await self._database.transact(unit)

    def _known(self, tx: Tx, seller: str, chunk: Chunk) -> tuple[dict[str, KnownItem], dict[str, KnownSku]]:
        codes = sorted({offering.code for offering in chunk.offerings})
        items = {row[0]: KnownItem(*row) for row in _by_code(tx, _FIND_ITEMS, seller, codes)}
        wanted = {part.code for offering in chunk.offerings for part in offering.parts}
        for offering in chunk.offerings:
            known = items.get(offering.code)
            if offering.action == "retire" and known:
                wanted.update(variant.code for variant in known.offered().variants)
        return items, {row[0]: KnownSku(*row) for row in _by_code(tx, _FIND_SKUS, seller, sorted(wanted))}

    def _save(
        self,
        tx: Tx,
        seller: str,
        outcome: Outcome,
        items: Mapping[str, KnownItem],
        skus: Mapping[str, KnownSku],
    ) -> None:
        """Inserts in the order of codes, then updates in the order of codes: two workers cannot lock crosswise."""
        new_items = [outcome.items[code] for code in sorted(outcome.items.keys() - items.keys())]
        _ADD_ITEM.many(tx, [{"seller": seller, **item._asdict()} for item in new_items])
        old_items = [outcome.items[code] for code in sorted(outcome.items.keys() & items.keys())]
        _SET_ITEM.many(tx, [_bound(seller, i) for i in old_items if i.payload is not items[i.code].payload])
        _TOUCH_ITEM.many(tx, [_bound(seller, i) for i in old_items if i.payload is items[i.code].payload])
        new_skus = [outcome.skus[code] for code in sorted(outcome.skus.keys() - skus.keys())]
        _ADD_SKU.many(tx, [{"seller": seller, **sku._asdict()} for sku in new_skus])
        old_skus = [outcome.skus[code] for code in sorted(outcome.skus.keys() & skus.keys())]
        _SET_SKU.many(tx, [_bound(seller, sku) for sku in old_skus])

    def _refuse(self, tx: Tx, feed_id: str, after: int, refusals: Sequence[Refusal]) -> None:
        rows = [
            {"feed_id": feed_id, "seq": after + at, "line": r.line, "field": r.field[:200], "reason": r.reason[:1000]}
            for at, r in enumerate(sorted(refusals, key=lambda r: r.number), 1)
        ]
        _REFUSE.many(tx, rows)

    def _create(self, tx: Tx, feed_id: str, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        known = {row[0] for row in _CREATED.all(tx, {"feed": feed_id, "ids": list(ids)})}
        new = sorted(set(ids) - known)
        _CREATE.many(tx, [{"feed_id": feed_id, "category_id": one} for one in new])
        return len(new)

    async def finish(self, feed_id: str, holder: str, state: State, reason: str) -> None:
        """See FeedStore."""
        await self._database.transact(
            lambda tx: _FINISH.one(
                tx, {"feed": feed_id, "by": holder, "to": state, "why": reason[:2000], "now_ms": tx.now_ms}
            )
        )

    async def release(self, feed_id: str, holder: str, wait_ms: int) -> None:
        """See FeedStore."""
        await self._database.transact(
            lambda tx: _RELEASE.one(tx, {"feed": feed_id, "by": holder, "until_ms": tx.now_ms + wait_ms})
        )

    async def refusals(self, feed_id: str, after: int, most: int) -> Sequence[tuple[int, Refusal]]:
        """See FeedStore."""
        bound = {"feed": feed_id, "after": after, "most": most}
        rows = await self._database.read(lambda tx: _REFUSED.all(tx, bound))
        return [(seq, Refusal(line, name, reason)) for seq, line, name, reason in rows]

    async def identity(self, seller: str, code: str, new_id: str) -> str:
        """See FeedStore."""

        def unit(tx: Tx) -> str:
            for row in _by_code(tx, _FIND_ITEMS, seller, [code]):
                return KnownItem(*row).item_id
            empty = KnownItem(code, new_id, b"", b"", b"", 0, "", 0)
            _ADD_ITEM.one(tx, {"seller": seller, **empty._asdict()})
            return new_id

        return await self._database.transact(unit)


def _bound(seller: str, known: KnownItem | KnownSku) -> dict[str, object]:
    return {"s": seller, "c": known.code, **{f"new_{name}": value for name, value in known._asdict().items()}}
