"""The script of what shall go wrong.

A line says where (`on`), what (`do`), how often (`times`; without it until cleared) and for whom (`reference`: the
shop's id of a payment or refund). At each call the first line that fits happens and counts down; so two lines for the
same place happen one after the other. A call may meet one line of each class.

Answers (at every place; at `webhook` they mean the delivery):
error          500, nothing was done. Webhook: the try counts as failed and nothing is sent
down           503 for everything (pages and webhooks too, whatever `on` says) until it is cleared or counted down by
               calls; with a reference only for that payment. The script, the clock and GET /v1/events stay open
lost_response  it is done, but the answer is 504. Webhook: sent, and counted as failed, so it comes again
slow           it is done, the answer waits `ms` (1,000) of real time. Webhook: sent `ms` of the gateway's time later

Happenings, by place:
create     silence, duplicate, wrong_amount: wait for the buyer's yes, then happen as at `approve`
           late_success: succeeds by itself `ms` (60,000) from now, whatever the buyer does until then
           decline: 402, no intent is made
act        all a buyer does; approve: only the yes. (A no or leaving meets silence, late_success and decline alone.)
           silence: stays pending, no webhook · decline: failed
           late_success: declining fails it now, anything else leaves it pending; `ms` later it succeeds, expired or not
           duplicate: the money is taken twice · wrong_amount: `amount_minor` is taken, or 100 less
           (with manual capture the last two wait for the capture)
capture    silence: stays authorized · late_success: captured `ms` later · decline: 402, failed
           duplicate, wrong_amount: as at `approve`
refund     silence: stays pending · late_success: done `ms` later · decline: rejected · wrong_amount: goes back
find       silence: answers as if the bank had said nothing yet · wrong_amount: tells another amount
webhook    silence: never sent · duplicate: sent twice · wrong_amount: tells another amount
           reorder: kept back until the next event of the same payment went out (`ms`, 60,000, at most)
list, page the two lists, the payment page being read: answers only, like `*`, which is every call

Intents expire at `expires_ms`, those already pending 15 minutes later; a late success happens all the same.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from fakepay.books import Books
from fakepay.shapes import Fault, Refusal

ANSWERS: Final[frozenset[str]] = frozenset({"error", "down", "lost_response", "slow"})
WHILE_PAYING: Final[frozenset[str]] = frozenset({"silence", "late_success", "duplicate", "wrong_amount", "decline"})
NOT_PAYING: Final[frozenset[str]] = frozenset({"silence", "late_success", "decline"})
TOLD: Final[frozenset[str]] = frozenset({"silence", "duplicate", "wrong_amount", "reorder"})
HAPPENINGS: Final[dict[str, frozenset[str]]] = {
    "create": WHILE_PAYING,
    "act": WHILE_PAYING,
    "approve": WHILE_PAYING,
    "capture": WHILE_PAYING,
    "refund": WHILE_PAYING - {"duplicate"},
    "find": frozenset({"silence", "wrong_amount"}),
    "webhook": TOLD,
    "list": frozenset(),
    "page": frozenset(),
    "*": frozenset(),
}
LATE_MS: Final = 60_000
SLOW_MS: Final = 1_000


def replace(books: Books, script: Collection[Fault]) -> None:
    """Put this script in place of the old one. Raises: Refusal (422) naming the line that means nothing."""
    for number, fault in enumerate(script):
        if fault.do not in ANSWERS and fault.do not in HAPPENINGS[fault.on]:
            can = ", ".join(sorted(ANSWERS | HAPPENINGS[fault.on]))
            words = f"{fault.do!r} means nothing at {fault.on!r}. There it can be: {can}."
            raise Refusal(422, "invalid", words, f"script/{number}/do")
    books.connection.execute("DELETE FROM faults")
    books.connection.executemany(
        "INSERT INTO faults (point, kind, fault, reference, remaining) VALUES (?, ?, ?, ?, ?)",
        [
            (fault.on, fault.do, msgspec.json.encode(fault).decode(), fault.reference, fault.times or -1)
            for fault in script
        ],
    )


def script(books: Books) -> list[Fault]:
    """What is still to happen, in order."""
    rows = books.connection.execute("SELECT fault, remaining FROM faults ORDER BY seq").fetchall()
    return [
        msgspec.structs.replace(msgspec.json.decode(text, type=Fault), times=left if left > 0 else None)
        for text, left in rows
    ]


def take(
    books: Books, points: Collection[str], kinds: Collection[str], references: Collection[str], *, count: bool = True
) -> Fault | None:
    """The first line that fits; it has one time less afterwards (unless it is only looked at)."""
    rows = books.connection.execute("SELECT seq, point, kind, reference, fault, remaining FROM faults ORDER BY seq")
    for seq, point, kind, reference, text, left in rows.fetchall():
        if kind not in kinds or (kind != "down" and point not in points and (point != "*" or "webhook" in points)):
            continue
        if reference and reference not in references:
            continue
        if count and left > 0:
            if left == 1:
                books.connection.execute("DELETE FROM faults WHERE seq = ?", (seq,))
            else:
                books.connection.execute("UPDATE faults SET remaining = remaining - 1 WHERE seq = ?", (seq,))
        return msgspec.json.decode(text, type=Fault)
    return None


def wrong_minor(fault: Fault, amount_minor: int) -> int:
    """Another amount than this one: the script's, else 100 less, or 100 more if there are not that many."""
    return fault.amount_minor or (amount_minor - 100 if amount_minor > 100 else amount_minor + 100)
