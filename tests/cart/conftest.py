"""Carts over real offers, quotes and orders, behind the real edge."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.cart.market import Market
from tests.orders.conftest import world
from tests.orders.world import World

__all__ = ["world"]


@pytest.fixture
async def market(tmp_path: Path, world: World) -> AsyncIterator[Market]:
    market = Market(tmp_path / "carts.db", world)
    market.database.open()
    yield market
    market.database.close()


@pytest.fixture
async def browser(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    async with market.browser() as browser:
        yield browser
