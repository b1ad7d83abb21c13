"""What the gateway does: pure rules over the rows of one unit.

Every function checks first and writes then, so a Refusal leaves nothing half done.
"""

from typing import Final

import msgspec

from fakepay import faults
from fakepay.books import Books, IntentRow, RefundRow, new_id
from fakepay.shapes import Action, Fault, Intent, NewIntent, NewRefund, Refund, Refusal
from fakepay.webhooks import emit

DECLINED: Final = "The bank declined the payment."


def create(books: Books, new: NewIntent) -> tuple[bool, Intent]:
    """The intent for this reference, and whether it is new. Raises: Refusal (409 other amount, 402 by script)."""
    there = books.intent_of(new.reference)
    if there is not None:
        if (there.amount_minor, there.currency) != (new.amount_minor, new.currency):
            words = f"This reference has an intent over {there.amount_minor} {there.currency} already."
            raise Refusal(409, "other_amount", words, "amount_minor")
        return False, books.wire(there)
    fault = faults.take(books, ("create",), faults.WHILE_PAYING, (new.reference,))
    does = fault.do if fault else ""
    if does == "decline":
        raise Refusal(402, "declined", "The gateway does not take this payment.")
    row = IntentRow(
        id=new_id("fp"),
        reference=new.reference,
        status="created",
        amount_minor=new.amount_minor,
        currency=new.currency,
        method=new.method,
        capture=new.capture,
        return_url=new.return_url,
        plan=msgspec.json.encode(fault).decode() if fault and does != "late_success" else "",
        late_ms=books.now_ms + _late_ms(fault) if fault and does == "late_success" else 0,
        created_ms=books.now_ms,
        updated_ms=books.now_ms,
        expires_ms=new.expires_ms,
    )
    row = books.save(row)
    return True, books.wire(_expired(books, row) if 0 < row.expires_ms <= books.now_ms else row)


def act(books: Books, intent_id: str, action: Action) -> IntentRow:
    """What the buyer decided. The same again changes nothing. Raises: Refusal (404; 409 when it is over)."""
    row = books.intent(intent_id)
    if not row.open:
        settled: dict[Action, set[str]] = {
            "approve": {"authorized", "captured"},
            "decline": {"failed"},
            "abandon": {row.status},
        }
        if row.status in settled[action]:
            return row
        raise Refusal(409, "finished", f"This payment is {row.status}; nothing more can be done with it.")
    yes = action == "approve"
    points, kinds = (("act", "approve"), faults.WHILE_PAYING) if yes else (("act",), faults.NOT_PAYING)
    fault = faults.take(books, points, kinds, (row.reference,))
    if fault is None and row.plan and yes:
        fault = msgspec.json.decode(row.plan, type=Fault)
    if fault and fault.do == "late_success" and not row.late_ms:
        row = msgspec.structs.replace(row, late_ms=books.now_ms + _late_ms(fault))
    if fault and fault.do == "decline":
        return _failed(books, row, DECLINED)
    if action == "decline" and not (fault and fault.do == "silence"):
        return _failed(books, row, "The buyer declined the payment.")
    if action == "abandon" and not row.late_ms:
        return books.save(row, changed=False)  # whoever leaves has decided nothing
    if row.late_ms or (fault and fault.do == "silence"):
        return books.save(msgspec.structs.replace(row, status="pending"), changed=row.status != "pending")
    return _succeeded(books, row, fault)


def remember(books: Books, row: IntentRow, page: str, *, tried: bool = False) -> IntentRow:
    """Keep what the payment page has to know. `tried`: the buyer began to pay."""
    changed = tried and row.status == "created"
    return books.save(
        msgspec.structs.replace(row, page=page, status="pending" if changed else row.status), changed=changed
    )


def capture(books: Books, intent_id: str) -> IntentRow:
    """Take authorised money; taken money stays taken. `failed` by script only.

    Raises: Refusal (404; 409 if there is no money set aside).
    """
    row = books.intent(intent_id)
    if row.status == "captured":
        return row
    if row.status != "authorized":
        raise Refusal(409, "not_authorized", f"This payment is {row.status}; there is no money set aside to take.")
    fault = faults.take(books, ("capture",), faults.WHILE_PAYING, (row.reference,))
    if fault and fault.do == "silence":
        return row
    if fault and fault.do == "late_success":
        return books.save(msgspec.structs.replace(row, late_ms=books.now_ms + _late_ms(fault)), changed=False)
    if fault and fault.do == "decline":
        return _failed(books, row, DECLINED)
    return _taken(books, row, fault)


