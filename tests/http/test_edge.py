"""The edge in front of a real app: problems, limits, headers, identity."""

from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest
from litestar import Litestar, Router, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from prometheus_client import CollectorRegistry, generate_latest

from haat.engines.system import SeededIds
from haat.errors import Conflict, Unavailable
from haat.http.edge import Edge
from haat.http.identity import Call, Grant, needs_operator, needs_seller
from haat.http.openapi import document
from haat.http.problems import Problems
from haat.http.read import Reply, read
from haat.http.server import Edges, Engine, Readiness, web_app
from haat.http.signing import Signer


class Body(msgspec.Struct, forbid_unknown_fields=True):
    quantity: int
    tags: list[str] = []


class Asked(msgspec.Struct, frozen=True):
    id: str
    q: str = ""


class Taken(Conflict):
    """Somebody was faster."""

    code, title = "taken", "It is gone"


@post("/things")
async def make(data: JSONBody[Body]) -> Body:
    return data


@get("/taken")
async def taken() -> None:
    raise Taken("Two wanted it.", free=0)


@get("/down")
async def down() -> None:
    raise Unavailable("mysql at 10.0.0.3 refused")


@get("/broken")
async def broken() -> None:
    raise RuntimeError("secret detail")


@get("/secret", guards=[needs_operator])
async def secret() -> str:
    return "operators"


@get("/mine", guards=[needs_seller])
async def mine() -> str:
    return "sellers"


async def ask(asked: Asked, call: Call) -> Reply:
    return Reply(msgspec.json.encode({"id": asked.id, "q": asked.q}), tag='"v1"')


async def authenticate(token: str) -> Grant | None:
    return {"op": Grant("operator"), "acme": Grant("seller", "acme")}.get(token)


async def ready() -> Readiness:
    return Readiness(True, [Engine("orders", True)])


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def apps(ids: SeededIds, registry: CollectorRegistry) -> tuple[Edge, Litestar]:
    hot = read("/things/{id:str}", Asked, dict[str, str], ask, summary="A thing")
    api: list[BaseRouteHandler | Router] = [
        make,
        taken,
        down,
        broken,
        hot,
        Router("/admin", route_handlers=[secret]),
        Router("/seller", route_handlers=[mine]),
    ]
    problems = Problems("https://shop.example", lambda p: f"<h1>{p.title}</h1>".encode())
    edges = Edges(Signer([b"k" * 32]), ids, authenticate, problems, registry, https=True)
    return web_app(api, [], ready, edges)


