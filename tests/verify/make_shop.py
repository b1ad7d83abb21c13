"""A shop at rest with any number of orders of every kind, made by set-based SQL: some 20 s for 100,000.

Kinds repeat every `KINDS` orders. What is written is what the contexts write, said a second time: tests of the checker
stand on it, and a checker that a running shop does not satisfy shows in the shop's own tests.
"""

import re
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from fakepay.schema import SCHEMA
from haat.events.adapters.tables import LINE as EVENTS
from haat.inventory.adapters.tables import LINE as INVENTORY
from haat.orders.adapters.tables import LINE as ORDERS
from haat.payments.adapters.tables import LINE as PAYMENTS
from tests.migrated import migrated

NOW_MS: Final = 1_795_000_000_000
Attempt = tuple[str, str | None, int, int, str | None]
_C, _P, _K, _S, _D, _X = "CREATED", "PLACED", "PACKED", "SHIPPED", "DELIVERED", "CANCELLED"

# path, reason, method, hold state, and each attempt at payment:
# (state, outcome, live, the order it pays: 0 none, 1 its own, 2 the next one, reason of the refund)
_UNPAID: Final = ("REQUESTED", None, 1, 0, None)
_PAID: Final = ("SUCCEEDED", "APPLIED", 1, 1, None)
_BACK: Final = ("SUCCEEDED", "APPLIED", 0, 1, "cancelled")
_FAILED: Final = ("FAILED", None, 0, 0, None)
_KINDS: Final[tuple[tuple[tuple[str, ...], str, str, str, list[Attempt]], ...]] = (
    ((_C,), "", "upi", "held", [("INITIATED", None, 1, 0, None)]),
    ((_C,), "", "card", "held", [_UNPAID]),
    ((_C, _P), "", "upi", "committed", [_PAID]),
    ((_C, _P, _K), "", "card", "committed", [_PAID]),
    ((_C, _P, _K, _S), "", "netbanking", "consumed", [_PAID]),
    ((_C, _P, _K, _S, _D), "", "upi", "consumed", [_PAID]),
    ((_C, _X), "expired", "upi", "released", [_FAILED]),
    ((_C, _P, _X), "by_customer", "upi", "released", [_BACK]),
    ((_C, _X), "expired", "card", "released", [("SUCCEEDED", "REFUNDED", 0, 0, "late")]),
    ((_C, _P), "", "cod", "committed", [("INITIATED", None, 1, 0, None)]),
    ((_C, _P, _K, _S, _D), "", "cod", "consumed", [_PAID]),
    ((_C, _P, _K, _S, _X), "lost", "upi", "consumed", [_BACK]),
    ((_C, _X), "expired", "upi", "released", [("SUCCEEDED", "NEW_ORDER", 0, 2, None)]),
    ((_C, _P), "", "upi", "committed", []),  # in place of the one before
    ((_C, _P), "", "card", "committed", [_FAILED, _PAID]),
    ((_C, _P), "", "card", "committed", [("SUCCEEDED", "REFUNDED", 0, 0, "duplicate"), _PAID]),
    ((_C, _P, _K, _X), "by_seller", "cod", "released", [_FAILED]),
)
KINDS: Final = len(_KINDS)
REPLACED, REPLACING = 12, 13


class Files(NamedTuple):
    """Where the shop's databases are."""

    orders: Path
    gateway: Path
    events: Path


def order_id(kind: int, turn: int = 0) -> str:
    """The id of an order of this kind."""
    return f"ord_{turn * KINDS + kind:09d}"


def payment_id(kind: int, attempt: int = 1, turn: int = 0) -> str:
    """The id of an order's attempt."""
    return f"pay_{turn * KINDS + kind:09d}_{attempt}"


