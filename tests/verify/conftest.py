"""A made shop, copied for each test."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.verify.make_shop import Files, make_shop

Break = Callable[..., None]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_shop(tmp_path_factory.mktemp("shop"), 300)


@pytest.fixture
def shop(pristine: Files, tmp_path: Path) -> Files:
    for file in pristine:
        shutil.copy(file, tmp_path / file.name)
    return Files(*(tmp_path / file.name for file in pristine))


@pytest.fixture
def change(shop: Files) -> Break:
    """Change rows by hand, past every constraint and trigger of the database. `bare`: past unique keys too."""

    def run(statements: Sequence[str], *, bare: Sequence[str] = (), keep_triggers: bool = True) -> None:
        db = sqlite3.connect(shop.orders, isolation_level=None)
        db.execute("ATTACH ? AS gw", (str(shop.gateway),))
        db.execute("ATTACH ? AS log", (str(shop.events),))
        db.execute("PRAGMA ignore_check_constraints = ON")
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers if keep_triggers else ():
            db.execute(f"DROP TRIGGER {name}")
        for table in bare:
            db.execute(f"CREATE TABLE bare AS SELECT * FROM {table}")
            db.execute(f"DROP TABLE {table}")
            db.execute(f"ALTER TABLE bare RENAME TO {table}")
        changed = 0
        for statement in statements:
            changed += max(0, db.execute(statement).rowcount)
        assert changed or not keep_triggers, "the test broke nothing"
        for _, sql in triggers if keep_triggers else ():
            db.execute(sql)
        db.close()

    return run
