"""What reconciliation reads of payments, refunds, webhooks and the ledger."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from haat.engines.sql import Statement, Tx
from haat.payments.adapters.statements import payment_of, refund_of
from haat.payments.adapters.tables import LEDGER, OUTCOME, PAYMENT, REFUND, WEBHOOK
from haat.payments.books import Kept, Uneven, UnhandledWebhook
from haat.payments.model import Payment, Refund

_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_THEIRS: Final[BindParameter[str]] = bindparam("theirs", expanding=True)
_PROVIDER = PAYMENT.c.provider == bindparam("by_provider")
_NOBODY: Final = "-"
"""No id: what an empty IN list would be."""


def _in_span(changed: Column[Any], ident: Column[Any]) -> Any:
    """Changed in [from_ms, to_ms), behind (at_ms, after)."""
    at_ms: BindParameter[int] = bindparam("at_ms")
    behind = or_(changed > at_ms, and_(changed == at_ms, ident > bindparam("after")))
    return and_(changed >= bindparam("from_ms"), changed < bindparam("to_ms"), behind)


_THESE: Final = Statement(
    select(PAYMENT).where(or_(PAYMENT.c.id.in_(_IDS), and_(_PROVIDER, PAYMENT.c.provider_ref.in_(_THEIRS))))
)
_THESE_REFUNDS: Final = Statement(select(REFUND).where(REFUND.c.id.in_(_IDS)))
_CLAIMED: Final = Statement(
    select(PAYMENT)
    .where(
        _PROVIDER,
        PAYMENT.c.state == bindparam("by_state"),  # one state at a time, so that the index gives the order
        or_(PAYMENT.c.state == literal_column("'SUCCEEDED'"), PAYMENT.c.provider_ref.is_not(None)),
        _in_span(PAYMENT.c.changed_ms, PAYMENT.c.id),
    )
    .order_by(PAYMENT.c.changed_ms, PAYMENT.c.id)
    .limit(bindparam("most"))
)
_SENT_BACK: Final = Statement(
    select(REFUND)
    .join(PAYMENT, PAYMENT.c.id == REFUND.c.payment_id)
    .where(_PROVIDER, REFUND.c.state == literal_column("'DONE'"), _in_span(REFUND.c.changed_ms, REFUND.c.id))
    .order_by(REFUND.c.changed_ms, REFUND.c.id)
    .limit(bindparam("most"))
)
_WAITING = and_(REFUND.c.state.in_(("DUE", "REQUESTED", "UNKNOWN")), REFUND.c.created_ms < bindparam("before_ms"))
_OPEN_REFUNDS: Final = Statement(
    select(REFUND)
    .where(or_(_WAITING, REFUND.c.state == literal_column("'REJECTED'")), REFUND.c.id > bindparam("after"))
    .order_by(REFUND.c.id)
    .limit(bindparam("most"))
)
_DOUBTFUL: Final = Statement(
    select(PAYMENT)
    .where(
        PAYMENT.c.state == literal_column("'UNKNOWN'"),
        PAYMENT.c.changed_ms < bindparam("before_ms"),
        PAYMENT.c.id > bindparam("after"),
    )
    .order_by(PAYMENT.c.id)
    .limit(bindparam("most"))
)
_UNHANDLED: Final = Statement(
    select(WEBHOOK.c.provider, WEBHOOK.c.event_id, WEBHOOK.c.reference, WEBHOOK.c.received_ms)
    .where(WEBHOOK.c.handled_ms == literal_column("0"), WEBHOOK.c.received_ms < bindparam("before_ms"))
    .order_by(WEBHOOK.c.received_ms)
    .limit(bindparam("most"))
)
_KEPT: Final = Statement(
    select(PAYMENT.c.applied_order, func.sum(PAYMENT.c.captured_minor - PAYMENT.c.refunded_minor))
    .where(PAYMENT.c.applied_order.in_(_IDS))
    .group_by(PAYMENT.c.applied_order)
)
_BY_HAND: Final = Statement(
    select(PAYMENT.c.applied_order, func.sum(REFUND.c.amount_minor))
    .join(PAYMENT, PAYMENT.c.id == REFUND.c.payment_id)
    .where(PAYMENT.c.applied_order.in_(_IDS), REFUND.c.reason == literal_column("'operator'"))
    .group_by(PAYMENT.c.applied_order)
)
_SUCCEEDED = PAYMENT.c.state == literal_column("'SUCCEEDED'")
_NO_OUTCOME = (
    select(PAYMENT.c.id, PAYMENT.c.state, func.coalesce(OUTCOME.c.outcome, ""))
    .outerjoin(OUTCOME, OUTCOME.c.payment_id == PAYMENT.c.id)
    .where(
        or_(
            and_(_SUCCEEDED, OUTCOME.c.payment_id.is_(None)),
            and_(PAYMENT.c.state != literal_column("'SUCCEEDED'"), OUTCOME.c.payment_id.is_not(None)),
            func.coalesce(PAYMENT.c.outcome, "") != func.coalesce(OUTCOME.c.outcome, ""),
        )
    )
)
_NO_PAYMENT = (
    select(OUTCOME.c.payment_id, literal_column("'no payment'"), OUTCOME.c.outcome)
    .outerjoin(PAYMENT, OUTCOME.c.payment_id == PAYMENT.c.id)
    .where(PAYMENT.c.id.is_(None))
)
_OUTCOMES: Final = Statement(union_all(_NO_OUTCOME, _NO_PAYMENT))
_SUM = func.sum(LEDGER.c.amount_minor)
_UNEVEN: Final = Statement(
    select(LEDGER.c.entry, _SUM, func.count())
    .group_by(LEDGER.c.entry)
    .having(or_(_SUM != 0, func.count() < 2, func.min(LEDGER.c.currency) != func.max(LEDGER.c.currency)))
)


def _side(account: str, payment_id: Any, should: Any, does: Any) -> Any:
    columns = (payment_id.label("payment_id"), should.label("should"), does.label("does"))
    return select(literal_column(f"'{account}'").label("account"), *columns)


_ZERO: Final[Any] = literal_column("0")
_DONE = REFUND.c.state == literal_column("'DONE'")
_AT_GATEWAY = LEDGER.c.account.like("gateway:%")
_ACCOUNTS = union_all(
    _side("gateway", PAYMENT.c.id, PAYMENT.c.captured_minor, _ZERO).where(PAYMENT.c.captured_minor != _ZERO),
    _side("gateway", REFUND.c.payment_id, -REFUND.c.amount_minor, _ZERO).where(_DONE),
    _side("gateway", LEDGER.c.payment_id, _ZERO, LEDGER.c.amount_minor).where(_AT_GATEWAY),
    _side("refunds-due", REFUND.c.payment_id, case((_DONE, _ZERO), else_=-REFUND.c.amount_minor), _ZERO),
    _side("refunds-due", LEDGER.c.payment_id, _ZERO, LEDGER.c.amount_minor).where(
        LEDGER.c.account == literal_column("'refunds-due'")
    ),
).subquery("told")
_SHOULD, _DOES = func.sum(_ACCOUNTS.c.should), func.sum(_ACCOUNTS.c.does)
_BALANCES: Final = Statement(
    select(_ACCOUNTS.c.account, _ACCOUNTS.c.payment_id, _SHOULD, _DOES)
    .group_by(_ACCOUNTS.c.account, _ACCOUNTS.c.payment_id)
    .having(_SHOULD != _DOES)
)


class SqlMoneyBooks:
    """haat.payments.books.MoneyBooks on the orders database."""

    __slots__ = ()

    def payments(self, tx: Tx, provider: str, references: Sequence[str], their_ids: Sequence[str]) -> list[Payment]:
        """See MoneyBooks."""
        asked = {"ids": list(references) or [_NOBODY], "theirs": list(their_ids) or [_NOBODY], "by_provider": provider}
        return [payment_of(row) for row in _THESE.all(tx, asked)]

    def refunds(self, tx: Tx, references: Sequence[str]) -> list[Refund]:
        """See MoneyBooks."""
        return [refund_of(row) for row in _THESE_REFUNDS.all(tx, {"ids": list(references) or [_NOBODY]})]

    def claimed(
        self, tx: Tx, provider: str, state: str, span: tuple[int, int], after: tuple[int, str], *, most: int
    ) -> list[Payment]:
        """See MoneyBooks."""
        asked = {**_spanned(provider, span, after, most), "by_state": state}
        return [payment_of(row) for row in _CLAIMED.all(tx, asked)]

    def sent_back(
        self, tx: Tx, provider: str, span: tuple[int, int], after: tuple[int, str], most: int
    ) -> list[Refund]:
        """See MoneyBooks."""
        return [refund_of(row) for row in _SENT_BACK.all(tx, _spanned(provider, span, after, most))]

    def open_refunds(self, tx: Tx, before_ms: int, after: str, most: int) -> list[Refund]:
        """See MoneyBooks."""
        asked = {"before_ms": before_ms, "after": after, "most": most}
        return [refund_of(row) for row in _OPEN_REFUNDS.all(tx, asked)]

    def doubtful(self, tx: Tx, before_ms: int, after: str, most: int) -> list[Payment]:
        """See MoneyBooks."""
        asked = {"before_ms": before_ms, "after": after, "most": most}
        return [payment_of(row) for row in _DOUBTFUL.all(tx, asked)]

    def unhandled(self, tx: Tx, before_ms: int, most: int) -> list[UnhandledWebhook]:
        """See MoneyBooks."""
        return [UnhandledWebhook(*row) for row in _UNHANDLED.all(tx, {"before_ms": before_ms, "most": most})]

    def kept(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, Kept]:
        """See MoneyBooks."""
        asked = {"ids": list(order_ids) or [_NOBODY]}
        by_hand = {row[0]: int(row[1]) for row in _BY_HAND.all(tx, asked)}
        return {row[0]: Kept(int(row[1]), by_hand.get(row[0], 0)) for row in _KEPT.all(tx, asked)}

    def outcomes(self, tx: Tx) -> list[Uneven]:
        """See MoneyBooks."""
        return [Uneven("payment_outcome", row[0], row[1], row[2]) for row in _OUTCOMES.all(tx)]

    def ledger(self, tx: Tx) -> list[Uneven]:
        """See MoneyBooks."""
        entries = [Uneven("entry", row[0], "sum 0 of two rows", f"{row[1]} of {row[2]}") for row in _UNEVEN.all(tx)]
        sums = [Uneven(row[0], f"{row[1]}:{row[0]}", str(row[2]), str(row[3])) for row in _BALANCES.all(tx)]
        return [*entries, *sums]


def _spanned(provider: str, span: tuple[int, int], after: tuple[int, str], most: int) -> dict[str, object]:
    named = {"by_provider": provider, "from_ms": max(span[0], after[0]), "to_ms": span[1], "most": most}
    return {**named, "at_ms": after[0], "after": after[1]}
