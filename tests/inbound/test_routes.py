"""Feeds over HTTP: who may, what is answered, what a report looks like."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from haat.engines.system import SeededIds
from haat.http.edge import Edge
from haat.http.identity import Grant
from haat.http.openapi import document
from haat.http.problems import Problems
from haat.http.server import Edges, Readiness, web_app
from haat.http.signing import Signer
from haat.inbound.report import FeedReport, FeedStatus
from haat.inbound.routes import inbound_routes
from tests.inbound.shop import Shop

ACME, OTHER, OPERATOR = ({"authorization": f"Bearer {token}"} for token in ("acme", "other", "op"))
ROWS = b'{"code":"a","title":"A","price":"5"}\n{"code":"b","title":"=cmd()","price":"x"}\n'
LINES = {"content-type": "application/x-ndjson"}


async def authenticate(token: str) -> Grant | None:
    return {"op": Grant("operator"), "acme": Grant("seller", "acme"), "other": Grant("seller", "other")}.get(token)


async def ready() -> Readiness:
    return Readiness(True, [])


async def nothing_parked(feed_id: str) -> int:
    return 0


@pytest.fixture
async def edge(shop: Shop, ids: SeededIds) -> tuple[Edge, Any]:
    signer = Signer([b"k" * 32])
    shop.world.sellers["other"] = "Other"
    edges = Edges(signer, ids, authenticate, Problems("https://shop.example"), CollectorRegistry(), https=True)
    routes = inbound_routes(shop.accept, FeedStatus(shop.store, nothing_parked), FeedReport(shop.store), signer)
    return web_app([routes], [], ready, edges)


@pytest.fixture
async def client(edge: tuple[Edge, Any]) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(edge[0], raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example/api/v1/") as one:
        yield one


async def sent(client: httpx2.AsyncClient, shop: Shop) -> dict[str, Any]:
    answer = await client.post("seller/feeds", content=ROWS, headers={**ACME, **LINES})
    assert answer.status_code == 202, answer.text
    feed: dict[str, Any] = answer.json()
    assert (answer.headers["location"], feed["state"]) == (f"/api/v1/seller/feeds/{feed['id']}", "waiting")
    assert await shop.worker() == 1
    return feed


async def test_json_lines_are_accepted_read_and_reported(client: httpx2.AsyncClient, shop: Shop) -> None:
    feed = await sent(client, shop)
    status = (await client.get(f"seller/feeds/{feed['id']}", headers=ACME)).json()
    assert (status["state"], status["rows"], status["accepted"], status["refused"]) == ("done", 2, 1, 1)
    report = await client.get(f"seller/feeds/{feed['id']}/report.csv", headers=ACME)
    assert report.headers["content-type"].startswith("text/csv")
    assert "attachment" in report.headers["content-disposition"]
    assert report.text.splitlines()[0] == "line,field,reason"
    assert report.text.splitlines()[1].startswith("2,price,")
    whole = (await client.get(f"seller/feeds/{feed['id']}/report.json", headers=ACME)).json()
    assert (whole["feed"]["id"], [r["line"] for r in whole["refused"]]) == (feed["id"], [2])


async def test_a_file_is_uploaded_and_its_format_found_out(client: httpx2.AsyncClient, shop: Shop) -> None:
    files = {"file": ("../my feed.csv", b"code,title,price\na,A,5\n", "text/csv")}
    answer = await client.post("seller/feeds", files=files, headers=ACME)
    assert (answer.status_code, answer.json()["filename"]) == (202, "my feed.csv")
    await shop.worker()
    (listed,) = (await client.get("seller/feeds", headers=ACME)).json()["feeds"]
    assert (listed["state"], listed["accepted"]) == ("done", 1)


async def test_feeds_are_listed_in_pages_newest_first(client: httpx2.AsyncClient, shop: Shop) -> None:
    made = []
    for n in range(3):
        answer = await client.post("seller/feeds", content=json.dumps({"code": f"c{n}"}), headers={**ACME, **LINES})
        made.append(answer.json()["id"])
        await shop.worker()
    first = (await client.get("seller/feeds", params={"limit": 2}, headers=ACME)).json()
    second = (await client.get("seller/feeds", params={"limit": 2, "cursor": first["next"]}, headers=ACME)).json()
    assert [f["id"] for f in first["feeds"] + second["feeds"]] == made[::-1]
    assert second["next"] is None


async def test_another_seller_finds_nothing(client: httpx2.AsyncClient, shop: Shop) -> None:
    feed = await sent(client, shop)
    for path in (feed["id"], f"{feed['id']}/report.csv", f"{feed['id']}/report.json", "fed_unknown"):
        assert (await client.get(f"seller/feeds/{path}", headers=OTHER)).status_code == 404
    assert (await client.get("seller/feeds", headers=OTHER)).json()["feeds"] == []


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (OPERATOR, 403)])
async def test_only_sellers_may(client: httpx2.AsyncClient, headers: dict[str, str], status: int) -> None:
    for path in ("", "/fed_x", "/fed_x/report.csv", "/fed_x/report.json"):
        assert (await client.get(f"seller/feeds{path}", headers=headers)).status_code == status
    assert (await client.post("seller/feeds", content=ROWS, headers={**headers, **LINES})).status_code == status


async def test_wrong_requests_are_told_what_is_wrong(client: httpx2.AsyncClient, shop: Shop) -> None:
    async def post(**how: Any) -> tuple[int, str]:
        answer = await client.post("seller/feeds", **{**how, "headers": {**ACME, **how.get("headers", {})}})
        return answer.status_code, answer.text

    assert (await post(content=b"a,b", headers={"content-type": "text/csv"}))[0] == 415
    assert "file" in (await post(files={"feed": ("f.csv", b"x")}))[1]
    assert (await post(files={"file": ("f.csv", b"")}))[0] == 422
    assert (await post(content=ROWS, headers=LINES, params={"format": "word"}))[0] == 422
    assert (await post(content=ROWS, headers=LINES, params={"format": "jsonl"}))[0] == 422
    assert (await post(content=ROWS, headers=LINES, params={"generated_at": "yesterday"}))[0] == 422
    assert (await post(content=ROWS, headers=LINES, params={"mapping": "x"}))[0] == 422
    assert (await client.get("seller/feeds", headers=ACME)).json()["feeds"] == []


async def test_the_openapi_document_names_both_bodies(edge: tuple[Edge, Any]) -> None:
    operation = document(edge[1])["paths"]["/api/v1/seller/feeds"]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "application/x-ndjson"}
    assert "202" in operation["responses"]
