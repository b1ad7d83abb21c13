"""How far relay and consumers are behind: data for /metrics, `haat doctor` and the console."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from haat.engines.outgoing import OutgoingSource
from haat.events.parking import Parking
from haat.events.ports import EventLog, Handler
from haat.vocabulary import Clock


class RelayLag(NamedTuple):
    """What waits in one store for the relay."""

    source: str
    rows: int
    ms: int  # age of the oldest; 0 when nothing waits


class ConsumerLag(NamedTuple):
    """What one consumer has not done of one topic."""

    consumer: str
    topic: str
    records: int
    ms: int  # age of the oldest; 0 when nothing waits


class Lags(NamedTuple):
    """All of it at about one moment."""

    relay: Sequence[RelayLag]
    consumers: Sequence[ConsumerLag]
    parked: Mapping[str, int]  # waiting events by consumer

    @property
    def quiet(self) -> bool:
        """Whether everything committed so far has reached every consumer. Parked events do not count."""
        return not any(one.rows for one in self.relay) and not any(one.records for one in self.consumers)


@dataclass(frozen=True, slots=True)
class MeasureLag:
    """Ask stores, log and parked table how much waits."""

    log: EventLog
    parking: Parking
    sources: Mapping[str, OutgoingSource]
    handlers: Sequence[Handler]
    clock: Clock

    async def __call__(self) -> Lags:
        """Measure now. Raises: Unavailable. Cost: one read per store and per (consumer, topic)."""
        relay = []
        for name, source in self.sources.items():
            rows, oldest_ms = await source.backlog()
            relay.append(RelayLag(name, rows, max(0, self.clock.now_ms() - oldest_ms) if rows else 0))
        consumers = [
            ConsumerLag(handler.name, topic, *await self.log.lag(handler.name, topic))
            for handler in self.handlers
            for topic in handler.topics
        ]
        return Lags(relay, consumers, await self.parking.count())
