"""What people do with a shop, in sections: each is a few requests as their clients send them, and what is seen then."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any, Final, NamedTuple

import httpx2

from tests.faults.crowd import ADDRESS, HOME, Crowded

PATIENCE_S: Final = 30.0
_LINK: Final = re.compile(r'href="(/i/[^"]+)"')


class Refused(Exception):
    """A request was not answered as it should be."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:400]}")
        self.status = answer.status_code
        self.comes_back = answer.headers.get("retry-after", "").isdigit()


class Told(NamedTuple):
    """What became of a section: the status that ended it, how long it took, and in which poorer way it was done."""

    status: int
    took_ms: float
    poorer: str = ""
    wrong: str = ""

    @property
    def kind(self) -> str:
        """works, poorer, or refused: an honest 503 that says when to come back. Anything else is broken."""
        if self.wrong:
            return "broken"
        if self.status == 503:
            return "refused"
        return "poorer" if self.poorer else "works"


@dataclass
class People:
    """Buyers, a seller and an operator in front of one server."""

    shop: Crowded
    operator: str
    seller: str
    item: str  # of the seller
    sku: str  # of it
    warehouse: str
    words: str  # that find something
    to_pay: deque[tuple[str, str]] = field(default_factory=deque)  # whose, and where
    ordered: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=count)
    _http: httpx2.Client = field(init=False)
    _link: str = ""

    def connect(self) -> None:
        """To the server, when it serves."""
        self._http = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.shop.replicas[0].port}", timeout=PATIENCE_S, trust_env=False
        )

    def close(self) -> None:
        """Go home."""
        self._http.close()

    def ask(self, section: str) -> Told:
        """Go through a section."""
        began = monotonic()
        try:
            poorer = SECTIONS[section](self)
        except Refused as refused:
            honest = refused.status == 503 and refused.comes_back
            return Told(refused.status, _ms(began), wrong="" if honest else str(refused))
        except (httpx2.HTTPError, AssertionError) as error:
            return Told(0, _ms(began), wrong=repr(error))
        return Told(200, _ms(began), poorer)

    # ---- requests

    def call(self, method: str, path: str, *, expect: tuple[int, ...] = (200,), who: str = "", **more: Any) -> Any:
        """The answer. Raises: Refused."""
        headers = {**({"authorization": f"Bearer {who}"} if who else {}), **more.pop("headers", {})}
        answer = self._http.request(method, path, headers=headers, **more)
        if answer.status_code not in expect:
            raise Refused(answer)
        return answer

    @property
    def buyer(self) -> str:
        """Their token."""
        return self.shop.tokens[0]

    def order(self, method: str) -> tuple[str, Any]:
        """Who has placed an order of one unit, and the order. Many take turns: nobody may hold many units unpaid."""
        number = next(self._numbers)
        who = self.shop.tokens[number % len(self.shop.tokens)]
        body = {
            "checkout_id": f"matrix-{number:06}", "lines": [{"sku": self.shop.skus[0], "quantity": 1}],
            "address": ADDRESS, "payment": {"method": method},
        }  # fmt: skip
        answer = self.call(
            "POST", "/api/v1/orders", json=body, who=who, expect=(201,),
            headers={"idempotency-key": f"k-matrix-{number}"},
        )  # fmt: skip
        self.ordered.add(answer.json()["id"])
        return who, answer.json()

    def place_unpaid(self, orders: int) -> None:
        """Orders for `paying`, which looks at those that wait only."""
        while len(self.to_pay) < orders:
            who, order = self.order("upi")
            self.to_pay.append((who, order["payment"]["redirect_url"]))


def browsing(people: People) -> str:
    """Home, a category, a product."""
    home = people.call("GET", "/", headers={"cookie": ""})
    assert "</html>" in home.text
    if not people._link:
        found = _LINK.search(people.call("GET", "/search", params={"q": people.words}).text)
        assert found
        people._link = found[1]
    page = people.call("GET", people._link)
    assert "<h1" in page.text
    return ""


