"""What gives way when there is too much: in which order, how fast, and how soon all is well again. Time is made up."""

import heapq
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx2
import pytest
from litestar import get
from prometheus_client import CollectorRegistry

from haat.engines.system import SeededIds
from haat.http import shedding
from haat.http.edge import Edge
from haat.http.identity import Grant
from haat.http.problems import Problems
from haat.http.server import Edges, Engine, Readiness, web_app
from haat.http.shedding import CLASSES, LOOK_S, MOST, Kind, Overloaded, Shedding, kind_of, unaccepted
from haat.http.signing import Signer
from tests.conftest import LOOKS

SEARCH_S = 0.003
REFUSAL_S = 0.000_15


@pytest.fixture(autouse=True)
def _as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shedding, "LOOKS", LOOKS)


class Turns:
    """An event loop of its own time: a turn calls what is due, accepts one connection, and answers its request."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> object:
        heapq.heappush(self._due, (self.now_s + delay, next(self._numbers), lambda: callback(*args)))
        return self

    def turn(self) -> None:
        while self._due and self._due[0][0] <= self.now_s:
            heapq.heappop(self._due)[2]()


class Crowd:
    """A shop that spends so long on each search or refusal, and those who come whether it can or not."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.shedding = Shedding(lambda: self.turns)
        self.queue: list[tuple[float, Kind]] = []  # who came and was not accepted; the first is at the end
        self.shedding.waiting = lambda: sum(came_s <= self.turns.now_s for came_s, _ in self.queue[-400:])
        self.answered: list[tuple[float, float, Kind]] = []  # when, after how long
        self.refused: list[tuple[float, float, Kind]] = []

    def come(self, kind: Kind, rate: float, begin_s: float, end_s: float) -> None:
        self.queue += [(begin_s + n / rate, kind) for n in range(int(rate * (end_s - begin_s)))]
        self.queue.sort(reverse=True)

    def run(self) -> None:
        while self.queue:
            self.turns.turn()
            came_s, kind = self.queue[-1]
            if came_s > self.turns.now_s:
                self.turns.now_s = min(came_s, self.turns.now_s + LOOK_S / 4)
                continue
            self.queue.pop()
            began_s = self.turns.now_s
            try:
                self.shedding.enter(kind)
            except Overloaded:
                self.turns.now_s += REFUSAL_S
                self.refused.append((self.turns.now_s, self.turns.now_s - came_s, kind))
                continue
            self.turns.now_s += SEARCH_S
            self.shedding.leave(kind, self.turns.now_s - began_s)
            self.answered.append((self.turns.now_s, self.turns.now_s - came_s, kind))