def refund(books: Books, intent_id: str, new: NewRefund) -> tuple[bool, Refund]:
    """The refund for this reference, and whether it is new. One that was rejected is tried again.

    Raises: Refusal (404; 409 other payment or amount, nothing captured, or more than is left).
    """
    row = books.intent(intent_id)
    there = books.refund_of(new.reference)
    if there is not None:
        if (there.intent_id, there.amount_minor) != (intent_id, new.amount_minor):
            words = f"This reference is a refund of {there.amount_minor} for {there.intent_id} already."
            raise Refusal(409, "other_refund", words, "reference")
        if there.status != "rejected":
            return False, there.wire
    if row.status != "captured":
        raise Refusal(409, "not_captured", f"This payment is {row.status}; there is nothing to send back.")
    fault = faults.take(books, ("refund",), faults.HAPPENINGS["refund"], (new.reference, row.reference))
    left_minor = row.captured_minor - books.promised_back_minor(intent_id)
    amount_minor = new.amount_minor
    if fault and fault.do == "wrong_amount":
        amount_minor = faults.wrong_minor(fault, amount_minor)
    if amount_minor > left_minor:
        words = f"Of {row.captured_minor} captured {left_minor} is left to send back."
        raise Refusal(409, "too_much", words, "amount_minor")
    made = RefundRow(
        id=there.id if there else new_id("fr"),
        reference=new.reference,
        intent_id=intent_id,
        payment_reference=row.reference,
        status="pending",
        amount_minor=amount_minor,
        currency=row.currency,
        created_ms=there.created_ms if there else books.now_ms,
        updated_ms=books.now_ms,
    )
    return there is None, _sent_back(books, made, fault).wire


def end_refund(books: Books, refund_id: str, *, done: bool) -> RefundRow:
    """How a pending refund ends. The same again changes nothing. Raises: Refusal (404, 409)."""
    row = books.refund(refund_id)
    wanted = "done" if done else "rejected"
    if row.status == wanted:
        return row
    if row.status != "pending":
        raise Refusal(409, "finished", f"This refund is {row.status} already.")
    return _refunded(books, row) if done else _rejected(books, row)


def time_passes(books: Books) -> None:
    """Do what has become due: late successes, expiry, late refunds."""
    for row in books.due_intents():
        if row.late_ms and row.late_ms <= books.now_ms:
            plan = msgspec.json.decode(row.plan, type=Fault) if row.plan else None
            _succeeded(books, msgspec.structs.replace(row, late_ms=0), plan)
        else:
            _expired(books, row)
    for refund_row in books.due_refunds():
        _refunded(books, refund_row)


def next_due_ms(books: Books) -> int | None:
    """When time changes something next, or an event is to be sent."""
    found = books.connection.execute(
        "SELECT MIN(at) FROM (SELECT MIN(due_ms) AS at FROM intents WHERE due_ms IS NOT NULL UNION ALL"
        " SELECT MIN(due_ms) FROM refunds WHERE due_ms IS NOT NULL UNION ALL"
        " SELECT MIN(due_ms) FROM events WHERE state = 'waiting')"
    ).fetchone()[0]
    return None if found is None else int(found)


def _late_ms(fault: Fault) -> int:
    return faults.LATE_MS if fault.ms is None else fault.ms


def _succeeded(books: Books, row: IntentRow, fault: Fault | None) -> IntentRow:
    """The bank said yes. With manual capture a planned fault waits for the money to be taken."""
    if row.capture == "automatic" or row.status == "authorized":
        return _taken(books, row, fault)
    plan = msgspec.json.encode(fault).decode() if fault and fault.do in {"duplicate", "wrong_amount"} else ""
    row = books.save(msgspec.structs.replace(row, status="authorized", failure="", plan=plan))
    emit(books, "intent.authorized", books.wire(row))
    return row


def _taken(books: Books, row: IntentRow, fault: Fault | None) -> IntentRow:
    if fault is None and row.plan:
        fault = msgspec.json.decode(row.plan, type=Fault)
    does = fault.do if fault else ""
    amount_minor = faults.wrong_minor(fault, row.amount_minor) if fault and does == "wrong_amount" else row.amount_minor
    for _ in range(2 if does == "duplicate" else 1):
        books.capture(row.id, amount_minor)
        row = books.save(
            msgspec.structs.replace(
                row,
                status="captured",
                captured_minor=row.captured_minor + amount_minor,
                failure="",
                plan="",
                late_ms=0,
            )
        )
        emit(books, "intent.captured", books.wire(row))
    return row


def _failed(books: Books, row: IntentRow, why: str) -> IntentRow:
    row = books.save(msgspec.structs.replace(row, status="failed", failure=why, plan=""))
    emit(books, "intent.failed", books.wire(row))
    return row


def _expired(books: Books, row: IntentRow) -> IntentRow:
    row = books.save(msgspec.structs.replace(row, status="expired", failure="Nobody paid in time."))
    emit(books, "intent.expired", books.wire(row))
    return row


def _sent_back(books: Books, row: RefundRow, fault: Fault | None) -> RefundRow:
    does = fault.do if fault else ""
    if does == "decline":
        return _rejected(books, row)
    if does == "silence":
        return books.save_refund(row)
    if fault and does == "late_success":
        return books.save_refund(msgspec.structs.replace(row, due_ms=books.now_ms + _late_ms(fault)))
    return _refunded(books, row)


def _refunded(books: Books, row: RefundRow) -> RefundRow:
    row = books.save_refund(msgspec.structs.replace(row, status="done", due_ms=None))
    intent = books.intent(row.intent_id)
    books.save(msgspec.structs.replace(intent, refunded_minor=intent.refunded_minor + row.amount_minor))
    emit(books, "refund.done", row.wire)
    return row


def _rejected(books: Books, row: RefundRow) -> RefundRow:
    row = books.save_refund(msgspec.structs.replace(row, status="rejected", due_ms=None))
    emit(books, "refund.rejected", row.wire)
    return row
