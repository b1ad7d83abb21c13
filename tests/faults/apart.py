"""A shop as people run it who have more than one machine: two processes for the web and two for the work behind it.

Its SQL server and its gateway are its own: the server may be killed, and the gateway lives on when the shop does not.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from haat import settings
from haat.gateway import derived
from haat.settings import secret_of
from tests.cli.process import HAAT, environment, free_ports
from tests.corner import corner
from tests.faults.crowd import ADDRESS, Crowded, crowded
from tests.faults.shoppers import Task
from tests.faults.zygote import ROOT, SHM
from tests.servers import Server

SECRET = "k" * 40  # of every process of a crowd
LATE_S = 150.0
PLENTY = 1_000_000


class Answer(NamedTuple):
    """What a replica said."""

    status: int
    body: Any
    headers: Mapping[str, str]


class FakePayApart:
    """The gateway as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "fakepay.db"
        (self.port,) = free_ports(1)
        secret = secret_of(settings.load({"HAAT_DATA_DIR": str(folder), "HAAT_SECRET_KEY": SECRET}))
        self.key, signing = (derived(secret, purpose) for purpose in (b"fakepay-key", b"fakepay-secret"))
        self.url = f"fakepay+http://127.0.0.1:{self.port}?key={self.key}&secret={signing}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, shop_url: str) -> None:
        """Tell the shop at this address what happens."""
        more = {"HAAT_SECRET_KEY": SECRET, "HAAT_BASE_URL": shop_url}
        self._process = subprocess.Popen(
            [*HAAT, "fakepay", "--port", str(self.port)],
            env=environment(self.folder, **more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> None:
        """In good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)


class Shop:
    """The whole of it."""

    def __init__(self, server: Server, gateway: FakePayApart, crowd: Crowded, folder: Path) -> None:
        self.server, self.gateway, self.crowd, self.folder = server, gateway, crowd, folder
        self._shoppers = 0

    @property
    def ports(self) -> list[int]:
        """Of the replicas."""
        return [replica.port for replica in self.crowd.replicas]

    def say(self, replica: int, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Ask one replica, once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[replica], timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            content = body if body is None or isinstance(body, str) else json.dumps(body)
            connection.request(method, path, content, {"content-type": "application/json", **sent})
            answer = connection.getresponse()
            said = answer.read().decode()
            return Answer(answer.status, json.loads(said) if said else None, dict(answer.getheaders()))
        finally:
            connection.close()

    @contextmanager
    def shoppers(self, count: int, seed: str) -> Iterator["Shoppers"]:
        """So many buyers, busy until they are told to stop."""
        self._shoppers += 1
        crowd = self.crowd
        task = Task(self.ports, self.gateway.port, self.gateway.key, crowd.tokens[:count], crowd.skus, ADDRESS, seed)
        shoppers = Shoppers(task, self.folder / f"shoppers-{self._shoppers}.log")
        try:
            yield shoppers
        finally:
            shoppers.end()

    def until(self, what: str, look: Callable[[], bool], most_s: float = LATE_S) -> float:
        """Wait until it is so; how long that took, in seconds."""
        began = time.monotonic()
        while not look():
            assert time.monotonic() - began < most_s, f"{what}: not after {most_s} s\n{self.crowd.log()[-6_000:]}"
            time.sleep(0.05)  # other processes do it: there is nothing to wait on
        return time.monotonic() - began

    def at_rest(self) -> bool:
        """Whether nothing is under way."""
        under_way = """SELECT 1 FROM orders WHERE state = 'CREATED' UNION SELECT 1 FROM refund WHERE state <> 'DONE'
            UNION SELECT 1 FROM webhook WHERE handled_ms = 0 UNION SELECT 1 FROM outbox WHERE sent_ms = 0
            UNION SELECT 1 FROM payment WHERE state = 'UNKNOWN' LIMIT 1"""
        return not self.crowd.rows(under_way)


class Shoppers:
    """A process of buyers."""

    def __init__(self, task: Task, log: Path) -> None:
        self._log = log
        log.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.shoppers", str(log)], cwd=ROOT, stdin=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(task) + b"\n")
        self._process.stdin.flush()

    def notes(self, what: str = "") -> list[dict[str, Any]]:
        """What was noted so far."""
        lines = self._log.read_bytes().split(b"\n")[:-1]
        return [note for line in lines if (note := json.loads(line)) and what in ("", note["what"])]

    def count(self, what: str) -> int:
        """How often."""
        return self._log.read_bytes().count(f'"what": "{what}"'.encode())

    def finish(self) -> None:
        """Everybody ends what is begun."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=300) == 0

    def end(self) -> None:
        """Whatever they do."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=30)
        if self._process.stdin is not None:
            self._process.stdin.close()


@contextmanager
def apart(sql: str, skus: int) -> Iterator[Shop]:
    """It, on `mysql:read-committed` or the like, with plenty of so many skus.

    At the end, when everything has stopped and what waits is done, all is in order.
    """
    with ExitStack() as stack:
        home = tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None, prefix="haat-apart-")
        folder = Path(stack.enter_context(home))
        server = Server(folder / "engines", sql.partition(":")[0])
        stack.callback(server.down)
        gateway = FakePayApart(folder)
        urls = stack.enter_context(corner(sql, server.url)) | {"HAAT_PAYMENTS_URL": gateway.url}
        crowd = stack.enter_context(crowded(3 * skus, urls, 2, workers=2, gateway=gateway.file))
        assert len(crowd.skus) >= skus
        del crowd.skus[skus:]
        crowd.stock(dict.fromkeys(crowd.skus, PLENTY))
        gateway.start(f"http://127.0.0.1:{crowd.replicas[0].port}")
        stack.callback(gateway.stop)
        crowd.start()
        shop = Shop(server, gateway, crowd, folder)
        yield shop
        shop.until("nothing is under way", shop.at_rest)
        crowd.stop()
        crowd.drain()
        crowd.verified(drained=True)
