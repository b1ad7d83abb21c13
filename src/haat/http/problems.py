"""RFC 9457 problem documents for everything that goes wrong, as JSON or, for browsers, as a page.

Clients branch on `type` alone: an absolute URL ending in /problems/<code>, which we serve. `errors` names every field
that is wrong by JSON pointer (bodies) or name (parameters, headers).
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from haat.errors import HaatError, Invalid, Malformed, Problem, RateLimited, Unavailable
from haat.http.identity import SCOPE_KEY, Call
from haat.http.shedding import Overloaded

log = structlog.get_logger("haat.http")

MEDIA_TYPE: Final = "application/problem+json"
CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed", "The request could not be read"),
    401: ("unauthenticated", "Please show who you are"),
    403: ("forbidden", "This is not yours to do"),
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "This address does not take that method"),
    408: ("timeout", "The request took too long"),
    409: ("conflict", "This has changed in the meantime"),
    412: ("stale-version", "You have an older version of this"),
    413: ("too-large", "That is more than we take at once"),
    415: ("unsupported-media-type", "We cannot read this kind of body"),
    422: ("invalid", "Something in the request is not right"),
    429: ("rate-limited", "Too many requests"),
    503: ("unavailable", "Not available at the moment"),
}
_AT_PATH: Final = re.compile(r"^(?P<what>.*?) - at `(?P<path>[^`]*)`$", re.DOTALL)
_PART: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class ProblemDocument(msgspec.Struct, omit_defaults=True):
    """What went wrong, for programs and for people. Extension members are added beside these."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[dict[str, str]] = []


def from_msgspec(error: msgspec.ValidationError, prefix: str = "#") -> Problem:
    """The one field msgspec stopped at, as pointer and sentence."""
    text = str(error)
    found = _AT_PATH.match(text)
    if found is None:
        return Problem(prefix, text)
    pointer = prefix + "".join(
        "/" + (name or index).replace("~", "~0").replace("/", "~1") for name, index in _PART.findall(found["path"])
    )
    return Problem(pointer, found["what"])


def code_of(status: HTTPStatus) -> str:
    """The problem code of a status that we have no own words for, like "not-acceptable"."""
    return re.sub("[^a-z]+", "-", status.phrase.lower())


def plain_problems() -> Mapping[str, tuple[int, str]]:
    """Problems that say no more than their HTTP status: status and title by code."""
    phrases = {code_of(status): (status.value, status.phrase) for status in HTTPStatus if status >= 400}
    return {**phrases, **{code: (status, title) for status, (code, title) in CODES.items()}}


class Problems:
    """Turns errors into answers. `base_url` is where this shop's problem pages live."""

    def __init__(self, base_url: str, page: Callable[[ProblemDocument], bytes] | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self.page = page  # renders the HTML error page; web sets it

    def document(self, error: Exception, request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, members and headers for an error. What is not ours to tell stays out of it."""
        headers: dict[str, str] = {}
        errors: list[dict[str, str]] = []
        facts: dict[str, object] = {}
        if isinstance(error, RecursionError):  # msgspec's answer to a body nested thousands deep
            error = Malformed("The body is nested too deep.")
        if isinstance(error, HaatError):
            status, code, title, detail, facts = error.status, error.code, error.title, error.detail, error.facts
            if isinstance(error, Invalid):
                errors = [{"pointer": p.pointer, "detail": p.detail} for p in error.problems]
            if isinstance(error, (RateLimited, Unavailable)):
                headers["retry-after"] = str(error.retry_after_s)
            if isinstance(error, Unavailable):
                detail = "Please try again in a moment."  # the driver's words are for the log
        elif isinstance(error, HTTPException):
            status = 422 if isinstance(error, ValidationException) else error.status_code
            code, title = CODES.get(status) or (code_of(HTTPStatus(status)), HTTPStatus(status).phrase)
            detail = "" if status >= 500 else _plain(error)
            errors = _validation_errors(error)
            headers.update(error.headers or {})
        else:
            status, code, title, detail = HaatError.status, HaatError.code, HaatError.title, ""
        if status == 401:
            headers["www-authenticate"] = "Bearer"
        problem_type = f"{self._base_url}/problems/{code}"
        members: dict[str, Any] = {**facts, "type": problem_type, "title": title, "status": status}
        if detail:
            members["detail"] = detail
        members["instance"] = f"urn:haat:request:{request_id}"
        if errors:
            members["errors"] = errors
        return status, members, headers

    def answer(self, error: Exception, request_id: str, *, html: bool) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for an error."""
        status, members, headers = self.document(error, request_id)
        if isinstance(error, Unavailable) and not isinstance(error, Overloaded):  # of those there may be thousands
            log.warning("something is not available", reason=error.detail, request_id=request_id)
        if html and self.page is not None:
            document = msgspec.convert(members, ProblemDocument)
            return status, {**headers, "content-type": "text/html; charset=utf-8"}, self.page(document)
        return status, {**headers, "content-type": MEDIA_TYPE}, msgspec.json.encode(members, enc_hook=str)

    def handler(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Litestar's exception handler for every exception."""
        call: Call | None = request.scope.get(SCOPE_KEY)  # type: ignore[assignment]  # Litestar types the scope's own keys
        request_id = call.request_id if call is not None else ""
        status, headers, body = self.answer(error, request_id, html=wants_page(request.scope))
        if status == HaatError.status:
            log.error("request.failed", exc_info=error, path=request.url.path)
        return Response(body, status_code=status, headers=headers, media_type=headers.pop("content-type"))


def wants_page(scope: Mapping[str, Any]) -> bool:
    """Whether the caller is a browser that should see an error page."""
    if scope["path"].startswith("/api/"):
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _plain(error: HTTPException) -> str:
    detail = error.detail
    return "" if detail == HTTPStatus(error.status_code).phrase else detail


def _validation_errors(error: HTTPException) -> list[dict[str, str]]:
    """Litestar's own findings, as pointers: body fields by JSON pointer, parameters by name."""
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return []
    found = []
    for entry in error.extra:
        key, message = str(entry.get("key", "")), str(entry.get("message", ""))
        source = str(getattr(entry.get("source"), "value", entry.get("source", "body")))
        if source == "body":
            pointer = "#" if key == "data" else "#" + "".join(f"/{a or b}" for a, b in _PART.findall("." + key))
            message = "This route needs a body." if message == "'data'" else message
        else:
            pointer = key
        found.append({"pointer": pointer, "detail": message})
    return found
