"""How the shop is: readiness for load balancers, gauges for /metrics."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge

from haat.errors import HaatError
from haat.events.behaviour import Behaviour
from haat.events.flow import Flow
from haat.http.server import Engine, Readiness
from haat.vocabulary import Clock

PING_S: Final = 1.0
CACHED_S: Final = 1.0  # many probes cost one ping

log = structlog.get_logger("haat.health")


class Pinged(Protocol):
    """An engine that can be asked whether it answers."""

    async def ping(self) -> None:
        """Return if it answers. Raises: Unavailable."""


@contextmanager
def tolerated(task: str) -> Iterator[None]:
    """A timer's turn may fail when an engine is away; it is said, and the next turn comes."""
    try:
        yield
    except HaatError as error:
        log.warning("a timer waits for its engine", task=task, error=str(error))


@dataclass(slots=True)
class Health:
    """Answers /readyz: ready while the orders database answers and the process is not ending.

    Other engines being down makes the shop poorer, not unready: their state is in the body.
    """

    engines: Mapping[str, Pinged]
    needed: frozenset[str]
    flow: Flow
    clock: Clock
    stopping: asyncio.Event
    kept: tuple[float, Readiness] | None = None

    async def __call__(self) -> Readiness:
        """The state now, at most a second old."""
        now_s = self.clock.monotonic_s()
        if self.kept is None or now_s - self.kept[0] >= CACHED_S:
            self.kept = (now_s, await self._ask())
        readiness = self.kept[1]
        if self.stopping.is_set():
            return Readiness(False, readiness.engines, readiness.outbox_rows, readiness.slowest_consumer_ms)
        return readiness

    async def _ask(self) -> Readiness:
        engines = await asyncio.gather(*(_pinged(name, engine) for name, engine in self.engines.items()))
        ready = all(engine.ok for engine in engines if engine.name in self.needed)
        try:
            async with asyncio.timeout(PING_S):
                lags = await self.flow.measure()
        except (HaatError, TimeoutError):
            return Readiness(ready, list(engines))
        rows = sum(one.rows for one in lags.relay)
        slowest_ms = max((one.ms for one in lags.consumers), default=0)
        return Readiness(ready, list(engines), rows, slowest_ms)


async def _pinged(name: str, engine: Pinged) -> Engine:
    try:
        async with asyncio.timeout(PING_S):
            await engine.ping()
    except HaatError as error:
        return Engine(name, False, error.title)
    except TimeoutError:
        return Engine(name, False, "no answer in time")
    return Engine(name, True)


class LagGauges:
    """Backlogs as gauges, brought up to date when /metrics is read."""

    def __init__(self, registry: CollectorRegistry, flow: Flow, behaviour: Behaviour) -> None:
        self._flow = flow
        self._behaviour = behaviour
        self._outbox = Gauge("haat_outbox_rows", "Events that wait for the relay", ["store"], registry=registry)
        self._outbox_ms = Gauge("haat_outbox_oldest_ms", "Age of the oldest of them", ["store"], registry=registry)
        names = ["consumer", "topic"]
        self._lag = Gauge("haat_consumer_lag_events", "Events a consumer has not done", names, registry=registry)
        self._lag_ms = Gauge("haat_consumer_lag_ms", "Age of the oldest of them", names, registry=registry)
        self._parked = Gauge("haat_parked_events", "Events that wait for a person", ["consumer"], registry=registry)
        self._handled = Gauge("haat_consumer_handled", "Events done since the start", ["consumer"], registry=registry)
        self._dropped = Gauge("haat_behaviour_dropped", "Behaviour messages dropped", registry=registry)

    async def refresh(self) -> None:
        """Measure and set. An engine that is away leaves the old values."""
        with tolerated("metrics"):
            lags = await self._flow.measure()
            for store in lags.relay:
                self._outbox.labels(store.source).set(store.rows)
                self._outbox_ms.labels(store.source).set(store.ms)
            for one in lags.consumers:
                self._lag.labels(one.consumer, one.topic).set(one.records)
                self._lag_ms.labels(one.consumer, one.topic).set(one.ms)
            for consumer in self._flow.consumers:
                self._handled.labels(consumer.handler.name).set(consumer.counts.handled)
                self._parked.labels(consumer.handler.name).set(lags.parked.get(consumer.handler.name, 0))
            self._dropped.set(self._behaviour.dropped)
