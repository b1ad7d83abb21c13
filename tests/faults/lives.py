"""The process that forks lives: `python -m tests.faults.lives <template folder>`, one JSON request per line.

It has no threads and no event loop of its own, so that a fork is a whole new process for the price of some
milliseconds. A life ends by itself, or dies at its crash point with exit code 9; either way the answer says what was
called, and after a life that ended, what is wrong.
"""

import asyncio
import gc
import json
import logging
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from haat_verify.run import Paths, verify
from tests.faults.around import Fault
from tests.faults.journeys import BY_NAME, go, wrong
from tests.faults.rig import SERVED, Client, Life, living, migrate, place, stock
from tests.sql import SQL

LIFE_S = 60
ANSWER = Path("answer.json")


class Files:
    """The databases of the runs. Those on a server stay where they are, and are filled again for each run."""

    def __init__(self, template: Path) -> None:
        self.template = template
        self.served = template.with_name("served")

    def keep(self) -> None:
        """What is in them now is what every run begins with."""
        for name in SERVED:
            SQL.keep(place(self.served, name), place(self.template, name))

    def begin(self, folder: Path) -> None:
        """Fill a new folder."""
        shutil.copytree(self.template, folder)
        for name in SERVED:
            SQL.keep(place(self.template, name), place(self.served, name))


def in_child(act: Callable[[], None]) -> tuple[int, int]:
    """Run it in a fork; the exit code, and the milliseconds of CPU it took."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:  # the parent only sees the code: the reason goes to where it reads on failure
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), round((used.ru_utime + used.ru_stime) * 1000)


def prepare(files: Files) -> None:
    """The template's files; and one whole story here, so that the forks find modules loaded and statements compiled."""
    files.template.mkdir(parents=True)
    os.chdir(files.template)
    migrate()
    asyncio.run(stock(files.served))
    files.keep()
    folder = files.template.with_name("warm")
    files.begin(folder)
    os.chdir(folder)
    asked = {"journey": "late money", "how": "first", "fault": None, "check": True, "number": 1}
    asyncio.run(one_life(Life(files.served), asked, files))
    os.chdir("/")
    shutil.rmtree(folder)
    if threading.active_count() != 1:
        raise SystemExit(f"no fork among threads: {threading.enumerate()}")


async def one_life(life: Life, asked: dict[str, Any], files: Files) -> dict[str, Any]:
    """What the story came to."""
    watch = life.watch
    watch.fault = Fault(*asked["fault"]) if asked["fault"] else None
    watch.died = lambda: _tell({"seen": watch.seen, "happened": True})
    journey, client = BY_NAME[asked["journey"]], Client()
    async with asyncio.timeout(LIFE_S), living(life, asked["number"]):
        await go(life, client, journey, asked["how"])
        told = await wrong(life, client, journey, asked["how"]) if asked["check"] else []
        now_ms = life.clock.now_ms()
    if asked["check"]:
        paths = Paths(SQL.place(place(files.served, "orders")), Path("fakepay.db"), Path("events.db"))
        report = verify(paths, drained=True, now_ms=now_ms)
        told += [] if report.clean else [report.as_table()]
    return {"seen": watch.seen, "happened": watch.happened, "wrong": told}


def _tell(answer: dict[str, Any]) -> None:
    ANSWER.write_text(json.dumps(answer))


def serve(life: Life, files: Files, asked: dict[str, Any]) -> dict[str, Any]:
    """One request: a life in its own process."""
    folder = Path(asked["folder"])
    if not folder.exists():
        files.begin(folder)
    os.chdir(folder)
    ANSWER.unlink(missing_ok=True)
    code, cpu_ms = in_child(lambda: _tell(asyncio.run(one_life(life, asked, files))))
    answer = json.loads(ANSWER.read_text()) if ANSWER.exists() else {}
    os.chdir("/")
    return {**answer, "code": code, "cpu_ms": cpu_ms}


def main() -> None:
    """Requests from standard input until it ends."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    files = Files(Path(sys.argv[1]))
    prepare(files)
    life = Life(files.served)
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        answer = serve(life, files, json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
