"""Relay and consumer on Kafka as processes. Started as `python -m tests.faults.kafka_children <role> <folder> <url>`.

Both run until SIGTERM, which lets the batch at hand end; SIGKILL does not.
"""

import asyncio
import signal
import sys
from pathlib import Path

from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SystemClock, jitter
from haat.events.adapters.kafka_log import KafkaEventLog
from haat.events.adapters.sql_parking import SqlParking
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.relay import Relay
from tests.events.handlers import Once

SESSION_S = 3.0  # a consumer that was killed is waited for so long


async def work(role: str, folder: Path, url: str) -> None:
    clock = SystemClock()
    store, effects = SqliteDatabase(folder / "store.db", clock), SqliteDatabase(folder / "effects.db", clock)
    parked = SqliteDatabase(folder / "parked.db", clock)
    log = KafkaEventLog(url, clock, session_s=SESSION_S, heartbeat_s=0.3)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        if role == "relay":
            store.open()
            await Relay(log, {"store": SqlOutgoing(store)}, Backoff(jitter), batch=100, poll_s=0.1).run(stop)
        else:
            effects.open()
            parked.open()
            await Consumer(Once(effects), log, SqlParking(parked), Backoff(jitter), batch=50).run(stop)
    finally:
        await log.close()
        for database in (store, effects, parked):
            database.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
