"""Every check sees what it is there for: a sound shop in which one thing was broken by hand."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import pytest

from haat_verify import Paths, Report, verify
from haat_verify.checks import CHECKS, NOT_HERE
from tests.verify.conftest import Break
from tests.verify.make_shop import KINDS, NOW_MS, REPLACED, REPLACING, Files, order_id, payment_id

pytestmark = pytest.mark.long

UNPAID, ASKED, PLACED, PACKED, SHIPPED, DELIVERED, EXPIRED, CANCELLED, LATE = range(9)
COD, LOST, TWICE = 9, 11, 15
A_SKU: Final = f"(SELECT sku FROM hold WHERE order_id = '{order_id(PLACED)}' LIMIT 1)"
ITS_STOCK: Final = f"sku = {A_SKU} AND warehouse = 'whs_0'"


class Case(NamedTuple):
    check: str
    what: str
    sql: Sequence[str]
    also: Sequence[str] = ()  # other checks that see the same thing
    bare: Sequence[str] = ()  # tables that lose their unique keys for it
    keep_triggers: bool = True


def _movement(d_on_hand: str, d_held: str, reference: str = "by hand") -> str:
    return f"""
        INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, note, at_ms)
        SELECT '{reference}', sku, warehouse, bucket, 'adjust', {d_on_hand}, {d_held}, '', '', 0
        FROM stock WHERE {ITS_STOCK}
    """


def _entry(name: str, account: str, amount_minor: int) -> str:
    return f"""
        INSERT INTO ledger (entry, account, amount_minor, currency, payment_id, order_id, at_ms)
        VALUES ('{name}', '{account}', {amount_minor}, 'INR', '', '', 0)
    """


_REFUND_OF_CANCELLED: Final = payment_id(CANCELLED).replace("pay", "ref")
_FIRST_OF_TWO: Final = payment_id(TWICE)
_EVENT: Final = f"evt_{order_id(PACKED)}_2"
_FORGET: Final = f"DELETE FROM log.records WHERE CAST(value AS TEXT) LIKE '%{_EVENT}%'"

CASES: Final = (
    Case(
        "stock-bounds",
        "a count fell below what is held",
        [_movement("held - 1 - on_hand", "0"), f"UPDATE stock SET on_hand = held - 1 WHERE {ITS_STOCK}"],
    ),
    Case(
        "stock-conserved",
        "a unit appeared",
        [f"UPDATE stock SET on_hand = on_hand + 1 WHERE {ITS_STOCK}"],
        also=["stock-ledger"],
    ),
    Case(
        "stock-conserved",
        "shipped units were counted out as something else",
        [
            f"UPDATE movement SET d_held = 0 WHERE reference = '{order_id(SHIPPED)}:ship'",
            "UPDATE stock SET held = (SELECT SUM(d_held) FROM movement m WHERE m.sku = stock.sku "
            "AND m.warehouse = stock.warehouse)",
        ],
        also=["hold-movements", "stock-holds"],
    ),
    Case(
        "stock-rebalanced",
        "a unit came out of moving units",
        [
            _movement("1", "0"),
            "UPDATE movement SET reason = 'rebalance' WHERE reference = 'by hand'",
            f"UPDATE stock SET on_hand = on_hand + 1 WHERE {ITS_STOCK}",
        ],
    ),
    Case("stock-ledger", "a movement without its count", [_movement("5", "0")], also=["stock-conserved"]),
    Case(
        "stock-ledger",
        "a row vanished",
        ["UPDATE stock SET warehouse = 'whs_9' WHERE sku = 'acme.0' AND warehouse = 'whs_0'"],
        also=["stock-conserved", "stock-holds"],
    ),
    Case(
        "stock-holds",
        "more is held than there are holds",
        [_movement("0", "1"), f"UPDATE stock SET held = held + 1 WHERE {ITS_STOCK}"],
        also=["hold-movements"],
    ),
    Case(
        "hold-movements",
        "taken and released by nobody",
        [_movement("0", "1", "in"), _movement("0", "-1", "out")],
    ),
    Case(
        "hold-fits-order",
        "committed before it was paid",
        [f"UPDATE hold SET state = 'committed' WHERE order_id = '{order_id(UNPAID)}'"],
    ),
    Case(
        "hold-fits-order",
        "a hold of no order",
        [f"UPDATE hold SET order_id = 'ord_gone' WHERE order_id = '{order_id(PLACED)}'"],
        also=["holds-fit-lines", "parts-fit-lines"],
    ),
    Case(
        "holds-fit-lines",
        "one unit more than was ordered",
        [
            f"UPDATE hold SET units = units + 1 WHERE order_id = '{order_id(PLACED)}' AND part = 1",
            "UPDATE orders SET snapshot = CAST(JSON_SET(CAST(snapshot AS TEXT), '$.parts[0].units', 2) AS BLOB) "
            f"WHERE id = '{order_id(PLACED)}'",
            f"UPDATE movement SET d_held = d_held + 1 WHERE reference = '{order_id(PLACED)}:hold' AND sku = {A_SKU}",
            f"UPDATE stock SET held = held + 1 WHERE sku = {A_SKU} "
            f"AND warehouse = (SELECT warehouse FROM hold WHERE order_id = '{order_id(PLACED)}' AND part = 1)",
        ],
    ),
    Case(
        "parts-fit-lines",
        "held in another warehouse than promised",
        [
            f"UPDATE orders SET snapshot = CAST(REPLACE(CAST(snapshot AS TEXT), 'whs_', 'whs_9') AS BLOB) "
            f"WHERE id = '{order_id(PLACED)}'"
        ],
    ),
    Case(
        "parts-fit-lines",
        "nobody can read what was promised",
        [f"UPDATE orders SET snapshot = x'7b' WHERE id = '{order_id(PLACED)}'"],
    ),
    Case(
        "parts-fit-lines",
        "a promise less than there are holds",
        [
            "UPDATE orders SET snapshot = CAST(JSON_REMOVE(CAST(snapshot AS TEXT), '$.parts[0]') AS BLOB) "
            f"WHERE id = '{order_id(PLACED)}'"
        ],
    ),
    Case(
        "no-oversell",
        "more was sold than came in",
        [
            f"UPDATE movement SET d_on_hand = 1 WHERE reason = 'feed' AND sku = {A_SKU}",
            "UPDATE stock SET on_hand = (SELECT SUM(d_on_hand) FROM movement m WHERE m.sku = stock.sku "
            "AND m.warehouse = stock.warehouse)",
        ],
        also=["stock-bounds"],
    ),
    Case(
        "order-history",
        "the row says more than the history",
        [f"UPDATE orders SET state = 'PACKED' WHERE id = '{order_id(PLACED)}'"],
    ),
    Case(
        "order-history",
        "a step is missing",
        [f"DELETE FROM order_event WHERE order_id = '{order_id(DELIVERED)}' AND seq = 3"],
        also=["event-iff-state"],
    ),
    Case(
        "order-history",
        "no history",
        [f"DELETE FROM order_event WHERE order_id = '{order_id(UNPAID)}'"],
        also=["event-iff-state"],
    ),
    Case(
        "order-history",
        "a history of no order",
        [
            "INSERT INTO order_event (order_id, seq, to_state, reason, actor, epoch, at_ms) "
            "VALUES ('ord_gone', 1, 'CREATED', '', '', 0, 0)"
        ],
    ),
    Case(
        "order-edges",
        "packed and shipped in one step",
        [
            f"DELETE FROM order_event WHERE order_id = '{order_id(SHIPPED)}' AND seq = 3",
            f"UPDATE order_event SET seq = 3, from_state = 'PLACED' WHERE order_id = '{order_id(SHIPPED)}' AND seq = 4",
        ],
        also=["event-iff-state"],
    ),
    Case("order-edges", "a new edge", ["INSERT INTO order_edge VALUES ('CANCELLED', 'PLACED')"]),
    Case("order-edges", "an edge less", ["DELETE FROM order_edge WHERE to_state = 'DELIVERED'"]),
    Case(
        "order-reason",
        "an unknown word",
        [f"UPDATE orders SET reason = 'because' WHERE id = '{order_id(EXPIRED)}'"],
    ),
    Case("order-reason", "alive with a reason", [f"UPDATE orders SET reason = 'lost' WHERE id = '{order_id(PLACED)}'"]),
    Case(
        "one-order",
        "two orders of one checkout",
        [f"UPDATE orders SET checkout_id = 'chk_0' WHERE id = '{order_id(1)}'"],
        bare=["orders"],
    ),
    Case(
        "one-order",
        "one number twice",
        [f"UPDATE orders SET number = 'N000000000' WHERE id = '{order_id(1)}'"],
        bare=["orders"],
    ),
    Case(
        "idempotency",
        "two answers for one key",
        ["INSERT INTO idempotency SELECT * FROM idempotency LIMIT 1"],
        bare=["idempotency"],
    ),
    Case(
        "idempotency",
        "an order was answered and is not there",
        ["UPDATE idempotency SET body = CAST('{\"id\":\"ord_gone\"}' AS BLOB) WHERE \"key\" = 'key-chk_0'"],
    ),
    Case(
        "order-totals",
        "items are not the sum of the lines",
        [
            "UPDATE orders SET items_minor = items_minor + 100, discount_minor = discount_minor + 100 "
            f"WHERE id = '{order_id(PLACED)}'"
        ],
    ),
    Case(
        "order-totals",
        "the total is not the sum",
        [f"UPDATE orders SET discount_minor = 100 WHERE id = '{order_id(PLACED)}'"],
    ),
    Case(
        "line-totals",
        "tax rounded the wrong way",
        [
            f"UPDATE order_line SET tax_minor = tax_minor + 1 WHERE order_id = '{order_id(PLACED)}' AND line = 1",
            f"UPDATE orders SET tax_minor = tax_minor + 1 WHERE id = '{order_id(PLACED)}'",
        ],
    ),
    Case(
        "line-totals",
        "a line of no order",
        [
            "INSERT INTO order_line SELECT 'ord_gone', line, sku, item_id, seller, title, picture, units, price_minor, "
            "total_minor, tax_class, tax_bp, tax_minor, offer_version FROM order_line LIMIT 1"
        ],
        also=["holds-fit-lines"],
    ),
    Case("line-price", "sold for less", [f"UPDATE offer SET price_minor = price_minor + 1 WHERE sku = {A_SKU}"]),
    Case(
        "line-price",
        "one version at two prices",
        [
            f"UPDATE offer SET version = 3 WHERE sku = {A_SKU}",
            f"UPDATE order_line SET price_minor = price_minor + 100 WHERE sku = {A_SKU} AND order_id <> "
            f"'{order_id(PLACED)}'",
        ],
        also=["line-totals"],
    ),
    Case(
        "line-price",
        "in place of another, for less than it costs",
        ["UPDATE offer SET price_minor = price_minor + 500, version = 3 WHERE sku IN "
         f"(SELECT sku FROM order_line WHERE order_id = '{order_id(REPLACING)}')",
         f"UPDATE order_line SET offer_version = 3 WHERE order_id = '{order_id(REPLACING)}'"],
    ),
    Case("line-price", "sold at a later version", [f"UPDATE offer SET version = 1 WHERE sku = {A_SKU}"]),
    Case(
        "payment-amount",
        "asked for more than the order costs",
        [f"UPDATE payment SET amount_minor = amount_minor + 1 WHERE id = '{payment_id(ASKED)}'"],
    ),
    Case(
        "money-per-order",
        "paid, for nothing",
        [f"UPDATE payment SET applied_order = NULL WHERE id = '{payment_id(PLACED)}'"],
        also=["one-outcome", "replacement"],
    ),
    Case(
        "money-per-order",
        "packed without being paid",
        [f"UPDATE payment SET outcome = NULL, applied_order = NULL WHERE id = '{payment_id(PACKED)}'"],
        also=["one-outcome"],
    ),
    Case(
        "money-global",
        "an entry that no payment knows",
        [_entry("by hand", "unapplied", 5), _entry("by hand", "orders", -5)],
    ),
    Case(
        "double-entry",
        "two entries that are wrong by the same",
        [
            f"UPDATE ledger SET amount_minor = amount_minor {sign} 1 "
            f"WHERE entry = '{payment_id(kind)}:capture' AND account = 'unapplied'"
            for kind, sign in ((PLACED, "+"), (PACKED, "-"))
        ],
    ),
    Case(
        "double-entry",
        "two currencies in one",
        [f"UPDATE ledger SET currency = 'USD' WHERE entry = '{payment_id(PLACED)}:apply' AND account = 'orders'"],
    ),
    Case(
        "ledger-entries",
        "an entry under another name",
        [f"UPDATE ledger SET entry = 'by hand' WHERE entry = '{payment_id(PLACED)}:apply'"],
    ),
    Case(
        "ledger-entries",
        "a capture under another name",
        [f"UPDATE ledger SET entry = 'by hand' WHERE entry = '{payment_id(PLACED)}:capture'"],
    ),
    Case("append-only", "the ledger may be rewritten", ["DROP TRIGGER ledger_no_update"], keep_triggers=False),
    Case(
        "one-live-capture",
        "an order paid twice",
        [
            f"UPDATE payment SET outcome = 'APPLIED', applied_order = order_id, refunded_minor = 0 "
            f"WHERE id = '{_FIRST_OF_TWO}'",
            f"UPDATE payment_outcome SET outcome = 'APPLIED' WHERE payment_id = '{_FIRST_OF_TWO}'",
            f"DELETE FROM refund WHERE payment_id = '{_FIRST_OF_TWO}'",
            f"DELETE FROM gw.refunds WHERE payment_reference = '{_FIRST_OF_TWO}'",
            f"DELETE FROM ledger WHERE entry LIKE '{_FIRST_OF_TWO.replace('pay', 'ref')}:%'",
            f"INSERT INTO ledger SELECT NULL, '{_FIRST_OF_TWO}:apply', account, amount_minor, currency, "
            f"'{_FIRST_OF_TWO}', order_id, at_ms FROM ledger WHERE entry = '{payment_id(TWICE, 2)}:apply'",
        ],
        also=["money-per-order", "money-global"],
    ),
    Case(
        "one-live-capture",
        "one payment of the gateway is two of ours",
        [
            f"UPDATE payment SET provider_ref = (SELECT provider_ref FROM payment WHERE id = '{payment_id(PLACED)}') "
            f"WHERE id = '{payment_id(ASKED)}'"
        ],
        bare=["payment"],
    ),
    Case(
        "one-live-attempt",
        "a cancelled order still waits",
        [f"UPDATE payment SET live_order = order_id, state = 'REQUESTED' WHERE id = '{payment_id(EXPIRED)}'"],
    ),
    Case(
        "refunds-within-capture",
        "the payment does not know its refund",
        [f"UPDATE payment SET refunded_minor = 0 WHERE id = '{payment_id(CANCELLED)}'"],
    ),
    Case(
        "refunds-within-capture",
        "a refund of no payment",
        [f"UPDATE refund SET payment_id = 'pay_gone' WHERE id = '{_REFUND_OF_CANCELLED}'"],
        also=["gateway-refunds", "money-per-order"],
    ),
    Case(
        "one-outcome",
        "a success without an outcome",
        [f"DELETE FROM payment_outcome WHERE payment_id = '{payment_id(PLACED)}'"],
    ),
    Case(
        "one-outcome",
        "an outcome of no payment",
        ["INSERT INTO payment_outcome (payment_id, outcome, order_id, at_ms) VALUES ('pay_gone', 'APPLIED', '', 0)"],
    ),
    Case(
        "replacement",
        "paid for a new order that knows nothing of it",
        [f"UPDATE orders SET replaces = NULL WHERE id = '{order_id(REPLACING)}'"],
    ),
    Case(
        "gateway-match",
        "the gateway took money that we do not know of",
        [f"INSERT INTO gw.captures (intent_id, amount_minor, at_ms) SELECT id, amount_minor, 0 FROM gw.intents "
         f"WHERE reference = '{payment_id(ASKED)}'"],
    ),
    Case(
        "gateway-match",
        "it took it twice",
        [f"INSERT INTO gw.captures (intent_id, amount_minor, at_ms) SELECT id, amount_minor, 0 FROM gw.intents "
         f"WHERE reference = '{payment_id(PLACED)}'"],
    ),
    Case(
        "gateway-match",
        "it never took it",
        [f"DELETE FROM gw.captures WHERE intent_id = (SELECT id FROM gw.intents WHERE reference = "
         f"'{payment_id(PLACED)}')"],
    ),
    Case(
        "gateway-refunds",
        "the gateway sent nothing back",
        [f"DELETE FROM gw.refunds WHERE reference = '{_REFUND_OF_CANCELLED}'"],
    ),
    Case(
        "gateway-refunds",
        "the gateway sent back too little",
        [f"UPDATE gw.refunds SET amount_minor = 1 WHERE reference = '{_REFUND_OF_CANCELLED}'"],
    ),
    Case(
        "event-iff-state",
        "a step that nobody was told of",
        [f"DELETE FROM outbox WHERE event_id = '{_EVENT}'", _FORGET],
    ),
    Case(
        "event-iff-state",
        "a step told twice",
        [f"""INSERT INTO outbox (event_id, topic, "key", value, created_ms, sent_ms)
             SELECT 'evt_again', topic, "key", value, created_ms, 1 FROM outbox WHERE event_id = '{_EVENT}'"""],
    ),
    Case(
        "event-iff-state",
        "an event that cannot be read",
        [f"UPDATE outbox SET value = CAST('{{' AS BLOB) WHERE event_id = '{_EVENT}'"],
    ),
    Case(
        "event-iff-state",
        "told of a step that was not",
        [f"""INSERT INTO outbox (event_id, topic, "key", value, created_ms, sent_ms)
             VALUES ('evt_x', 'orders', '{order_id(UNPAID)}',
                     CAST('{{"id":"evt_x","data":{{"seq":2,"after":"PLACED"}}}}' AS BLOB), 0, 1)"""],
    ),
    Case(
        "log-complete",
        "an event was lost on its way",
        [_FORGET],
    ),
    Case(
        "log-complete",
        "the log tells what was never said",
        [f"""INSERT INTO log.records (topic_id, "partition", "key", value, appended_ms)
             VALUES (1, 0, 'ord_gone', CAST('{{"id":"evt_x","data":{{"seq":1}}}}' AS BLOB), {NOW_MS})"""],
    ),
    Case(
        "log-order",
        "the last step was told first",
        [f"UPDATE log.records SET position = 0 WHERE CAST(value AS TEXT) LIKE '%evt_{order_id(DELIVERED)}_5%'"],
    ),
    Case("lease-fencing", "an epoch that no lease gave", ["UPDATE lease SET epoch = 1"]),
    Case(
        "lease-fencing",
        "a timer wrote after its successor",
        [f"UPDATE order_event SET at_ms = {NOW_MS} WHERE epoch = 1"],
    ),
    Case("stuck-order", "it waits for ever", [f"UPDATE orders SET expires_ms = 0 WHERE id = '{order_id(UNPAID)}'"]),
    Case(
        "stuck-payment",
        "nobody knows how it stands",
        [f"UPDATE payment SET state = 'UNKNOWN' WHERE id = '{payment_id(ASKED)}'"],
    ),
    Case(
        "stuck-refund",
        "asked for and never done",
        [
            f"UPDATE refund SET state = 'REQUESTED' WHERE id = '{_REFUND_OF_CANCELLED}'",
            f"UPDATE gw.refunds SET status = 'pending' WHERE reference = '{_REFUND_OF_CANCELLED}'",
            f"DELETE FROM ledger WHERE entry = '{_REFUND_OF_CANCELLED}:done'",
        ],
    ),
    Case("stuck-event", "not sent", [f"UPDATE outbox SET sent_ms = 0 WHERE event_id = '{_EVENT}'"]),
    Case(
        "parked-event",
        "put aside",
        [
            'INSERT INTO log.parked (consumer, topic, "partition", position, "key", value, code, reason, tries, state, '
            "parked_ms, changed_ms) VALUES ('carts', 'orders', 0, 1, 'ord_1', x'', 'x', '', 3, 'waiting', 0, 0)"
        ],
    ),
    Case("stuck-webhook", "never handled", ["UPDATE webhook SET handled_ms = 0 WHERE event_id LIKE '%2_1'"]),
    Case(
        "stuck-job",
        "overdue",
        [
            'INSERT INTO job (kind, "key", state, run_ms, tries, planned_ms, error) '
            "VALUES ('refund', 'ref_1', 'waiting', 0, 0, 0, '')"
        ],
    ),
)  # fmt: skip


def look(shop: Files, drained: bool = True) -> Report:
    return verify(Paths(shop.orders, shop.gateway, shop.events), drained, now_ms=NOW_MS)


def test_a_sound_shop_of_every_kind_of_order_is_clean(pristine: Files) -> None:
    report = look(pristine)
    assert report.broken == {}
    assert report.left_out == {}
    assert report.counts["orders"] >= 300
    assert report.counts["orders"] % KINDS == 0
    assert REPLACED < REPLACING


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.what}")
def test_what_was_broken_is_found_by_its_check_and_no_other(case: Case, shop: Files, change: Break) -> None:
    change(case.sql, bare=case.bare, keep_triggers=case.keep_triggers)
    report = look(shop)
    assert set(report.broken) == {case.check, *case.also}
    found = next(found for found in report.found if found.name == case.check)
    assert found.total >= len(found.breaks) >= 1


@pytest.mark.parametrize("check", [check for check in CHECKS if check.online], ids=lambda check: check.name)
def test_what_holds_at_every_moment_is_seen_without_rest(check: object, shop: Files, change: Break) -> None:
    case = next(case for case in CASES if case.check == check.name)  # type: ignore[attr-defined]
    change(case.sql, bare=case.bare, keep_triggers=case.keep_triggers)
    assert case.check in look(shop, drained=False).broken


def test_a_shop_at_work_is_not_called_stuck(shop: Files, change: Break) -> None:
    for case in CASES:
        if case.check.startswith(("stuck-", "parked-")):
            change(case.sql)
    report = look(shop, drained=False)
    assert report.clean
    assert {check.name for check in CHECKS if not check.online} == set(report.left_out)


def test_no_check_is_without_a_case_that_it_finds() -> None:
    assert {check.name for check in CHECKS} == {case.check for case in CASES}


def test_names_are_unique_and_every_invariant_of_the_list_is_checked_or_answered_for() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    numbers = {check.invariant for check in CHECKS}
    assert numbers.isdisjoint(NOT_HERE)
    assert numbers | set(NOT_HERE) == {str(number) for number in range(1, 27)}
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+|[a-z]+", check.name) for check in CHECKS)
