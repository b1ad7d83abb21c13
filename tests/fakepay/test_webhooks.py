"""Webhooks: signed raw bytes, in order, again and again until the shop says 2xx."""

import asyncio
import hashlib
import hmac
from typing import Any

import anyio
import msgspec
import pytest

from fakepay import FakePay
from tests.conftest import ManualClock
from tests.fakepay.conftest import KEY, MINUTE_MS, SECRET, Gateway


async def states(gateway: Gateway, reference: str = "") -> list[tuple[str, str, int]]:
    events = (await gateway.ask("GET", f"/v1/events?reference={reference}"))["events"]
    return [(event["type"], event["state"], event["tries"]) for event in reversed(events)]


async def test_the_signature_is_over_stamp_and_raw_bytes(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.pay.drain()
    [(body, headers)] = gateway.ears.raw
    stamp = gateway.clock.now_ms() // 1000
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers == {"content-type": "application/json", "fakepay-signature": f"t={stamp},v1={digest}"}
    event = msgspec.json.decode(body)
    assert event == {
        "id": event["id"], "type": "intent.captured", "created_ms": gateway.clock.now_ms(), "data": paid,
    }  # fmt: skip
    assert event["id"].startswith("fe_")


async def test_the_stamp_is_the_machines_time_though_the_gateways_clock_is_ahead(gateway: Gateway) -> None:
    await gateway.later(3_600_000)
    paid = await gateway.paid(expires_ms=0)
    assert paid["updated_ms"] == gateway.clock.now_ms() + 3_600_000
    await gateway.pay.drain()
    assert gateway.ears.raw[0][1]["fakepay-signature"].startswith(f"t={gateway.clock.now_ms() // 1000},")


async def test_one_that_failed_comes_again_later_and_later_with_the_same_bytes(gateway: Gateway) -> None:
    gateway.ears.answers = [500, 404, ConnectionError("no"), 302, 200]
    await gateway.paid()
    await gateway.pay.drain()
    waits_ms = [1_000, 5_000, 30_000, 300_000]
    for tries, wait_ms in enumerate(waits_ms, 1):
        assert len(gateway.ears.raw) == tries
        await gateway.later(wait_ms - 1)
        await gateway.pay.drain()
        assert len(gateway.ears.raw) == tries
        await gateway.later(1)
        await gateway.pay.drain()
    assert await states(gateway) == [("intent.captured", "delivered", 5)]
    assert len({body for body, _ in gateway.ears.raw}) == 1
    await gateway.later(72 * 60 * MINUTE_MS)
    await gateway.pay.drain()
    assert len(gateway.ears.raw) == 5


async def test_after_three_days_without_an_answer_it_is_given_up(gateway: Gateway) -> None:
    gateway.ears.answers = [503] * 100
    await gateway.paid()
    for _ in range(72 + 7):
        await gateway.pay.drain()
        await gateway.later(60 * MINUTE_MS)
    [(_, state, tries)] = await states(gateway)
    assert state == "given_up"
    assert 10 < tries < 30


async def test_one_that_fails_does_not_hold_up_the_following(gateway: Gateway) -> None:
    gateway.ears.answers = [500]
    paid = await gateway.paid(capture="manual")
    await gateway.ask("POST", f"/v1/intents/{paid['id']}/capture")
    await gateway.pay.drain()
    assert await states(gateway) == [("intent.authorized", "waiting", 1), ("intent.captured", "delivered", 1)]


async def test_webhooks_go_out_in_the_order_things_happened(gateway: Gateway) -> None:
    for number in range(40):
        await gateway.paid(f"pay_{number:02}")
    await gateway.pay.drain()
    assert [event["data"]["reference"] for event in gateway.ears.heard] == [f"pay_{number:02}" for number in range(40)]


async def test_run_sends_without_being_asked_and_ends_when_told(gateway: Gateway) -> None:
    stop = asyncio.Event()
    gateway.ears.wanted = 20
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(gateway.pay.run, stop)
            for number in range(20):
                await gateway.paid(f"pay_{number}")
            await gateway.ears.enough.wait()
            stop.set()
    assert {event["data"]["reference"] for event in gateway.ears.heard} == {f"pay_{number}" for number in range(20)}
    assert len(gateway.ears.heard) == 20


async def test_run_lets_time_do_its_work(gateway: Gateway) -> None:
    await gateway.create()
    stop = asyncio.Event()
    gateway.ears.wanted = 1
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(gateway.pay.run, stop)
            gateway.clock.advance(15 * 60)
            await gateway.ears.enough.wait()
            stop.set()
    assert gateway.ears.types == ["intent.expired"]


async def test_drain_and_run_at_once_send_nothing_twice(gateway: Gateway) -> None:
    for number in range(30):
        await gateway.paid(f"pay_{number}")
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(gateway.pay.drain)
    ids = [event["id"] for event in gateway.ears.heard]
    assert len(ids) == len(set(ids)) == 30


async def test_one_whose_sending_was_cut_off_is_sent_again(gateway: Gateway) -> None:
    began = asyncio.Event()

    async def hangs(body: bytes, headers: Any) -> int:
        began.set()
        await asyncio.Event().wait()
        return 200

    await gateway.paid()
    assert gateway.pay._courier is not None
    gateway.pay._courier._deliver = hangs
    task = asyncio.create_task(gateway.pay.drain())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gateway.pay._courier._deliver = gateway.ears
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.captured"]


async def test_without_an_address_events_wait_in_the_store(gateway: Gateway, clock: ManualClock) -> None:
    await gateway.paid()
    await gateway.close()
    deaf = FakePay(gateway.path, KEY, SECRET, clock_ms=clock.now_ms)
    await deaf.drain()
    deaf.close()
    gateway.open()
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.captured"]


async def test_a_gateway_needs_a_key_and_a_secret(gateway: Gateway) -> None:
    for key, secret in (("", SECRET), (KEY, "")):
        with pytest.raises(ValueError, match="key and a secret"):
            FakePay(gateway.path, key, secret)