def searching(people: People) -> str:
    """Words, for a PIN code, as a page and over the API."""
    page = people.call("GET", "/search", params={"q": people.words})
    fresh = {"price_max": 10**9 + next(people._numbers)}  # what is remembered needs no engine
    answer = people.call("GET", "/api/v1/search", params={"q": people.words, "pincode": HOME, **fresh}).json()
    assert answer["hits"], "nothing was found"
    assert _LINK.search(page.text)
    return "a plain list" if answer.get("degraded") else ""


def cart(people: People) -> str:
    """A line in, the cart and the wishlist looked at, the line changed."""
    sku = people.shop.skus[1]
    for units in (1, 2):
        people.call("PUT", f"/api/v1/cart/lines/{sku}", json={"quantity": units}, who=people.buyer)
    lines = people.call("GET", "/api/v1/cart", params={"pincode": HOME}, who=people.buyer).json()["lines"]
    assert [(line["sku"], line["quantity"]) for line in lines] == [(sku, 2)]
    people.call("GET", "/api/v1/wishlist", who=people.buyer)
    return ""


def pins(people: People) -> str:
    """Whether and when a PIN code is served."""
    assert people.call("GET", f"/api/v1/serviceability/{HOME}").json()["served"]
    return ""


def ordering(people: People) -> str:
    """An order, paid at the door."""
    assert people.order("cod")[1]["state"] == "PLACED"
    return ""


def paying(people: People) -> str:
    """A placed order is paid on the payment service's page, and the shop knows."""
    people.place_unpaid(1)
    who, url = people.to_pay[0]
    gateway = people.call("GET", httpx2.URL(url).path, expect=(303,)).headers["location"]
    page = httpx2.URL(gateway).path
    people.call("POST", page, data={"do": "continue"}, expect=(303,))
    back = people.call("POST", page, data={"do": "approve"}, expect=(303,)).headers["location"]
    order = people.call("GET", str(httpx2.URL(back).raw_path, "ascii"), expect=(303,)).headers["location"]
    order_id = httpx2.URL(order).path.rpartition("/")[2]
    seen = people.call("GET", f"/api/v1/orders/{order_id}", who=who).json()
    assert seen["state"] == "PLACED", seen["state"]
    people.to_pay.popleft()
    return ""


def history(people: People) -> str:
    """Orders of before."""
    found = people.call("GET", "/api/v1/orders", who=people.buyer).json()["orders"]
    assert found
    people.call("GET", f"/api/v1/orders/{found[-1]['id']}", who=people.buyer)
    return ""


def editing(people: People) -> str:
    """A seller changes an item."""
    path = f"/api/v1/seller/items/{people.item}"
    seen = people.call("GET", path, who=people.seller)
    text = f"Changed {next(people._numbers)} times."
    change = {"description": text}
    people.call("PATCH", path, who=people.seller, json=change, headers={"if-match": seen.headers["etag"]})
    return ""


def running(people: People) -> str:
    """A seller receives units; an operator looks at orders."""
    number = next(people._numbers)
    people.call(
        "POST", "/api/v1/seller/stock/movements", who=people.seller, expect=(200, 201),
        json={"sku": people.sku, "warehouse": people.warehouse, "units": 1, "reason": "receive"},
        headers={"idempotency-key": f"m-{number}"},
    )  # fmt: skip
    people.call("GET", "/api/v1/admin/orders", who=people.operator)
    return ""


def _ms(began: float) -> float:
    return (monotonic() - began) * 1000


SECTIONS: Final[Mapping[str, Callable[[People], str]]] = {
    "home and product pages": browsing,
    "search": searching,
    "cart and wishlist": cart,
    "PIN codes": pins,
    "placing an order": ordering,
    "paying": paying,
    "orders of before": history,
    "editing items": editing,
    "stock and operators": running,
}
