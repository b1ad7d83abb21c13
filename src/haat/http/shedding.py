"""What gives way when there is more to do than can be done: at once, and the least important first.

Requests have a class by their address. Between two looks at the event loop each class may take so many of them, those
in flight included, and that number follows how late the shop is. (Those in flight alone would say nothing: a search has
ended before the next one begins.) Late is how late the loop came to the look, and how long connections wait that nobody
has accepted: a loop that accepts one at a turn is never late itself. The number also follows how long the class's own
requests take, for what waits in threads or engines. A class that is less important gives way at less lateness: the
order of shedding is that of the table below.
Source: additive increase and multiplicative decrease (Chiu, Jain 1989); a standing queue is told from a burst by the
least of several looks (CoDel, RFC 8289 section 3); classes that give way by queueing time (DAGOR, Zhou et al. 2018).
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from haat.errors import Unavailable

Kind = Literal[
    "recommendations", "suggestions", "reports", "uploads", "browse", "search", "cart", "checkout", "webhooks", "probes"
]

LOOK_S: Final = 0.02
"""Between two looks at the loop's lateness, while there are requests."""
LOOKS: Final = 3
"""Lateness counts as far as it stood through so many looks: a collection of garbage alone sheds nothing."""
MOST: Final = 512
"""Of one class between two looks, whatever happens: what bounds memory."""
ENOUGH: Final = 8
"""Answers by which one knows whether a class is slow."""
REST_S: Final = 1.0
"""After so long without a request everything is let in again."""
_UNACKED: Final = struct.Struct("=I")
_TCP_INFO_BYTES: Final = 28  # up to the end of tcpi_unacked
_LESS: Final = 0.85
_MORE: Final = 0.05


class Overloaded(Unavailable):
    """The shop has more to do than it can at the moment. Nothing was done."""

    code, title = "overloaded", "There is too much to do at the moment"


@dataclass(frozen=True, slots=True)
class Class:
    """How requests of one kind are treated. Beyond `late_s` of the shop the class gives way, but `least` may always be
    taken. Its answers are given up after `read_s` or, to what changes something, `write_s`; it also gives way when
    most of them take half of `read_s`.
    """

    late_s: float
    least: int
    read_s: float = 1.0
    write_s: float = 5.0


CLASSES: Final[Mapping[Kind, Class]] = {
    "recommendations": Class(0.05, 1),
    "suggestions": Class(0.06, 2),
    "reports": Class(0.07, 2, read_s=5.0),
    "uploads": Class(0.075, 2, read_s=600.0, write_s=600.0),
    "browse": Class(0.08, 2),
    "search": Class(0.1, 2),
    "cart": Class(0.25, 32, read_s=5.0, write_s=30.0),
    "checkout": Class(2.0, 256, read_s=5.0, write_s=15.0),  # 200 buyers of one sku at once are all told
    "webhooks": Class(3.0, 256, read_s=2.0, write_s=2.0),
    "probes": Class(float("inf"), MOST, read_s=5.0),
}
"""In the order in which they give way. Probes never do: killing who is busy helps nobody."""

_KINDS: Final[Mapping[str, Kind]] = {
    "/healthz": "probes",
    "/readyz": "probes",
    "/static": "checkout",  # without its styles a page that was let in is of no use
    "/checkout": "checkout",
    "/orders": "checkout",
    "/pay": "checkout",
    "/cart": "cart",
    "/wishlist": "cart",
    "/search": "search",
    "/api/v1/search": "search",
    "/api/v1/search/suggest": "suggestions",
    "/api/v1/recommendations": "recommendations",
    "/api/v1/cart": "cart",
    "/api/v1/wishlist": "cart",
    "/api/v1/serviceability/quote": "cart",
    "/api/v1/orders": "checkout",
    "/api/v1/payments": "webhooks",
    "/api/v1/admin": "reports",
    "/api/v1/seller": "reports",
    "/api/v1/seller/feeds": "uploads",
    "/api/v1/seller/pictures": "uploads",
}
"""By the first parts of the address, the longest that is here; what is not is browsing."""
_READ_AS: Final[Mapping[Kind, Kind]] = {"uploads": "reports"}
_WRITTEN_AS: Final[Mapping[Kind, Kind]] = {"reports": "cart"}
"""What sellers and operators change counts as a cart does: it is their work, and not a look at it."""


