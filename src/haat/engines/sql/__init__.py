"""SQL: one way to write (`transact`), one way to read (`read`), the same statements on every dialect.

A *unit* is a plain function over a `Tx`. It touches nothing but the Tx, so it may be run again; it decides by
conditional UPDATE or UNIQUE insert, and writes its own outbox rows. Nobody else commits.
"""

from haat.engines.sql.ports import Database, Row, Tx, Unit
from haat.engines.sql.statement import Statement

__all__ = ["Database", "Row", "Statement", "Tx", "Unit"]
