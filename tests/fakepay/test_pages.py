"""The payment page: what the buyer sees and where each button leads."""

import re
from typing import Any

import httpx2
import pytest

from fakepay.pages import money
from tests.fakepay.conftest import MINUTE_MS, Gateway

BACK = "http://shop.example/payments/pay_1?x=1&fakepay="


async def see(gateway: Gateway, intent: dict[str, Any], status: int = 200) -> str:
    answer = await gateway.http.get(intent["page_url"], headers={"authorization": ""})
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.text)


async def click(gateway: Gateway, intent: dict[str, Any], **form: str) -> httpx2.Response:
    return await gateway.http.post(intent["page_url"], data=form, headers={"authorization": ""})


def leads(answer: httpx2.Response) -> str:
    assert answer.status_code == 303
    return answer.headers["location"].removesuffix("#top").removeprefix(BACK)


async def test_a_card_is_paid_with_the_banks_code(gateway: Gateway) -> None:
    made = await gateway.create()
    html = await see(gateway, made)
    assert "₹1,299.00" in html
    assert "shop.example" in html
    assert "pay_1" in html
    assert 'name="code"' not in html
    assert (await click(gateway, made, do="continue")).headers["location"] == f"/fakepay/pay/{made['id']}"
    assert (await gateway.find())["status"] == "pending"
    html = await see(gateway, made)
    assert '<label for="code">' in html
    assert leads(await click(gateway, made, do="approve", code=" 1234 ")) == "approved"
    assert (await gateway.find())["status"] == "captured"
    assert "You have paid" in await see(gateway, made)
    assert leads(await click(gateway, made, do="approve", code="1234")) == "approved"
    assert leads(await click(gateway, made, do="decline")) == "approved"
    assert (await gateway.find())["captured_minor"] == 129_900


async def test_there_is_no_field_for_a_card_number_anywhere(gateway: Gateway) -> None:
    made = await gateway.create()
    for _ in range(2):
        html = await see(gateway, made)
        assert not re.search(r"cc-number|cc-csc|card.?number", html, re.IGNORECASE)
        assert "<script" not in html
        assert " style=" not in html
        await click(gateway, made, do="continue")


async def test_a_wrong_code_is_said_and_the_third_one_declines(gateway: Gateway) -> None:
    made = await gateway.create()
    await click(gateway, made, do="approve", code="1234")  # too early: nobody asked for a code yet
    assert (await gateway.find())["status"] == "created"
    await click(gateway, made, do="continue")
    for code, words in (("", "Enter the code."), ("0", "You have 2 more tries."), ("12345", "You have 1 more try.")):
        answer = await click(gateway, made, do="approve", code=code)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert "<title>Error: " in answer.text
    assert leads(await click(gateway, made, do="approve", code="9")) == "declined"
    assert (await gateway.find())["status"] == "failed"
    assert "The payment was declined" in await see(gateway, made)


async def test_upi_is_approved_in_the_app(gateway: Gateway) -> None:
    made = await gateway.create(method="upi")
    assert "UPI app" in await see(gateway, made)
    await click(gateway, made, do="continue")
    assert "shop.example asks you for" in await see(gateway, made)
    assert leads(await click(gateway, made, do="approve")) == "approved"


async def test_net_banking_asks_for_the_bank(gateway: Gateway) -> None:
    made = await gateway.create(method="netbanking")
    for bank in ({}, {"bank": "My Bank"}):
        answer = await click(gateway, made, do="continue", **bank)
        assert answer.status_code == 422
        assert "Choose one of these banks." in answer.text
    await click(gateway, made, do="continue", bank="Example Bank")
    assert "<h1>Example Bank</h1>" in await see(gateway, made)
    await click(gateway, made, do="back")
    assert re.search(r'value="Example Bank" checked', await see(gateway, made))
    await click(gateway, made, do="continue", bank="Bank of Nowhere")
    assert leads(await click(gateway, made, do="approve")) == "approved"


@pytest.mark.parametrize("method", ["card", "upi", "netbanking"])
async def test_decline_and_leave_lead_back_at_each_step(gateway: Gateway, method: str) -> None:
    for number, first in enumerate(({}, {"do": "continue", "bank": "Example Bank"})):
        made = await gateway.create(f"pay_a{number}", method=method)
        if first:
            await click(gateway, made, **first)
        assert leads(await click(gateway, made, do="abandon")) == "left"
        assert (await gateway.find(f"pay_a{number}"))["status"] == ("pending" if first else "created")
        assert leads(await click(gateway, made, do="decline")) == "declined"
        assert (await gateway.find(f"pay_a{number}"))["status"] == "failed"
        assert leads(await click(gateway, made, do="abandon")) == "declined"


