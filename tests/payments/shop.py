"""A shop with its gateway: the world of orders, FakePay in this process, and payments' use cases on both."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from fakepay.app import FakePay
from haat.engines.sql import Tx
from haat.engines.sql.idempotency import Claim
from haat.engines.sql.jobs import finish, take_due
from haat.engines.sql.leases import take_lease
from haat.engines.system import SeededIds
from haat.errors import HaatError
from haat.orders.cancel import Actor, CancelOrder
from haat.orders.expire import LEASE, ExpireOrder
from haat.payments.adapters.fakepay import FakePayGateway
from haat.payments.apply import ApplyPayment
from haat.payments.ask_order import AskOrder
from haat.payments.breaker import Breaker
from haat.payments.model import Payment
from haat.payments.operator import OperatorRefunds
from haat.payments.poll import PollPayment
from haat.payments.ports import Gateway
from haat.payments.read import PaymentsOfOrder
from haat.payments.refund import SendRefund
from haat.payments.retry import RetryPayment
from haat.payments.start import StartPayment
from haat.payments.webhooks import HandleWebhook, ReceiveWebhook
from tests.conftest import ManualClock
from tests.orders.world import PIN, World
from tests.payments.rig import Rig

KEY, SECRET, BASE = "key-of-tests", "secret-of-tests", "http://shop.test/fakepay"
SKU = "a.X"
PRICE_MINOR = 59_000


class Shop(World):
    """Everything a payment needs, joined as app.py does."""

    def __init__(self, path: Path, clock: ManualClock, ids: SeededIds) -> None:
        super().__init__(path, clock, ids)
        self.gateway_app = FakePay(
            path.with_name("fakepay.db"), KEY, SECRET, deliver=self.deliver, base_url=BASE, clock_ms=clock.now_ms
        )
        transport = httpx2.ASGITransport(self.gateway_app.asgi, raise_app_exceptions=False)
        self.raw = FakePayGateway(BASE, KEY, SECRET, transport=transport)
        self.control = httpx2.AsyncClient(
            base_url=f"{BASE}/v1", transport=transport, headers={"authorization": f"Bearer {KEY}"}
        )
        self.breaker = Breaker(self.raw, clock)
        gateways: dict[str, Gateway] = {"fakepay": self.breaker}
        book, database = self.payments, self.database
        self.apply = ApplyPayment(database, book, self.orders, gateways)
        self.start = StartPayment(
            database, book, self.orders, gateways, self.apply, lambda p: f"http://shop.test/pay/{p}/return", clock
        )
        self.ask = AskOrder(database, book, self.apply)
        self.retry = RetryPayment(
            database, book, self.orders, self.ask, ids, lambda p: f"http://shop.test/pay/{p}",
            frozenset({"upi", "card", "netbanking"}),
        )  # fmt: skip
        self.send = SendRefund(database, book, gateways)
        self.poll = PollPayment(database, book, self.apply)
        self.receive = ReceiveWebhook(database, book, gateways, clock)
        self.handle = HandleWebhook(database, book, self.apply, self.send)
        self.operator = OperatorRefunds(database, book, gateways)
        self.money = PaymentsOfOrder(database, book, lambda p: f"http://shop.test/pay/{p}")
        self.expire_order = ExpireOrder(database, self.orders, self.ask)
        self.cancel_order = CancelOrder(database, self.orders)
        self.rig = Rig(database, clock, ids)
        self.webhooks: list[tuple[bytes, Mapping[str, str]]] = []
        self.hold_webhooks = False
        self._keys = 0

    async def deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        """FakePay's webhooks arrive here, unless they are held back for a test to bring."""
        self.webhooks.append((body, headers))
        if not self.hold_webhooks:
            await self.hear(body, headers)
        return 200

    async def hear(self, body: bytes, headers: Mapping[str, str]) -> None:
        key = await self.receive("fakepay", headers, body)
        if key:
            await self.handle.after_answer(key)

    async def stocked(self, units: int = 20) -> None:
        await self.sell(SKU, {self.serving(PIN)[0]: units}, PRICE_MINOR)

    async def ordered(self, **options: Any) -> tuple[str, str]:
        """A new order of one unit: its id and its payment's."""
        made = await self.order({SKU: 1}, **options)
        return made.id, made.payment.id

    async def act(self, payment_id: str, action: str) -> int:
        """What the buyer does at the gateway."""
        intent = await self.raw.find(payment_id)
        assert intent is not None
        return (await self.control.post(f"/intents/{intent.id}/act", json={"action": action})).status_code

    async def script(self, *faults: Mapping[str, object]) -> None:
        answer = await self.control.put("/faults", json={"script": list(faults)})
        assert answer.status_code == 200, answer.text

    async def expire(self, order_id: str) -> str:
        epoch = await self.database.transact(lambda tx: take_lease(tx, LEASE, "tests", 60_000))
        assert epoch is not None
        return await self.expire_order(order_id, epoch)

    async def expired(self, order_id: str) -> None:
        """Its time passes, and its grace if it gets one."""
        self.clock.advance(15 * 60)
        if await self.expire(order_id) == "extended":
            self.clock.advance(10 * 60)
            assert await self.expire(order_id) == "cancelled"

    async def cancel(self, order_id: str) -> None:
        await self.cancel_order(order_id, Actor("operator", "op_1"))

    async def try_again(self, order_id: str, method: str = "card", owner: str = "crt_1", key: str = "") -> str:
        self._keys += 1
        claim = Claim(owner, key or f"retry-{self._keys}", "f" * 64)
        kept, _ = await self.retry(owner, order_id, method, claim)
        return str(msgspec.json.decode(kept.body)["payment"]["id"])

    async def payment(self, payment_id: str) -> Payment:
        found = await self.database.read(lambda tx: self.payments.payment(tx, payment_id))
        assert found is not None
        return found

    async def state(self, order_id: str) -> tuple[str, str]:
        (row,) = await self.rows("SELECT state, reason FROM orders WHERE id = ?", order_id)
        return row[0], row[1]

    async def refunds(self) -> list[tuple[str, str, int]]:
        found = await self.rows("SELECT reason, state, amount_minor FROM refund ORDER BY id")
        return [(row[0], row[1], row[2]) for row in found]

    async def breaks(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT kind FROM recon_break ORDER BY id")]

    async def run_jobs(self) -> int:
        """Run what is due, as the runner of jobs does."""

        def take(tx: Tx) -> list[Any]:
            return take_due(tx, ["refund", "payment", "webhook"], 100, 30_000)

        done = 0
        for job in await self.database.transact(take):
            verb: Any = {"refund": self.send, "payment": self.poll, "webhook": self.handle}[job.kind]
            try:
                await verb(job.key)
            except HaatError:
                continue
            await self.database.transact(lambda tx, job=job: finish(tx, job))  # type: ignore[misc]  # bound per turn
            done += 1
        return done

    async def settled(self, rounds: int = 4) -> None:
        """Let time pass and all jobs and webhooks run."""
        for _ in range(rounds):
            await self.gateway_app.drain()
            await self.run_jobs()
            self.clock.advance(60)

    async def balanced(self) -> None:
        """Money and stock of every order are as they must be."""
        await self.rig.balanced()
        await self.sound()
        assert sum((await self.rig.balances()).values()) == 0
        live = """SELECT o.id, o.state, o.total_minor,
            COALESCE((SELECT SUM(p.captured_minor - p.refunded_minor) FROM payment p WHERE p.applied_order = o.id), 0)
            AS kept,
            COALESCE((SELECT SUM(r.amount_minor) FROM refund r WHERE r.order_id = o.id AND r.reason = 'operator'), 0)
            AS given FROM orders o"""
        for order_id, state, total, kept, given in await self.rows(live):
            wanted = total - given if state in {"PLACED", "PACKED", "SHIPPED", "DELIVERED"} else 0
            cash = await self.sum("SELECT COUNT(*) FROM payment WHERE order_id = ? AND provider = 'cash'", order_id)
            assert kept == wanted or (cash and kept == 0), (order_id, state, kept, wanted)
        stray = "SELECT id FROM payment WHERE applied_order IS NULL AND captured_minor <> refunded_minor"
        assert await self.rows(stray) == []

    async def gateway_agrees(self) -> None:
        """After all is said: what the gateway took and sent back is what we have."""
        taken, page = await self.raw.intents(0, 2**52, "", 100)
        while page:
            more, page = await self.raw.intents(0, 2**52, page, 100)
            taken = [*taken, *more]
        for intent in taken:
            payment = await self.payment(intent.reference)
            assert (payment.captured_minor, payment.state == "SUCCEEDED") == (
                intent.captured_minor, intent.status == "captured",
            )  # fmt: skip
            assert intent.refunded_minor == payment.refunded_minor


@asynccontextmanager
async def open_shop(folder: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Shop]:
    shop = Shop(folder / "orders.db", clock, ids)
    shop.database.open()
    try:
        await shop.stocked()
        yield shop
    finally:
        await shop.control.aclose()
        await shop.raw.aclose()
        await asyncio.to_thread(shop.gateway_app.close)
        shop.database.close()
