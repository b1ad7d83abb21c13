"""MongoDB's stand-in: SecantusDB speaks MongoDB's protocol over WiredTiger. It is not MongoDB.

No real mongod can be had from the package registries. What is proven here is proven on a wire-compatible stand-in, and
every table says so. It is GPL software: a process of its own, for development only, never a part of the product.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from tools.engines.engine import Place
from tools.engines.registries import pypi


class MongoStandIn:
    """SecantusDB. Without `--sync-on-commit` it loses acknowledged writes when it is killed."""

    name: ClassVar[str] = "mongo"
    version: ClassVar[str] = "0.7.0b3"
    start_s: ClassVar[float] = 60.0
    _WHEEL: Final = "secantusdb==0.7.0b3"

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        pypi([self._WHEEL], folder)

    def prepare(self, place: Place) -> None:
        """See Engine. An own configuration file, or it would take one that lies about."""
        (place.home / "secantusd.toml").touch()

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        where = ["--host", "127.0.0.1", "--port", str(place.port), "--storage-path", str(place.home / "data")]
        how = ["--sync-on-commit", "--cache-size", "256M", "--log-level", "WARNING"]
        ours = ["--config", str(place.home / "secantusd.toml")]
        return [str(place.bin / "venv" / "bin" / "python"), "-m", "secantus", *where, *how, *ours], {}

    def answers(self, place: Place) -> bool:
        """Whether it reads what it stored."""
        import pymongo
        from pymongo.errors import PyMongoError

        client: pymongo.MongoClient[Any] = pymongo.MongoClient(self.server_url(place), timeoutMS=2_000)
        try:
            client["haat"]["any"].find_one({})
        except PyMongoError:
            return False
        finally:
            client.close()
        return True

    def server_url(self, place: Place) -> str:
        """See Engine."""
        return f"mongodb://127.0.0.1:{place.port}/?directConnection=true"

    def settings(self, place: Place) -> Mapping[str, str]:
        """See Engine."""
        return {"HAAT_CATALOG_URL": f"mongodb://127.0.0.1:{place.port}/catalog?directConnection=true"}
