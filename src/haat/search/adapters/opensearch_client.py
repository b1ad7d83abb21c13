"""JSON over HTTP to a search server: bounded connections, a deadline per call, a circuit breaker, one family of errors.

Source: REST APIs of OpenSearch 3.8 and Elasticsearch 7.10; what they share is asked for here, what differs is in
opensearch_dialect.py.
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from haat.engines.breaker import Breaker
from haat.engines.http import HttpCalls, Response
from haat.errors import Invalid, Problem, Unavailable
from haat.vocabulary import Clock

SCHEMES: Final = ("opensearch", "opensearch+https", "elasticsearch", "elasticsearch+https")
FIND_MS: Final = 300
BULK_MS: Final = 30_000
STATE_MS: Final = 3_000
"""For reading and writing a few small documents by their ids; never less than a search has."""
CONNECTIONS: Final = 32
"""Calls on their way at the same time; more wait for their deadline."""
_JSON: Final = "application/json"
_LINES: Final = "application/x-ndjson"
_PREFIX_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_ENCODER: Final = msgspec.json.Encoder()


class Where(NamedTuple):
    """A search server's URL taken apart: scheme://user:password@host:port/prefix?find_ms=300&bulk_ms=30000."""

    elastic: bool
    secure: bool
    host: str
    port: int
    user: str
    password: str
    prefix: str  # of the names of all indices
    find_ms: int
    bulk_ms: int


def where(url: str) -> Where:
    """Take the URL apart. Raises: Invalid, without saying the password."""
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    times: dict[str, int] = {"find_ms": FIND_MS, "bulk_ms": BULK_MS}
    wrong = ""
    try:
        port = parts.port or 9200
    except ValueError:
        port, wrong = 0, "The port is no number."
    if parts.scheme not in SCHEMES or not parts.hostname:
        wrong = "Write opensearch://host:port/prefix, or elasticsearch://…; with TLS opensearch+https://…"
    elif not prefix or not _PREFIX_CHARS.issuperset(prefix) or prefix[0] in "_-":
        wrong = "After the host comes the prefix of the index names, like /haat: small letters, digits, _ and -."
    for name, (value, *more) in parse_qs(parts.query, keep_blank_values=True).items():
        if name not in times or more or not value.isdigit() or int(value) < 1:
            wrong = "After the ? there may be find_ms and bulk_ms: milliseconds."
        else:
            times[name] = int(value)
    if wrong:
        raise Invalid(problems=[Problem("HAAT_SEARCH_URL", wrong)])
    secure = parts.scheme.endswith("+https")
    return Where(
        elastic=parts.scheme.startswith("elasticsearch"),
        secure=secure,
        host=parts.hostname or "",
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        prefix=prefix,
        **times,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: Any

    @property
    def found(self) -> bool:
        """Not 404."""
        return self.status != 404


class SearchClient:
    """Asks one server. Belongs to one event loop."""

    def __init__(self, at: Where, clock: Clock) -> None:
        self.find_s = at.find_ms / 1_000
        self.bulk_s = at.bulk_ms / 1_000
        self.state_s = max(at.find_ms, STATE_MS) / 1_000
        self.breaker = Breaker("The search server", clock, probe=self._probe)
        given = b64encode(f"{at.user}:{at.password}".encode()).decode()
        headers = {"authorization": f"Basic {given}"} if at.user else {}
        self._http = HttpCalls(at.host, at.port, secure=at.secure, headers=headers, most=CONNECTIONS)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        within_s: float,
        expected: Collection[int] = (),
        again: bool = True,
    ) -> Answer:
        """One call; a body is sent as JSON. Answers 2xx and the statuses expected; `again`: it may be sent twice.

        Raises: Unavailable for everything else: no answer in time, an error of the server, the breaker being open.
        """
        content = _ENCODER.encode(body) if body is not None else b""
        return await self._sent(
            lambda: self._http.call(method, path, content, _JSON if content else "", again=again), within_s, expected
        )

    async def lines(self, path: str, lines: Sequence[bytes], *, within_s: float) -> Any:
        """One POST of JSON lines that may be sent twice. Raises: Unavailable."""
        content = b"\n".join(lines) + b"\n"
        return (await self._sent(lambda: self._http.call("POST", path, content, _LINES, again=True), within_s)).body

    async def _sent(
        self, call: Callable[[], Awaitable[Response]], within_s: float, expected: Collection[int] = ()
    ) -> Answer:
        answer = await self.breaker(lambda: self._exchanged(call, within_s))
        if answer.status >= 300 and answer.status not in expected:  # it answers: other callers need not wait
            raise Unavailable(f"The search server cannot do this: {reason(answer.body)}")
        return answer

    @staticmethod
    async def _exchanged(call: Callable[[], Awaitable[Response]], within_s: float) -> Answer:
        try:
            async with asyncio.timeout(within_s):
                answer = await call()
            decoded = msgspec.json.decode(answer.body) if answer.body else None
        except (OSError, EOFError, msgspec.DecodeError) as error:  # a deadline is OSError
            raise Unavailable("The search server does not answer.") from error
        if answer.status >= 500 or answer.status == 429:
            raise Unavailable(f"The search server cannot do this now: {reason(decoded)}")
        return Answer(answer.status, decoded)

    async def _probe(self) -> None:
        """Whether its indices can be asked. Raises: Unavailable."""
        health = "/_cluster/health?wait_for_status=yellow&timeout=0s"
        answer = await self._exchanged(lambda: self._http.call("GET", health, b"", "", again=True), self.state_s)
        if answer.status >= 300:
            raise Unavailable("The search server is not ready.")


def reason(body: Any) -> str:
    """The kind of error in an answer, for logs: never what was asked."""
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("type", "error")) if isinstance(error, dict) else str(error or "error")
