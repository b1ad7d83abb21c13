"""Gateway over FakePay: in this process, over the loopback, and behind a breaker."""

import asyncio
import hashlib
import hmac
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest
import uvicorn

from fakepay.app import FakePay
from haat.payments.adapters.fakepay import SIGNATURE, FakePayGateway
from haat.payments.breaker import Breaker
from haat.payments.model import BadSignature, GatewayDown, GatewayPaused
from haat.payments.ports import Gateway
from tests.conftest import ManualClock
from tests.contracts.gateway import GatewayContract, GatewayRig, created
from tests.contracts.rigs import Rigs

pytestmark = pytest.mark.long

KEY, SECRET = "key-of-tests", "secret-of-tests"
READ_S = 0.4


class FakePayRig:
    """The simulator in this process."""

    def __init__(self, folder: Path, base_url: str = "http://shop.test/fakepay") -> None:
        self.clock = ManualClock()
        self.app = FakePay(folder / "fakepay.db", KEY, SECRET, base_url=base_url, clock_ms=self.clock.now_ms)
        transport = httpx2.ASGITransport(self.app.asgi, raise_app_exceptions=False)
        self.control = httpx2.AsyncClient(
            base_url=f"{base_url}/v1", transport=transport, headers={"authorization": f"Bearer {KEY}"}
        )
        self.real = FakePayGateway(base_url, KEY, SECRET, transport=transport, read_s=READ_S, connect_s=READ_S)
        self.gateway: Gateway = self.real

    async def act(self, reference: str, action: str) -> None:
        intent = await self.real.find(reference)
        assert intent is not None
        answer = await self.control.post(f"/intents/{intent.id}/act", json={"action": action})
        assert answer.status_code == 200, answer.text

    async def _script(self, *faults: Mapping[str, object]) -> None:
        answer = await self.control.put("/faults", json={"script": list(faults)})
        assert answer.status_code == 200, answer.text

    async def down(self) -> None:
        await self._script({"on": "*", "do": "down"})

    async def up(self) -> None:
        await self._script()

    async def slow(self) -> None:
        await self._script({"on": "find", "do": "slow", "ms": 1_500})

    async def loses_answers(self) -> None:
        await self._script({"on": "*", "do": "lost_response", "times": 1})

    def event(self, reference: str) -> bytes:
        return msgspec.json.encode({"id": "fe_1", "type": "intent.captured", "data": {"reference": reference}})

    def signed(self, body: bytes, stamp_ms: int, *, rightly: bool = True) -> Mapping[str, str]:
        secret = SECRET if rightly else "another"
        digest = hmac.new(secret.encode(), f"{stamp_ms // 1000}.".encode() + body, hashlib.sha256).hexdigest()
        return {SIGNATURE: f"t={stamp_ms // 1000},v1={digest}"}

    async def aclose(self) -> None:
        await self.real.aclose()
        await self.control.aclose()
        await asyncio.to_thread(self.app.close)


class Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class LoopbackRig(FakePayRig):
    """The simulator behind a server of its own, reached over a socket."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        super().__init__(folder, base_url)
        self.port = listener.getsockname()[1]
        self.gateway = self.over_wire = FakePayGateway(base_url, KEY, SECRET, read_s=READ_S, connect_s=READ_S)
        self.server: Server | None = None
        self.serving: asyncio.Task[None] | None = None

    async def serve(self, listener: socket.socket) -> None:
        config = uvicorn.Config(self.app.asgi, lifespan="off", log_config=None, access_log=False, loop="asyncio")
        self.server = Server(config)
        self.serving = asyncio.create_task(self.server._serve([listener]))
        await self.server.ready.wait()

    async def down(self) -> None:
        assert self.server is not None
        assert self.serving is not None
        self.server.should_exit = True
        await self.serving

    async def up(self) -> None:
        await self.serve(listening(self.port))

    async def aclose(self) -> None:
        if self.serving is not None and not self.serving.done():
            await self.down()
        await self.over_wire.aclose()
        await super().aclose()


def listening(port: int = 0) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


@asynccontextmanager
async def in_process() -> AsyncIterator[FakePayRig]:
    with tempfile.TemporaryDirectory() as folder:
        rig = FakePayRig(Path(folder))
        yield rig
        await rig.aclose()


@asynccontextmanager
async def behind_breaker() -> AsyncIterator[FakePayRig]:
    async with in_process() as rig:
        rig.gateway = Breaker(rig.real, rig.clock, failures=100)
        yield rig


@asynccontextmanager
async def over_loopback() -> AsyncIterator[LoopbackRig]:
    with tempfile.TemporaryDirectory() as folder:
        listener = listening()
        rig = LoopbackRig(Path(folder), listener)
        await rig.serve(listener)
        yield rig
        await rig.aclose()


class TestFakePayInProcess(GatewayContract):
    @pytest.fixture
    def rigs(self) -> Rigs[GatewayRig]:
        return in_process


class TestFakePayOverLoopback(GatewayContract):
    @pytest.fixture
    def rigs(self) -> Rigs[GatewayRig]:
        return over_loopback


class TestFakePayBehindBreaker(GatewayContract):
    @pytest.fixture
    def rigs(self) -> Rigs[GatewayRig]:
        return behind_breaker


async def test_any_of_several_signatures_may_be_right() -> None:
    async with in_process() as rig:
        now_ms = rig.clock.now_ms()
        body = rig.event("pay_1")
        good = rig.signed(body, now_ms)[SIGNATURE]
        headers = {SIGNATURE: good.replace("v1=", f"v1={'0' * 64},v1=")}
        assert rig.gateway.verify(headers, body, now_ms).reference == "pay_1"


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=00", "t=x,v1=00", "t=-5,v1=00", "t=1e9,v1=00", "t=" + "9" * 40 + ",v1=0", "t=१,v1=00", "v1=é,t=1"],
)
async def test_a_header_that_cannot_be_read_is_no_signature(header: str) -> None:
    async with in_process() as rig:
        with pytest.raises(BadSignature):
            rig.gateway.verify({SIGNATURE: header}, b"{}", rig.clock.now_ms())


async def test_the_breaker_opens_waits_and_closes() -> None:
    async with in_process() as rig:
        breaker = Breaker(rig.real, rig.clock)
        rig.gateway = breaker
        await created(rig)
        await rig.down()
        for _ in range(5):
            assert str(breaker.state) == "closed"
            with pytest.raises(GatewayDown) as caught:
                await breaker.find("pay_1")
            assert not isinstance(caught.value, GatewayPaused)
        assert str(breaker.state) == "open"
        with pytest.raises(GatewayPaused) as paused:
            await breaker.find("pay_1")
        assert paused.value.retry_after_s == 5
        rig.clock.advance(5)
        assert str(breaker.state) == "half-open"
        with pytest.raises(GatewayDown):
            await breaker.find("pay_1")
        assert str(breaker.state) == "open"
        await rig.up()
        with pytest.raises(GatewayPaused):
            await breaker.find("pay_1")
        rig.clock.advance(5)
        found = await breaker.find("pay_1")
        assert found is not None
        assert str(breaker.state) == "closed"


async def test_half_open_lets_one_call_through() -> None:
    async with in_process() as rig:
        breaker = Breaker(rig.real, rig.clock, failures=1)
        rig.gateway = breaker
        await created(rig)
        await rig.down()
        with pytest.raises(GatewayDown):
            await breaker.find("pay_1")
        await rig.up()
        rig.clock.advance(5)
        said = await asyncio.gather(*(breaker.find("pay_1") for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(answer, GatewayPaused) for answer in said) == 4
