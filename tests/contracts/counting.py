"""A database that counts the statements of its writing units, for suites that state how many there are."""

from collections.abc import Callable
from typing import TypeVar

from haat.engines.sql import Database, Tx, Unit

T = TypeVar("T")


class CountingDatabase:
    """Remembers how many statements each writing unit ran, its outgoing rows with it."""

    def __init__(self, of: Database) -> None:
        self.of = of
        self.counts: list[int] = []

    async def transact(self, unit: Unit[T]) -> T:
        seen: list[Tx] = []

        def counted(tx: Tx) -> T:
            seen.append(tx)
            return unit(tx)

        answer = await self.of.transact(counted)
        self.counts.append(seen[0].statements)
        return answer

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        return await self.of.read(unit, brief=brief)

    async def ping(self) -> None:
        await self.of.ping()

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        self.of.on_outgoing(wake)
