"""`python -m haat_verify`: exit code 0 clean, 1 breaks, 2 something could not be read."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from haat_verify.run import SHOWN, CannotRead, Paths, verify


def _place(text: str) -> Path | str:
    return text if "://" in text else Path(text)


def _maybe(text: str | None) -> Path | str | None:
    return _place(text) if text else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks, print the report, answer the exit code."""
    parser = argparse.ArgumentParser(
        prog="haat_verify", description="Proves stock, orders and money from the databases alone. Changes nothing."
    )
    parser.add_argument(
        "--orders", required=True, metavar="FILE", help="the orders database: a SQLite file, or mysql://…"
    )
    parser.add_argument("--gateway", type=Path, metavar="FILE", help="the gateway simulator's store")
    parser.add_argument("--events", metavar="FILE", help="the event log: a SQLite file, or kafka://…")
    parser.add_argument(
        "--parked", metavar="FILE", help="where events are parked, with a Kafka log: a SQLite file, or mysql://…"
    )
    parser.add_argument("--drained", action="store_true", help="the shop is at rest: run all checks")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--shown", type=int, default=SHOWN, metavar="N", help="breaks told of one check")
    parser.add_argument("--now-ms", type=int, metavar="MS", help="hold deadlines against this moment")
    asked = parser.parse_args(arguments)
    try:
        report = verify(
            Paths(_place(asked.orders), asked.gateway, _maybe(asked.events), _maybe(asked.parked)),
            asked.drained,
            now_ms=asked.now_ms,
            shown=asked.shown,
        )
    except CannotRead as error:
        sys.stderr.write(f"haat_verify: cannot read {error}\n")
        return 2
    sys.stdout.write((report.as_json() if asked.json else report.as_table()) + "\n")
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