def make_shop(folder: Path, orders: int) -> Files:
    """Databases of at least this many orders, whole rounds of all kinds."""
    files = Files(folder / "orders.db", folder / "fakepay.db", folder / "events.db")
    migrated(INVENTORY.joined(ORDERS, PAYMENTS), files.orders)
    migrated(EVENTS, files.events)
    db = sqlite3.connect(files.orders, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("ATTACH ? AS gw", (str(files.gateway),))
        db.execute("ATTACH ? AS log", (str(files.events),))
        for statement in SCHEMA.split(";"):
            db.execute(
                statement.replace("CREATE TABLE IF NOT EXISTS ", "CREATE TABLE IF NOT EXISTS gw.").replace(
                    "CREATE INDEX IF NOT EXISTS ", "CREATE INDEX IF NOT EXISTS gw."
                )
            )
        for schema in ("gw", "log"):
            db.execute(f"PRAGMA {schema}.journal_mode = OFF")
            db.execute(f"PRAGMA {schema}.synchronous = OFF")
        db.execute("BEGIN")
        _plan(db, -(-orders // KINDS) * KINDS)
        for sql in _FILL:
            _fill(db, sql)
        db.execute("COMMIT")
        for schema in ("main", "gw", "log"):
            db.execute(f"PRAGMA {schema}.journal_mode = WAL")
    finally:
        db.close()
    return files


def _fill(db: sqlite3.Connection, sql: str) -> None:
    """Run a statement; columns it does not name (a later migration's) are empty."""
    insert = re.match(r"\s*INSERT INTO (\w+\.)?(\w+) \(([^)]*)\)(.*)", sql, re.DOTALL)
    if insert is None:
        db.execute(sql)
        return
    schema, table, named, select = insert.groups()
    columns = [name.strip().strip('"') for name in named.split(",")]
    about = db.execute(f"PRAGMA {schema or ''}table_info({table})").fetchall()
    rest = {
        name: "0" if "INT" in kind else "''"
        for _, name, kind, needed, default, key in about
        if name not in columns and needed and default is None and not key
    }
    into = ", ".join(f'"{name}"' for name in (*columns, *rest))
    values = ", ".join(["told.*", *rest.values()])
    db.execute(f"INSERT INTO {schema or ''}{table} ({into}) SELECT {values} FROM ({select}) told")


def _plan(db: sqlite3.Connection, orders: int) -> None:
    db.execute("CREATE TEMP TABLE kind (kind INTEGER PRIMARY KEY, state, reason, method, hold)")
    db.execute("CREATE TEMP TABLE step (kind, seq, before, after, reason, PRIMARY KEY (kind, seq))")
    db.execute(
        "CREATE TEMP TABLE attempt (kind, attempt, state, outcome, live, pays, refund, PRIMARY KEY (kind, attempt))"
    )
    for kind, (path, reason, method, hold, attempts) in enumerate(_KINDS):
        db.execute("INSERT INTO kind VALUES (?, ?, ?, ?, ?)", (kind, path[-1], reason, method, hold))
        for seq, after in enumerate(path, 1):
            before = path[seq - 2] if seq > 1 else None
            db.execute(
                "INSERT INTO step VALUES (?, ?, ?, ?, ?)", (kind, seq, before, after, reason if after == _X else "")
            )
        for number, row in enumerate(attempts, 1):
            db.execute("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)", (kind, number, *row))
    skus = max(20, orders // 100)
    db.execute("CREATE TEMP TABLE given AS SELECT ? AS orders, ? AS skus, ? AS now_ms", (orders, skus, NOW_MS))


_FILL: Final = (
    """
    CREATE TEMP TABLE plan AS
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n, given WHERE i + 1 < orders)
    SELECT i, i % 17 AS kind, printf('ord_%09d', i) AS id, now_ms - 172800000 + i AS at_ms FROM n, given
    """,
    f"""
    CREATE TEMP TABLE line AS
    SELECT p.i, p.kind, p.id, l.line,
           ((p.i - (p.kind = {REPLACING})) * 7 + l.line * 3) % g.skus AS sku,
           1 + (p.i - (p.kind = {REPLACING})) % 2 AS units
    FROM plan p, given g, (SELECT 1 AS line UNION ALL SELECT 2) l
    WHERE l.line <= 1 + (p.i - (p.kind = {REPLACING})) % 2
    """,
    """
    INSERT INTO offer (sku, item_id, seller, price_minor, currency, tax_class, active, version, as_of_ms)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n, given WHERE i + 1 < skus)
    SELECT 'acme.' || i, printf('itm_%06d', i), 'acme', 10000 + i % 97 * 100, 'INR', 'standard', 1, 2,
           now_ms - 900000000
    FROM n, given
    """,
    """
    INSERT INTO order_line (order_id, line, sku, item_id, seller, title, picture, units, price_minor, total_minor,
                            tax_class, tax_bp, tax_minor, offer_version)
    SELECT id, line, 'acme.' || sku, printf('itm_%06d', sku), 'acme', 'Kettle ' || sku, '', units,
           10000 + sku % 97 * 100, units * (10000 + sku % 97 * 100), 'standard', 1800,
           (2 * units * (10000 + sku % 97 * 100) * 1800 + 11800) / (2 * 11800), 2
    FROM line ORDER BY id, line
    """,
    # every twentieth order takes the two units of its first line from both warehouses
    """
    CREATE TEMP TABLE part AS
    SELECT i, kind, id, line AS part, sku, (i + line) % 2 AS wh,
           units - (i % 20 = 1 AND line = 1 AND kind <> 13) AS units
    FROM line
    UNION ALL
    SELECT i, kind, id, 3, sku, i % 2, 1 FROM line WHERE i % 20 = 1 AND line = 1 AND kind <> 13
    """,
    """
    INSERT INTO hold (order_id, part, sku, warehouse, bucket, item_id, owner, units, state, taken_ms, changed_ms)
    SELECT t.id, t.part, 'acme.' || t.sku, 'whs_' || t.wh, 0, printf('itm_%06d', t.sku), 'usr_' || t.i / 3, t.units,
           k.hold, g.now_ms, g.now_ms
    FROM part t JOIN kind k ON k.kind = t.kind, given g
    ORDER BY t.id, t.part
    """,
    """
    INSERT INTO orders (id, number, owner, checkout_id, state, reason, version, currency, items_minor, discount_minor,
                        shipping_minor, tax_minor, total_minor, method, on_late_payment, pincode, created_ms,
                        expires_ms, extended, changed_ms, replaces, snapshot)
    SELECT p.id, printf('N%09d', p.i), 'usr_' || p.i / 3, 'chk_' || p.i, k.state, k.reason,
           (SELECT COUNT(*) FROM step s WHERE s.kind = p.kind), 'INR', l.items, 0, (l.items < 49900) * 4000, l.tax,
           l.items + (l.items < 49900) * 4000, k.method, CASE p.kind WHEN 12 THEN 'reorder' ELSE 'refund' END, '560001',
           p.at_ms, CASE WHEN k.method = 'cod' THEN 0 ELSE g.now_ms + 600000 END, 0, p.at_ms + 5000,
           CASE p.kind WHEN 13 THEN printf('ord_%09d', p.i - 1) END,
           CAST(json_object('address', json_object('name', 'Asha Rao', 'phone', '9800000000', 'line1', '4 Main Road',
               'pincode', '560001'), 'parts', json(t.parts)) AS BLOB)
    FROM plan p
    JOIN kind k ON k.kind = p.kind
    JOIN (SELECT order_id, SUM(total_minor) AS items, SUM(tax_minor) AS tax FROM order_line GROUP BY order_id) l
        ON l.order_id = p.id
    JOIN (SELECT h.order_id, json_group_array(json_object('part', h.part, 'line', CASE h.part WHEN 3 THEN 1
                     ELSE h.part END, 'sku', h.sku, 'item_id', h.item_id, 'warehouse', h.warehouse,
                     'bucket', h.bucket, 'units', h.units, 'offer_version', 2, 'promised_on', '2026-11-25')) AS parts
          FROM hold h GROUP BY h.order_id) t
        ON t.order_id = p.id,
    given g
    ORDER BY p.i
    """,
    """
    INSERT INTO order_event (order_id, seq, from_state, to_state, reason, actor, epoch, at_ms)
    SELECT p.id, s.seq, s.before, s.after, s.reason,
           CASE s.reason WHEN 'expired' THEN 'timer:expiry' ELSE 'order' END,
           CASE s.reason WHEN 'expired' THEN 1 + (p.i * 3 >= g.orders) ELSE 0 END, p.at_ms + s.seq * 1000
    FROM plan p JOIN step s ON s.kind = p.kind, given g
    ORDER BY p.i, s.seq
    """,
    "INSERT INTO lease (name, holder, epoch, until_ms) SELECT 'expiry', 'worker-1', 2, 0",
    """
    INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, note, at_ms)
    SELECT 'feed_1', f.sku, w.warehouse, 0, 'feed',
           9 + COALESCE((SELECT SUM(units) FROM hold h WHERE h.sku = f.sku AND h.warehouse = w.warehouse), 0), 0,
           'acme', '', g.now_ms - 900000000
    FROM offer f, (SELECT 'whs_0' AS warehouse UNION ALL SELECT 'whs_1') w, given g
    """,
    """
    INSERT INTO stock (sku, warehouse, bucket, item_id, on_hand, held, version, as_of_ms)
    SELECT m.sku, m.warehouse, 0, f.item_id,
           m.d_on_hand - COALESCE((SELECT SUM(units) FROM hold h
               WHERE h.sku = m.sku AND h.warehouse = m.warehouse AND h.state = 'consumed'), 0),
           COALESCE((SELECT SUM(units) FROM hold h
               WHERE h.sku = m.sku AND h.warehouse = m.warehouse AND h.state IN ('held', 'committed')), 0), 1, 0
    FROM movement m JOIN offer f ON f.sku = m.sku
    """,
    """
    INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, note, at_ms)
    SELECT order_id || ':hold', sku, warehouse, bucket, 'hold', 0, SUM(units), 'order', '', taken_ms
    FROM hold GROUP BY order_id, sku, warehouse, bucket
    UNION ALL
    SELECT order_id || CASE state WHEN 'consumed' THEN ':ship' ELSE ':release' END, sku, warehouse, bucket,
           CASE state WHEN 'consumed' THEN 'ship' ELSE 'release' END,
           CASE state WHEN 'consumed' THEN -SUM(units) ELSE 0 END, -SUM(units), 'order', '', changed_ms
    FROM hold WHERE state IN ('consumed', 'released') GROUP BY order_id, sku, warehouse, bucket
    """,
    """
    INSERT INTO payment (id, order_id, attempt, live_order, provider, method, amount_minor, currency, state,
                         provider_ref, page_url, captured_minor, refunded_minor, outcome, applied_order,
                         failure, version, created_ms, changed_ms)
    SELECT printf('pay_%09d_%d', p.i, a.attempt), p.id, a.attempt, CASE a.live WHEN 1 THEN p.id END,
           CASE o.method WHEN 'cod' THEN 'cash' ELSE 'fakepay' END, o.method, o.total_minor, 'INR', a.state,
           CASE WHEN a.state <> 'INITIATED' AND o.method <> 'cod' THEN printf('fp_%09d_%d', p.i, a.attempt) END,
           '', CASE a.state WHEN 'SUCCEEDED' THEN o.total_minor ELSE 0 END,
           CASE WHEN a.refund IS NULL THEN 0 ELSE o.total_minor END, a.outcome,
           CASE a.pays WHEN 1 THEN p.id WHEN 2 THEN printf('ord_%09d', p.i + 1) END,
           CASE a.state WHEN 'FAILED' THEN 'declined' ELSE '' END, 3, p.at_ms, p.at_ms + 3000
    FROM plan p JOIN attempt a ON a.kind = p.kind JOIN orders o ON o.id = p.id
    ORDER BY p.i, a.attempt
    """,
    """
    INSERT INTO payment_outcome (payment_id, outcome, order_id, at_ms)
    SELECT id, outcome, COALESCE(applied_order, order_id), changed_ms FROM payment WHERE outcome IS NOT NULL
    """,
    """
    INSERT INTO refund (id, payment_id, order_id, reason, seq, amount_minor, currency, state, provider_ref,
                        version, created_ms, changed_ms)
    SELECT 'ref_' || substr(p.id, 5), p.id, p.order_id, a.refund, 1, p.captured_minor, 'INR', 'DONE',
           'fr_' || substr(p.id, 5), 3, p.changed_ms, p.changed_ms
    FROM plan n JOIN attempt a ON a.kind = n.kind AND a.refund IS NOT NULL
    JOIN payment p ON p.order_id = n.id AND p.attempt = a.attempt
    ORDER BY n.i
    """,
    """
    INSERT INTO ledger (entry, account, amount_minor, currency, payment_id, order_id, at_ms)
    SELECT p.id || ':capture', x.account || CASE x.account WHEN 'gateway:' THEN p.provider ELSE '' END,
           x.sign * p.captured_minor, 'INR', p.id, COALESCE(p.applied_order, p.order_id), p.changed_ms
    FROM payment p, (SELECT 'gateway:' AS account, 1 AS sign UNION ALL SELECT 'unapplied', -1) x
    WHERE p.captured_minor > 0
    """,
    """
    INSERT INTO ledger (entry, account, amount_minor, currency, payment_id, order_id, at_ms)
    SELECT p.id || ':apply', x.account, x.sign * p.captured_minor, 'INR', p.id, p.applied_order, p.changed_ms
    FROM payment p, (SELECT 'unapplied' AS account, 1 AS sign UNION ALL SELECT 'orders', -1) x
    WHERE p.outcome IN ('APPLIED', 'NEW_ORDER')
    """,
    """
    INSERT INTO ledger (entry, account, amount_minor, currency, payment_id, order_id, at_ms)
    SELECT r.id || ':' || x.entry,
           CASE x.account WHEN 'from' THEN CASE p.outcome WHEN 'REFUNDED' THEN 'unapplied' ELSE 'orders' END
               WHEN 'gateway' THEN 'gateway:' || p.provider ELSE x.account END,
           x.sign * r.amount_minor, 'INR', p.id, r.order_id, r.changed_ms
    FROM refund r JOIN payment p ON p.id = r.payment_id,
    (SELECT 'due' AS entry, 'from' AS account, 1 AS sign UNION ALL SELECT 'due', 'refunds-due', -1
     UNION ALL SELECT 'done', 'refunds-due', 1 UNION ALL SELECT 'done', 'gateway', -1) x
    """,
    """
    INSERT INTO webhook (provider, event_id, body, reference, received_ms, handled_ms)
    SELECT 'fakepay', 'fe_' || substr(id, 5), CAST('{}' AS BLOB), id, changed_ms, changed_ms
    FROM payment WHERE provider_ref IS NOT NULL
    """,
    """
    INSERT INTO idempotency (scope, "key", fingerprint, status, body, created_ms)
    SELECT owner, 'key-' || checkout_id, printf('%064d', 1), 201,
           CAST(json_object('id', id, 'number', number, 'state', 'CREATED') AS BLOB), created_ms
    FROM orders ORDER BY id
    """,
    """
    INSERT INTO outbox (event_id, topic, "key", value, created_ms, sent_ms)
    SELECT 'evt_' || e.order_id || '_' || e.seq, 'orders', e.order_id,
           CAST(json_object('id', 'evt_' || e.order_id || '_' || e.seq, 'source', 'haat/orders',
               'type', 'order.changed', 'subject', e.order_id, 'time', '2026-11-22T09:30:00.000Z',
               'dataschema', 'order.changed/1',
               'data', json_object('order_id', e.order_id, 'number', o.number, 'owner', o.owner, 'seq', e.seq,
                   'before', e.from_state, 'after', e.to_state, 'reason', e.reason, 'method', o.method,
                   'pincode', o.pincode, 'currency', 'INR', 'total_minor', o.total_minor, 'at_ms', e.at_ms,
                   'lines', json('[{"sku": "acme.1", "item_id": "itm_000001", "seller": "acme", "units": 1}]')),
               'specversion', '1.0') AS BLOB),
           e.at_ms, e.at_ms + 5
    FROM order_event e JOIN orders o ON o.id = e.order_id
    ORDER BY e.order_id, e.seq
    """,
    """
    INSERT INTO outbox (event_id, topic, "key", value, created_ms, sent_ms)
    SELECT 'evt_' || id, 'payments', order_id,
           CAST(json_object('id', 'evt_' || id, 'source', 'haat/payments', 'type', 'payment.changed',
               'subject', order_id, 'time', '2026-11-22T09:30:00.000Z', 'dataschema', 'payment.changed/1',
               'data', json_object('payment_id', id, 'order_id', order_id, 'version', version, 'state', state),
               'specversion', '1.0') AS BLOB),
           changed_ms, changed_ms + 5
    FROM payment
    """,
    "INSERT INTO log.topics (id, name, partitions) SELECT 1, 'orders', 8 UNION ALL SELECT 2, 'payments', 8",
    """
    INSERT INTO log.records (topic_id, "partition", "key", value, appended_ms)
    SELECT CASE topic WHEN 'orders' THEN 1 ELSE 2 END, 0, "key", value, sent_ms FROM outbox ORDER BY seq
    """,
    """
    INSERT INTO gw.intents (id, reference, status, amount_minor, currency, method, captured_minor, refunded_minor,
                            capture, return_url, created_ms, updated_ms, expires_ms)
    SELECT provider_ref, id,
           CASE state WHEN 'SUCCEEDED' THEN 'captured' WHEN 'FAILED' THEN 'failed' ELSE 'created' END, amount_minor,
           currency, method, captured_minor, refunded_minor, 'automatic', '', created_ms, changed_ms, 0
    FROM payment WHERE provider_ref IS NOT NULL
    """,
    """
    INSERT INTO gw.captures (intent_id, amount_minor, at_ms)
    SELECT id, captured_minor, updated_ms FROM gw.intents WHERE captured_minor > 0
    """,
    """
    INSERT INTO gw.refunds (id, reference, intent_id, payment_reference, status, amount_minor, currency, created_ms,
                            updated_ms)
    SELECT r.provider_ref, r.id, p.provider_ref, p.id, 'done', r.amount_minor, r.currency, r.created_ms, r.changed_ms
    FROM refund r JOIN payment p ON p.id = r.payment_id
    """,
)
