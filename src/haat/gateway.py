"""The payment gateway that HAAT_PAYMENTS_URL names: FakePay in this process, FakePay elsewhere, or none."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from fakepay.app import FakePay
from haat.errors import Invalid, Problem, Unavailable
from haat.http.edge import App
from haat.http.inside import Inside
from haat.payments.adapters.fakepay import FakePayGateway
from haat.payments.breaker import Breaker
from haat.payments.ports import Gateway
from haat.settings import Settings
from haat.timers import Role
from haat.vocabulary import Clock

MOUNT: Final = "/fakepay"
ONLINE: Final = ("upi", "card", "netbanking")


@dataclass(slots=True)
class ShopDoor:
    """The way into this process's own shop for a gateway that lives in it: set once the shop is put together."""

    app: App | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI entry point. Raises: Unavailable before the shop stands."""
        if self.app is None:
            raise Unavailable("The shop is not open yet.")
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class OpenGateway:
    """What the rest of the shop sees of the gateway."""

    gateways: dict[str, Gateway] = field(default_factory=dict)  # by provider
    provider_of: Mapping[str, str] = field(default_factory=dict)  # by method
    mounted: Mapping[str, App] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    door: ShopDoor = field(default_factory=ShopDoor)
    fakepay: FakePay | None = None  # the one in this process


@asynccontextmanager
async def open_gateway(settings: Settings, clock: Clock, secret: bytes) -> AsyncIterator[OpenGateway]:
    """The gateway, ready to be asked. Raises: Invalid when its URL lacks what it needs."""
    url = settings.payments_url.reveal()
    scheme, _, rest = url.partition(":")
    if scheme == "none":
        yield OpenGateway()
        return
    if scheme == "fakepay":
        async with _embedded(settings, clock, secret) as gateway:
            yield gateway
        return
    parts = urlsplit(f"{scheme.partition('+')[2]}:{rest}")
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    missing = [name for name in ("key", "secret") if not given.get(name)]
    if missing or not parts.netloc:
        detail = "Write fakepay+http://host:port?key=…&secret=…, as `haat fakepay` prints it."
        raise Invalid(problems=[Problem("HAAT_PAYMENTS_URL", detail)])
    client = FakePayGateway(f"{parts.scheme}://{parts.netloc}{parts.path}", given["key"], given["secret"])
    try:
        yield _offered(client, clock)
    finally:
        await client.aclose()


@asynccontextmanager
async def _embedded(settings: Settings, clock: Clock, secret: bytes) -> AsyncIterator[OpenGateway]:
    key, signing = (derived(secret, purpose) for purpose in (b"fakepay-key", b"fakepay-secret"))
    door = ShopDoor()
    shop = Inside(door, "shop")

    async def deliver(body: bytes, headers: Mapping[str, str]) -> int:
        status, _ = await shop("POST", "/api/v1/payments/webhooks/fakepay", headers, body)
        return status

    fakepay = FakePay(
        settings.data_dir / "fakepay.db",
        key,
        signing,
        deliver=deliver,
        base_url=settings.base_url + MOUNT,
        clock_ms=clock.now_ms,
    )
    client = FakePayGateway("http://fakepay", key, signing, inside=Inside(fakepay.asgi, "fakepay"))
    offered = _offered(client, clock)
    try:
        yield OpenGateway(
            offered.gateways,
            offered.provider_of,
            {MOUNT: fakepay.asgi},
            (Role("fakepay", fakepay.run),),
            door,
            fakepay,
        )
    finally:
        await client.aclose()
        await asyncio.to_thread(fakepay.close)


def _offered(client: FakePayGateway, clock: Clock) -> OpenGateway:
    return OpenGateway({client.name: Breaker(client, clock)}, dict.fromkeys(ONLINE, client.name))


def derived(secret: bytes, purpose: bytes) -> str:
    """A key of its own for each purpose."""
    return blake2b(purpose, key=blake2b(secret, digest_size=32).digest(), digest_size=24).hexdigest()