def kind_of(path: str, method: str) -> Kind:
    """The class of a request. Cost: 1 µs."""
    parts = path.split("/", 5)
    for end in range(min(len(parts), 5), 1, -1):
        found = _KINDS.get("/".join(parts[:end]))
        if found is not None:
            return (_READ_AS if method in ("GET", "HEAD") else _WRITTEN_AS).get(found, found)
    return "browse"


@dataclass(slots=True)
class Limit:
    """One class at the moment."""

    rules: Class
    most: float = MOST
    in_flight: int = 0
    taken: int = 0  # in flight at the last look, and since
    answered: int = 0  # since it was last judged by them
    slow: int = 0  # of those
    refused: int = 0  # ever

    def follow(self, standing_s: float) -> None:
        """One look's worth of change."""
        slow = False
        if self.answered >= ENOUGH:
            slow = self.slow * 2 > self.answered
            self.answered = self.slow = 0
        if slow or standing_s > self.rules.late_s:
            self.most = max(self.rules.least, _LESS * min(self.most, self.taken))
        else:
            self.most = min(MOST, self.most + max(1.0, _MORE * self.most))
        self.taken = self.in_flight


class Loop(Protocol):
    """The part of an event loop that looking at it needs."""

    def time(self) -> float:
        """Its clock, in seconds."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> object:
        """Call back so many seconds later."""


class Shedding:
    """Lets requests in, or not. Belongs to one event loop; looks at it only while there are requests."""

    def __init__(self, loop: Callable[[], Loop] = asyncio.get_running_loop) -> None:
        """Everything is let in to begin with."""
        self._loop = loop
        self.waiting: Callable[[], int] = _nobody  # connections that nobody has accepted
        self._came = 0  # requests since the last look, those refused included
        self.limits = {kind: Limit(rules) for kind, rules in CLASSES.items()}
        self._looks: deque[float] = deque(maxlen=LOOKS)
        self._timer: object = None
        self._rested_s = 0.0

    def enter(self, kind: Kind) -> None:
        """Let one in; `leave` must follow. Raises: Overloaded, then it must not. Cost: 1 µs."""
        limit = self.limits[kind]
        self._came += 1
        if self._timer is None:
            self._begin()
        if limit.taken >= limit.most:
            limit.refused += 1
            # They must not all come again at the same moment.
            raise Overloaded(retry_after_s=1 + limit.refused % 3, kind=kind)
        limit.taken += 1
        limit.in_flight += 1

    def leave(self, kind: Kind, took_s: float) -> None:
        """One is answered, or gone, after so long."""
        limit = self.limits[kind]
        limit.in_flight -= 1
        limit.answered += 1
        limit.slow += took_s > limit.rules.read_s / 2

    def observe(self, late_s: float) -> None:
        """One look: it came so much later than was asked. Limits follow what stood through the last looks."""
        waiting = self.waiting()
        # As long as it takes to accept them at the speed of now: each brings a request.
        self._looks.append(late_s + waiting * (LOOK_S + late_s) / max(self._came, 1))
        self._came = 0
        standing_s = min(self._looks) if len(self._looks) == LOOKS else 0.0
        for limit in self.limits.values():
            limit.follow(standing_s)

    def _begin(self) -> None:
        loop = self._loop()
        if loop.time() - self._rested_s > REST_S:
            self._looks.clear()
            for limit in self.limits.values():
                limit.most = MOST
        self._look_again(loop)

    def _look_again(self, loop: Loop) -> None:
        self._timer = loop.call_later(LOOK_S, self._look, loop, loop.time() + LOOK_S)

    def _look(self, loop: Loop, due_s: float) -> None:
        now_s = loop.time()
        worth = self._came or any(limit.in_flight for limit in self.limits.values())
        self.observe(now_s - due_s)
        if worth:
            self._look_again(loop)
        else:
            self._timer, self._rested_s = None, now_s


def _nobody() -> int:
    return 0


def unaccepted(listening: socket.socket) -> Callable[[], int]:
    """How many connections wait to be accepted, as often as it is asked; always 0 where the system does not tell.

    Source: tcp(7), `struct tcp_info` of Linux: of a socket that listens, `tcpi_unacked` is the length of its queue.
    """
    if not hasattr(socket, "TCP_INFO"):
        return _nobody

    def waiting() -> int:
        try:
            found = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        except OSError:  # it is closed: the shop stops
            return 0
        return int(_UNACKED.unpack_from(found, _TCP_INFO_BYTES - _UNACKED.size)[0])

    return waiting
