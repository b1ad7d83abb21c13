"""The API's own documents: the OpenAPI file in docs/, what addresses do not take, and a page for every problem."""

import pkgutil
from importlib import import_module

import httpx2
import msgspec
import pytest

import haat
from haat.errors import HaatError
from haat.http.openapi import document
from haat.http.problems import plain_problems
from haat.http.server import error_codes
from haat.shop import Shop
from tests.api.conftest import Tokens
from tools.openapi import FILE, golden

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def every_error() -> list[type[HaatError]]:
    """All errors of all contexts, which are imported for it."""
    for module in pkgutil.walk_packages(haat.__path__, "haat."):
        if not module.name.endswith(("__main__", ".env")):
            import_module(module.name)
    found: list[type[HaatError]] = []
    waiting: list[type[HaatError]] = [HaatError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("haat."):
            found.append(kind)
        waiting.extend(kind.__subclasses__())
    return found


ERRORS = every_error()


async def test_the_committed_openapi_document_is_what_the_app_serves(shop: Shop) -> None:
    renew = "The API changed. If that is meant, renew the file: `python -m tools.openapi`"
    assert FILE.read_bytes() == golden(shop.litestar), renew


async def test_the_document_is_served(shop: Shop, client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == msgspec.json.decode(golden(shop.litestar))


async def test_operations_below_a_guarded_prefix_declare_their_token(shop: Shop) -> None:
    for path, item in document(shop.litestar)["paths"].items():
        for method, operation in item.items():
            part = path.removeprefix("/api/v1/").partition("/")[0]
            role = {"admin": "operator", "seller": "seller"}.get(part)
            assert operation.get("security") == ([{role: []}] if role else None), f"{method} {path}"


async def test_a_method_that_an_address_does_not_take_gets_405_and_what_it_takes(
    shop: Shop, client: httpx2.AsyncClient, tokens: Tokens
) -> None:
    for path, item in document(shop.litestar)["paths"].items():
        token = tokens.operator if "/admin/" in path else tokens.seller
        for method in METHODS:
            if method.lower() in item:
                continue
            answer = await client.request(method, path.replace("{day}", "2026-01-26"), headers=Tokens.header(token))
            assert answer.status_code == 405, f"{method} {path} answered {answer.status_code}"
            assert {one.lower() for one in answer.headers["allow"].split(", ")} >= set(item), f"{method} {path}"
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_it_is(kind: type[HaatError]) -> None:
    assert kind.title
    assert (kind.__doc__ or "").strip()
    assert "code" in vars(kind), f"{kind.__qualname__} has the code of its family"
    assert "title" in vars(kind), f"{kind.__qualname__} has the title of its family"


def test_a_code_means_one_error() -> None:
    codes: dict[str, type[HaatError]] = {}
    for kind in ERRORS:
        other = codes.setdefault(kind.code, kind)
        assert other is kind, f"{kind.__qualname__} and {other.__qualname__} are both {kind.code!r}"
    plain = plain_problems()
    for kind in ERRORS:
        assert plain.get(kind.code, (kind.status, ""))[0] == kind.status, kind.code


async def test_every_problem_has_its_page(client: httpx2.AsyncClient) -> None:
    for code, kind in error_codes().items():
        answer = await client.get(f"/problems/{code}")
        assert answer.status_code == 200, code
        assert answer.json()["title"] == kind.title
        assert answer.json()["status"] == kind.status
        assert answer.json()["detail"]
    for code, (status, _) in plain_problems().items():
        answer = await client.get(f"/problems/{code}")
        assert answer.status_code == 200, code
        assert answer.json()["status"] == status
    assert (await client.get("/problems/no-such-problem")).status_code == 404
