"""A visitor with an in-process browser: cookies kept, redirects followed when asked."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.conftest import ManualClock
from tests.web.sample import SampleShop
from tests.web.server import storefront


@pytest.fixture
def shop(clock: ManualClock) -> SampleShop:
    return SampleShop(clock)


@pytest.fixture
async def visitor(shop: SampleShop, clock: ManualClock) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=storefront(shop, clock))
    headers = {"accept": "text/html"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as client:
        yield client


@pytest.fixture
async def at_home(visitor: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The same visitor, who has told that he lives at 560034."""
    answer = await visitor.post("/pin", data={"pincode": "560034", "next": "/"})
    assert answer.status_code == 303
    return visitor
