"""The store: one SQLite file. Checkers may read it beside a running gateway; all amounts are in minor units.

intents    one payment a shop asked for; `reference` is the shop's own id and unique.
           status      created   nobody tried to pay yet
                       pending   the buyer tried, the bank has said nothing; expires 15 minutes after expires_ms
                       authorized  the bank set the money aside (capture = 'manual' waits for POST …/capture)
                       captured  money was taken: captured_minor = SUM(captures.amount_minor) > 0
                       failed    the bank said no (a late success may still follow)
                       expired   nobody paid in time (a late success may still follow)
           refunded_minor  SUM of refunds done. Always <= captured_minor, also with those pending.
           captured_minor may differ from amount_minor, but only where a fault asked for it.
           due_ms      when time itself changes this row next (expiry or late success), else NULL
           late_ms     when a late success happens, 0: none is planned
           plan        the fault that waits for the buyer to pay, as JSON, or ''
           page        what the payment page remembers (step, bank, wrong codes), as JSON
captures   the journal of money taken, append-only. More than one row for an intent is a duplicate capture.
refunds    money sent back; `reference` is the shop's and unique. status: pending, done, rejected.
           payment_reference = intents.reference.
changes    one row for each time an intent or refund changed (kind 'i' or 'r'): lists by time read this.
events     webhooks, in the order they came to be (`seq`); `place` is the order they go out in.
           state: waiting, delivered (the shop said 2xx), silenced (a fault kept it back), given_up (72 h without 2xx).
           copies: how often it is still to be delivered (a duplicate starts with 2)
           answered: HTTP status of the last try, 0 for none or a broken connection
faults     the script, in order (`seq`); remaining: how often the fault still happens, -1 until it is cleared.
answers    finished answers by Idempotency-Key, kept for seven days.
setting    name 'offset_ms': how far this gateway's clock is ahead of the machine's.
"""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS intents (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('created','pending','authorized','captured','failed','expired')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL, method TEXT NOT NULL,
    captured_minor INTEGER NOT NULL DEFAULT 0 CHECK (captured_minor >= 0),
    refunded_minor INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    capture TEXT NOT NULL CHECK (capture IN ('automatic','manual')),
    return_url TEXT NOT NULL, failure TEXT NOT NULL DEFAULT '', page TEXT NOT NULL DEFAULT '{}',
    plan TEXT NOT NULL DEFAULT '', late_ms INTEGER NOT NULL DEFAULT 0, due_ms INTEGER,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS intents_due ON intents (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS captures (
    id INTEGER PRIMARY KEY, intent_id TEXT NOT NULL REFERENCES intents (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS captures_intent ON captures (intent_id);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, intent_id TEXT NOT NULL REFERENCES intents (id),
    payment_reference TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('pending','done','rejected')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL,
    due_ms INTEGER, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS refunds_intent ON refunds (intent_id);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('i','r')),
    object_id TEXT NOT NULL, at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS changes_time ON changes (kind, at_ms, seq);
CREATE INDEX IF NOT EXISTS changes_object ON changes (object_id, at_ms);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    intent_id TEXT NOT NULL REFERENCES intents (id), reference TEXT NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting','delivered','silenced','given_up')),
    copies INTEGER NOT NULL DEFAULT 1, tries INTEGER NOT NULL DEFAULT 0, answered INTEGER NOT NULL DEFAULT 0,
    place INTEGER NOT NULL, held INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_due ON events (due_ms, place) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS events_held ON events (intent_id) WHERE held = 1;
CREATE TABLE IF NOT EXISTS faults (
    seq INTEGER PRIMARY KEY, point TEXT NOT NULL, kind TEXT NOT NULL, fault TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '', remaining INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS answers_age ON answers (created_ms);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
