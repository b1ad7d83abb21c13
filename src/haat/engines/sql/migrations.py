"""Migrations: one alembic version line per database, run by `haat migrate` and at the start of the demo.

Databases are named by URL. On a server the database exists (its administrator made it), and each statement of a
revision stands for itself, since DDL ends transactions there: a revision that broke off is mended by hand.

A context keeps its line in `<context>/migrations/` (revision files) and its tables in `<context>/adapters/tables.py`.
Lines only grow: expand, backfill, contract (docs/adr/0013-expand-and-contract.md).
Alembic is imported when something is migrated: every table module imports this one, and it would cost each start 0.3 s.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import LargeBinary, MetaData, create_engine
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from haat.engines.sql.urls import server_of
from haat.errors import Unavailable

LOCK_S: Final = 120

if TYPE_CHECKING:
    from alembic.config import Config


@dataclass(frozen=True, slots=True)
class Line:
    """A database's history: its name, the package that holds the revisions, and the tables they must lead to.

    Contexts that share a database each keep their part of its one chain; `joined` gives the whole.
    """

    name: str  # "orders"
    package: str  # "haat.inventory.migrations"
    metadata: MetaData
    others: tuple["Line", ...] = ()

    def joined(self, *others: "Line") -> "Line":
        """The line of a database that several contexts share; their revisions follow on this one's."""
        return replace(self, others=(*self.others, *others))

    @property
    def parts(self) -> tuple["Line", ...]:
        """This line's own part and those of the others."""
        return (self, *self.others)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a database stands: None is "empty"."""

    name: str
    current: str | None
    head: str


def _config(line: Line, engine: Engine) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("haat.engines.sql").joinpath("alembic")))
    folders = "\n".join(str(files(part.package)) for part in line.parts)
    config.set_main_option("version_locations", folders.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["engine"] = engine
    config.attributes["metadata"] = [part.metadata for part in line.parts]
    return config


_COLLATIONS: Final = {"mysql": "utf8mb4_0900_bin", "mariadb": "utf8mb4_nopad_bin"}
"""Text is compared byte by byte and to its end, as SQLite does: `AB-1`, `ab-1` and `AB-1 ` are three codes."""


def engine_for(url: str) -> Engine:
    """A plain SQLAlchemy engine, for migrations alone. The folder of a file is made."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        Path(made.database or "").parent.mkdir(parents=True, exist_ok=True)
        return create_engine(made)
    return create_engine(server_of(url).url, poolclass=NullPool)


def upgrade(line: Line, url: str) -> Step:
    """Bring a database to its head, in one transaction per revision; answer where it stood before.

    Processes that do it to one database of a server at the same moment do it one after the other.

    Raises: Unavailable when the database is locked, broken or not there.
    """
    from alembic import command

    engine = engine_for(url)
    try:
        with _alone(engine):
            before = state(line, url)
            if before.current is None:
                compare_bytes(engine)
            if before.current != before.head:
                command.upgrade(_config(line, engine), "head")
            return before
    except OperationalError as error:
        raise Unavailable(f"{line.name} could not be migrated: {error.orig}") from error
    finally:
        engine.dispose()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the name of a server's database, so that nobody else migrates it meanwhile. SQLite has a lock of its own."""
    if engine.dialect.name == "sqlite":
        yield
        return
    name = f"haat.{engine.url.database}"[:64]
    with engine.connect() as connection:
        if connection.exec_driver_sql("SELECT GET_LOCK(%s, %s)", (name, LOCK_S)).scalar() != 1:
            raise Unavailable(f"{engine.url.database} is being migrated by another process for more than {LOCK_S} s.")
        yield  # the lock goes with its connection


def compare_bytes(engine: Engine) -> None:
    """Let the tables to come compare text as the code expects it, whatever the server's default is."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return
        collation = _COLLATIONS["mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"]
        name = connection.dialect.identifier_preparer.quote_identifier(str(engine.url.database))
        connection.exec_driver_sql(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE {collation}")


def state(line: Line, url: str) -> Step:
    """Where a database stands, without changing it."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    engine = engine_for(url)
    try:
        head = ScriptDirectory.from_config(_config(line, engine)).get_current_head()
        assert head is not None, f"{line.package} has no revision"
        if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
            return Step(line.name, None, head)  # looking would make it
        with engine.connect() as connection:
            return Step(line.name, MigrationContext.configure(connection).get_current_revision(), head)
    finally:
        engine.dispose()


_BLOBS: Final = ((255, "TINYBLOB"), (65_535, "BLOB"), (16_777_215, "MEDIUMBLOB"))


def _differs(context: Any, _found: Any, _declared: Any, found: Any, wanted: Any) -> bool | None:
    """Whether a type is another than declared; None: let alembic decide. Servers keep a blob's kind, not its length."""
    if context.dialect.name == "sqlite" or not isinstance(wanted, LargeBinary):
        return None
    kind = next((kind for most, kind in _BLOBS if (wanted.length or 65_535) <= most), "LONGBLOB")
    return str(found) != kind


def drift(line: Line, url: str) -> list[str]:
    """Differences between the migrated database and the tables the code declares; empty is right."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = engine_for(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": _differs})
            tables: Any = [part.metadata for part in line.parts]  # it takes several; its annotation says one
            return [str(difference) for difference in compare_metadata(context, tables)]
    finally:
        engine.dispose()
