"""A whole shop, in process, filled with a small demo market once per session; every test asks the real edge."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from haat import commands, settings
from haat.demo.seed import seed
from haat.demo_shop import MarketInShop
from haat.http import logs
from haat.shop import Shop

ITEMS = 120


@dataclass(frozen=True)
class Seeded:
    """A data directory that is copied for each module that writes."""

    folder: Path


@pytest.fixture(scope="session", autouse=True)
def quiet_logs() -> None:
    """No line per request in the test output."""
    logs.configure(json=True, level="error")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    folder = tmp_path_factory.mktemp("market") / "var"

    async def fill() -> None:
        async with commands.whole_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), "tests") as shop:
            market = MarketInShop(shop)
            summary = await seed(market, size=ITEMS, seed=1, pictures=False, progress=lambda *_: None)
            assert summary.refused == 0, summary

    asyncio.run(fill())
    yield Seeded(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
async def shop(seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """An open shop on a copy of the seeded market, one a module. No role runs: tests drain the flow themselves."""
    folder = tmp_path_factory.mktemp("shop") / "var"
    shutil.copytree(seeded.folder, folder)
    async with commands.whole_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), "tests") as shop:
        await shop.upkeep.step()
        yield shop


@pytest.fixture(scope="module")
async def client(shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(shop.edge, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        yield client


@dataclass(frozen=True)
class Tokens:
    """One token of each kind. `seller` sells in the demo, `other` sells nothing."""

    operator: str
    seller: str
    other: str
    code: str

    @staticmethod
    def header(token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
async def tokens(shop: Shop) -> Tokens:
    code = (await shop.sellers.find.all())[0].code
    await shop.sellers.make("other", "Other Traders")
    operator, seller, other = [
        (await shop.create_token(role))[1] for role in ("operator", f"seller:{code}", "seller:other")
    ]
    return Tokens(operator, seller, other, code)
