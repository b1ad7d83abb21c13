"""Problems as pages for people, as documents for programs."""

import httpx2
import pytest

from haat.errors import Unavailable
from haat.http.problems import ProblemDocument
from haat.search.model import SearchPage, SearchRequest
from haat.web.storefront.routes import problem_pages
from tests.conftest import ManualClock
from tests.web.pages import Page, page
from tests.web.sample import SampleShop
from tests.web.server import ASSETS, storefront


async def test_not_found_is_a_page_with_a_way_on(visitor: httpx2.AsyncClient) -> None:
    lost = await page(visitor, "/nowhere/at/all")
    assert lost.status == 404
    assert lost.words("h1") == "This stall has moved on"
    assert lost.link("To the market") == "/"
    assert "req " in lost.words(".mono")
    assert not lost.all(".pinbox"), "a page that does not know the visitor says nothing of his PIN code"


async def test_programs_get_the_document(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.get("/nowhere", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422, 429, 500, 503])
def test_every_status_has_words(status: int) -> None:
    document = ProblemDocument(
        "https://haat.example/problems/x", "x", status, "<secret>", "urn:haat:request:01abc",
        [{"pointer": "q", "detail": "<b>"}],
    )  # fmt: skip
    body = problem_pages(ASSETS)(document).decode()
    assert "01abc" in body
    assert "<secret>" not in body
    assert "<b>" not in body.split("<main", 1)[1]


async def test_search_that_is_down_is_our_fault(clock: ManualClock) -> None:
    class Down(SampleShop):
        async def find(self, request: SearchRequest) -> SearchPage:
            raise Unavailable("the index is being moved")

    transport = httpx2.ASGITransport(app=storefront(Down(clock), clock))
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        answer = Page(await client.get("/search", headers={"accept": "text/html"}))
    assert answer.status == 503
    assert "our fault" in answer.words("main")
    assert "index is being moved" not in answer.text
