"""The authorization matrix: every route, every kind of caller. A route that is not listed fails."""

import re

import httpx2
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler

from haat.http.identity import needs_operator, needs_seller
from haat.shop import Shop
from tests.api.conftest import Tokens

OPEN = {
    "/api/v1/items/{id}", "/api/v1/items", "/api/v1/categories", "/api/v1/search", "/api/v1/search/suggest",
    "/api/v1/serviceability/{pincode}", "/api/v1/serviceability/quote",
}  # fmt: skip
BUYERS = {
    "/api/v1/cart", "/api/v1/cart/lines/{sku}", "/api/v1/wishlist", "/api/v1/wishlist/{item_id}", "/api/v1/orders",
    "/api/v1/orders/quote", "/api/v1/orders/{order_id}", "/api/v1/orders/{order_id}/cancel",
    "/api/v1/orders/{order_id}/payments",
}  # fmt: skip
"""A guest's or an account's own: tests/api/test_buyers.py shows that nobody sees another's."""
SIGNED = {"/api/v1/payments/webhooks/{provider}"}
"""Open to whoever has the gateway's secret."""


def api_routes(shop: Shop) -> list[tuple[str, str, list[object]]]:
    """(path, method, guards) of every route under the API's prefix."""
    found: list[tuple[str, str, list[object]]] = []
    for route in shop.litestar.routes:
        path = re.sub(r"\{([^}:]+):[^}]+\}", r"{\1}", route.path_format)
        if not path.startswith("/api/v1"):
            continue
        handlers = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in handlers:
            assert isinstance(handler, HTTPRouteHandler | ASGIRouteHandler)
            methods = sorted(handler.http_methods) if isinstance(handler, HTTPRouteHandler) else ["GET"]
            guards = [getattr(guard, "__wrapped__", guard) for guard in handler.resolve_guards()]
            found.extend((path, method, guards) for method in methods if method not in ("OPTIONS", "HEAD"))
    return found


async def test_every_route_is_open_on_purpose_or_guarded_by_its_prefix(shop: Shop) -> None:
    routes = api_routes(shop)
    assert len(routes) > 30
    guard_of = {"/api/v1/admin": "needs_operator", "/api/v1/seller": "needs_seller"}
    for path, method, guards in routes:
        prefix = next((p for p in guard_of if path.startswith(p + "/")), None)
        names = [getattr(getattr(guard, "ref", guard), "__name__", str(guard)) for guard in guards]
        if prefix is None:
            assert path in OPEN | BUYERS | SIGNED, (
                f"{method} {path} is neither listed as open nor below a guarded prefix"
            )
        else:
            assert any(guard_of[prefix] in name for name in names), f"{method} {path} has the guards {names}"
    assert {needs_operator.__name__, needs_seller.__name__} == set(guard_of.values())


async def test_nobody_gets_in_without_the_right_token(shop: Shop, client: httpx2.AsyncClient, tokens: Tokens) -> None:
    for path, method, _ in api_routes(shop):
        if path in OPEN | BUYERS | SIGNED:
            continue
        url = re.sub(r"\{[^}]+\}", "x", path.replace("{day}", "2026-01-26"))
        wrong = tokens.seller if path.startswith("/api/v1/admin") else tokens.operator
        for headers, status in (
            ({}, 401),
            (Tokens.header("haat_not-a-token"), 401),
            ({"authorization": "Basic b3BlcmF0b3I6eA=="}, 401),
            (Tokens.header(wrong), 403),
        ):
            answer = await client.request(method, url, headers=headers)
            assert answer.status_code == status, f"{method} {path} answered {answer.status_code} to {headers}"
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_revoked_token_is_nobodys(shop: Shop, client: httpx2.AsyncClient) -> None:
    kept, plain = await shop.create_token("operator")
    assert (await client.get("/api/v1/admin/hubs", headers=Tokens.header(plain))).status_code == 200
    assert await shop.tokens.revoke(kept.id)
    assert (await client.get("/api/v1/admin/hubs", headers=Tokens.header(plain))).status_code == 401


async def test_a_seller_learns_nothing_of_another(client: httpx2.AsyncClient, tokens: Tokens) -> None:
    mine = (await client.get("/api/v1/seller/offers", headers=Tokens.header(tokens.seller))).json()["offers"]
    assert mine
    sku, item_id = mine[0]["sku"], mine[0]["item_id"]
    warehouse = mine[0]["stock"][0]["warehouse"]
    theirs = Tokens.header(tokens.other)
    assert (await client.get("/api/v1/seller/offers", headers=theirs)).json()["offers"] == []
    for method, path, body, more in (
        ("GET", f"/api/v1/seller/offers/{sku}", None, {}),
        ("PUT", f"/api/v1/seller/offers/{sku}", {"price_minor": 1}, {"if-match": '"v1"'}),
        ("PUT", f"/api/v1/seller/stock/{sku}/{warehouse}", {"on_hand": 1}, {"if-match": '"v1"'}),
        ("GET", f"/api/v1/seller/items/{item_id}", None, {}),
        ("DELETE", f"/api/v1/seller/items/{item_id}", None, {"if-match": '"v1"'}),
    ):
        answer = await client.request(method, path, json=body, headers={**theirs, **more})
        assert answer.status_code == 404, (method, path, answer.text)
    moved = {"sku": sku, "warehouse": warehouse, "reason": "lost", "units": -1}
    answer = await client.post("/api/v1/seller/stock/movements", json=moved, headers={**theirs, "idempotency-key": "k"})
    assert answer.status_code == 404
    again = (await client.get("/api/v1/seller/offers", headers=Tokens.header(tokens.seller))).json()["offers"]
    assert again == mine
