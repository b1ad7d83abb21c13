"""The catalogue over HTTP: statuses, headers, who may, and what a client is told."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from PIL import Image
from prometheus_client import CollectorRegistry

from haat.catalog.routes import catalog_routes, picture_route
from haat.engines.system import SeededIds
from haat.http.edge import Edge
from haat.http.identity import Grant
from haat.http.openapi import document
from haat.http.problems import Problems
from haat.http.server import Edges, Readiness, web_app
from haat.http.signing import Signer
from tests.catalog.conftest import Market

ACME, OTHER, OPERATOR = ({"authorization": f"Bearer {token}"} for token in ("acme", "other", "op"))
BODY: dict[str, Any] = {
    "code": "BAG1",
    "title": "Monsoon daypack",
    "status": "active",
    "category": "outdoor.bags",
    "attributes": {"volume": 24},
    "variants": [{"code": "red", "attributes": {"colour": "Red"}}],
}


async def authenticate(token: str) -> Grant | None:
    grants = {"op": Grant("operator"), "acme": Grant("seller", "acme"), "other": Grant("seller", "other")}
    return grants.get(token)


async def ready() -> Readiness:
    return Readiness(True, [])


@pytest.fixture
def apps(market: Market, ids: SeededIds) -> tuple[Edge, Litestar]:
    signer = Signer([b"k" * 32])
    edges = Edges(signer, ids, authenticate, Problems("https://shop.example"), CollectorRegistry(), https=True)
    api = catalog_routes(market.catalog, signer)
    return web_app(api, [picture_route(market.catalog.show_picture)], ready, edges)


@pytest.fixture
async def client(apps: tuple[Edge, Litestar]) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(apps[0], raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example/api/v1") as one:
        yield one


async def created(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("seller/items", json={**BODY, **changes}, headers=ACME)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def a_png(width: int = 200) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, 100), "red").save(out, "PNG")
    return out.getvalue()


async def test_an_item_is_added_read_by_anyone_and_not_sent_twice(client: httpx2.AsyncClient) -> None:
    answer = await client.post("seller/items", json=BODY, headers=ACME)
    item = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"v1"')
    assert answer.headers["location"] == f"/api/v1/seller/items/{item['id']}"
    assert "origin" not in item
    public = await client.get(f"items/{item['id']}")
    assert (public.json(), public.headers["etag"]) == (item, '"v1"')
    again = await client.get(f"items/{item['id']}", headers={"if-none-match": '"v1"'})
    assert (again.status_code, again.content) == (304, b"")


async def test_items_are_read_in_bulk_by_repeated_or_joined_ids(client: httpx2.AsyncClient) -> None:
    ids = [(await created(client, code=c, variants=[{"code": c}]))["id"] for c in "ab"]
    for query in (f"ids={ids[1]},{ids[0]}", f"ids={ids[1]}&ids={ids[0]}"):
        answer = await client.get(f"items?{query}")
        assert [item["id"] for item in answer.json()["items"]] == [ids[1], ids[0]]
    for query in ("", "?ids=", "?ids=,", "?ids=" + ",".join(f"itm_{n}" for n in range(101)), "?id=x"):
        assert (await client.get(f"items{query}")).status_code == 422


async def test_a_draft_is_nobodys_but_the_sellers(client: httpx2.AsyncClient) -> None:
    item = await created(client, status="draft")
    assert (await client.get(f"items/{item['id']}")).status_code == 404
    assert (await client.get(f"seller/items/{item['id']}", headers=ACME)).status_code == 200
    assert (await client.get(f"seller/items/{item['id']}", headers=OTHER)).status_code == 404


async def test_put_patch_delete_need_the_version_and_answer_the_next(client: httpx2.AsyncClient) -> None:
    url = f"seller/items/{(await created(client))['id']}"
    assert (await client.put(url, json=BODY, headers=ACME)).status_code == 400
    put = await client.put(url, json={**BODY, "title": "New"}, headers={**ACME, "if-match": '"v1"'})
    assert (put.status_code, put.headers["etag"], put.json()["title"]) == (200, '"v2"', "New")
    stale = await client.patch(url, json={"title": "Lost"}, headers={**ACME, "if-match": '"v1"'})
    assert (stale.status_code, stale.json()["current"]) == (412, 2)
    merge = {**ACME, "if-match": '"v2"', "content-type": "application/merge-patch+json"}
    patched = await client.patch(url, content=b'{"brand": "Sahya"}', headers=merge)
    assert (patched.status_code, patched.json()["brand"]) == (200, "Sahya")
    gone = await client.delete(url, headers={**ACME, "if-match": '"v3"'})
    assert (gone.status_code, gone.json()["status"], gone.headers["etag"]) == (200, "retired", '"v4"')


async def test_every_problem_of_an_item_has_its_pointer(client: httpx2.AsyncClient) -> None:
    body = {**BODY, "title": "", "attributes": {"volume": "x", "waterproof": 1}}
    answer = await client.post("seller/items", json=body, headers=ACME)
    assert answer.status_code == 422
    assert answer.json()["type"] == "https://shop.example/problems/invalid-item"
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"#/title", "#/attributes/volume", "#/attributes/waterproof"}


async def test_fields_that_are_not_the_sellers_to_write_are_refused(client: httpx2.AsyncClient) -> None:
    for name in ("id", "seller", "version", "rating", "created", "price_minor", "sku"):
        assert (await client.post("seller/items", json={**BODY, name: 1}, headers=ACME)).status_code == 422, name
    assert (await client.get("seller/items", headers=ACME)).json()["items"] == []


async def test_each_route_is_closed_to_all_but_its_role(client: httpx2.AsyncClient) -> None:
    closed = {
        "seller/items": ("GET", "POST"),
        "seller/items/x": ("GET", "PUT", "PATCH", "DELETE"),
        "seller/pictures": ("POST",),
        "admin/categories/x": ("GET", "PUT", "DELETE"),
    }
    for method, path in ((method, path) for path, methods in closed.items() for method in methods):
        other = OPERATOR if path.startswith("seller") else ACME
        for headers, status in (({}, 401), ({"authorization": "Bearer none"}, 401), (other, 403)):
            assert (await client.request(method, path, headers=headers)).status_code == status, (method, path)


async def test_a_sellers_list_goes_on_by_cursor(client: httpx2.AsyncClient) -> None:
    ids = [(await created(client, code=str(n), variants=[{"code": str(n)}]))["id"] for n in range(5)]
    seen: list[str] = []
    url = "seller/items?limit=2"
    while url:
        answer = await client.get(url, headers=ACME)
        seen += [item["id"] for item in answer.json()["items"]]
        following = answer.json()["next"]
        assert bool(following) == ("link" in answer.headers)
        stranger = following and (await client.get(f"seller/items?cursor={following}", headers=OTHER)).status_code
        assert stranger in (None, 400)
        url = f"seller/items?limit=2&cursor={following}" if following else ""
    assert seen == sorted(ids)
    assert (await client.get("seller/items?cursor=x", headers=ACME)).status_code == 400
    assert (await client.get("seller/items?limit=101", headers=ACME)).status_code == 422


async def test_a_picture_is_uploaded_used_and_served_for_ever(client: httpx2.AsyncClient) -> None:
    answer = await client.post("seller/pictures", files={"file": ("../x.png", a_png(), "image/png")}, headers=ACME)
    assert answer.status_code == 201, answer.text
    picture = answer.json()
    assert (picture["width"], picture["height"]) == (200, 100)
    item = await created(client, pictures=[{"key": picture["key"], "alt": "Front"}])
    assert item["pictures"] == [{**picture, "alt": "Front"}]
    url = f"https://shop.example/pictures/{picture['key']}/160.webp"
    shown = await client.get(url)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    known = await client.get(url, headers={"if-none-match": shown.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert (await client.head(url)).content == b""
    assert (await client.post(url)).status_code == 405
    assert (await client.get(f"https://shop.example/pictures/{'0' * 32}/160.webp")).status_code == 404


async def test_other_uploads_are_refused(client: httpx2.AsyncClient) -> None:
    uploads: list[tuple[Any, int]] = [
        ({"file": ("x.svg", b"<svg/>", "image/svg+xml")}, 422),
        ({"file": ("x.png", b"\x00" * 10_000_001, "image/png")}, 413),
        ({"other": ("x.png", a_png(), "image/png")}, 422),
        ({"file": (None, "text")}, 422),
    ]
    png = ("x.png", a_png(), "image/png")
    uploads += [([("file", png), ("file", png)], 422), ([("file", png), ("(¼\x01", (None, "c"))], 422)]
    for files, status in uploads:
        answer = await client.post("seller/pictures", files=files, headers=ACME)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    for body in (b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n', b"\xff" * 50):
        headers = {**ACME, "content-type": "multipart/form-data; boundary=x"}
        assert 400 <= (await client.post("seller/pictures", content=body, headers=headers)).status_code < 500, body


async def test_the_operator_arranges_and_everyone_reads_the_tree(client: httpx2.AsyncClient) -> None:
    before = await client.get("categories")
    body = {
        "name": "Tents",
        "attributes": [{"name": "persons", "label": "Persons", "kind": "number", "required": True}],
    }
    made = await client.put("admin/categories/outdoor.tents", json=body, headers=OPERATOR)
    assert made.status_code == 201, made.text
    assert [attribute["name"] for attribute in made.json()["inherited"]] == ["weight"]
    assert (await client.put("admin/categories/outdoor.tents", json=body, headers=OPERATOR)).status_code == 200
    after = await client.get("categories", headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, len(after.json()["categories"])) == (200, 3)
    same = await client.get("categories", headers={"if-none-match": after.headers["etag"]})
    assert same.status_code == 304
    bad = await client.put("admin/categories/outdoor.x", json={"name": "", "attributes": []}, headers=OPERATOR)
    assert [error["pointer"] for error in bad.json()["errors"]] == ["#/name"]
    odd = await client.put("admin/categories/outdoor.x", json={"name": "X", "children": []}, headers=OPERATOR)
    assert odd.status_code == 422
    assert (await client.delete("admin/categories/outdoor", headers=OPERATOR)).status_code == 409
    assert (await client.delete("admin/categories/outdoor.tents", headers=OPERATOR)).status_code == 204
    assert (await client.get("admin/categories/outdoor.tents", headers=OPERATOR)).status_code == 404


async def test_the_document_lists_each_route(apps: tuple[Edge, Litestar]) -> None:
    paths = document(apps[1])["paths"]
    for path in ("/items/{id}", "/items", "/categories", "/seller/items", "/seller/pictures"):
        assert f"/api/v1{path}" in paths
    assert set(paths["/api/v1/seller/items/{item_id}"]) >= {"get", "put", "patch", "delete"}
