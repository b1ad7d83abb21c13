"""Signed opaque text: cursors and cookies that come back unchanged or not at all.

Keyed BLAKE2b over purpose and payload; the purpose keeps a cursor from being used as a cookie. The payload is readable
by whoever holds it, so nothing secret goes in. Source: RFC 7693 section 2.9 (keyed mode).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from haat.errors import Malformed, Problem

_MAC_BYTES: Final = 16
MAX_TEXT_CHARS: Final = 2_000


class Signer:
    """Signs with the first key, accepts all of them: so that keys can be rotated with two valid at once."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(blake2b(key, digest_size=32).digest() for key in keys)

    def sign(self, purpose: str, payload: bytes) -> str:
        """URL-safe text that `open` turns back into the payload."""
        return urlsafe_b64encode(self._mac(self._keys[0], purpose, payload) + payload).rstrip(b"=").decode()

    def open(self, purpose: str, text: str) -> bytes | None:
        """The payload, or None when the text is not one we signed for this purpose."""
        if len(text) > MAX_TEXT_CHARS or not text.isascii():
            return None
        try:
            signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (BadBase64, ValueError):
            return None
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if any(hmac.compare_digest(mac, self._mac(key, purpose, payload)) for key in self._keys):
            return payload
        return None

    def open_cursor(self, purpose: str, text: str) -> bytes:
        """The payload of a cursor we gave. Raises: Malformed (400) when it is not one of ours."""
        payload = self.open(purpose, text)
        if payload is None:
            detail = "This cursor is not one that we gave for this list. Begin again without it."
            raise Malformed(problems=[Problem("cursor", detail)])
        return payload

    @staticmethod
    def _mac(key: bytes, purpose: str, payload: bytes) -> bytes:
        return blake2b(payload, digest_size=_MAC_BYTES, key=key, person=purpose.encode()[:16]).digest()
