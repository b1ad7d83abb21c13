"""The gateway's payment page in a browser: every way to pay, without script, on a phone and a desk, light and dark."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from fakepay import FakePay
from tests.browser.conftest import Loopback, Opened, free_port, wait_for
from tests.conftest import NOON_MS

pytestmark = pytest.mark.browser

KEY = "key"
WIDTHS = [(390, False), (390, True), (1440, False), (1440, True)]


class Till:
    """The gateway's address, and payments to make there."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.shop = root.removesuffix("/fakepay") + "/shop"  # nothing answers there, and nothing has to
        self._http = httpx2.Client(base_url=root, headers={"authorization": f"Bearer {KEY}"}, trust_env=False)

    def page_of(self, reference: str, method: str) -> str:
        body = {
            "reference": reference, "amount_minor": 12_345_678, "currency": "INR", "method": method,
            "return_url": f"{self.shop}/back?order=1", "expires_ms": NOON_MS + 900_000,
        }  # fmt: skip
        made = self._http.post("/v1/intents", json=body).raise_for_status().json()
        return str(made["page_url"])

    def status(self, reference: str) -> str:
        return str(self._http.get(f"/v1/intents/by-reference/{reference}").raise_for_status().json()["status"])

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    port = free_port()
    root = f"http://127.0.0.1:{port}/fakepay"
    pay = FakePay(tmp_path / "fakepay.db", KEY, "secret", base_url=root, clock_ms=lambda: NOON_MS)
    server = Loopback(uvicorn.Config(pay.asgi, port=port, log_level="warning", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(f"{root}/page.css", thread.is_alive)
    made = Till(root)
    yield made
    made.close()
    server.should_exit = True
    thread.join(10)
    pay.close()


@pytest.mark.parametrize(("width", "dark"), WIDTHS)
def test_every_page_is_accessible_and_fits(till: Till, opened: Opened, shots: Path, width: int, dark: bool) -> None:
    page = opened(width=width, dark=dark)

    def look(name: str) -> None:
        page.screenshot(path=shots / f"fakepay-{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for method in ("card", "upi", "netbanking"):
        url = till.page_of(f"pay_{method}", method)
        page.goto(url)
        look(f"{method}-first")
        if method == "netbanking":
            page.get_by_role("button", name="Continue to the bank").click()
            look("netbanking-error")
            page.get_by_label("Example Bank").check()
        page.get_by_role("button").first.click()
        look(f"{method}-second")
        if method == "card":
            page.get_by_label("Code from your bank").fill("9")
            page.get_by_role("button", name="Confirm").click()
            look("card-error")
            page.get_by_label("Code from your bank").fill("1234")
        page.get_by_role("button").first.click()
        page.goto(url)
        look(f"{method}-paid")
    page.goto(f"{till.root}/pay/fp_none")
    look("missing")


def test_a_card_is_paid_by_keyboard_without_script(till: Till, opened: Opened) -> None:
    page = opened(width=390, script=False)
    page.goto(till.page_of("pay_1", "card"))
    press(page, "Pay with the test card")
    page.get_by_label("Code from your bank").focus()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")  # the first button of a form is what Enter means: Confirm
    page.wait_for_url(f"{till.shop}/back?order=1&fakepay=approved")
    assert till.status("pay_1") == "captured"


@pytest.mark.parametrize(
    ("button", "word", "status"), [("Decline", "declined", "failed"), ("Leave", "left", "pending")]
)
def test_a_no_leads_back_to_the_shop(till: Till, opened: Opened, button: str, word: str, status: str) -> None:
    page = opened(width=390, script=False)
    page.goto(till.page_of("pay_1", "upi"))
    press(page, "Send the request to my app")
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{till.shop}/back?order=1&fakepay={word}")
    assert till.status("pay_1") == status


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
