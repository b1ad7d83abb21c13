"""Events: made in the unit of what they tell, signed and sent to the shop until it answers 2xx.

Signature: `fakepay-signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "<t>." + body)>`. The stamp is the machine's
time, not the gateway's own clock: it says when the bytes were sent, and a receiver refuses old ones. Events of one
payment go out in order; one that failed is tried again later while the following ones go on.
"""

import asyncio
import hashlib
import hmac
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from fakepay import faults
from fakepay.books import Books, new_id
from fakepay.shapes import Deliveries, Delivery, Event, Intent, Refund
from fakepay.store import Store

Deliver = Callable[[bytes, Mapping[str, str]], Awaitable[int]]

SIGNATURE: Final = "fakepay-signature"
BACK_OFF_MS: Final = (1_000, 5_000, 30_000, 300_000, 1_800_000, 7_200_000, 21_600_000)  # then the last, again and again
GIVE_UP_MS: Final = 72 * 3_600_000
HELD_MS: Final = 60_000
_BATCH: Final = 32
_SIDE_BY_SIDE: Final = 8  # payments whose events are sent at the same time
_DEADLINE_S: Final = 10.0


def signed(secret: str, body: bytes, unix_s: int) -> dict[str, str]:
    """The headers of a delivery."""
    digest = hmac.new(secret.encode(), b"%d." % unix_s + body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", SIGNATURE: f"t={unix_s},v1={digest}"}


def emit(books: Books, kind: str, data: Intent | Refund) -> None:
    """Tell the shop. Part of the unit that changed what is told."""
    intent_id = data.id if isinstance(data, Intent) else data.intent_id
    references = {data.reference, data.payment_reference} if isinstance(data, Refund) else {data.reference}
    held = "SELECT 1 FROM events WHERE intent_id = ? AND held = 1"
    waits = books.connection.execute(held, (intent_id,)).fetchone() is not None
    fault = faults.take(books, ("webhook",), faults.TOLD - {"reorder"} if waits else faults.TOLD, references)
    slow = faults.take(books, ("webhook",), ("slow",), references)
    does = fault.do if fault else ""
    if fault and does == "wrong_amount":
        data = msgspec.structs.replace(data, amount_minor=faults.wrong_minor(fault, data.amount_minor))
    event = Event(new_id("fe"), kind, books.now_ms, data)
    due_ms = books.now_ms
    if slow:
        due_ms += faults.SLOW_MS if slow.ms is None else slow.ms
    if fault and does == "reorder":
        due_ms += HELD_MS if fault.ms is None else fault.ms
    cursor = books.connection.execute(
        "INSERT INTO events (id, type, intent_id, reference, body, state, copies, place, held, due_ms, created_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
        (
            event.id,
            kind,
            intent_id,
            data.reference,
            msgspec.json.encode(event),
            "silenced" if does == "silence" else "waiting",
            2 if does == "duplicate" else 1,
            does == "reorder",
            due_ms,
            books.now_ms,
        ),
    )
    books.connection.execute("UPDATE events SET place = seq WHERE seq = ?", (cursor.lastrowid,))
    if waits and does != "silence":  # what was kept back takes the place right after this one
        books.connection.execute(
            "UPDATE events SET held = 0, due_ms = ?, place = ? WHERE intent_id = ? AND held = 1",
            (due_ms, cursor.lastrowid, intent_id),
        )


def latest(books: Books, reference: str, limit: int) -> Deliveries:
    """The latest events, newest first; of one shop's reference if it is given."""
    rows = books.connection.execute(
        "SELECT id, type, reference, state, tries, answered, due_ms, created_ms FROM events"
        " WHERE ? IN ('', reference) ORDER BY seq DESC LIMIT ?",
        (reference, limit),
    )
    return Deliveries([Delivery(*row) for row in rows.fetchall()])


class _Claimed(NamedTuple):
    seq: int
    intent_id: str
    body: bytes
    sent: bool  # False: a fault loses it on the way out
    heard: bool  # False: a fault loses the shop's answer


class Courier:
    """Sends what is due. One per store; `drain` and `run` may overlap."""

    def __init__(
        self,
        store: Store,
        books: Callable[[sqlite3.Connection], Books],
        secret: str,
        deliver: Deliver,
        machine_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._books = books
        self._secret = secret
        self._deliver = deliver
        self._machine_ms = machine_ms
        self._under_way: set[int] = set()  # events being sent now; one step of a set at a time is safe between threads

    async def send_due(self, *, side_by_side: bool = False) -> int:
        """Try once all that is due; how many tries there were. Raises: sqlite3.Error, what was sent may come again."""
        tried: set[int] = set()
        while True:
            batch: list[_Claimed] = []
            try:
                await self._store.do(self._claiming(batch, tried))
                if not batch:
                    return len(tried)
                tried.update(claimed.seq for claimed in batch)
                await (self._together(batch) if side_by_side else self._in_turn(batch))
            finally:
                self._under_way.difference_update(claimed.seq for claimed in batch)

    def _claiming(self, batch: list[_Claimed], tried: Collection[int]) -> Callable[[sqlite3.Connection], None]:
        """A unit that fills the batch. Whoever made the batch lets go of what is in it, also when the unit failed."""

        def claim(connection: sqlite3.Connection) -> None:
            found = self._claim(self._books(connection), tried)
            batch.extend(found)
            self._under_way.update(claimed.seq for claimed in found)

        return claim

    def _claim(self, books: Books, tried: Collection[int]) -> list[_Claimed]:
        if faults.take(books, (), ("down",), (), count=False):
            return []
        rows = books.connection.execute(
            "SELECT seq, intent_id, reference, body FROM events WHERE state = 'waiting' AND due_ms <= ?"
            " ORDER BY place, seq DESC LIMIT ?",
            (books.now_ms, _BATCH + len(tried) + len(self._under_way)),
        ).fetchall()
        batch: list[_Claimed] = []
        for seq, intent_id, reference, body in rows:
            if seq in tried or seq in self._under_way:
                continue
            if faults.take(books, (), ("down",), (reference,), count=False):
                continue
            fault = faults.take(books, ("webhook",), ("error", "lost_response"), (reference,))
            does = fault.do if fault else ""
            batch.append(_Claimed(seq, intent_id, body, does != "error", does != "lost_response"))
        return batch

    async def _together(self, batch: Sequence[_Claimed]) -> None:
        lines: dict[str, list[_Claimed]] = {}
        for claimed in batch:
            lines.setdefault(claimed.intent_id, []).append(claimed)
        gate = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def one(line: Sequence[_Claimed]) -> None:
            async with gate:
                await self._in_turn(line)

        async with asyncio.TaskGroup() as group:
            for line in lines.values():
                group.create_task(one(line))

    async def _in_turn(self, line: Sequence[_Claimed]) -> None:
        for claimed in line:
            await self._send(claimed)

    async def _send(self, claimed: _Claimed) -> None:
        status = 0
        if claimed.sent:
            headers = signed(self._secret, claimed.body, self._machine_ms() // 1000)
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    status = await self._deliver(claimed.body, headers)
            except Exception:  # the shop is whoever it is; any failure of its is a failed try
                status = 0
        heard = status if claimed.heard else 0
        again = await self._store.do(lambda connection: _record(self._books(connection), claimed.seq, heard))
        if again:
            await self._send(claimed)


def _record(books: Books, seq: int, status: int) -> bool:
    """Write how a try went; whether another copy is to be sent at once."""
    copies, tries, created_ms = books.connection.execute(
        "SELECT copies, tries, created_ms FROM events WHERE seq = ?", (seq,)
    ).fetchone()
    state, due_ms = "waiting", books.now_ms
    if 200 <= status < 300:
        copies -= 1
        state = "waiting" if copies else "delivered"
    elif books.now_ms - created_ms >= GIVE_UP_MS:
        state = "given_up"
    else:
        due_ms += BACK_OFF_MS[min(tries, len(BACK_OFF_MS) - 1)]
    books.connection.execute(
        "UPDATE events SET state = ?, copies = ?, tries = tries + 1, answered = ?, held = 0, due_ms = ? WHERE seq = ?",
        (state, copies, status, due_ms, seq),
    )
    return state == "waiting" and 200 <= status < 300
