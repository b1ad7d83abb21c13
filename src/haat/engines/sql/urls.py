"""URLs of SQL servers as settings write them: `mysql://user:password@host/database?isolation=repeatable-read`.

Options of ours: `isolation` (read-committed, repeatable-read) of writing units; `writers` and `readers`, how many
connections each process may have at once; `timeoutMS`, after which a read that is not answered is given up (1,000). All
others are the driver's (ssl_ca, unix_socket, …).
"""

from typing import Final, Literal, NamedTuple, cast

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from haat.errors import Invalid, Problem

Isolation = Literal["READ COMMITTED", "REPEATABLE READ"]

WRITERS: Final = 16
READERS: Final = 8
TIMEOUT_MS: Final = 1_000
MOST_TIMEOUT_MS: Final = 600_000
MOST_CONNECTIONS: Final = 500
_NUMBERS: Final = {
    "writers": (WRITERS, MOST_CONNECTIONS),
    "readers": (READERS, MOST_CONNECTIONS),
    "timeoutMS": (TIMEOUT_MS, MOST_TIMEOUT_MS),
}
_DRIVERS: Final = {"mysql": "mysql+pymysql", "mariadb": "mysql+pymysql"}


class Server(NamedTuple):
    """One database of a server, and how it is used."""

    url: URL  # with its driver, and with the driver's options only
    isolation: Isolation
    writers: int
    readers: int
    timeout_ms: int  # of a read


def server_of(url: str, name: str = "url") -> Server:
    """What a URL says. Raises: Invalid, which names the mistakes under `name`."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise Invalid(problems=[Problem(name, "Write mysql://user:password@host:port/database.")]) from None
    problems: list[Problem] = []
    if (not made.host and "unix_socket" not in made.query) or not made.database:
        problems.append(Problem(name, "Name the server and the database: mysql://user:password@host:port/database."))
    isolation = str(made.query.get("isolation", "read-committed")).replace("-", " ").upper()
    if isolation not in ("READ COMMITTED", "REPEATABLE READ"):
        problems.append(Problem(name, "isolation is read-committed or repeatable-read."))
    numbers = {}
    for option, (usual, most) in _NUMBERS.items():
        text = str(made.query.get(option, usual))
        numbers[option] = int(text) if text.isdecimal() else 0
        if not 0 < numbers[option] <= most:
            problems.append(Problem(name, f"{option} is a number from 1 to {most}."))
    if problems:
        raise Invalid(problems=problems)
    plain = made.difference_update_query(["isolation", *_NUMBERS])
    driver = _DRIVERS.get(plain.drivername, plain.drivername)
    return Server(plain.set(drivername=driver), cast(Isolation, isolation), *numbers.values())
