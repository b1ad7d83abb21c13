"""Reconciliation in the composed shop, over the real edge and from the command line."""

import json
import shutil
from pathlib import Path

import httpx2
import pytest

from haat import order_commands, settings
from haat.commands import whole_shop
from haat.engines.sql import Tx
from haat.shop import Shop
from tests.api.conftest import Seeded, Tokens

PATH = "/api/v1/admin/reconciliation"


async def test_the_demo_market_is_in_order(shop: Shop, client: httpx2.AsyncClient, tokens: Tokens) -> None:
    assert "reconciliation" in [role.name for role in shop.roles]
    answer = await client.post(f"{PATH}/runs", headers=Tokens.header(tokens.operator))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["found"], answer.json()["open"], answer.json()["complete"]) == ({}, 0, True)
    assert (await client.get(PATH, headers=Tokens.header(tokens.operator))).json() == {"breaks": [], "next": None}


async def test_the_command_fails_while_a_break_is_open(
    seeded: Seeded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(seeded.folder, tmp_path / "var")
    config = settings.load({"HAAT_DATA_DIR": str(tmp_path / "var")})
    said: list[str] = []
    assert await order_commands.reconcile(config, as_json=False, say=said.append)
    assert capsys.readouterr().out == ""
    assert said[-1].startswith("0 open in ")

    def park(tx: Tx) -> None:
        tx.cursor.execute(
            "INSERT INTO job (kind, key, state, run_ms, tries, turn, planned_ms, error) "
            "VALUES ('refund', 'ref_1', 'parked', 0, 10, 10, 0, 'no')"
        )

    async with whole_shop(config, "tests") as shop:
        await shop.selling.reconcile.database.transact(park)
    assert not await order_commands.reconcile(config, as_json=True, say=said.append)
    told = json.loads(capsys.readouterr().out)
    assert told["report"]["named"] == {"JOB_PARKED": 1}
    assert [one["refs"] for one in told["breaks"]] == ["refund:ref_1"]
    assert not await order_commands.reconcile(config, as_json=False, say=said.append)
    assert capsys.readouterr().out.splitlines()[0] == "JOB_PARKED: 1 known of 1"
