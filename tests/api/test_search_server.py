"""A shop whose HAAT_SEARCH_URL names a server fills an empty one by itself, and answers as on the embedded index."""

import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from haat import commands, settings
from haat.shop import Shop
from tests.api.conftest import Seeded
from tests.contracts.search_servers import Indices

QUESTIONS: tuple[dict[str, str], ...] = (
    {},
    {"q": "bag"},
    {"q": "cotton shrt", "pincode": "560034"},
    {"pincode": "110001", "sort": "fastest"},
    {"sort": "price", "in_stock": "false"},
)


async def answers(shop: Shop) -> list[dict[str, Any]]:
    transport = httpx2.ASGITransport(shop.edge, raise_app_exceptions=False)
    found = []
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        for question in QUESTIONS:
            answer = await client.get("/api/v1/search", params={**question, "limit": 50})
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
    return found


@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=pytest.mark.engine(name)) for name in ("opensearch", "elasticsearch")]
)
async def test_a_shop_on_a_search_server_answers_as_on_the_embedded_index(
    server: str, seeded: Seeded, shop: Shop, tmp_path: Path
) -> None:
    shutil.copytree(seeded.folder, tmp_path / "var", ignore=shutil.ignore_patterns("search"))
    indices = Indices(server)
    given = {"HAAT_DATA_DIR": str(tmp_path / "var"), "HAAT_SEARCH_URL": indices.url}
    await shop.reindex()  # of two labels of an attribute the one written last stands: both write in the same order
    try:
        async with commands.whole_shop(settings.load(given), "tests") as served:
            await served.upkeep.step()
            expected, found = await answers(shop), await answers(served)
            ready = await served.readiness()
        assert not (tmp_path / "var" / "search").exists()
        assert "search" in str(ready)
    finally:
        indices.end()
    for theirs, ours in zip(found, expected, strict=True):
        for part in ("total", "facets", "unreachable", "corrected"):
            assert theirs[part] == ours[part]
        assert sorted(hit["item_id"] for hit in theirs["hits"]) == sorted(hit["item_id"] for hit in ours["hits"]) or (
            ours["total"] > 50
        )
    assert expected[0]["total"] > 50
