"""Reading and writing the gateway's rows, inside a unit. What is allowed to happen is `fakepay.gateway`'s."""

import re
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import msgspec

from fakepay.shapes import Intent, Method, Refund, RefundStatus, Refusal, Status

GRACE_MS: Final = 15 * 60_000


class IntentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `intents`; `fakepay.schema` says what the columns mean."""

    id: str
    reference: str
    status: Status
    amount_minor: int
    currency: str
    method: Method
    captured_minor: int = 0
    refunded_minor: int = 0
    capture: Literal["automatic", "manual"]
    return_url: str
    failure: str = ""
    page: str = "{}"
    plan: str = ""
    late_ms: int = 0
    due_ms: int | None = None
    created_ms: int
    updated_ms: int
    expires_ms: int

    @property
    def open(self) -> bool:
        """Nobody has said yes or no yet."""
        return self.status in {"created", "pending"}

    @property
    def ends_ms(self) -> int:
        """When an open payment expires; 0: never. What the bank is at already gets some time to end."""
        return self.expires_ms + (GRACE_MS if self.status == "pending" else 0) if self.expires_ms else 0


class RefundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `refunds`."""

    id: str
    reference: str
    intent_id: str
    payment_reference: str
    status: RefundStatus
    amount_minor: int
    currency: str
    due_ms: int | None = None
    created_ms: int
    updated_ms: int

    @property
    def wire(self) -> Refund:
        """As a shop sees it."""
        return Refund(
            id=self.id,
            reference=self.reference,
            intent_id=self.intent_id,
            payment_reference=self.payment_reference,
            status=self.status,
            amount_minor=self.amount_minor,
            currency=self.currency,
            created_ms=self.created_ms,
            updated_ms=self.updated_ms,
        )


_INTENT: Final = IntentRow.__struct_fields__
_REFUND: Final = RefundRow.__struct_fields__


def _select(table: str, columns: tuple[str, ...]) -> str:
    return f"SELECT {', '.join('o.' + name for name in columns)} FROM {table} o "  # noqa: S608 names of our own


def _put(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 names of our own
        f" ON CONFLICT (id) DO UPDATE SET {changes}"
    )


_INTENTS: Final = _select("intents", _INTENT)
_REFUNDS: Final = _select("refunds", _REFUND)
_PUT_INTENT: Final = _put("intents", _INTENT)
_PUT_REFUND: Final = _put("refunds", _REFUND)
# The first change of an object inside the span stands for it: no later change can move or remove it, so pages have
# neither gaps nor repetitions while rows change.
_PAGE: Final = (
    "JOIN changes c ON c.object_id = o.id AND c.kind = ?"
    " WHERE c.at_ms >= ? AND c.at_ms < ? AND (c.at_ms, c.seq) > (?, ?)"
    " AND NOT EXISTS (SELECT 1 FROM changes e WHERE e.object_id = c.object_id AND e.at_ms >= ? AND e.at_ms < ?"
    " AND (e.at_ms, e.seq) < (c.at_ms, c.seq)) ORDER BY c.at_ms, c.seq LIMIT ?"
)
_TOKEN: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")


class Span(NamedTuple):
    """Which page of a list by time: changes in [from_ms, to_ms), after the page whose `next` this is."""

    from_ms: int
    to_ms: int
    page: str
    limit: int


def new_id(prefix: str) -> str:
    """An id nobody guesses: 120 random bits."""
    return f"{prefix}_{secrets.token_hex(15)}"


