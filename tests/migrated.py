"""Databases with their tables, made once in a process and copied: migrating takes a hundred times longer."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import MetaData

from haat.engines.sql.migrations import Line, engine_for, upgrade
from haat.engines.sql.sqlite import connect


@cache
def template(tables: Line | MetaData) -> bytes:
    """An empty database at its head. It has its write-ahead log already: turning one on waits for the disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        if isinstance(tables, Line):
            upgrade(tables, f"sqlite:///{path}")
        else:
            engine = engine_for(f"sqlite:///{path}")
            tables.create_all(engine)
            engine.dispose()
        connect(path).close()
        return path.read_bytes()


def migrated(tables: Line | MetaData, path: Path) -> Path:
    """The path, where an empty database at its head lies now unless there was one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(template(tables))
    return path
