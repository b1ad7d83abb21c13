"""Carts over real offers, quotes and orders, behind the real edge."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from haat.cart.adapters.tables import LINE as CARTS
from haat.wishlist.adapters.tables import LINE as WISHES
from tests.cart.market import Market
from tests.migrated import migrated
from tests.orders.conftest import migrated_orders, world
from tests.orders.world import World

__all__ = ["migrated_orders", "world"]


@pytest.fixture(scope="session")
def migrated_carts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at its head, to be copied."""
    path = tmp_path_factory.mktemp("carts") / "empty.db"
    return migrated(CARTS.joined(WISHES), path)


@pytest.fixture
async def market(migrated_carts: Path, tmp_path: Path, world: World) -> AsyncIterator[Market]:
    shutil.copy(migrated_carts, tmp_path / "carts.db")
    market = Market(tmp_path / "carts.db", world)
    market.database.open()
    yield market
    market.database.close()


@pytest.fixture
async def browser(market: Market) -> AsyncIterator[httpx2.AsyncClient]:
    async with market.browser() as browser:
        yield browser