@pytest.fixture
async def client(apps: tuple[Edge, Litestar]) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(apps[0], raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example/api/v1") as client:
        yield client


async def test_a_context_error_is_a_problem_with_its_facts(client: httpx2.AsyncClient) -> None:
    answer = await client.get("taken")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == "https://shop.example/problems/taken"
    assert (said["free"], said["detail"]) == (0, "Two wanted it.")
    assert said["instance"].endswith(answer.headers["x-request-id"])


async def test_an_unforeseen_error_tells_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.get("broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_an_engine_that_is_down_is_503_with_a_hint_and_no_driver_words(client: httpx2.AsyncClient) -> None:
    answer = await client.get("down")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "10.0.0.3" not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ('{"quantity": "many"}', 422, "#/quantity"),
        ('{"quantity": 1, "price": 5}', 422, "#"),
        ('{"quantity": 1, "tags": ["a", 2]}', 422, "#/tags/1"),
        ('{"quantity": 1.5}', 422, "#/quantity"),
        ("", 422, "#"),
        ("{", 400, None),
        ("[" * 20_000, 400, None),
    ],
)
async def test_a_bad_body_names_the_field(
    client: httpx2.AsyncClient, body: str, status: int, pointer: str | None
) -> None:
    answer = await client.post("things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_form_of_another_site_changes_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.post("things", content='{"quantity": 1}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    headers = {"content-type": "application/json", "sec-fetch-site": "cross-site"}
    answer = await client.post("things", content='{"quantity": 1}', headers=headers)
    assert answer.status_code == 403


async def test_a_body_over_the_limit_is_refused_with_and_without_its_length(client: httpx2.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    for content in (b" " * 2_000_000, chunks()):
        answer = await client.post("things", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413


async def test_unknown_parameters_are_refused_by_name(client: httpx2.AsyncClient) -> None:
    for path in ("taken?now=1", "things/7?q=a&now=1"):
        answer = await client.get(path)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "now"


async def test_a_hot_read_answers_and_revalidates(client: httpx2.AsyncClient) -> None:
    answer = await client.get("things/7?q=tent")
    assert (answer.status_code, answer.json()) == (200, {"id": "7", "q": "tent"})
    again = await client.get("things/7", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("things/7")
    assert (head.status_code, head.content) == (200, b"")
    assert (await client.post("things/7")).status_code == 405


async def test_guards_answer_401_then_403(client: httpx2.AsyncClient) -> None:
    expected = {
        ("admin/secret", ""): 401,
        ("admin/secret", "nonsense"): 401,
        ("admin/secret", "acme"): 403,
        ("admin/secret", "op"): 200,
        ("seller/mine", ""): 401,
        ("seller/mine", "op"): 403,
        ("seller/mine", "acme"): 200,
    }
    for (path, token), status in expected.items():
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await client.get(path, headers=headers)
        assert answer.status_code == status, (path, token)
    assert (await client.get("admin/secret")).headers["www-authenticate"] == "Bearer"


async def test_browsers_get_pages_and_every_answer_gets_headers(client: httpx2.AsyncClient) -> None:
    page = await client.get("https://shop.example/nowhere", headers={"accept": "text/html"})
    assert (page.status_code, page.text) == (404, "<h1>There is nothing here</h1>")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert "HttpOnly" in page.headers["set-cookie"]
    data = await client.get("taken")
    assert data.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in data.headers


async def test_a_given_request_id_is_kept_unless_it_is_strange(client: httpx2.AsyncClient) -> None:
    assert (await client.get("taken", headers={"x-request-id": "abc-12345"})).headers["x-request-id"] == "abc-12345"
    assert (await client.get("taken", headers={"x-request-id": "a b\tc{}"})).headers["x-request-id"] != "a b\tc{}"


async def test_only_cookies_we_signed_are_believed(client: httpx2.AsyncClient, apps: tuple[Edge, Litestar]) -> None:
    ours = apps[0].cookie("haat_visitor", "visitor", "somebody").decode().partition(";")[0]
    for cookie, known in {
        ours: True,
        f"theme=dark; {ours}; lang=hi": True,
        f'a="b;c"; {ours} ;x': True,
        ours.replace("haat_visitor", "haat_pin"): False,
        f"not_{ours}": False,
        ours[:-2]: False,
        "haat_visitor=": False,
        "haat_visitor=;;=;\xe9": False,
    }.items():
        for _ in range(2):  # what was opened once is remembered
            headers = [(b"accept", b"text/html"), (b"cookie", cookie.encode("latin-1"))]
            page = await client.get("https://shop.example/no", headers=headers)
            assert ("set-cookie" not in page.headers) == known, cookie


async def test_the_document_has_every_route_and_hot_reads_too(apps: tuple[Edge, Litestar]) -> None:
    whole = document(apps[1])
    assert whole["openapi"].startswith("3.1")
    assert set(whole["paths"]["/api/v1/things/{id}"]["get"]["responses"]) == {"200", "304", "400", "404", "422", "503"}
    names = {parameter["name"] for parameter in whole["paths"]["/api/v1/things/{id}"]["get"]["parameters"]}
    assert names == {"id", "q"}
    assert "post" in whole["paths"]["/api/v1/things"]


async def test_machines(client: httpx2.AsyncClient) -> None:
    assert (await client.get("https://shop.example/healthz")).json()["status"] == "ok"
    assert (await client.get("https://shop.example/readyz")).json()["ready"] is True
    said = (await client.get("https://shop.example/problems/taken")).json()
    assert (said["status"], said["detail"]) == (409, "Somebody was faster.")
    assert (await client.get("https://shop.example/problems/unheard-of")).status_code == 404


async def test_metrics_use_route_templates(client: httpx2.AsyncClient, registry: CollectorRegistry) -> None:
    await client.get("things/41")
    await client.get("things/42")
    await client.get("taken")
    thing = {"method": "GET", "route": "/api/v1/things/{id}"}
    assert registry.get_sample_value("haat_http_requests_total", {**thing, "status": "200"}) == 2
    assert registry.get_sample_value("haat_http_seconds_count", thing) == 2
    assert registry.get_sample_value("haat_http_seconds_bucket", {**thing, "le": "+Inf"}) == 2
    assert 0 < (registry.get_sample_value("haat_http_seconds_sum", thing) or 0) < 60
    assert b'route="/api/v1/taken",status="409"} 1.0' in generate_latest(registry)