@dataclass(frozen=True, slots=True)
class Books:
    """The rows as of this unit. `root` is the address pages stand under."""

    connection: sqlite3.Connection
    now_ms: int
    root: str

    def wire(self, row: IntentRow) -> Intent:
        """An intent as a shop sees it."""
        return Intent(
            id=row.id,
            reference=row.reference,
            status=row.status,
            amount_minor=row.amount_minor,
            currency=row.currency,
            method=row.method,
            captured_minor=row.captured_minor,
            refunded_minor=row.refunded_minor,
            page_url=f"{self.root}/pay/{row.id}",
            failure=row.failure,
            created_ms=row.created_ms,
            updated_ms=row.updated_ms,
        )

    def intent(self, intent_id: str) -> IntentRow:
        """The intent. Raises: Refusal (404)."""
        row = self.connection.execute(_INTENTS + "WHERE o.id = ?", (intent_id,)).fetchone()
        if row is None:
            raise Refusal(404, "no_such_intent", "There is no intent with this id.")
        return _intent(row)

    def intent_of(self, reference: str) -> IntentRow | None:
        """The intent a shop made under its reference."""
        row = self.connection.execute(_INTENTS + "WHERE o.reference = ?", (reference,)).fetchone()
        return None if row is None else _intent(row)

    def due_intents(self) -> list[IntentRow]:
        """Intents that time changes now, the longest due first."""
        rows = self.connection.execute(_INTENTS + "WHERE o.due_ms <= ? ORDER BY o.due_ms, o.id", (self.now_ms,))
        return [_intent(row) for row in rows.fetchall()]

    def save(self, row: IntentRow, *, changed: bool = True) -> IntentRow:
        """Write an intent, with the moment of its next change by time. `changed`: shops see a difference."""
        moments = [row.late_ms] if row.late_ms else []
        if row.open and row.expires_ms:
            moments.append(row.ends_ms)
        row = msgspec.structs.replace(
            row, due_ms=min(moments, default=None), updated_ms=self.now_ms if changed else row.updated_ms
        )
        self.connection.execute(_PUT_INTENT, msgspec.structs.astuple(row))
        if changed:
            self._changed("i", row.id)
        return row

    def capture(self, intent_id: str, amount_minor: int) -> None:
        """Money was taken: one row of the journal."""
        self.connection.execute(
            "INSERT INTO captures (intent_id, amount_minor, at_ms) VALUES (?, ?, ?)",
            (intent_id, amount_minor, self.now_ms),
        )

    def refund(self, refund_id: str) -> RefundRow:
        """The refund. Raises: Refusal (404)."""
        row = self.connection.execute(_REFUNDS + "WHERE o.id = ?", (refund_id,)).fetchone()
        if row is None:
            raise Refusal(404, "no_such_refund", "There is no refund with this id.")
        return _refund(row)

    def refund_of(self, reference: str) -> RefundRow | None:
        """The refund a shop asked for under its reference."""
        row = self.connection.execute(_REFUNDS + "WHERE o.reference = ?", (reference,)).fetchone()
        return None if row is None else _refund(row)

    def due_refunds(self) -> list[RefundRow]:
        """Refunds that are done now."""
        rows = self.connection.execute(_REFUNDS + "WHERE o.due_ms <= ? ORDER BY o.due_ms, o.id", (self.now_ms,))
        return [_refund(row) for row in rows.fetchall()]

    def promised_back_minor(self, intent_id: str) -> int:
        """What went back and what is on its way."""
        row = self.connection.execute(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM refunds WHERE intent_id = ? AND status <> 'rejected'",
            (intent_id,),
        ).fetchone()
        return int(row[0])

    def save_refund(self, row: RefundRow) -> RefundRow:
        """Write a refund, and what it changes in the intent's sum."""
        row = msgspec.structs.replace(row, updated_ms=self.now_ms)
        self.connection.execute(_PUT_REFUND, msgspec.structs.astuple(row))
        self._changed("r", row.id)
        return row

    def intents(self, span: Span) -> tuple[list[Intent], str]:
        """Intents that changed in the span as they are now, each once, and the next page's token."""
        rows, following = self._page(_INTENTS, "i", span)
        return [self.wire(_intent(row)) for row in rows], following

    def refunds(self, span: Span) -> tuple[list[Refund], str]:
        """Refunds that changed in a span, like `intents`."""
        rows, following = self._page(_REFUNDS, "r", span)
        return [_refund(row).wire for row in rows], following

    def _page(self, select: str, kind: str, span: Span) -> tuple[list[tuple[object, ...]], str]:
        from_ms, to_ms, page, limit = span
        after = _TOKEN.fullmatch(page) if page else None
        if page and after is None:
            raise Refusal(422, "invalid", "This is not a page of ours.", "page")
        at_ms, seq = (int(after[1]), int(after[2])) if after else (-1, 0)
        sql = select.replace(" FROM ", ", c.at_ms, c.seq FROM ", 1) + _PAGE
        values = (kind, from_ms, to_ms, at_ms, seq, from_ms, to_ms, limit + 1)
        rows = self.connection.execute(sql, values).fetchall()
        following = f"{rows[limit - 1][-2]}-{rows[limit - 1][-1]}" if len(rows) > limit else ""
        return [row[:-2] for row in rows[:limit]], following

    def _changed(self, kind: str, object_id: str) -> None:
        self.connection.execute(
            "INSERT INTO changes (kind, object_id, at_ms) VALUES (?, ?, ?)", (kind, object_id, self.now_ms)
        )


def _intent(row: tuple[object, ...]) -> IntentRow:
    return msgspec.convert(dict(zip(_INTENT, row, strict=True)), IntentRow)


def _refund(row: tuple[object, ...]) -> RefundRow:
    return msgspec.convert(dict(zip(_REFUND, row, strict=True)), RefundRow)
