"""A Kafka log brought to the same place as a server's rows (haat_verify.copy): records, copied into a SQLite file."""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from haat_verify.connect import CannotRead

TOPICS: Final = ("orders", "payments")
_WAIT_MS: Final = 1_000
_QUIET: Final = 30  # waits without a record, and the end not reached: then the cluster is not there


@contextmanager
def copied_log(url: str) -> Iterator[Path]:
    """A file with what `kafka://host:port,host:port/name` keeps of orders and payments, in the tables of a SQLite log.

    A record's position is its offset: the records of one key lie in one partition. A topic that nobody has made is
    empty. The file is deleted at the end. Raises: CannotRead. Cost: every record comes over once.
    """
    from aiokafka.errors import KafkaError  # only where a cluster is checked

    servers, _, name = url.removeprefix("kafka://").partition("?")[0].partition("/")
    with tempfile.TemporaryDirectory(prefix="haat-verify-") as folder:
        path = Path(folder) / "log.db"
        try:
            with closing(sqlite3.connect(path)) as file:
                file.execute("CREATE TABLE topics (id INTEGER PRIMARY KEY, name)")
                file.execute('CREATE TABLE records (topic_id, "key", position, appended_ms, value)')
                asyncio.run(_copy(servers, name or "haat", file))
                file.commit()
        except (KafkaError, OSError, ValueError, sqlite3.Error) as error:
            raise CannotRead(f"kafka://{servers}/{name}: {error}") from error
        yield path


async def _copy(servers: str, name: str, file: sqlite3.Connection) -> None:
    wanted = {f"{name}.{topic}": topic for topic in TOPICS}
    async with _consumer(servers) as anybody:
        there = sorted(wanted.keys() & await anybody.topics())
    if not there:
        return
    file.executemany("INSERT INTO topics VALUES (?, ?)", [(number, wanted[one]) for number, one in enumerate(there)])
    async with _consumer(servers, *there) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        quiet = 0
        while quiet < _QUIET:
            if all([await consumer.position(partition) >= end for partition, end in ends.items()]):
                return
            batches = await consumer.getmany(timeout_ms=_WAIT_MS)
            quiet = 0 if batches else quiet + 1
            for partition, records in batches.items():
                number = there.index(partition.topic)
                rows = [(number, one.key.decode(), one.offset, one.timestamp, one.value) for one in records]
                file.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)
    raise CannotRead(f"kafka://{servers}/{name}: it stopped answering in the middle")


@asynccontextmanager
async def _consumer(servers: str, *topics: str) -> AsyncIterator[Any]:
    from aiokafka import AIOKafkaConsumer

    given = {"bootstrap_servers": servers, "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(*topics, **given)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
