"""Whatever is done in whatever order with whatever faults: the gateway's own books add up."""

import sqlite3
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fakepay import faults, gateway
from fakepay.books import Books, Span
from fakepay.schema import SCHEMA
from fakepay.shapes import Fault, NewIntent, NewRefund, Refusal
from tests.conftest import NOON_MS

NUMBERS = st.integers(0, 3)
AMOUNTS = st.sampled_from([1, 99, 100, 101, 5_000])
LINES = [
    Fault(on=point, do=kind, times=1, ms=ms)  # type: ignore[arg-type]
    for point, kinds in faults.HAPPENINGS.items()
    for kind in sorted(kinds)
    for ms in (0, 40_000)
]
EDGES = {
    "created": {"pending", "authorized", "captured", "failed", "expired"},
    "pending": {"authorized", "captured", "failed", "expired"},
    "authorized": {"captured", "failed"},
    "failed": {"authorized", "captured"},  # late
    "expired": {"authorized", "captured"},  # late
    "captured": set(),
}


class Bookkeeping(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript(SCHEMA)
        self.now_ms = NOON_MS
        self.seen: dict[str, str] = {}

    def teardown(self) -> None:
        self.connection.close()

    @property
    def books(self) -> Books:
        return Books(self.connection, self.now_ms, "http://pay.example")

    def ids(self, table: str) -> list[str]:
        return [row[0] for row in self.connection.execute(f"SELECT id FROM {table} ORDER BY rowid")]

    def attempt(self, verb: Any, *args: Any, **named: Any) -> None:
        """Run one call; a no must leave everything but the script as it was."""
        gateway.time_passes(self.books)
        before = self.image()
        try:
            verb(self.books, *args, **named)
        except Refusal:
            assert self.image() == before

    def image(self) -> list[Any]:
        tables = ("intents", "captures", "refunds", "changes", "events")
        return [self.connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    @rule(number=NUMBERS, amount=AMOUNTS, manual=st.booleans(), lives_ms=st.sampled_from([0, 50_000]))
    def create(self, number: int, amount: int, manual: bool, lives_ms: int) -> None:
        new = NewIntent(
            reference=f"pay_{number}",
            amount_minor=amount,
            currency="INR",
            method="upi",
            return_url="http://shop.example/",
            expires_ms=self.now_ms + lives_ms if lives_ms else 0,
            capture="manual" if manual else "automatic",
        )
        self.attempt(gateway.create, new)

    @rule(number=NUMBERS, action=st.sampled_from(["approve", "approve", "decline", "abandon"]))
    def act(self, number: int, action: str) -> None:
        for intent_id in self.ids("intents")[number : number + 1]:
            self.attempt(gateway.act, intent_id, action)

    @rule(number=NUMBERS)
    def capture(self, number: int) -> None:
        for intent_id in self.ids("intents")[number : number + 1]:
            self.attempt(gateway.capture, intent_id)

    @rule(number=NUMBERS, refund=st.integers(0, 5), amount=AMOUNTS)
    def refund(self, number: int, refund: int, amount: int) -> None:
        for intent_id in self.ids("intents")[number : number + 1]:
            self.attempt(gateway.refund, intent_id, NewRefund(reference=f"ref_{refund}", amount_minor=amount))

    @rule(number=NUMBERS, done=st.booleans())
    def end(self, number: int, done: bool) -> None:
        for refund_id in self.ids("refunds")[number : number + 1]:
            self.attempt(gateway.end_refund, refund_id, done=done)

    @rule(ms=st.sampled_from([1, 40_000, 50_000, 1_000_000]))
    def time(self, ms: int) -> None:
        self.now_ms += ms
        gateway.time_passes(self.books)
        due_ms = gateway.next_due_ms(self.books)
        waiting = self.connection.execute("SELECT 1 FROM events WHERE state = 'waiting'").fetchone()
        assert due_ms is None or due_ms > self.now_ms or waiting

    @rule(lines=st.lists(st.sampled_from(LINES), max_size=4))
    def script(self, lines: list[Fault]) -> None:
        faults.replace(self.books, lines)

    @invariant()
    def money_adds_up(self) -> None:
        wrong = self.connection.execute(
            "SELECT i.id FROM intents i WHERE captured_minor <> (SELECT COALESCE(SUM(amount_minor), 0) FROM captures c"
            " WHERE c.intent_id = i.id) OR refunded_minor <> (SELECT COALESCE(SUM(amount_minor), 0) FROM refunds r"
            " WHERE r.intent_id = i.id AND r.status = 'done')"
            " OR captured_minor < (SELECT COALESCE(SUM(amount_minor), 0) FROM refunds r"
            " WHERE r.intent_id = i.id AND r.status <> 'rejected') OR (captured_minor > 0) <> (status = 'captured')"
        ).fetchall()
        assert wrong == []

    @invariant()
    def states_move_along_edges(self) -> None:
        for intent_id, status in self.connection.execute("SELECT id, status FROM intents").fetchall():
            was = self.seen.get(intent_id, status)
            assert was == status or status in EDGES[was] or (was, status) == ("authorized", "captured")
            self.seen[intent_id] = status

    @invariant()
    def lists_hold_everything_once(self) -> None:
        everything = Span(0, self.now_ms + 1, "", 2)
        found: list[str] = []
        while True:
            page, following = self.books.intents(everything)
            found += [intent.id for intent in page]
            if not following:
                break
            everything = everything._replace(page=following)
        assert sorted(found) == sorted(self.ids("intents"))


TestBookkeeping = Bookkeeping.TestCase
TestBookkeeping.settings = settings(max_examples=30, stateful_step_count=30)
