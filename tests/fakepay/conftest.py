"""A gateway on a file of its own, a shop that hears its webhooks, and a clock that moves by hand."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from fakepay import FakePay
from tests.conftest import ManualClock

KEY, SECRET = "key-of-the-shop", "secret-of-the-shop"
ROOT = "http://pay.example/fakepay"
RETURN = "http://shop.example/payments/pay_1?x=1#top"
MINUTE_MS = 60_000


class Ears:
    """The shop's webhook address: what came, and what it answers."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.raw: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int | Exception] = []
        self.wanted = 0
        self.enough = asyncio.Event()

    async def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        stamp, _, digest = headers["fakepay-signature"].partition(",")
        wanted = hmac.new(SECRET.encode(), stamp[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert digest == f"v1={wanted}"
        self.raw.append((body, dict(headers)))
        self.heard.append(msgspec.json.decode(body))
        if len(self.heard) == self.wanted:
            self.enough.set()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.heard]


class Gateway:
    """What a shop sees, and the gateway itself."""

    def __init__(self, path: Path, clock: ManualClock) -> None:
        self.path = path
        self.clock = clock
        self.ears = Ears()
        self.open()

    def open(self) -> None:
        self.pay = FakePay(self.path, KEY, SECRET, deliver=self.ears, base_url=ROOT, clock_ms=self.clock.now_ms)
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.pay.asgi),
            base_url=ROOT,
            headers={"authorization": f"Bearer {KEY}"},
            trust_env=False,
        )

    async def close(self) -> None:
        await self.http.aclose()
        await self.pay.aclose()

    async def restart(self) -> None:
        await self.close()
        self.open()

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200, key: str = "") -> Any:
        headers = {"idempotency-key": key} if key else {}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        return answer.json()

    def new(self, reference: str = "pay_1", **other: Any) -> dict[str, Any]:
        return {
            "reference": reference,
            "amount_minor": 129_900,
            "currency": "INR",
            "method": "card",
            "return_url": RETURN,
            "expires_ms": self.clock.now_ms() + 15 * MINUTE_MS,
            "capture": "automatic",
        } | other

    async def create(self, reference: str = "pay_1", **other: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.ask("POST", "/v1/intents", self.new(reference, **other), status=201)
        return made

    async def act(self, intent: Mapping[str, Any], action: str = "approve", status: int = 200) -> dict[str, Any]:
        acted: dict[str, Any] = await self.ask(
            "POST", f"/v1/intents/{intent['id']}/act", {"action": action}, status=status
        )
        return acted

    async def paid(self, reference: str = "pay_1", **other: Any) -> dict[str, Any]:
        return await self.act(await self.create(reference, **other))

    async def find(self, reference: str = "pay_1", status: int = 200) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("GET", f"/v1/intents/by-reference/{reference}", status=status)
        return found

    async def refund(
        self, intent: Mapping[str, Any], amount_minor: int, reference: str = "ref_1", status: int = 201
    ) -> Any:
        body = {"reference": reference, "amount_minor": amount_minor}
        return await self.ask("POST", f"/v1/intents/{intent['id']}/refunds", body, status=status)

    async def script(self, *lines: dict[str, Any], status: int = 200) -> Any:
        return await self.ask("PUT", "/v1/faults", {"script": lines}, status=status)

    async def later(self, ms: int) -> None:
        await self.ask("POST", "/v1/clock", {"advance_ms": ms})


@pytest.fixture
async def gateway(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Gateway]:
    made = Gateway(tmp_path / "fakepay.db", clock)
    yield made
    await made.close()
