"""Parked events: what a consumer could not process after its tries waits here, with its reason, for a person.

Used by `haat replay` and the console's page of parked events.
Parking, promises (tests/contracts/parking.py):
P1 a record is parked once per consumer, however often it is parked
P2 a parked event keeps its bytes, its place in the log, and the reason of the last try
P3 only waiting events can be replayed or discarded; each ends once
P4 listing is in the order of parking, and a page continues behind the last one's `seq`
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from haat.errors import Conflict, HaatError, NotFound
from haat.events.envelope import decode
from haat.events.ports import Handler, Record

ParkedState = Literal["waiting", "replayed", "discarded"]

REASON_CHARS: Final = 2_000


class Parked(NamedTuple):
    """One event that one consumer could not process."""

    seq: int
    consumer: str
    topic: str
    partition: int
    position: int
    key: str
    value: bytes
    code: str  # the error's code, or its class
    reason: str
    tries: int
    state: ParkedState
    parked_ms: int
    changed_ms: int


class Parking(Protocol):
    """Where parked events are kept. Promises in the module's docstring."""

    async def park(self, consumer: str, record: Record, *, code: str, reason: str, tries: int) -> None:
        """Keep a record that cannot be processed. Raises: Unavailable (nothing kept)."""

    async def page(
        self, *, state: ParkedState = "waiting", consumer: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Parked]:
        """Parked events behind a `seq`, oldest first. Raises: Unavailable."""

    async def one(self, seq: int) -> Parked:
        """One of them. Raises: NotFound, Unavailable."""

    async def count(self) -> Mapping[str, int]:
        """Waiting events by consumer. Raises: Unavailable."""

    async def failed(self, seq: int, *, code: str, reason: str, tries: int) -> None:
        """Remember that it was tried again in vain; the tries are added. Raises: Unavailable."""

    async def end(self, seq: int, state: Literal["replayed", "discarded"]) -> bool:
        """Close a waiting event. False if it was closed before. Raises: Unavailable."""


class Replayed(NamedTuple):
    """How a replay went."""

    seq: int
    done: bool
    reason: str  # empty when done


class ParkedGone(Conflict):
    """Someone else has replayed or discarded it already."""

    code, title = "parked-closed", "This parked event is closed already"


class UnknownConsumer(NotFound):
    """No consumer of this name runs in this shop."""

    code, title = "unknown-consumer", "There is no consumer of this name"


def reason_of(error: Exception) -> tuple[str, str]:
    """Code and reason of an error as they are kept and shown."""
    code = error.code if isinstance(error, HaatError) else type(error).__name__
    return code[:64], (str(error) or type(error).__name__)[:REASON_CHARS]


@dataclass(frozen=True, slots=True)
class ListParked:
    """What waits for a person."""

    parking: Parking

    async def __call__(
        self, *, state: ParkedState = "waiting", consumer: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Parked]:
        """A page of parked events, oldest first; continue with the last `seq` as `after`."""
        return await self.parking.page(state=state, consumer=consumer, after=after, limit=min(limit, 500))


@dataclass(frozen=True, slots=True)
class ReplayParked:
    """Give parked events to their consumers again."""

    parking: Parking
    handlers: Mapping[str, Handler]  # by name

    async def __call__(self, seqs: Sequence[int]) -> list[Replayed]:
        """Run each by itself, in the order given. What fails again stays parked with its new reason.

        Raises: NotFound, ParkedGone, UnknownConsumer (before anything ran); Unavailable (what ran before is kept).
        """
        found = [await self.parking.one(seq) for seq in seqs]
        for parked in found:
            if parked.state != "waiting":
                raise ParkedGone(f"Event {parked.seq} is {parked.state} already.", seq=parked.seq)
            if parked.consumer not in self.handlers:
                known = ", ".join(sorted(self.handlers))
                raise UnknownConsumer(f"Event {parked.seq} belongs to {parked.consumer}; known are: {known}.")
        return [await self._again(parked) for parked in found]

    async def all(self, consumer: str | None = None) -> list[Replayed]:
        """Replay everything that waits, or all of one consumer. Raises: UnknownConsumer, Unavailable."""
        done: list[Replayed] = []
        after = 0
        while page := await self.parking.page(consumer=consumer, after=after, limit=500):
            done += await self([parked.seq for parked in page])
            after = page[-1].seq
        return done

    async def _again(self, parked: Parked) -> Replayed:
        try:
            await self.handlers[parked.consumer]([decode(parked.value)])
        except (HaatError, msgspec.MsgspecError) as error:
            return await self._stays(parked, error)
        except Exception as error:  # a bug in a handler: the event stays parked with it as its reason
            return await self._stays(parked, error)
        await self.parking.end(parked.seq, "replayed")
        return Replayed(parked.seq, True, "")

    async def _stays(self, parked: Parked, error: Exception) -> Replayed:
        code, reason = reason_of(error)
        await self.parking.failed(parked.seq, code=code, reason=reason, tries=1)
        return Replayed(parked.seq, False, reason)


@dataclass(frozen=True, slots=True)
class DiscardParked:
    """Give up parked events: they are kept, but no longer wait."""

    parking: Parking

    async def __call__(self, seqs: Sequence[int]) -> int:
        """Discard those that still wait; the number discarded. Raises: NotFound (nothing discarded), Unavailable."""
        for seq in seqs:
            await self.parking.one(seq)
        return sum([await self.parking.end(seq, "discarded") for seq in seqs])
