"""Hot GETs: query string → Struct → pre-encoded bytes, without Litestar's parameter and response machinery.

`read()` gives a raw ASGI handler that stays in the route table (guards, exception handlers) and in the OpenAPI document
(haat.http.openapi rebuilds its entry from `Query` and `Answer`). What it saves over an ordinary handler is in
docs/reference/figures.md, next to what the edge around it costs.
"""

import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from haat.errors import Invalid, Problem
from haat.http.headers import not_modified
from haat.http.identity import Call, call_of
from haat.http.problems import from_msgspec

Q = TypeVar("Q", bound=msgspec.Struct)

OPT_KEY: Final = "haat.read"
MAX_PARAMETERS: Final = 200
_JSON: Final = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Reply:
    """Encoded bytes and how they may be kept. `tag` is a whole ETag with its quotes."""

    body: bytes
    tag: str = ""
    cache_control: str = "no-cache"
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What the OpenAPI document needs to know of a hot read."""

    path: str
    query: type[msgspec.Struct]
    answer: Any
    summary: str
    tags: tuple[str, ...] = ()
    patterns: Mapping[str, str] = field(default_factory=dict)


class QueryShape:
    """How a Struct is read from a query string: lists repeat, `<field>.<name>` fills a dict, all else comes once."""

    def __init__(self, query: type[msgspec.Struct]) -> None:
        self.query = query
        self.lists: set[str] = set()
        self.groups: set[str] = set()
        self.names: set[str] = set()
        for info in msgspec.structs.fields(query):
            self.names.add(info.encode_name)
            origins = {typing.get_origin(part) or part for part in _alternatives(info.type)}
            if origins & {list, tuple, set, frozenset}:
                self.lists.add(info.encode_name)
            elif dict in origins:
                self.groups.add(info.encode_name)

    def decode(self, query_string: bytes, path_parameters: Mapping[str, Any]) -> msgspec.Struct:
        """The Struct of a request. Raises: Invalid naming every unknown or repeated parameter, or the first bad one."""
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        try:
            pairs = parse_qsl(
                query_string.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
            )
        except ValueError as error:
            detail = f"The query must be UTF-8 with at most {MAX_PARAMETERS} parameters ({type(error).__name__})."
            raise Invalid(problems=[Problem("?", detail)]) from None
        for name, text in pairs:
            group, dot, key = name.partition(".")
            if name in self.lists:
                given.setdefault(name, []).append(text)
            elif dot and group in self.groups and key:
                given.setdefault(group, {}).setdefault(key, []).append(text)
            elif name not in self.names or name in self.groups or name in path_parameters:
                problems.append(Problem(name[:100], f"There is no such parameter. There are: {self._known()}."))
            elif name in given:
                problems.append(Problem(name, "Give this parameter once."))
            elif text:
                given[name] = text
        if problems:
            raise Invalid(problems=problems)
        given.update(path_parameters)
        try:
            return msgspec.convert(given, self.query, strict=False)
        except msgspec.ValidationError as error:
            problem = from_msgspec(error, "")
            raise Invalid(problems=[Problem(problem.pointer.lstrip("/"), problem.detail)]) from None

    def _known(self) -> str:
        return ", ".join(sorted(f"{n}.<name>" if n in self.groups else n for n in self.names))


def read(
    path: str,
    query: type[Q],
    answer: Any,
    ask: Callable[[Q, Call], Awaitable[Reply]],
    *,
    summary: str,
    tags: Sequence[str] = (),
    patterns: Mapping[str, str] | None = None,
    **options: Any,
) -> ASGIRouteHandler:
    """A hot GET (and HEAD). Path parameters are fields of `query` with the same name.

    `patterns` gives path parameters a regular expression for the document. `options` go to Litestar's `asgi` (guards).
    """
    shape = QueryShape(query)
    fixed = Read(path, query, answer, summary, tags=tuple(tags), patterns=patterns or {})

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI's signature
        await answer_read(scope, send)

    async def answer_read(scope: Any, send: Any) -> None:  # ASGI's plain dictionaries
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowedException(headers={"allow": "GET, HEAD"})
        asked = shape.decode(scope["query_string"], scope["path_params"])
        reply = await ask(typing.cast(Q, asked), call_of(scope))
        await _send(scope, send, reply)

    handle.__name__ = handle.__qualname__ = getattr(ask, "__name__", type(ask).__name__)
    return asgi(path, copy_scope=False, opt={OPT_KEY: fixed}, **options)(handle)


async def _send(scope: Any, send: Any, reply: Reply) -> None:
    status, body = 200, reply.body
    headers = [_JSON, (b"cache-control", reply.cache_control.encode())]
    if reply.tag:
        headers.append((b"etag", reply.tag.encode()))
        for name, value in scope["headers"]:
            if name == b"if-none-match" and not_modified(value.decode("latin-1"), reply.tag):
                status, body = 304, b""
                headers[0] = headers.pop()
                break
    headers.extend((name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers)
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, or the annotation itself, without `Annotated`."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(annotation) for inner in _alternatives(part)]
    return [annotation]
