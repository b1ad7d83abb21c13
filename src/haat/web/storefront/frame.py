"""What every page has around it: header with PIN code and words searched for, stalls, addresses for search engines."""

import datetime
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request

from haat.errors import Unavailable
from haat.http.identity import SCOPE_KEY, Call
from haat.serviceability.model import Place
from haat.vocabulary import Clock
from haat.web.ports import CategoryNames, CountThings, Named, Reach, Serviceability
from haat.web.storefront.address import same_site
from haat.web.storefront.views import Link

MAX_WAYS: Final = 14
TREE_KEPT_S: Final = 2.0
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")


class Tree:
    """The categories of one moment: names, ways and children."""

    def __init__(self, categories: Mapping[str, Named]) -> None:
        self.names: dict[str, str] = {id_: category.name for id_, category in categories.items()}
        self.children: dict[str, list[str]] = {}
        for id_ in self.names:
            self.children.setdefault(id_.rpartition(".")[0], []).append(id_)

    @property
    def roots(self) -> Sequence[str]:
        """Ids of the top categories, in the shop's order."""
        return self.children.get("", [])

    def way(self, category: str) -> list[Link]:
        """Links from the root to a category; steps nobody named are left out."""
        parts = category.split(".") if category else []
        ids = [".".join(parts[: count + 1]) for count in range(len(parts))]
        return [Link(self.names[id_], f"/c/{id_}") for id_ in ids if id_ in self.names]


@dataclass(slots=True)
class Frame:
    """The frame of one page."""

    title: str
    pincode: str
    city: str
    here: str  # path and query, for coming back
    origin: str  # scheme and host
    ways: list[Link]
    q: str = ""
    description: str = ""
    robots: str = ""
    canonical: str = ""
    things: int = 0  # in the cart
    knows_visitor: bool = True  # False on pages made without a request: no PIN box, rather than a wrong one


@dataclass(slots=True)
class Visit:
    """One request of a visitor: where he lives, when it is, and what he asked for."""

    request: Request[Any, Any, Any]
    pincode: str
    place: Place | None
    reach: Reach
    now_ms: int
    today: datetime.date
    tree: Tree
    here: str
    origin: str
    visitor: str
    things: int = 0  # in his cart
    notes: list[str] = field(default_factory=list)

    def frame(self, title: str, *, root: str = "", **more: Any) -> Frame:
        """The frame of a page with this title. `root` is the top category it lies in, "/" the home page."""
        city = self.place.city or self.place.hub_name if self.place else ""
        ways = [Link("All", "/", current=root == "/")]
        ways += [Link(self.tree.names[id_], f"/c/{id_}", current=id_ == root) for id_ in self.tree.roots[:MAX_WAYS]]
        more.setdefault("things", self.things)
        return Frame(title, self.pincode, city, self.here, self.origin, ways if len(ways) > 1 else [], **more)


class Visits:
    """Makes a Visit of a request. The tree is read again every two seconds, not on every page."""

    def __init__(
        self,
        categories: CategoryNames,
        serviceability: Serviceability,
        clock: Clock,
        zone: str,
        *,
        public_url: str = "",
        count: CountThings | None = None,
    ) -> None:
        self._categories = categories
        self._serviceability = serviceability
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._public_url = public_url.rstrip("/")
        self._count = count
        self._tree = Tree({})
        self._read_at_s = float("-inf")

    async def of(self, request: Request[Any, Any, Any]) -> Visit:
        """The visit behind a request. Raises: Unavailable."""
        now_s = self._clock.monotonic_s()
        if now_s - self._read_at_s >= TREE_KEPT_S:
            self._tree = Tree(await self._categories())
            self._read_at_s = now_s
        visit = self.plain(request)
        call: Call | None = request.scope.get(SCOPE_KEY)  # type: ignore[assignment]  # Litestar types the scope's own keys
        if self._count is not None and call is not None and call.guest:
            with suppress(Unavailable):  # a header without its number, rather than no page
                visit.things = await self._count(call.guest)
        return visit

    def plain(self, request: Request[Any, Any, Any]) -> Visit:
        """The same without reading anything: for error pages."""
        call: Call | None = request.scope.get(SCOPE_KEY)  # type: ignore[assignment]  # Litestar types the scope's own keys
        pincode = call.pincode if call is not None else ""
        reach = self._serviceability.reach
        query = request.scope.get("query_string", b"").decode("latin-1")
        now_ms = self._clock.now_ms()
        return Visit(
            request=request,
            pincode=pincode,
            place=reach.place(pincode) if pincode else None,
            reach=reach,
            now_ms=now_ms,
            today=datetime.datetime.fromtimestamp(now_ms / 1000, self._zone).date(),
            tree=self._tree,
            here=same_site(request.scope["path"] + (f"?{query}" if query else "")),
            origin=self._public_url or _origin(request),
            visitor=call.visitor if call is not None else "",
        )


def _origin(request: Request[Any, Any, Any]) -> str:
    """Scheme and host as the browser wrote them; nothing when they could not stand in a link."""
    host = request.headers.get("host", "")
    return f"{request.scope.get('scheme', 'http')}://{host}" if _HOST.fullmatch(host) else ""
