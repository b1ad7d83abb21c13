"""What a visitor does, on the real shop with the demo market: with script and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOME_PIN, Opened, tell_pin

pytestmark = pytest.mark.browser


def number(text: str | None) -> int:
    found = re.search(r"\d[\d,]*", text or "")
    assert found is not None, text
    return int(found[0].replace(",", ""))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("width", [390, 1440])
def test_from_the_home_page_to_a_variant(opened: Opened, shop_url: str, script: bool, width: int) -> None:
    page = opened(width=width, script=script, touch=width < 500)
    page.goto(shop_url)
    # the PIN code, asked for on the home page
    page.fill("#home-pin", HOME_PIN)
    page.locator("main").get_by_role("button", name="Show what reaches me").click()
    expect(page.locator(".pinbox")).to_contain_text(HOME_PIN)
    # a day of the week
    day = page.locator(".days a").nth(2)
    promised = number(day.locator(".leaf > span").last.text_content())
    day.click()
    expect(page.locator("#count b")).to_contain_text(f"{promised:,}".replace(",", ","))
    chip = page.locator(".chip", has_text="Here by")
    expect(chip).to_have_count(1)
    # a filter
    if width < 500:
        page.get_by_role("link", name=re.compile("^Filters")).click()
    brand = page.locator("#filters .facet", has_text="Brand").locator("label").first
    fewer = number(brand.locator(".n").text_content())
    if not brand.is_visible():
        page.locator("#filters summary", has_text="Brand").click()
    brand.locator("input").check()
    if not script or width < 500:
        page.locator("#filters .go button").click()
        if script:
            page.wait_for_function("() => document.querySelectorAll('#results .chip').length >= 2")
            page.goto(page.url.partition("#")[0])
    expect(page.locator("#count b")).to_contain_text(str(fewer))
    # a chip taken away
    page.locator("#results .chip", has_text="Here by").click()
    expect(page.locator("#results .chip", has_text="Here by")).to_have_count(0)
    assert number(page.locator("#count b").text_content()) >= fewer
    # a thing, and its promise is the listing's
    card = page.locator(".good").first
    said = (card.locator(".promise").text_content() or "").strip()
    card.get_by_role("link").click()
    expect(page.locator(".due .promise")).to_have_text(said)
    expect(page.locator(".lane li")).to_have_count(3)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_another_variant_has_its_own_address(opened: Opened, shop_url: str, script: bool) -> None:
    page = opened(script=script)
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/fashion")
    others = page.locator(".swatches a:not([aria-current])")
    for link in page.locator(".good h3 a").evaluate_all("links => links.map(link => link.href)"):
        page.goto(link)
        if others.count():
            break
    first = page.locator(".swatches a[aria-current]").first.text_content()
    others.first.click()
    page.wait_for_url(re.compile(r"sku="))
    assert page.locator(".swatches a[aria-current]").all_text_contents() != [first]


def test_sorting_needs_no_button_with_script(opened: Opened, shop_url: str) -> None:
    page = opened()
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/books")
    page.select_option("#sort", "price")
    page.wait_for_url(re.compile("sort=price"))
    expect(page.locator("#sort")).to_have_value("price")
    prices = page.locator(".good .price").evaluate_all("all => all.map(one => Number(one.value))")
    assert prices == sorted(prices)
    page.go_back()
    expect(page.locator("#sort")).to_have_value("relevance")


def test_filtering_without_a_reload_keeps_the_page_and_says_the_count(opened: Opened, shop_url: str) -> None:
    page = opened()
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/search?q=cotton")
    page.evaluate("window.same = true")
    box = page.locator("#filters .facet", has_text="Brand").locator("input").first
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("brand="))
    expect(page.locator("#results .chip")).to_have_count(1)
    assert page.evaluate("window.same === true"), "the page was loaded again"
    assert page.evaluate("document.activeElement.name") == "brand", "the focus stays on the box"
    assert page.locator("#count").get_attribute("aria-live") == "polite"
    page.locator("#results .chip").click()
    expect(page.locator("#results .chip")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") in ("rh", "main"), (
        "the chip is gone: the focus goes to the heading"
    )


def test_without_a_connection_the_list_stays_and_says_so(opened: Opened, shop_url: str) -> None:
    page = opened()
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/books")
    before = page.locator(".good h3").all_text_contents()
    page.context.set_offline(True)
    page.locator("#filters .facet", has_text="Brand").locator("input").first.check()
    expect(page.get_by_role("alert")).to_contain_text("We could not read this list")
    assert page.locator(".good h3").all_text_contents() == before
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("#results .chip")).to_have_count(1)


def test_pages_of_a_list_go_forth_and_back(opened: Opened, shop_url: str) -> None:
    page = opened()
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/search")
    first = page.locator(".good h3").all_text_contents()
    page.locator("a[rel=next]").click()
    page.wait_for_url(re.compile("cursor="))
    second = page.locator(".good h3 a").evaluate_all("links => links.map(link => link.href)")
    assert second
    page.locator("a[rel=prev]").click()
    expect(page.locator(".pager")).to_contain_text("1–24")
    assert page.locator(".good h3").all_text_contents() == first


def combobox(page: Page) -> tuple[str | None, str | None]:
    box = page.locator("#q")
    return box.get_attribute("aria-expanded"), box.get_attribute("aria-activedescendant")


def test_suggestions_by_keyboard(opened: Opened, shop_url: str) -> None:
    page = opened()
    page.goto(shop_url)
    box = page.get_by_role("combobox", name="Search")
    box.press_sequentially("cott", delay=20)
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    assert options.count() <= 10
    assert combobox(page) == ("true", None)
    expect(page.locator("haat-suggest [role=status]")).to_contain_text("suggestion")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert combobox(page)[1] == options.first.get_attribute("id")
    box.press("ArrowUp")
    assert combobox(page) == ("true", None)
    expect(box).to_have_value("cott")
    box.press("Escape")
    assert combobox(page)[0] == "false"
    expect(box).to_have_value("cott")
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    chosen = options.first.locator("span").text_content()
    box.press("Enter")
    page.wait_for_url(re.compile(r"/(search|c)\b"))
    assert chosen


def test_enter_searches_for_what_was_typed(opened: Opened, shop_url: str) -> None:
    page = opened()
    page.goto(shop_url)
    page.get_by_role("combobox", name="Search").press_sequentially("cotton", delay=5)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=cotton$"))
    expect(page.locator("h1")).to_have_text("“cotton”")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_wrong_pin_code_is_told_and_blocks_nothing(opened: Opened, shop_url: str, script: bool) -> None:
    page = opened(width=390, script=script)
    page.goto(f"{shop_url}/c/books")
    page.locator(".pinbox summary").click()
    page.fill("#pincode", "744")
    page.locator(".pinbox button").click()
    expect(page.locator("body")).to_contain_text("3 digits. A PIN code has 6.")
    page.goto(f"{shop_url}/c/books")
    assert page.locator(".good").count() > 0


def test_the_town_is_said_before_sending(opened: Opened, shop_url: str) -> None:
    page = opened()
    page.goto(shop_url)
    page.locator(".pinbox summary").click()
    page.locator("#pincode").press_sequentially(HOME_PIN)
    expect(page.locator("#pincode-hint")).to_contain_text("Karnataka")
    page.fill("#pincode", "999999")
    expect(page.locator("#pincode-hint")).to_contain_text("999999")


def test_filter_sheet_on_a_phone_keeps_the_focus(opened: Opened, shop_url: str) -> None:
    page = opened(width=390, touch=True)
    tell_pin(page, shop_url)
    page.goto(f"{shop_url}/c/books")
    page.get_by_role("link", name=re.compile("^Filters")).click()
    expect(page.get_by_role("dialog", name="Filters")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('#filters') !== null")
    for _ in range(60):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#filters') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#filters"


def test_api_documentation_is_drawn_without_another_host(opened: Opened, shop_url: str) -> None:
    page = opened()
    elsewhere: list[str] = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((shop_url, "data:")) else None)
    page.goto(f"{shop_url}/api")
    expect(page.locator(".opblock").first).to_be_visible()
    assert elsewhere == []
