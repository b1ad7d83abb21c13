"""Every error that leaves a use case.

HaatError
├── Invalid          422  the request is wrong: problems[] (pointer, detail)
│   ├── KeyReused         an Idempotency-Key that belongs to another request
│   └── Malformed    400  it could not even be read (broken JSON, a missing header)
├── Unauthenticated  401  nobody is known, or the token is not valid
├── Forbidden        403  known, but without the right
├── NotFound         404  it does not exist, or the caller may not know that it does
├── Conflict         409  the state moved on
│   └── Stale        412  If-Match names an older version
├── TooLarge         413  the body is over the route's limit
├── RateLimited      429  carries retry_after_s; consumers retry
├── Unsupported      501  this engine cannot do it (docs/reference/engines.md)
└── Unavailable      503  an engine or provider is down, full or late; consumers retry

A context subclasses a family and sets `code`, `title` and its facts:

    class InsufficientStock(Conflict):
        code, title = "insufficient-stock", "Not enough units left"

The HTTP edge answers RFC 9457 problems from these; the consumer loop decides by the family whether to retry or to park.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong, and where: `pointer` is a JSON pointer with `#`, or a parameter's name."""

    pointer: str
    detail: str


class HaatError(Exception):
    """Root of all. `facts` become extension members of the problem document, so no secrets in them."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", /, **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.facts = facts


class Invalid(HaatError):
    """The request was understood and is wrong. Nothing was changed."""

    status, code, title = 422, "invalid", "Something in the request is not right"

    def __init__(self, detail: str = "", /, *, problems: Sequence[Problem] = (), **facts: object) -> None:
        super().__init__(detail or "; ".join(p.detail for p in problems[:3]), **facts)
        self.problems = tuple(problems)


class KeyReused(Invalid):
    """The Idempotency-Key was used for another request. Nothing was changed."""

    code, title = "idempotency-key-reused", "This Idempotency-Key belongs to another request"


class Malformed(Invalid):
    """The request could not be read."""

    status, code, title = 400, "malformed", "The request could not be read"


class Unauthenticated(HaatError):
    """Nobody is known, or what was shown is not valid."""

    status, code, title = 401, "unauthenticated", "Please show who you are"


class Forbidden(HaatError):
    """Known, but without the right to do this."""

    status, code, title = 403, "forbidden", "This is not yours to do"


class NotFound(HaatError):
    """It does not exist, or the caller may not know that it does: both look the same."""

    status, code, title = 404, "not-found", "There is nothing here"


class Conflict(HaatError):
    """The state moved on since the caller looked. Nothing was changed."""

    status, code, title = 409, "conflict", "This has changed in the meantime"


class Stale(Conflict):
    """The version the caller names is not the current one. Nothing was changed."""

    status, code, title = 412, "stale-version", "You have an older version of this"


class TooLarge(HaatError):
    """The body, a picture or a feed is over its limit."""

    status, code, title = 413, "too-large", "That is more than we take at once"


class RateLimited(HaatError):
    """Too many calls; `retry_after_s` says when to come back."""

    status, code, title = 429, "rate-limited", "Too many requests"
    retryable = True

    def __init__(self, detail: str = "", /, *, retry_after_s: int = 1, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.retry_after_s = retry_after_s


class Unsupported(HaatError):
    """The engine behind this port cannot do it, and says so instead of doing something else."""

    status, code, title = 501, "unsupported", "This engine cannot do that"


class Unavailable(HaatError):
    """An engine is down, full or late. Nothing is known to have changed; try again."""

    status, code, title = 503, "unavailable", "Not available at the moment"
    retryable = True

    def __init__(self, detail: str = "", /, *, retry_after_s: int = 1, **facts: object) -> None:
        super().__init__(detail, **facts)
        self.retry_after_s = retry_after_s
