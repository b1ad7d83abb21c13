"""What a buyer's pages say when the bank is late: the truth at each moment, on a clock that is moved by hand."""

import html
import re
import shutil
from collections.abc import AsyncIterator

import httpx2
import pytest

from fakepay.app import FakePay
from haat import settings
from haat.app import open_shop
from haat.gateway import derived
from haat.orders.model import GRACE_MS, HOLD_MS
from haat.settings import secret_of
from haat.shop import Shop
from tests.api.conftest import Seeded
from tests.conftest import ManualClock

HOME = "560034"
TYPED = {"name": "Meera Krishnan", "phone": "98450 12345", "street": "14, 3rd Cross", "pincode": HOME}


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """One clock for the module's one shop: it only moves on."""
    return ManualClock()


@pytest.fixture(scope="module")
async def late_shop(
    seeded: Seeded, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("late") / "var"
    shutil.copytree(seeded.folder, folder)
    async with open_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), clock) as shop:
        await shop.serviceability.refresh()
        yield shop


@pytest.fixture
async def buyer(late_shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(late_shop.edge, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        await client.post("/pin", data={"pincode": HOME})
        yield client


def heading(answer: httpx2.Response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found is not None, answer.text[:500]
    return html.unescape(found[1]).strip()


async def order(shop: Shop, buyer: httpx2.AsyncClient, **more: str) -> tuple[str, str]:
    """A thing into the cart and ordered by UPI: the order's page and the gateway's page."""
    hits = (await buyer.get("/api/v1/search", params={"pincode": HOME, "limit": "1"})).json()["hits"]
    await buyer.post("/cart/lines", data={"sku": hits[0]["sku"], "quantity": "1", "add": "1"})
    form = (await buyer.get("/checkout")).text
    hidden = {name: _value(form, name) for name in ("checkout_id", "quote")}
    answer = await buyer.post("/checkout", data={**TYPED, **hidden, "payment": "upi", **more})
    assert answer.status_code == 303, heading(answer)
    pay = await buyer.get(answer.headers["location"])
    placed = (await buyer.get("/api/v1/orders")).json()["orders"][0]
    return f"/orders/{placed['id']}", re.sub(r"^https?://[^/]+", "", pay.headers["location"])


def _value(form: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    assert found is not None, name
    return html.unescape(found[1])


def fakepay_of(shop: Shop) -> FakePay:
    found = shop.selling.gateway.fakepay
    assert found is not None
    return found


async def test_nothing_is_said_that_is_not_known(late_shop: Shop, buyer: httpx2.AsyncClient) -> None:
    page, gateway = await order(late_shop, buyer)
    assert heading(await buyer.get(page)) == "Not paid yet. Your things are held."
    await buyer.post(gateway, data={"do": "continue"})
    assert heading(await buyer.get(page)) == "We do not know yet if your bank paid."
    said = (await buyer.get(f"{page}/state")).text
    await buyer.post(gateway, data={"do": "approve"})
    assert (await buyer.get(f"{page}/state")).text != said
    assert heading(await buyer.get(page)) == "Thank you. Your order is placed."


async def test_time_ran_out(late_shop: Shop, buyer: httpx2.AsyncClient, clock: ManualClock) -> None:
    page, gateway = await order(late_shop, buyer)
    clock.advance(HOLD_MS / 1000 + 1)
    await late_shop.selling.sweeper.step()
    assert heading(await buyer.get(page)) == "Time ran out, order cancelled"
    assert (await buyer.get(gateway)).status_code in (200, 303, 410)


async def test_a_declined_payment_may_be_tried_again(late_shop: Shop, buyer: httpx2.AsyncClient) -> None:
    page, gateway = await order(late_shop, buyer)
    await buyer.post(gateway, data={"do": "continue"})
    await buyer.post(gateway, data={"do": "decline"})
    assert heading(await buyer.get(page)) == "Your bank said no. Nothing was taken."
    again = await buyer.post(f"{page}/pay", data={"method": "card"})
    twice = await buyer.post(f"{page}/pay", data={"method": "card"})
    assert again.headers["location"] == twice.headers["location"]
    assert "/fakepay/pay/" in (await buyer.get(again.headers["location"])).headers["location"]


async def test_a_yes_after_the_end_is_sent_back(late_shop: Shop, buyer: httpx2.AsyncClient, clock: ManualClock) -> None:
    page, gateway = await order(late_shop, buyer)
    await buyer.post(gateway, data={"do": "continue"})
    await buyer.post(f"{page}/cancel")
    assert heading(await buyer.get(page)) == "You cancelled this order"
    await buyer.post(gateway, data={"do": "approve"})
    await fakepay_of(late_shop).drain()
    said = heading(await buyer.get(page))
    assert said.startswith("Payment received, you had cancelled,")
    clock.advance(60)
    await late_shop.selling.jobs.step()
    assert heading(await buyer.get(page)) == "Payment received, you had cancelled, money sent back"
    assert "went back" in (await buyer.get(page)).text


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("refund", "Payment received, order had expired, money sent back"),
        ("reorder", "Ordered again, as you asked"),
    ],
)
async def test_a_yes_after_the_hold_does_what_was_chosen(
    late_shop: Shop, buyer: httpx2.AsyncClient, clock: ManualClock, choice: str, expected: str
) -> None:
    script = {"script": [{"on": "approve", "do": "late_success", "ms": HOLD_MS + GRACE_MS + 120_000, "times": 1}]}
    client = late_shop.selling.gateway.gateways["fakepay"]
    page, gateway = await order(late_shop, buyer, on_late_payment=choice)
    intent = await client.find((await late_shop.selling.money(page.rpartition("/")[2])).payment_id)
    assert intent is not None
    await put_faults(late_shop, script)
    await buyer.post(gateway, data={"do": "continue"})
    await buyer.post(gateway, data={"do": "approve"})
    clock.advance(HOLD_MS / 1000 + 1)
    await late_shop.selling.sweeper.step()
    clock.advance(GRACE_MS / 1000 + 1)
    await late_shop.selling.sweeper.step()
    assert heading(await buyer.get(page)) == "Time ran out, order cancelled"
    clock.advance((HOLD_MS + GRACE_MS + 180_000) / 1000)
    await fakepay_of(late_shop).drain()
    for _ in range(3):
        clock.advance(30)
        await late_shop.selling.jobs.step()
    assert heading(await buyer.get(page)) == expected
    assert len((await buyer.get("/api/v1/orders")).json()["orders"]) == (2 if choice == "reorder" else 1)


async def put_faults(shop: Shop, script: object) -> None:
    """Tell the gateway what is to go wrong, as its API takes it."""
    key = derived(secret_of(shop.settings), b"fakepay-key")
    transport = httpx2.ASGITransport(fakepay_of(shop).asgi)
    async with httpx2.AsyncClient(transport=transport, base_url="http://fakepay") as client:
        answer = await client.put("/v1/faults", json=script, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.text
