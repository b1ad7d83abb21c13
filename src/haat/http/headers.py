"""ETag, If-Match, If-None-Match and Idempotency-Key: read from requests, written to answers.

Source: RFC 9110 sections 8.8.3, 13.1.1 and 13.1.2; draft-ietf-httpapi-idempotency-key-header-06.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from haat.errors import Malformed, Problem
from haat.http.identity import Connection

OPT_KEY: Final = "haat.header"


@dataclass(frozen=True, slots=True)
class RequiredHeader:
    """A header that a route asks for, or heeds when `required` is off, as the OpenAPI document shows it."""

    name: str
    pattern: str
    description: str
    required: bool = True


# A route that calls `if_match` or `idempotency_key` says so: `@put(…, opt=IF_MATCH)`.
IF_MATCH: Final[Mapping[str, RequiredHeader]] = {
    OPT_KEY: RequiredHeader("If-Match", r'^(W/)?"v[0-9]{1,18}"$', "The ETag of what you have read")
}
MAY_IF_MATCH: Final[Mapping[str, RequiredHeader]] = {
    OPT_KEY: RequiredHeader(
        "If-Match", r'^(W/)?"v[0-9]{1,18}"$', "The ETag of what you have read: 412 if it has changed", required=False
    )
}
IDEMPOTENCY_KEY: Final[Mapping[str, RequiredHeader]] = {
    OPT_KEY: RequiredHeader("Idempotency-Key", "^[!-~]{1,128}$", "The same key again means the same change")
}

_VERSION: Final = re.compile(r'\s*(?:W/)?"v(\d{1,18})"\s*')
_KEY: Final = re.compile(r'\s*"?([\x21-\x7e]{1,128}?)"?\s*')


def etag(version: int) -> str:
    """The entity tag of a versioned resource."""
    return f'"v{version}"'


def if_match(connection: Connection) -> int:
    """The version the caller has. Raises: Malformed when If-Match is missing or not one of our tags."""
    header = connection.headers.get("if-match")
    found = _VERSION.fullmatch(header) if header is not None else None
    if found is None:
        detail = 'Send the ETag you got with it, like `If-Match: "v3"`: so nobody overwrites what they have not seen.'
        raise Malformed(problems=[Problem("If-Match", detail)])
    return int(found[1])


def may_if_match(connection: Connection) -> int | None:
    """The version the caller has, or None when it does not say. Raises: Malformed when it is not one of our tags."""
    return if_match(connection) if "if-match" in connection.headers else None


def not_modified(if_none_match: str, tag: str) -> bool:
    """Whether the caller's copy is the current one (weak comparison)."""
    if if_none_match.strip() == "*":
        return True
    return tag.removeprefix("W/") in (part.strip().removeprefix("W/") for part in if_none_match.split(","))


def idempotency_key(connection: Connection) -> str:
    """The caller's key for this change. Raises: Malformed when it is missing or not 1-128 visible ASCII characters."""
    header = connection.headers.get("idempotency-key")
    found = _KEY.fullmatch(header) if header is not None else None
    if found is None:
        detail = "Send an `Idempotency-Key` of 1 to 128 visible characters: the same key again means the same change."
        raise Malformed(problems=[Problem("Idempotency-Key", detail)])
    return found[1]
