"""What every gateway promises (haat.payments.ports.Gateway)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import pytest

from haat.payments.model import BadSignature, GatewayDown, GatewayRefused, Intent
from haat.payments.ports import Gateway
from tests.conftest import ManualClock
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs


class GatewayRig(Breakable, Protocol):
    """A gateway whose buyers do as told."""

    gateway: Gateway
    clock: ManualClock

    async def act(self, reference: str, action: str) -> None:
        """The buyer approves, declines or abandons."""

    async def slow(self) -> None:
        """From now on it answers too late."""

    async def loses_answers(self) -> None:
        """The next call is done, but its answer is lost."""

    def event(self, reference: str) -> bytes:
        """A webhook's body that speaks of a payment."""

    def signed(self, body: bytes, stamp_ms: int, *, rightly: bool = True) -> Mapping[str, str]:
        """The headers of a webhook."""


async def created(rig: GatewayRig, reference: str = "pay_1", amount_minor: int = 5_000) -> Intent:
    return await rig.gateway.create(
        reference=reference,
        amount_minor=amount_minor,
        currency="INR",
        method="upi",
        return_url="http://shop.test/pay/pay_1/return",
        expires_ms=rig.clock.now_ms() + 900_000,
    )


async def paid(rig: GatewayRig, reference: str = "pay_1") -> Intent:
    await created(rig, reference)
    await rig.act(reference, "approve")
    intent = await rig.gateway.find(reference)
    assert intent is not None
    return intent


