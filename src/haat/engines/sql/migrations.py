"""Migrations: one alembic version line per database, run by `haat migrate` and at the start of the demo.

A context keeps its line in `<context>/migrations/` (revision files) and its tables in `<context>/adapters/tables.py`.
Lines only grow: expand, backfill, contract (docs/adr/0013-expand-and-contract.md).
Alembic is imported when something is migrated: every table module imports this one, and it would cost each start 0.3 s.
"""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import Engine

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


def engine_for(path: Path) -> Engine:
    """A plain SQLAlchemy engine on a SQLite file, for migrations alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return create_engine(f"sqlite:///{path}")


def upgrade(line: Line, path: Path) -> Step:
    """Bring a database to its head, in one transaction per revision; answer where it stood before.

    Raises: sqlalchemy.exc.OperationalError when the file is locked or broken.
    """
    from alembic import command

    engine = engine_for(path)
    try:
        before = state(line, path)
        if before.current != before.head:
            command.upgrade(_config(line, engine), "head")
        return before
    finally:
        engine.dispose()


def state(line: Line, path: Path) -> Step:
    """Where a database stands, without changing it."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    engine = engine_for(path)
    try:
        head = ScriptDirectory.from_config(_config(line, engine)).get_current_head()
        assert head is not None, f"{line.package} has no revision"
        if not path.exists():
            return Step(line.name, None, head)
        with engine.connect() as connection:
            return Step(line.name, MigrationContext.configure(connection).get_current_revision(), head)
    finally:
        engine.dispose()


def drift(line: Line, path: Path) -> list[str]:
    """Differences between the migrated database and the tables the code declares; empty is right."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = engine_for(path)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            tables: Any = [part.metadata for part in line.parts]  # it takes several; its annotation says one
            return [str(difference) for difference in compare_metadata(context, tables)]
    finally:
        engine.dispose()
