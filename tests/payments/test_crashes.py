"""A process that dies at any call to its database or its gateway, before it, or after it with the answer lost."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from haat.engines.system import SeededIds
from haat.errors import HaatError
from tests.conftest import ManualClock
from tests.payments.shop import PRICE_MINOR, Shop, open_shop


class Died(Exception):
    """The process is gone."""


class Deaths:
    """Counts the calls that go out, and dies at one of them."""

    def __init__(self, shop: Shop) -> None:
        self.calls = 0
        self.at = -1
        self.after = False
        self.names: list[str] = []
        database: Any = shop.database
        gateway: Any = shop.raw
        database.transact = self._around("transact", database.transact)
        for name in ("create", "find", "refund", "find_refund"):
            setattr(gateway, name, self._around(name, getattr(gateway, name)))

    def _around(self, name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def called(*args: Any, **options: Any) -> Any:
            number, self.calls = self.calls, self.calls + 1
            self.names.append(getattr(args[0], "__name__", name) if args else name)
            if number == self.at and not self.after:
                raise Died
            answer = await call(*args, **options)
            if number == self.at:
                raise Died
            return answer

        return called


async def whatever(verb: Callable[[], Awaitable[Any]]) -> None:
    """As a buyer, a gateway or a runner of jobs does: once more when it went wrong."""
    for _ in range(3):
        try:
            await verb()
        except (Died, HaatError):
            continue
        return


async def lived(shop: Shop, ending: str, at: int, *, after: bool) -> Deaths:
    """An order is paid, then cancelled, or paid too late; somewhere the process dies once."""
    order_id, payment_id = await shop.ordered(on_late_payment="reorder" if ending == "reorder" else "refund")
    shop.hold_webhooks = True
    if ending != "paid":
        await shop.script({"on": "act", "do": "late_success", "ms": 60 * 60_000})
    deaths = Deaths(shop)
    deaths.at, deaths.after = at, after
    await whatever(lambda: shop.start(payment_id))
    await whatever(lambda: shop.start(payment_id))
    await whatever(lambda: shop.act(payment_id, "approve"))
    if ending != "paid":
        shop.clock.advance(15 * 60)
        await whatever(lambda: shop.expire(order_id))
        shop.clock.advance(10 * 60)
        await whatever(lambda: shop.expire(order_id))
        shop.clock.advance(60 * 60)
    await shop.gateway_app.drain()
    for body, headers in shop.webhooks:
        await whatever(lambda body=body, headers=headers: shop.hear(body, headers))  # type: ignore[misc]
    await whatever(lambda: shop.apply(payment_id))
    payment = await shop.payment(payment_id)
    if payment.applied_order is not None:
        await whatever(lambda: shop.cancel(str(payment.applied_order)))
    shop.hold_webhooks = False
    for _ in range(6):
        await whatever(shop.run_jobs)
        shop.clock.advance(120)
    return deaths


async def die(folder: Path, ending: str, at: int, *, after: bool) -> int:
    """A life with one death; how many calls it had. Whatever happened, in the end the money is back."""
    clock = ManualClock()
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        async with open_shop(Path(inner), clock, SeededIds(7, clock)) as shop:
            deaths = await lived(shop, ending, at, after=after)
            where = (at, after, deaths.names[at] if at >= 0 else "")
            assert [(word, amount) for _, word, amount in await shop.refunds()] == [("DONE", PRICE_MINOR)], where
            assert await shop.rows("SELECT kind, job.key FROM job") == [], where
            await shop.balanced()
            await shop.gateway_agrees()
            assert len(await shop.rows("SELECT 1 FROM payment_outcome")) == 1, where
            return deaths.calls


async def test_wherever_it_dies_a_late_payment_goes_back(tmp_path: Path) -> None:
    """Every third call; `make faults` has them all."""
    calls = await die(tmp_path, "late", -1, after=False)
    assert calls > 20
    for at in range(0, calls, 3):
        await die(tmp_path, "late", at, after=at % 2 == 0)


@pytest.mark.fault
@pytest.mark.timeout(600)
@pytest.mark.parametrize("ending", ["paid", "late", "reorder"])
async def test_at_every_call_of_every_ending(tmp_path: Path, ending: str) -> None:
    calls = await die(tmp_path, ending, -1, after=False)
    for at in range(calls):
        for after in (False, True):
            await die(tmp_path, ending, at, after=after)
