"""The PIN code: remembered, forgotten, refused with a reason, and never a way to another site."""

import httpx2
import pytest

from haat.web.storefront.address import same_site
from tests.web.pages import Page, page


async def test_it_is_remembered_in_a_signed_cookie_and_leads_back(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.post("/pin", data={"pincode": " 560 034 ", "next": "/search?q=tent&brand=A%26B"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/search?q=tent&brand=A%26B"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "560034" not in cookie
    assert "Deliver to 560034 Bengaluru" in (await page(visitor, "/")).words(".pinbox")


async def test_a_forged_cookie_is_no_pin_code(visitor: httpx2.AsyncClient) -> None:
    home = await page(visitor, "/", headers={"cookie": "haat_pin=NTYwMDM0"})
    assert "Enter PIN code" in home.words(".pinbox")


async def test_hindi_digits_are_digits(visitor: httpx2.AsyncClient) -> None:
    assert (await visitor.post("/pin", data={"pincode": "५६००३४"})).status_code == 303


async def test_it_can_be_forgotten(at_home: httpx2.AsyncClient) -> None:
    await at_home.post("/pin", data={"pincode": "", "next": "/"})
    assert "Enter PIN code" in (await page(at_home, "/")).words(".pinbox")


@pytest.mark.parametrize(
    ("typed", "words"),
    [("744", "3 digits. A PIN code has 6."), ("012345", "does not begin with 0"), ("pune", "six digits"),
     ("999999", "We do not deliver to 999999 yet"), ("<script>", "six digits")],
)  # fmt: skip
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    at_home: httpx2.AsyncClient, typed: str, words: str
) -> None:
    refused = Page(await at_home.post("/pin", data={"pincode": typed, "next": "/c/books"}))
    assert refused.status == 422
    assert words in refused.words('[role="alert"]')
    assert refused.attribute("#your-pin", "value") == typed
    assert refused.attribute("#your-pin", "aria-invalid") == "true"
    assert refused.attribute('main [name="next"]', "value") == "/c/books"
    assert "560034" in (await page(at_home, "/")).words(".pinbox"), "the old one stays"


async def test_the_question_is_a_page_too(visitor: httpx2.AsyncClient) -> None:
    asked = await page(visitor, "/pin?next=/c/books")
    assert asked.attribute('main [name="next"]', "value") == "/c/books"
    assert asked.link("Go on without changing it") == "/c/books"


async def test_other_sites_cannot_post_it(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.post("/pin", data={"pincode": "560034"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "", "/a\r\nset-cookie: x", "/\tx",
     "http:evil",     "/" + "a" * 3000],
)  # fmt: skip
def test_back_is_always_on_this_site(target: str) -> None:
    assert same_site(target) == "/"


async def test_a_body_over_the_limit_or_with_garbage_is_no_crash(visitor: httpx2.AsyncClient) -> None:
    assert (await visitor.post("/pin", content=b"\xff\xfe=%zz&&&pincode")).status_code in (303, 422)
    assert (await visitor.post("/pin", content=b"a=1&" * 50)).status_code == 422
