"""A shop moves to servers and back without loss (make test-engines)."""

from pathlib import Path

import pytest

from tests.corner import corner, on_servers
from tests.moving import market
from tests.moving.conftest import Full

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize("sql", [on_servers(kind)[0] for kind in ("mysql", "mariadb")])
async def test_a_shop_is_equal_on_servers_goes_on_there_and_is_equal_when_it_is_back(
    full: Full, tmp_path: Path, sql: str
) -> None:
    with corner(sql) as urls:
        servers = market.chosen(tmp_path / "servers", **urls)
        await market.imported(servers, full.folder)
        market.beside(full.shop, servers)
        assert await market.held(servers) == full.held
        market.proven(servers)
        await market.exported(servers, tmp_path / "export")
        back = market.chosen(tmp_path / "back")
        await market.imported(back, tmp_path / "export")
        market.beside(full.shop, back)
        assert await market.held(back) == full.held
        ends = [await market.after_work(shop) for shop in (back, servers)]
        assert ends[0] == ends[1]
        assert ends[0]["hits"][1], "the change that was unsent is found"
        for shop in (back, servers):
            market.proven(shop)
        await market.exported(servers, tmp_path / "worked")  # with what servers have written themselves
        await market.imported(market.chosen(tmp_path / "again"), tmp_path / "worked")  # it compares
