"""The routes over HTTP: what visitors are told, and how operators change the network."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from prometheus_client import CollectorRegistry

from haat.engines.system import SeededIds
from haat.http.identity import Grant
from haat.http.openapi import document
from haat.http.problems import Problems
from haat.http.server import Edges, Engine, Readiness, web_app
from haat.http.signing import Signer
from haat.serviceability.ask import AskPincode
from haat.serviceability.hubs import Hubs
from haat.serviceability.lanes import Lanes
from haat.serviceability.live import Serviceability
from haat.serviceability.quote import AskQuote
from haat.serviceability.routes import serviceability_routes
from haat.serviceability.rules import HolidayRules, PinRules
from haat.serviceability.warehouses import Warehouses
from tests.conftest import ManualClock
from tests.serviceability.conftest import Shop
from tests.serviceability.test_quote import HandStock, Row
from tests.serviceability.worlds import ms


@dataclass
class Site:
    client: httpx2.AsyncClient
    live: Serviceability
    stock: HandStock
    app: Litestar

    async def operator(
        self, method: str, path: str, body: object = None, version: int | None = None
    ) -> httpx2.Response:
        headers = {"authorization": "Bearer op"} | ({"if-match": f'"v{version}"'} if version is not None else {})
        return await self.client.request(method, f"admin/{path}", json=body, headers=headers)


async def authenticate(token: str) -> Grant | None:
    return {"op": Grant("operator"), "acme": Grant("seller", "acme")}.get(token)


async def ready() -> Readiness:
    return Readiness(True, [Engine("orders", True)])


@pytest.fixture
async def site(shop: Shop, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Site]:
    clock.set(ms("2026-11-23 09:00"))
    live, stock, signer = await shop.filled(6), HandStock(), Signer([b"k" * 32])
    api = serviceability_routes(
        ask_pincode=AskPincode(live, clock),
        ask_quote=AskQuote(live, stock, clock),
        warehouses=Warehouses(shop.store, shop.places, ids),
        hubs=Hubs(shop.store, shop.build),
        lanes=Lanes(shop.store),
        pin_rules=PinRules(shop.store, live),
        holidays=HolidayRules(shop.store, live),
        store=shop.store,
        signer=signer,
    )
    problems = Problems("https://shop.example", lambda problem: problem.title.encode())
    edge, app = web_app(api, [], ready, Edges(signer, ids, authenticate, problems, CollectorRegistry(), https=True))
    transport = httpx2.ASGITransport(edge, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example/api/v1") as client:
        yield Site(client, live, stock, app)


def served_pin(live: Serviceability) -> tuple[str, int]:
    """A PIN code and the ordinal of a warehouse that serves it."""
    for number in range(110_001, 110_145):
        place = live.reach.place(str(number))
        if place:
            for ordinal, code in enumerate(live.reach.column(place)):
                if code != 255:
                    return place.pincode, ordinal
    raise AssertionError("nobody is served")


async def test_a_visitor_asks_for_a_pin_code(site: Site) -> None:
    pin, _ = served_pin(site.live)
    told = (await site.client.get(f"serviceability/{pin}")).json()
    assert (told["served"], told["reason"], told["pincode"]) == (True, None, pin)
    assert told["earliest"] >= "2026-11-23"
    unknown = await site.client.get("serviceability/999999")
    assert (unknown.status_code, unknown.json()["reason"]) == (200, "unknown_pincode")
    for wrong in ("56003", "abcdef", "0110001"):
        assert (await site.client.get(f"serviceability/{wrong}")).status_code == 422
    assert (await site.client.get(f"serviceability/{pin}?x=1")).status_code == 422


async def test_a_visitor_asks_for_a_quote(site: Site) -> None:
    pin, ordinal = served_pin(site.live)
    site.stock.rows = [Row("a.x", site.live.reach.warehouses[ordinal], 3)]
    body: dict[str, Any] = {"pincode": pin, "lines": [{"sku": "a.x", "quantity": 2}, {"sku": "a.y"}]}
    answer = await site.client.post("serviceability/quote", json=body)
    assert answer.status_code == 200
    first, second = answer.json()["lines"]
    assert (first["deliverable"], first["quantity"], first["shipments"], first["reason"]) == (True, 2, 1, None)
    assert (second["deliverable"], second["date"], second["reason"]) == (False, None, "no_stock")
    for wrong in (
        {"pincode": pin, "lines": []},
        {"pincode": pin, "lines": [{"sku": "a.x", "quantity": 0}]},
        {"pincode": pin, "lines": [{"sku": "a.x"}], "more": 1},
        {"pincode": pin, "lines": [{"sku": "a.x"}, {"sku": "a.x"}]},
        {"pincode": "x", "lines": [{"sku": "a.x"}]},
    ):
        refused = await site.client.post("serviceability/quote", json=wrong)
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


async def test_operators_open_change_and_close_a_warehouse(site: Site) -> None:
    made = await site.operator("POST", "warehouses", {"code": "blr-1", "name": "Bengaluru", "pincode": "110003"})
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    warehouse = made.json()
    assert (warehouse["latitude"], warehouse["longitude"]) == (20.0, 75.8)
    again = await site.operator("POST", "warehouses", {"code": "blr-1", "name": "Bengaluru", "pincode": "110003"})
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[1]) == (409, "already-there")
    assert (await site.operator("GET", "warehouses/blr-1")).json() == warehouse
    path = f"warehouses/{warehouse['id']}"
    changed = await site.operator("PATCH", path, {"active": False, "pincode": "110005"}, 1)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (changed.json()["active"], changed.json()["longitude"], changed.json()["name"]) == (False, 76.6, "Bengaluru")
    assert (await site.operator("PATCH", path, {"active": True}, 1)).status_code == 412
    assert (await site.operator("PATCH", path, {"active": True})).status_code == 400
    assert (await site.operator("GET", "warehouses/nobody")).status_code == 404
    await site.live.refresh()
    assert site.live.reach.warehouses[-1] == warehouse["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "Blr 1", "name": "x", "pincode": "110003"},
        {"code": "b", "name": "x", "pincode": "11000"},
        {"code": "b", "name": "x", "pincode": "999999"},
        {"code": "b", "name": "x", "pincode": "110031"},
        {"code": "b", "name": "x", "pincode": "110003", "latitude": 20.0},
        {"code": "b", "name": "x", "pincode": "110003", "wave": 4},
        {"code": "b", "name": "x", "pincode": "110003", "handling_days": 63},
        {"code": "b", "name": "x", "pincode": "110003", "reach_km": -1},
        {"code": "b", "name": "x", "pincode": "110003", "latitude": 91, "longitude": 0},
        {"code": "b", "name": "x", "pincode": "110003", "colour": "red"},
        {"code": "b", "name": "x", "pincode": "110003", "seller": "No Such"},
    ],
)
async def test_a_warehouse_that_cannot_be_is_refused_whole(site: Site, wrong: dict[str, object]) -> None:
    answer = await site.operator("POST", "warehouses", wrong)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["detail"]


async def test_operators_overrule_a_lane_and_give_it_back(site: Site) -> None:
    pin, ordinal = served_pin(site.live)
    place = site.live.reach.place(pin)
    assert place is not None
    origin, hub = site.live.reach.warehouses[ordinal], site.live.reach.network.hubs[place.hub].code
    made = await site.operator("POST", "lanes", {"origin": origin, "hub": hub, "active": False})
    assert made.status_code == 201
    await site.live.refresh()
    assert site.live.reach.column(place)[ordinal] == 255
    path = f"lanes/{origin}/{hub}"
    assert (await site.operator("GET", path)).json()["active"] is False
    back = await site.operator("PATCH", path, {"active": True, "transit_days": 5}, 1)
    assert back.json()["transit_days"] == 5
    ruled = await site.operator("PATCH", path, {"transit_days": None}, 2)
    assert (ruled.status_code, ruled.json()["transit_days"], ruled.json()["active"]) == (200, None, True)
    wrong = await site.operator("POST", "lanes", {"origin": "whs_x", "hub": "nowhere"})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["#/origin", "#/hub"]
    assert (await site.operator("POST", "lanes", {"origin": hub, "hub": hub})).status_code == 422
    assert (await site.operator("PATCH", f"lanes/{origin}/nowhere", {"active": True}, 1)).status_code == 404
    listed = (await site.operator("GET", "lanes")).json()
    assert [lane["hub"] for lane in listed["lanes"]] == [hub]


async def test_operators_see_to_hubs(site: Site) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await site.operator("GET", f"hubs?limit=10{cursor}")).json()
        seen += [hub["code"] for hub in page["hubs"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == sorted(hub.code for hub in site.live.reach.network.hubs)
    assert (await site.operator("GET", "hubs?cursor=forged")).status_code == 400
    closed = await site.operator("PATCH", f"hubs/{seen[0]}", {"active": False}, 1)
    assert closed.json()["active"] is False
    body = {
        "code": "new-1",
        "name": "New",
        "pincode": "110004",
        "city": "Town",
        "state": "Karnataka",
        "latitude": 20.0,
        "longitude": 76.2,
    }
    made = await site.operator("POST", "hubs", body)
    assert (made.status_code, made.json()["ordinal"]) == (201, len(seen))
    await site.live.refresh()
    place = site.live.reach.place("110004")
    assert place is not None
    assert place.hub_name == "New"
    assert (await site.operator("GET", "hubs/new-1")).json()["name"] == "New"


async def test_operators_overrule_a_pin_code(site: Site) -> None:
    pin, _ = served_pin(site.live)
    sheet = await site.operator("GET", f"pincodes/{pin}")
    assert (sheet.headers["etag"], sheet.json()["rule"]["version"]) == ('"v0"', 0)
    assert sheet.json()["place"]["pincode"] == pin
    made = await site.operator("PATCH", f"pincodes/{pin}", {"served": False, "refuses": ["heavy"]}, 0)
    assert (made.status_code, made.json()["version"]) == (200, 1)
    await site.live.refresh()
    told = (await site.client.get(f"serviceability/{pin}")).json()
    assert (told["served"], told["reason"]) == (False, "closed")
    assert (await site.operator("PATCH", f"pincodes/{pin}", {"served": None}, 0)).status_code == 412
    assert (await site.operator("PATCH", f"pincodes/{pin}", {"served": None}, 1)).json()["served"] is None
    assert (await site.operator("PATCH", f"pincodes/{pin}", {"refuses": ["standard"]}, 2)).status_code == 422
    assert (await site.operator("PATCH", f"pincodes/{pin}", {"last_mile_days": 31}, 2)).status_code == 422
    assert (await site.operator("GET", "pincodes/999999")).status_code == 404
    assert [rule["pincode"] for rule in (await site.operator("GET", "pincodes")).json()["pincodes"]] == [pin]


async def test_operators_overrule_a_day(site: Site) -> None:
    body = {"region": "all", "day": "2026-11-24", "off": True, "name": "Election"}
    assert (await site.operator("POST", "holidays", body)).status_code == 201
    assert (await site.operator("POST", "holidays", {**body, "region": "Karnataka"})).json()["region"] == "karnataka"
    assert (await site.operator("POST", "holidays", {**body, "region": "Atlantis"})).status_code == 422
    changed = await site.operator("PATCH", "holidays/all/2026-11-24", {"off": False}, 1)
    assert (changed.status_code, changed.json()["off"]) == (200, False)
    listed = (await site.operator("GET", "holidays")).json()["holidays"]
    assert [(day["region"], day["off"]) for day in listed] == [("", False), ("karnataka", True)]


async def test_only_operators_reach_the_network(site: Site) -> None:
    paths = {p for p in document(site.app)["paths"] if "/admin/" in p and not p.endswith("openapi.json")}
    assert len(paths) == 10
    for path in paths:
        for token, status in (("", 401), ("acme", 403)):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            url = "https://shop.example" + path.replace("{day}", "2026-11-24")
            for method in ("GET", "PATCH", "POST"):
                answer = await site.client.request(method, url, headers=headers, json={})
                assert answer.status_code in (status, 405), (method, path, token)
