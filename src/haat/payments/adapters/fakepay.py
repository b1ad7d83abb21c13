"""FakePay, the gateway for development and tests, spoken to over HTTP like any other."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from haat.http.inside import Inside
from haat.payments.model import BadSignature, GatewayDown, GatewayRefund, GatewayRefused, Intent, Notice

T = TypeVar("T")

CONNECT_S: Final = 1.0
READ_S: Final = 5.0
STAMP_S: Final = 300
"""How old, or how far ahead, a webhook's stamp may be: clocks differ, and a recorded one must not work for long."""
SIGNATURE: Final = "fakepay-signature"
_NOT_ITS_WORD: Final = frozenset({401, 403, 408, 425, 429})
"""Answers that say nothing about the payment: our key, our haste."""
_MOST_BYTES: Final = 1 << 20


class _Intents(msgspec.Struct):
    intents: list[Intent]
    next: str


class _Refunds(msgspec.Struct):
    refunds: list[GatewayRefund]
    next: str


class _Wrong(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Problem(msgspec.Struct):
    error: _Wrong


class _About(msgspec.Struct):
    reference: str
    payment_reference: str = ""  # of a refund


class _Event(msgspec.Struct):
    id: str
    data: _About


class FakePayGateway:
    """Gateway over FakePay's REST interface. `base_url` is where its `/v1` lies, without the slash at the end.

    `inside` replaces the network by an app of this process, and so does `transport`, at more cost, by anything httpx2
    knows. A call has `connect_s` to reach it and `read_s` to be answered. Close it with `aclose`.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        secret: str,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        inside: Inside | None = None,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
    ) -> None:
        self._secret = secret.encode()
        self._deadline_s = connect_s + read_s
        self._inside = inside
        self._key = {"authorization": f"Bearer {key}"}
        self._client = httpx2.AsyncClient(
            base_url=f"{base_url}/v1",
            transport=transport,
            headers=self._key,
            timeout=httpx2.Timeout(read_s, connect=connect_s, pool=connect_s),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @property
    def name(self) -> str:
        """See Gateway."""
        return "fakepay"

    async def create(
        self, *, reference: str, amount_minor: int, currency: str, method: str, return_url: str, expires_ms: int
    ) -> Intent:
        """See Gateway."""
        body = {
            "reference": reference,
            "amount_minor": amount_minor,
            "currency": currency,
            "method": method,
            "return_url": return_url,
            "expires_ms": expires_ms,
        }
        return _said(await self._ask("POST", "/intents", Intent, body, key=f"{reference}-{expires_ms}"))

    async def find(self, reference: str) -> Intent | None:
        """See Gateway."""
        return await self._ask("GET", f"/intents/by-reference/{quote(reference, safe='')}", Intent)

    async def intents(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[Intent], str]:
        """See Gateway."""
        found = _said(await self._ask("GET", f"/intents?{_span(from_ms, to_ms, page, limit)}", _Intents))
        return found.intents, found.next

    async def capture(self, intent_id: str) -> Intent:
        """See Gateway."""
        path = f"/intents/{quote(intent_id, safe='')}/capture"
        return _said(await self._ask("POST", path, Intent, {}, key=f"{intent_id}-capture"))

    async def refund(self, *, reference: str, intent_id: str, amount_minor: int) -> GatewayRefund:
        """See Gateway."""
        path = f"/intents/{quote(intent_id, safe='')}/refunds"
        body = {"reference": reference, "amount_minor": amount_minor}
        return _said(await self._ask("POST", path, GatewayRefund, body, key=reference))

    async def find_refund(self, reference: str) -> GatewayRefund | None:
        """See Gateway."""
        return await self._ask("GET", f"/refunds/by-reference/{quote(reference, safe='')}", GatewayRefund)

    async def refunds(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[GatewayRefund], str]:
        """See Gateway."""
        found = _said(await self._ask("GET", f"/refunds?{_span(from_ms, to_ms, page, limit)}", _Refunds))
        return found.refunds, found.next

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> Notice:
        """See Gateway. Any of several `v1` may be right: that is how a secret is changed without a gap."""
        stamp, signatures = _parts(headers.get(SIGNATURE, ""))
        if stamp is None or not signatures:
            raise BadSignature("The signature is missing or cannot be read.")
        signed = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest().encode()
        right = [hmac.compare_digest(signed, signature.encode()) for signature in signatures]
        if not any(right):
            raise BadSignature("The signature is not right.")
        if abs(now_ms - int(stamp) * 1000) > STAMP_S * 1000:
            raise BadSignature("The signature's time is more than five minutes off.")
        try:
            event = msgspec.json.decode(body, type=_Event)
        except msgspec.MsgspecError as error:
            raise BadSignature("It is signed, but not an event.") from error
        return Notice(event_id=event.id, reference=event.data.payment_reference or event.data.reference)

    async def _ask(
        self, method: str, path: str, shape: type[T], body: Mapping[str, object] | None = None, *, key: str = ""
    ) -> T | None:
        """The answer, or None for a 404. Raises: GatewayDown, GatewayRefused."""
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"content-type": "application/json", "idempotency-key": key} if body is not None else {}
        try:
            async with asyncio.timeout(self._deadline_s):
                status, given = await self._answer(method, path, headers, content)
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError, OSError) as error:
            raise GatewayDown(f"FakePay did not answer: {type(error).__name__}") from error
        if status == 404 and method == "GET":
            return None
        if status in _NOT_ITS_WORD or status >= 500:
            raise GatewayDown(f"FakePay answered {status}.")
        if status >= 400:
            raise GatewayRefused(_words(given), gateway_status=status)
        try:
            return msgspec.json.decode(given, type=shape)
        except msgspec.MsgspecError as error:
            raise GatewayDown("FakePay's answer cannot be read.") from error

    async def _answer(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, bytes]:
        if self._inside is not None:
            return await self._inside(method, f"/v1{path}", {**self._key, **headers}, content or b"")
        answer = await self._client.request(method, path, content=content, headers=headers)
        return answer.status_code, answer.content


def _said(answer: T | None) -> T:
    if answer is None:
        raise GatewayDown("FakePay does not know this address.")
    return answer


def _span(from_ms: int, to_ms: int, page: str, limit: int) -> str:
    return str(httpx2.QueryParams({"from_ms": from_ms, "to_ms": to_ms, "page": page, "limit": limit}))


def _words(content: bytes) -> str:
    with suppress(msgspec.MsgspecError):
        wrong = msgspec.json.decode(content[:_MOST_BYTES], type=_Problem).error
        return f"FakePay refused: {wrong.message or wrong.code}"[:300]
    return "FakePay refused."


def _parts(header: str) -> tuple[str | None, list[str]]:
    stamp: str | None = None
    signatures = []
    for part in header[:4_096].split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) <= 12:
            stamp = value
        elif name == "v1":
            signatures.append(value)
    return stamp, signatures
