"""One call of the API or the page: time passes, the script is asked, the unit runs, all in one transaction."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from fakepay import faults, gateway
from fakepay.books import Books
from fakepay.shapes import Problem, Refusal, Wrong
from fakepay.store import Store

T = TypeVar("T")

KEPT_MS: Final = 7 * 86_400_000
_NOT_YET: Final = frozenset({"authorized", "rejected"})  # asked again, the answer may be another
_ERROR: Final = Problem(Wrong("error", "Something went wrong at the gateway. Nothing was done."))
_DOWN: Final = Problem(Wrong("down", "The gateway does not work at the moment. Nothing was done."))
_LOST: Final = Problem(Wrong("lost", "The gateway's answer did not come in time. Ask how the payment stands."))


class Reply(msgspec.Struct, frozen=True):
    """An answer as it goes out."""

    status: int
    body: bytes


class Key(msgspec.Struct, frozen=True):
    """An Idempotency-Key, and what it was used for."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, key: str, method: str, path: str, body: bytes) -> "Key":
        """The key of a request. Raises: Refusal (422) for one that is too long."""
        if len(key) > 200:
            raise Refusal(422, "invalid", "An Idempotency-Key has 200 characters at most.", "Idempotency-Key")
        return cls(f"{path} {key}", hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest())


@dataclass(frozen=True, slots=True)
class Told:
    """What the script and the unit made of a call."""

    reply: Reply
    wait_ms: int = 0


References = Callable[[Books], tuple[str, ...]]
Work = Callable[[Books], tuple[int, msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Counter:
    """Where calls come in."""

    store: Store
    books: Callable[[sqlite3.Connection], Books]
    poke: Callable[[], None]

    async def quiet(self, unit: Callable[[Books], T]) -> T:
        """Run a unit of the gateway's own, on which the script has no hold. Raises: what the unit raises."""

        def run(books: Books) -> T:
            gateway.time_passes(books)
            return unit(books)

        return await self._poking(run)

    async def call(self, points: tuple[str, ...], references: References, work: Work, key: Key | None = None) -> Reply:
        """Run a shop's call: faults, Idempotency-Key, then the work. Waits as long as the script says."""
        told = await self._poking(lambda books: _told(books, points, references, work, key))
        if told.wait_ms:
            await asyncio.sleep(told.wait_ms / 1000)
        return told.reply

    async def _poking(self, unit: Callable[[Books], T]) -> T:
        """Run a unit, and wake who sends webhooks if it wrote anything."""

        def run(connection: sqlite3.Connection) -> tuple[T, bool]:
            before = connection.total_changes
            return unit(self.books(connection)), connection.total_changes != before

        result, wrote = await self.store.do(run)
        if wrote:
            self.poke()
        return result


def problem(refusal: Refusal) -> Reply:
    """A refusal as an answer."""
    return Reply(refusal.status, msgspec.json.encode(refusal.problem))


def _told(books: Books, points: tuple[str, ...], references: References, work: Work, key: Key | None) -> Told:
    gateway.time_passes(books)
    try:
        named = references(books)
        fault = faults.take(books, points, faults.ANSWERS, named)
        if fault and fault.do in {"error", "down"}:
            return Told(_fault(500, _ERROR) if fault.do == "error" else _fault(503, _DOWN))
        reply = _once(books, key, work)
    except Refusal as refusal:
        return Told(problem(refusal))
    if fault and fault.do == "lost_response":
        return Told(_fault(504, _LOST))
    slow = fault is not None and fault.do == "slow"
    return Told(reply, (faults.SLOW_MS if fault.ms is None else fault.ms) if fault and slow else 0)


def _once(books: Books, key: Key | None, work: Work) -> Reply:
    """The answer kept under this key, else a new one, kept if it is a yes that stays true."""
    if key is not None:
        kept = books.connection.execute(
            "SELECT fingerprint, status, body FROM answers WHERE key = ?", (key.key,)
        ).fetchone()
        if kept is not None:
            if kept[0] != key.fingerprint:
                words = "This Idempotency-Key was used for another request."
                raise Refusal(422, "key_reused", words, "Idempotency-Key")
            return Reply(kept[1], kept[2])
    status, body = work(books)
    reply = Reply(status, msgspec.json.encode(body))
    if key is not None and status < 300 and getattr(body, "status", "") not in _NOT_YET:
        books.connection.execute("DELETE FROM answers WHERE created_ms < ?", (books.now_ms - KEPT_MS,))
        books.connection.execute(
            "INSERT INTO answers (key, fingerprint, status, body, created_ms) VALUES (?, ?, ?, ?, ?)",
            (key.key, key.fingerprint, reply.status, reply.body, books.now_ms),
        )
    return reply


def _fault(status: int, body: Problem) -> Reply:
    return Reply(status, msgspec.json.encode(body))
