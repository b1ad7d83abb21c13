"""Chromium over the loopback: on the real shop with the demo market, and on the sample market for rare cases.

`shop_url` starts `haat serve` once for all tests, on a data directory made by `haat demo`, and stops it by its process.
"""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import ManualClock
from tests.corner import corner
from tests.web.sample import SampleShop
from tests.web.server import storefront

CHROMIUM = os.environ.get("HAAT_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DEMO_ITEMS = 300
START_S = 240.0
HOME_PIN = "560034"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, alive: Callable[[], bool]) -> None:
    """Until the address answers 200. Fails when the server ends or the time is up."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert alive(), f"the server behind {url} ended before it answered"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer in {START_S:.0f} s")


@pytest.fixture(scope="session")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real shop, on the servers of `make test-engines` if HAAT_TEST_SHOP_SQL names its SQL server and isolation.

    HAAT_TEST_SHOP_URL names one that runs already.
    """
    running = os.environ.get("HAAT_TEST_SHOP_URL")
    if running:
        yield running.rstrip("/")
        return
    on_servers = os.environ.get("HAAT_TEST_SHOP_SQL")
    with ExitStack() as stack:
        engines = stack.enter_context(corner(on_servers, search="opensearch")) if on_servers else {}
        yield from served(tmp_path_factory.mktemp("shop"), engines)


def served(folder: Path, engines: Mapping[str, str]) -> Iterator[str]:
    """A shop with the demo market in this folder and these engines."""
    port = free_port()
    settings = {name: value for name, value in os.environ.items() if not name.startswith("HAAT_")}
    settings |= {
        "HAAT_DATA_DIR": str(folder),
        "HAAT_LISTEN": f"127.0.0.1:{port}",
        "HAAT_ADMIN_LISTEN": f"127.0.0.1:{free_port()}",
        **engines,
    }
    command = [sys.executable, "-m", "haat.cli"]
    subprocess.run(
        [*command, "demo", "--size", str(DEMO_ITEMS), "--no-pictures"], env=settings, check=True, timeout=600
    )
    log = (folder / "serve.log").open("wb")
    server = subprocess.Popen([*command, "serve"], env=settings, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", lambda: server.poll() is None)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


class Loopback(uvicorn.Server):
    """uvicorn in a thread, which must not touch the process's signals."""

    def install_signal_handlers(self) -> None:
        """None."""


@pytest.fixture
def sample(clock: ManualClock) -> Iterator[tuple[str, SampleShop]]:
    """The sample market on a port of its own, and its shelves to change."""
    shop = SampleShop(clock)

    port = free_port()
    app = storefront(shop, clock)
    server = Loopback(uvicorn.Config(app, port=port, log_level="warning", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(f"http://127.0.0.1:{port}/robots.txt", thread.is_alive)
    yield f"http://127.0.0.1:{port}", shop
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Opened = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """Opens a fresh browser profile: opened(width=390, dark=True, script=False). Any script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(*, width: int = 1440, dark: bool = False, script: bool = True, touch: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            has_touch=touch,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        # leaving for a page without view transitions (the gateway's) ends the transition: Chromium tells it as an error
        page.on("pageerror", lambda error: None if "Transition" in str(error) else errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def tell_pin(page: Page, url: str, pincode: str = HOME_PIN) -> None:
    """Give the PIN code on its own page."""
    page.goto(f"{url}/pin")
    page.fill("#your-pin", pincode)
    page.locator("main form", has=page.locator("#your-pin")).get_by_role("button").click()
    page.wait_for_url(lambda address: "/pin" not in address)


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: HAAT_TEST_SHOTS, else a folder of this run."""
    named = os.environ.get("HAAT_TEST_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
