"""What the buyer does on the payment page, step by step. The page remembers its step in the intent's row.

Each way of paying has two steps. Card: start, then the code of a pretend 3-D Secure page (1234; three wrong ones and
the bank declines). UPI: start, then the pretend app. Net banking: choose a bank, then confirm there.
"""

from typing import Final, Literal
from urllib.parse import parse_qs

import msgspec

from fakepay import gateway
from fakepay.books import Books, IntentRow
from fakepay.shapes import Action, Refusal

Step = Literal["start", "code", "app", "confirm", "sent"]

BANKS: Final = ("Bank of Nowhere", "Example Bank", "Pretend National Bank", "Sample Cooperative Bank")
CODE: Final = "1234"
MOST_WRONG: Final = 3
SECOND: Final[dict[str, Step]] = {"card": "code", "upi": "app", "netbanking": "confirm"}


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the page remembers of one payment."""

    step: Step = "start"
    bank: str = ""
    wrong: int = 0


class Turn(msgspec.Struct, frozen=True):
    """Where the buyer stands now: the page to show, or the address to go to."""

    row: IntentRow
    now_ms: int
    error: str = ""
    to: str = ""

    @property
    def memory(self) -> Memory:
        """What the page remembers."""
        return msgspec.json.decode(self.row.page, type=Memory)


class Form(msgspec.Struct, frozen=True):
    """What the buyer sent."""

    do: str
    code: str
    bank: str

    @classmethod
    def read(cls, raw: bytes) -> "Form":
        """A form's body. Raises: Refusal (400) when there is no telling what it says."""
        try:
            fields = parse_qs(raw.decode("ascii"), max_num_fields=10, errors="strict")
        except ValueError as error:
            raise Refusal(400, "malformed", "The form could not be read.") from error
        return cls(*(fields.get(name, [""])[0].strip() for name in cls.__struct_fields__))

    def decides(self, row: IntentRow) -> Action | None:
        """The buyer's decision, if this form is one at this step."""
        if self.do in {"decline", "abandon"}:
            return "decline" if self.do == "decline" else "abandon"
        step = msgspec.json.decode(row.page, type=Memory).step
        right = self.do == "approve" and step == SECOND[row.method] and (step != "code" or self.code == CODE)
        return "approve" if right else None


def show(books: Books, intent_id: str) -> Turn:
    """The page as it stands. Raises: Refusal (404)."""
    return Turn(books.intent(intent_id), books.now_ms)


def step(books: Books, intent_id: str, form: Form) -> Turn:
    """One click. What is over stays over: the buyer is sent on, not told off. Raises: Refusal (404)."""
    row = books.intent(intent_id)
    if row.status == "expired":
        return Turn(row, books.now_ms)
    if not row.open:
        return _back(books, row)
    action = form.decides(row)
    memory = msgspec.json.decode(row.page, type=Memory)
    if action is not None:
        row = gateway.act(books, intent_id, action)
        if action == "approve" and row.open:
            row = _remember(books, row, Memory("sent", memory.bank))
        return _back(books, row, left=action == "abandon")
    if form.do == "back":
        return Turn(_remember(books, row, Memory("start", memory.bank, memory.wrong)), books.now_ms)
    if memory.step == "start" and form.do == "continue":
        if row.method == "netbanking" and form.bank not in BANKS:
            return Turn(row, books.now_ms, "Choose one of these banks.")
        row = _remember(books, row, Memory(SECOND[row.method], form.bank, memory.wrong), tried=True)
        return Turn(row, books.now_ms)
    if memory.step == "code" and form.do == "approve":
        return _wrong_code(books, row, memory, form.code)
    return Turn(row, books.now_ms)


def _wrong_code(books: Books, row: IntentRow, memory: Memory, code: str) -> Turn:
    if not code:
        return Turn(row, books.now_ms, "Enter the code.")
    wrong = memory.wrong + 1
    if wrong >= MOST_WRONG:
        return _back(books, gateway.act(books, row.id, "decline"))
    row = _remember(books, row, Memory("code", memory.bank, wrong))
    left = MOST_WRONG - wrong
    tries = "try" if left == 1 else "tries"
    return Turn(row, books.now_ms, f"This is not the code. You have {left} more {tries}.")


def _remember(books: Books, row: IntentRow, memory: Memory, *, tried: bool = False) -> IntentRow:
    return gateway.remember(books, row, msgspec.json.encode(memory).decode(), tried=tried)


def _back(books: Books, row: IntentRow, *, left: bool = False) -> Turn:
    return Turn(row, books.now_ms, to=back_url(row, left=left))


def back_url(row: IntentRow, *, left: bool = False) -> str:
    """The shop's address, with a word on what happened. Anybody could have written it: shops must not believe it."""
    word = {"captured": "approved", "authorized": "approved", "failed": "declined", "expired": "expired"}.get(
        row.status, "left" if left else "pending"
    )
    address, mark, fragment = row.return_url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}fakepay={word}{mark}{fragment}"
