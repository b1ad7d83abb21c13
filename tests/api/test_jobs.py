"""/admin/jobs: what was given up is seen, and run again."""

import httpx2

from haat.engines.sql import Tx
from haat.engines.sql.jobs import again, plan, take_due
from haat.shop import Shop
from tests.api.conftest import Tokens


async def test_a_parked_job_is_seen_and_run_again(shop: Shop, client: httpx2.AsyncClient, tokens: Tokens) -> None:
    database, operator = shop.databases["orders"], Tokens.header(tokens.operator)

    def park(tx: Tx) -> None:
        plan(tx, "refund", "ref_nobody_knows", tx.now_ms)
        (job,) = take_due(tx, ["refund"], 1, 1_000)
        again(tx, job, tx.now_ms, "the bank says no", park=True)

    await database.transact(park)
    (seen,) = (await client.get("/api/v1/admin/jobs", headers=operator)).json()["jobs"]
    assert (seen["kind"], seen["key"], seen["error"]) == ("refund", "ref_nobody_knows", "the bank says no")
    path = "/api/v1/admin/jobs/refund/ref_nobody_knows/run"
    assert (await client.post(path, headers=operator)).status_code == 202
    assert (await client.get("/api/v1/admin/jobs", headers=operator)).json()["jobs"] == []
    answer = await client.post(path, headers=operator)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/no-such-job")
