"""The independent checker: proves stock, orders and money from the databases alone.

It imports nothing of haat and nothing of the gateway simulator: a mistake of theirs cannot hide itself here. Each
invariant is one named check: one statement whose rows are the breaks. The SQL is the common part of SQLite, MySQL and
MariaDB; what differs is in `connect`.

`verify` runs all of them; `python -m haat_verify` does so from a shell.
"""

from haat_verify.report import Found, Report
from haat_verify.run import CannotRead, Paths, verify

__all__ = ["CannotRead", "Found", "Paths", "Report", "verify"]