@pytest.mark.parametrize("times", [1.5, 3, 6])
def test_however_many_come_nine_tenths_of_what_can_be_done_beside_refusing_is_done(times: float) -> None:
    crowd, peak = Crowd(), 1 / SEARCH_S
    crowd.come("search", peak * times, 0.0, 10.0)
    crowd.run()
    # What is refused takes its time too: that is not to be had for searches.
    possible = (1 - REFUSAL_S * len(crowd.refused) / crowd.turns.now_s) * peak
    in_time = [took_s for _, took_s, _ in crowd.answered if took_s <= 1.0]
    assert len(in_time) / crowd.turns.now_s >= 0.9 * possible
    refusals = sorted(took_s for _, took_s, _ in crowd.refused)
    assert refusals[len(refusals) // 2] < 0.25
    assert refusals[-1] < 1.0


def test_what_is_more_important_is_answered_while_searches_are_refused() -> None:
    crowd = Crowd()
    crowd.come("search", 900, 0.0, 5.0)
    crowd.come("checkout", 20, 0.0, 5.0)
    crowd.come("webhooks", 20, 0.0, 5.0)
    crowd.run()
    assert {kind for _, _, kind in crowd.refused} == {"search"}
    late = sorted(took_s for _, took_s, kind in crowd.answered if kind != "search")
    assert len(late) == 200
    assert late[len(late) * 99 // 100] < 1.0


def test_when_the_crowd_has_gone_nobody_is_refused_within_a_second() -> None:
    crowd = Crowd()
    crowd.come("search", 1_000, 0.0, 3.0)
    crowd.come("search", 100, 3.0, 6.0)
    crowd.run()
    assert any(when_s < 3.0 for when_s, _, _ in crowd.refused)
    assert max(when_s for when_s, _, _ in crowd.refused) < 4.0


def test_classes_give_way_in_their_order_and_probes_never() -> None:
    shedding = Shedding(Turns)
    kinds = list(CLASSES)
    assert kinds == [
        "recommendations", "suggestions", "reports", "uploads", "browse", "search", "cart", "checkout", "webhooks",
        "probes",
    ]  # fmt: skip
    for at, kind in enumerate(kinds[:-1]):
        for _ in range(LOOKS):
            shedding.observe(CLASSES[kind].late_s * 1.01)
        given_way = [one for one in kinds if shedding.limits[one].most < MOST]
        assert given_way == kinds[: at + 1]
    shedding.limits["probes"].taken = MOST - 1
    shedding.enter("probes")


def test_one_late_look_sheds_nothing_and_a_standing_queue_does() -> None:
    shedding = Shedding(Turns)
    shedding.observe(5.0)
    shedding.observe(0.0)
    shedding.observe(5.0)
    assert shedding.limits["search"].most == MOST
    shedding.observe(5.0)
    shedding.observe(5.0)
    assert shedding.limits["search"].most == CLASSES["search"].least


def test_connections_that_nobody_accepts_are_a_queue_though_the_loop_is_never_late() -> None:
    shedding = Shedding(Turns)
    shedding.waiting = lambda: 200
    for _ in range(LOOKS):
        for _ in range(10):
            shedding.enter("search")
            shedding.leave("search", 0.001)
        shedding.observe(0.0)
    assert shedding.limits["search"].most < 10
    assert shedding.limits["checkout"].most == MOST


def test_a_class_whose_engine_is_slow_gives_way_though_the_loop_is_never_late() -> None:
    shedding = Shedding(Turns)
    for _ in range(40):
        shedding.enter("search")
    for _ in range(10):
        shedding.leave("search", 0.9)
    shedding.observe(0.0)
    assert shedding.limits["search"].most == pytest.approx(34)
    assert shedding.limits["cart"].most == MOST


def test_a_refusal_says_when_to_come_back_and_not_all_at_once() -> None:
    shedding = Shedding(Turns)
    shedding.limits["search"].most = 0
    seconds = []
    for _ in range(6):
        with pytest.raises(Overloaded) as caught:
            shedding.enter("search")
        seconds.append(caught.value.retry_after_s)
    assert sorted(set(seconds)) == [1, 2, 3]
    assert shedding.limits["search"].in_flight == 0


def test_after_a_rest_everything_is_let_in() -> None:
    turns = Turns()
    shedding = Shedding(lambda: turns)
    shedding.limits["search"].most = 2
    turns.now_s = 60.0
    shedding.enter("search")
    assert shedding.limits["search"].most == MOST


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/", "browse"),
        ("GET", "/i/steel-bottle-itm_1", "browse"),
        ("GET", "/static/app.css", "checkout"),
        ("GET", "/healthz", "probes"),
        ("GET", "/search", "search"),
        ("GET", "/api/v1/search", "search"),
        ("GET", "/api/v1/search/suggest", "suggestions"),
        ("GET", "/api/v1/recommendations/categories/x", "recommendations"),
        ("GET", "/api/v1/items/itm_1", "browse"),
        ("PUT", "/api/v1/cart/lines/a.1", "cart"),
        ("POST", "/api/v1/orders", "checkout"),
        ("POST", "/orders/ord_1/pay", "checkout"),
        ("GET", "/pay/pay_1/return", "checkout"),
        ("POST", "/api/v1/payments/webhooks/fakepay", "webhooks"),
        ("GET", "/api/v1/admin/orders", "reports"),
        ("POST", "/api/v1/seller/stock/movements", "cart"),
        ("POST", "/api/v1/seller/feeds", "uploads"),
        ("GET", "/api/v1/seller/feeds/fed_1/report.csv", "reports"),
    ],
)
def test_the_class_of_an_address(method: str, path: str, kind: Kind) -> None:
    assert kind_of(path, method) == kind


def test_connections_that_nobody_has_accepted_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        waiting = unaccepted(listening)
        if waiting is Shedding(Turns).waiting:
            pytest.skip("this system does not tell")
        came = [socket.create_connection(listening.getsockname()) for _ in range(3)]
        assert waiting() == 3
        accepted, _ = listening.accept()
        assert waiting() == 2
        for one in (*came, accepted):
            one.close()
    assert waiting() == 0


@get("/search", media_type="text/html")
async def search() -> str:
    return "found"


async def _nobody(_: str) -> Grant | None:
    return None


async def _ready() -> Readiness:
    return Readiness(True, [Engine("orders", True)])


@pytest.fixture
def edge(ids: SeededIds) -> Edge:
    problems = Problems("https://shop.example", lambda p: f"<h1>{p.title}</h1>".encode())
    edges = Edges(Signer([b"k" * 32]), ids, _nobody, problems, CollectorRegistry(), https=True)
    return web_app([search], [search], _ready, edges)[0]


async def test_a_refusal_is_a_problem_for_programs_and_a_page_for_people(edge: Edge) -> None:
    edge.shedding.limits["search"].most = 0
    edge.shedding._rested_s = 10**9  # a made-up past would let everything in again
    transport = httpx2.ASGITransport(edge)
    async with httpx2.AsyncClient(transport=transport, base_url="https://shop.example") as client:
        told = await client.get("/api/v1/search", headers={"x-request-id": "abcdefgh"})
        assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
        assert told.json() == {
            "kind": "search",
            "type": "https://shop.example/problems/overloaded",
            "title": "There is too much to do at the moment",
            "status": 503,
            "detail": "Please try again in a moment.",
            "instance": "urn:haat:request:abcdefgh",
        }
        page = await client.get("/search", headers={"accept": "text/html"})
        assert (page.status_code, page.text) == (503, "<h1>There is too much to do at the moment</h1>")
        for answer in (told, page):
            assert answer.headers["retry-after"] in "123"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "connection" not in answer.headers
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert (await client.get("/healthz")).status_code == 200
    assert all(limit.in_flight == 0 for limit in edge.shedding.limits.values())