class GatewayContract:
    """P1 to P6 of the Gateway port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[GatewayRig]) -> AsyncIterator[GatewayRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_the_same_reference_is_the_same_payment(self, rig: GatewayRig) -> None:
        first = await created(rig)
        assert (first.status, first.amount_minor, first.currency, first.captured_minor) == ("created", 5_000, "INR", 0)
        assert first.page_url.startswith("http")
        assert (await created(rig)).id == first.id

    async def test_p1_a_race_makes_one_payment(self, rig: GatewayRig) -> None:
        made = await asyncio.gather(*(created(rig) for _ in range(10)))
        assert len({intent.id for intent in made}) == 1

    async def test_p1_another_amount_under_the_same_reference_is_refused(self, rig: GatewayRig) -> None:
        await created(rig)
        with pytest.raises(GatewayRefused):
            await created(rig, amount_minor=6_000)

    async def test_p1_a_lost_answer_leaves_the_payment(self, rig: GatewayRig) -> None:
        await rig.loses_answers()
        with pytest.raises(GatewayDown):
            await created(rig)
        found = await rig.gateway.find("pay_1")
        assert found is not None
        assert (await created(rig)).id == found.id

    async def test_p2_find_tells_what_is_true_now(self, rig: GatewayRig) -> None:
        assert await rig.gateway.find("pay_1") is None
        assert await rig.gateway.find_refund("ref_1") is None
        await created(rig)
        await created(rig, "pay_2")
        await rig.act("pay_1", "approve")
        await rig.act("pay_2", "decline")
        one, two = await rig.gateway.find("pay_1"), await rig.gateway.find("pay_2")
        assert one is not None
        assert two is not None
        assert (one.reference, one.status, one.captured_minor) == ("pay_1", "captured", 5_000)
        assert (two.status, two.captured_minor) == ("failed", 0)

    async def test_p2_what_was_taken_stays_taken(self, rig: GatewayRig) -> None:
        intent = await paid(rig)
        assert (await rig.gateway.capture(intent.id)).captured_minor == 5_000

    async def test_p3_one_reference_moves_money_once(self, rig: GatewayRig) -> None:
        intent = await paid(rig)
        sent = await asyncio.gather(
            *(rig.gateway.refund(reference="ref_1", intent_id=intent.id, amount_minor=2_000) for _ in range(5))
        )
        assert len({refund.id for refund in sent}) == 1
        found = await rig.gateway.find_refund("ref_1")
        assert found is not None
        assert (found.payment_reference, found.status, found.amount_minor) == ("pay_1", "done", 2_000)
        after = await rig.gateway.find("pay_1")
        assert after is not None
        assert after.refunded_minor == 2_000

    async def test_p3_never_more_than_was_captured(self, rig: GatewayRig) -> None:
        intent = await paid(rig)
        await rig.gateway.refund(reference="ref_1", intent_id=intent.id, amount_minor=4_000)
        with pytest.raises(GatewayRefused):
            await rig.gateway.refund(reference="ref_2", intent_id=intent.id, amount_minor=1_001)
        with pytest.raises(GatewayRefused):
            await rig.gateway.refund(reference="ref_1", intent_id=intent.id, amount_minor=1_000)

    async def test_p4_lists_everything_in_a_span_page_by_page(self, rig: GatewayRig) -> None:
        before_ms = rig.clock.now_ms()
        for number in range(7):
            await paid(rig, f"pay_{number}")
            rig.clock.advance(1)
        intent = await rig.gateway.find("pay_3")
        assert intent is not None
        await rig.gateway.refund(reference="ref_1", intent_id=intent.id, amount_minor=100)
        until_ms = rig.clock.now_ms() + 1
        seen: set[str] = set()
        page, pages = "", 0
        while pages == 0 or page:
            found, page = await rig.gateway.intents(before_ms, until_ms, page, 3)
            assert len(found) <= 3
            seen |= {one.reference for one in found}
            pages += 1
        assert seen == {f"pay_{number}" for number in range(7)}
        refunds, following = await rig.gateway.refunds(before_ms, until_ms, "", 3)
        assert [refund.reference for refund in refunds] == ["ref_1"]
        assert following == ""
        assert await rig.gateway.intents(until_ms, until_ms + 1_000, "", 3) == ([], "")

    async def test_p5_a_signed_webhook_names_its_payment(self, rig: GatewayRig) -> None:
        now_ms = rig.clock.now_ms()
        body = rig.event("pay_1")
        notice = rig.gateway.verify(rig.signed(body, now_ms), body, now_ms)
        assert notice.reference == "pay_1"
        assert notice.event_id

    @pytest.mark.parametrize("off_s", [-301, 301])
    async def test_p5_a_stamp_too_far_off_is_not_believed(self, rig: GatewayRig, off_s: int) -> None:
        now_ms = rig.clock.now_ms()
        body = rig.event("pay_1")
        with pytest.raises(BadSignature):
            rig.gateway.verify(rig.signed(body, now_ms + off_s * 1000), body, now_ms)
        near = now_ms + (off_s - off_s // abs(off_s) * 2) * 1000
        assert rig.gateway.verify(rig.signed(body, near), body, now_ms).reference == "pay_1"

    async def test_p5_other_bytes_or_another_secret_are_not_believed(self, rig: GatewayRig) -> None:
        now_ms = rig.clock.now_ms()
        body = rig.event("pay_1")
        for headers, told in (
            (rig.signed(body, now_ms), body + b" "),
            (rig.signed(body, now_ms, rightly=False), body),
            ({}, body),
        ):
            with pytest.raises(BadSignature):
                rig.gateway.verify(headers, told, now_ms)

    async def test_p6_down_is_said_within_the_deadline(self, rig: GatewayRig) -> None:
        intent = await paid(rig)
        await rig.down()
        calls = (
            lambda: created(rig, "pay_2"),
            lambda: rig.gateway.find("pay_1"),
            lambda: rig.gateway.capture(intent.id),
            lambda: rig.gateway.refund(reference="ref_1", intent_id=intent.id, amount_minor=1),
            lambda: rig.gateway.find_refund("ref_1"),
            lambda: rig.gateway.intents(0, 1, "", 1),
            lambda: rig.gateway.refunds(0, 1, "", 1),
        )
        async with asyncio.timeout(DEADLINE_S):
            for call in calls:
                with pytest.raises(GatewayDown):
                    await call()
        await rig.up()
        found = await rig.gateway.find("pay_1")
        assert found is not None
        assert found.captured_minor == 5_000

    async def test_p6_slow_is_down(self, rig: GatewayRig) -> None:
        await created(rig)
        await rig.slow()
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(GatewayDown):
                await rig.gateway.find("pay_1")
