"""axe on every page, light and dark, 390 and 1,440 px; layout that holds whatever the names are."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Opened, tell_pin
from tests.web.sample import SampleShop, item_id, thing

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "listing": "/search?q=cotton",
    "stall": "/c/books",
    "filtered": "/c/fashion?in_stock=false&price_min=100",
    "zero": "/search?q=tramoline+12+feet",
    "pin": "/pin",
    "lost": "/nowhere",
}
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze with " + "a pocket and " * 11 + "a strap"


def findings(page: Page) -> list[str]:
    """What axe finds of serious or critical impact, with the places."""
    results = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    return [
        f"{found['id']}: {found['nodes'][0]['html'][:200]}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical", "moderate")
    ]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(opened: Opened, shop_url: str, shots: Path, width: int, dark: bool) -> None:
    page = opened(width=width, dark=dark)
    found: dict[str, list[str]] = {}
    page.goto(shop_url)
    found["home without a PIN code"] = findings(page)
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/books")
    product = page.locator(".good h3 a").first.get_attribute("href")
    for name, path in {**PAGES, "product": str(product)}.items():
        page.goto(shop_url + path)
        found[name] = findings(page)
        page.screenshot(path=shots / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    page.goto(shop_url)
    page.locator("#q").press_sequentially("cott")
    page.locator("[role=option]").first.wait_for()
    found["suggestions"] = findings(page)
    assert {name: all_ for name, all_ in found.items() if all_} == {}


def test_axe_finds_nothing_in_the_filter_sheet(opened: Opened, shop_url: str, shots: Path) -> None:
    page = opened(width=390, touch=True)
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/fashion#filters")
    page.locator("#filters .go").wait_for()
    page.screenshot(path=shots / "sheet-390-light.png")
    assert findings(page) == []


def overflow(page: Page) -> int:
    """Pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_no_page_scrolls_sideways_at_320(opened: Opened, shop_url: str) -> None:
    page = opened(width=320, touch=True)
    tell_pin(page, shop_url)
    for path in PAGES.values():
        page.goto(shop_url + path)
        assert overflow(page) <= 0, path
    page.goto(f"{shop_url}/c/books")
    page.locator(".good h3 a").first.click()
    page.wait_for_url(re.compile("/i/"))
    assert overflow(page) <= 0


def hard_cases(shop: SampleShop) -> None:
    many = {f"attribute_number_{n}": f"value {n} " + "wide" * (n % 9) for n in range(80)}
    shop.things = [
        thing(1, LONG, "outdoor.bags", 1_23_45_678, attributes=many, picture=None, brand=LONG[:90]),
        thing(2, "حقيبة ظهر للسفر سعة ٤٥ لتر مع غطاء للمطر", "outdoor.bags", 499, picture=None,
              description="وصف طويل " * 40),
        thing(3, "मोमजामा लगे कैनवस का बड़ा सफ़री झोला", "outdoor.bags", 799, picture=None),
        thing(
            4, "Thing in every colour", "outdoor.bags", 10, picture=None, axes=["colour", "size"],
            variants=[({"colour": f"Very long colour {c}", "size": s}, 10 + c, c % 3) for c in range(12) for s in "SM"],
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [320, 1440])
def test_long_names_other_scripts_and_80_attributes_hold(
    opened: Opened, sample: tuple[str, SampleShop], shots: Path, width: int
) -> None:
    url, shop = sample
    hard_cases(shop)
    page = opened(width=width)
    tell_pin(page, url)
    page.goto(f"{url}/c/outdoor.bags")
    assert overflow(page) <= 0
    links = page.locator(".goods h3 a").evaluate_all("links => links.map(link => link.href)")
    assert len(links) == 4
    for number, link in enumerate(links):
        page.goto(link)
        assert overflow(page) <= 0, link
        page.screenshot(path=shots / f"hard-{number}-{width}.png", full_page=True)
    page.goto(f"{url}/i/x-{item_id(2)}")
    direction = "getComputedStyle(document.querySelector('h1')).direction"
    assert page.evaluate(direction) == "rtl"


def test_the_whole_page_can_be_turned_to_the_left(opened: Opened, sample: tuple[str, SampleShop], shots: Path) -> None:
    url, shop = sample
    hard_cases(shop)
    page = opened(width=390)
    tell_pin(page, url)
    for name, path in (("home", "/"), ("listing", "/c/outdoor.bags"), ("product", f"/i/x-{item_id(2)}")):
        page.goto(url + path)
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert overflow(page) <= 0, name
        page.screenshot(path=shots / f"rtl-{name}-390.png", full_page=True)


def test_200_percent_zoom_is_a_narrow_page(opened: Opened, shop_url: str) -> None:
    page = opened(width=640)
    page.goto(shop_url)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) <= 0


def test_targets_are_at_least_24_pixels(opened: Opened, shop_url: str) -> None:
    page = opened(width=390, touch=True)
    tell_pin(page, shop_url)
    small = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
        .filter(e => e.checkVisibility() && !e.closest('.vh, .skip, p, .good, .prose'))
        .map(e => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
        .filter(([box]) => box.width && (box.width < 20 || box.height < 20)).map(([, html]) => html)"""
    for path in ("/", "/c/books", "/search?q=cotton"):
        page.goto(shop_url + path)
        assert page.evaluate(small) == [], path


def test_nothing_moves_while_a_listing_loads(opened: Opened, shop_url: str) -> None:
    page = opened(width=390)
    tell_pin(page, shop_url)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) "
        "if (!e.hadRecentInput) window.shift += e.value; }).observe({type: 'layout-shift', buffered: true});"
    )
    for path in ("/", "/c/books"):
        page.goto(shop_url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shift") < 0.02, path
