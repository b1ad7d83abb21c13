"""FakePay: a payment gateway that moves no money, for developing and testing shops.

It behaves like a real one seen from outside: a REST API, a hosted payment page, signed webhooks that are retried for
three days, a store of its own and a clock of its own. Unlike a real one it fails on request: `PUT /v1/faults` takes a
script of what shall go wrong (see `fakepay.faults`). It knows nothing of the shop that uses it.

Promises:
P1 what was answered is on disk before the answer is sent: a killed process has lost nothing it acknowledged
P2 one intent per reference, one refund per reference, one answer per Idempotency-Key
P3 never more goes back than was taken
P4 lists by time give everything that changed in the span exactly once, however much changes while they are read
P5 every event is offered to the shop until it answers 2xx or 72 hours have passed; its bytes never change
P6 a fault happens exactly when the script says so; nothing here is random except ids
"""

from fakepay.app import FakePay
from fakepay.serving import serve

__all__ = ["FakePay", "serve"]
