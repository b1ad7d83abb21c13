"""A corner of its own for a whole shop on the servers under test (make test-engines)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

ENGINES: Final = ("kafka", "mongo", "valkey")
"""What a whole shop needs beside its SQL server."""
DATABASES: Final = ("orders", "carts", "users", "inbound", "serviceability", "parked")
PATIENCE: Final = "timeoutMS=3000"  # five processes on two cores are no outage; time-outs have tests of their own
FEW: Final = "&writers=2&readers=2"  # four processes of six databases each stay below a server's 200 connections
_NUMBERS: Final = count(1)


def on_servers(*kinds: str) -> list[pytest.param]:  # type: ignore[valid-type]  # a function in name only
    """A parameter for each SQL server and isolation, marked with all that it needs."""
    return [
        pytest.param(f"{kind}:{isolation}", marks=pytest.mark.engine(kind, *ENGINES))
        for kind in kinds
        for isolation in ("read-committed", "repeatable-read")
    ]


@contextmanager
def corner(sql: str, at: str = "", *, search: str = "") -> Iterator[dict[str, str]]:
    """Settings of an empty shop with its SQL databases on `mysql:read-committed` or the like; `at`: on this server.

    `search` names a server for the index; without one it is embedded.
    """
    from pymongo import MongoClient  # only where it is asked for

    kind, _, isolation = sql.partition(":")
    number = next(_NUMBERS)
    name = f"c_{os.getpid()}_{number}"
    server = create_engine(at or _url(kind), poolclass=NullPool)
    mongo = _url("mongo")
    try:
        with server.connect() as connection:
            for database in DATABASES:
                connection.exec_driver_sql(f"CREATE DATABASE {name}_{database}")
        plain = server.url.set(drivername=kind).render_as_string(hide_password=False)
        yield {
            **{
                f"HAAT_{one.upper()}_URL": f"{plain}/{name}_{one}?isolation={isolation}&{PATIENCE}"
                + (FEW if one != "orders" else "")
                for one in DATABASES
            },
            "HAAT_CATALOG_URL": f"mongodb://{urlsplit(mongo).netloc}/{name}?directConnection=true&{PATIENCE}",
            "HAAT_EVENTS_URL": f"kafka://{urlsplit(_url('kafka')).netloc}/{name}",
            "HAAT_KV_URL": f"{_url('valkey')}/{number}",
            **({"HAAT_SEARCH_URL": f"{_url(search)}/{name}?find_ms=5000"} if search else {}),
        }
    finally:
        with server.connect() as connection:
            for database in DATABASES:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}_{database}")
        client = MongoClient[dict[str, object]](mongo)
        client.drop_database(name)
        client.close()


def _url(engine: str) -> str:
    given = os.environ.get(f"HAAT_TEST_{engine.upper()}_URL")
    assert given, f"HAAT_TEST_{engine.upper()}_URL is not set: make test-engines starts {engine} and sets it"
    return given