async def test_an_expired_payment_says_so(gateway: Gateway) -> None:
    made = await gateway.create()
    assert "14 more minutes" in await see(gateway, made) or "15 more minutes" in await see(gateway, made)
    await click(gateway, made, do="continue")
    await gateway.later(29 * MINUTE_MS)
    assert "1 more minute." in await see(gateway, made)
    await gateway.later(MINUTE_MS)
    html = await see(gateway, made)
    assert "It is too late to pay here" in html
    assert "The time for this payment is over." in html
    assert "<form" not in html
    answer = await click(gateway, made, do="approve", code="1234")
    assert answer.headers["location"] == f"/fakepay/pay/{made['id']}"
    assert (await gateway.find())["status"] == "expired"


async def test_a_bank_that_says_nothing_is_said_to_say_nothing(gateway: Gateway) -> None:
    await gateway.script({"on": "approve", "do": "silence", "times": 1})
    made = await gateway.create(method="upi")
    await click(gateway, made, do="continue")
    assert leads(await click(gateway, made, do="approve")) == "pending"
    html = await see(gateway, made)
    assert "Your bank has not answered yet" in html
    assert "<form" not in html


async def test_faults_reach_the_page_too(gateway: Gateway) -> None:
    made = await gateway.create(method="upi")
    await gateway.script({"on": "page", "do": "error", "times": 1}, {"on": "*", "do": "lost_response", "times": 1})
    assert "does not work at the moment" in await see(gateway, made, 500)
    assert (await click(gateway, made, do="continue")).status_code == 504
    await gateway.script(
        {"on": "approve", "do": "error", "times": 1}, {"on": "approve", "do": "lost_response", "times": 1}
    )
    assert (await click(gateway, made, do="approve")).status_code == 500
    assert (await gateway.find())["status"] == "pending"
    assert (await click(gateway, made, do="approve")).status_code == 504
    assert (await gateway.find())["status"] == "captured"


async def test_what_is_no_payment_has_a_page_without_a_form(gateway: Gateway) -> None:
    html = await see(gateway, {"page_url": "/pay/fp_none"}, 404)
    assert "There is no such payment" in html
    assert (await click(gateway, {"page_url": "/pay/fp_none"}, do="approve")).status_code == 404


async def test_nonsense_in_the_form_changes_nothing(gateway: Gateway) -> None:
    made = await gateway.create()
    url = made["page_url"]
    for raw in (b"", b"do=", b"do=refund", b"do=%zz&x", b"&&&=", b"do=approve&" * 5 + b"code=1234"):
        assert (await gateway.http.post(url, content=raw)).status_code in {303, 400}
    for raw in (b"\xff\xfe", b"do=%ff", b"a=b&" * 20):
        assert (await gateway.http.post(url, content=raw)).status_code == 400
    assert (await gateway.find())["status"] == "created"


async def test_texts_of_others_are_shown_as_text(gateway: Gateway) -> None:
    made = await gateway.create(return_url='http://shop.example/?a="><script>alert(1)</script>')
    await gateway.act(made)
    html = await see(gateway, made)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


async def test_the_page_may_load_its_stylesheet_and_lead_to_the_shop_and_nothing_else(gateway: Gateway) -> None:
    made = await gateway.create()
    answer = await gateway.http.get(made["page_url"])
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; form-action 'self' http://shop.example; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    style = re.search(r'href="([^"]+\.css)"', answer.text)
    assert style is not None
    css = await gateway.http.get(f"http://pay.example{style[1]}", headers={"authorization": ""})
    assert css.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in css.text


@pytest.mark.parametrize(
    ("amount_minor", "currency", "shown"),
    [
        (1, "INR", "₹0.01"),
        (99_999, "INR", "₹999.99"),
        (100_000, "INR", "₹1,000.00"),
        (12_345_678, "INR", "₹1,23,456.78"),
        (1_000_000_000, "INR", "₹1,00,00,000.00"),
        (1_234_567, "EUR", "€12,345.67"),
        (1_234, "JPY", "JPY\u00a01,234"),
        (1_234, "KWD", "KWD\u00a01.234"),
    ],
)
def test_money_is_written_as_people_write_it(amount_minor: int, currency: str, shown: str) -> None:
    assert money(amount_minor, currency) == shown
