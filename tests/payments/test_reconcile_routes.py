"""/admin/reconciliation: for operators only, in pages, with a reason."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from haat.engines.system import SeededIds
from haat.http.identity import Grant
from haat.http.problems import Problems
from haat.http.server import Edges, Engine, Readiness, web_app
from haat.payments.breaks import Finding
from haat.payments.reconcile_routes import reconcile_routes
from tests.conftest import ManualClock
from tests.payments.reconciling import Reconciled, reconciled

OPERATOR: Mapping[str, str] = {"authorization": "Bearer op"}
PATH = "/api/v1/admin/reconciliation"


async def authenticate(token: str) -> Grant | None:
    return {"op": Grant("operator", token_id="tok_op"), "a": Grant("seller", "a")}.get(token)


async def ready() -> Readiness:
    return Readiness(True, [Engine("orders", True)])


@pytest.fixture
async def world(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Reconciled]:
    async with reconciled(tmp_path, clock, ids) as world:
        yield world


@pytest.fixture
async def client(world: Reconciled) -> AsyncIterator[httpx2.AsyncClient]:
    shop = world.shop
    problems = Problems("https://shop.example", lambda problem: problem.title.encode())
    edges = Edges(shop.signer, shop.ids, authenticate, problems, CollectorRegistry(), https=True)
    edge, _ = web_app([reconcile_routes(world.run, world.look, shop.signer)], [], ready, edges)
    transport = httpx2.ASGITransport(edge, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example") as client:
        yield client


async def filed(world: Reconciled, count: int) -> None:
    findings = [(Finding("JOB_PARKED", f"refund:ref_{n}", {"tries": 10}), False) for n in range(count)]
    await world.shop.database.transact(lambda tx: world.breaks.file(tx, findings))


async def test_a_run_now_says_what_it_found_and_lists_it(world: Reconciled, client: httpx2.AsyncClient) -> None:
    shop = world.shop
    order_id, _ = await shop.ordered()
    await shop.database.transact(lambda tx: shop.holds.release(tx, order_id))

    answer = await client.post(f"{PATH}/runs", headers=OPERATOR)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["found"], report["named"], report["open"]) == ({"HOLD_MISSING": 1}, {"HOLD_MISSING": 1}, 1)

    (one,) = (await client.get(PATH, headers=OPERATOR)).json()["breaks"]
    assert (one["kind"], one["refs"], one["state"]) == ("HOLD_MISSING", order_id, "open")
    assert one["detail"] == {"order": "CREATED", "holds": "1 released", "should": "held"}
    assert (await client.get(f"{PATH}/{one['id']}", headers=OPERATOR)).json() == one


async def test_pages_follow_each_other_and_a_state_can_be_chosen(world: Reconciled, client: httpx2.AsyncClient) -> None:
    await filed(world, 7)
    ids: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(PATH, params={"limit": 3, "cursor": cursor}, headers=OPERATOR)).json()
        ids += [one["id"] for one in page["breaks"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert ids == [str(n) for n in range(7, 0, -1)]
    assert (await client.get(PATH, params={"state": "healed"}, headers=OPERATOR)).json()["breaks"] == []
    assert (await client.get(PATH, params={"cursor": "made-up"}, headers=OPERATOR)).status_code == 400
    assert (await client.get(PATH, params={"state": "lost"}, headers=OPERATOR)).status_code == 422


async def test_resolving_takes_a_reason_and_happens_once(world: Reconciled, client: httpx2.AsyncClient) -> None:
    await filed(world, 1)
    path = f"{PATH}/1/resolve"
    for body in ({}, {"reason": ""}, {"reason": "x" * 401}, {"reason": "fine", "more": 1}):
        assert (await client.post(path, json=body, headers=OPERATOR)).status_code == 422, body
    for _ in range(2):
        answer = await client.post(path, json={"reason": "sent it again by hand"}, headers=OPERATOR)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["resolved_by"]) == ("resolved", "operator:tok_op")
    assert (await client.post(path, json={"reason": "something else"}, headers=OPERATOR)).status_code == 409
    for unknown in ("99", "x", "9" * 30, "-1"):
        assert (await client.get(f"{PATH}/{unknown}", headers=OPERATOR)).status_code == 404


async def test_only_operators_see_it(client: httpx2.AsyncClient) -> None:
    calls = [("GET", ""), ("GET", "/1"), ("POST", "/1/resolve"), ("POST", "/runs")]
    for method, path in calls:
        assert (await client.request(method, PATH + path)).status_code == 401
        seller = {"authorization": "Bearer a"}
        assert (await client.request(method, PATH + path, headers=seller)).status_code == 403
