"""Asks the process that forks lives (tests/faults/lives.py), and says what a run came to."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.around import DIED, Fault

ROOT = Path(__file__).parents[2]
SHM = Path("/dev/shm")
NO_AUTHORITIES = {"SSL_CERT_FILE": os.devnull}
"""No certificate is checked by lives, and reading the machine's takes a connection longer than all else."""


class Life(NamedTuple):
    """What one life came to."""

    code: int
    seen: Mapping[str, int]
    happened: bool
    wrong: list[str]


class Zygote:
    """A pipe to it."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._runs = 0
        self.lives = 0

    def ask(self, folder: Path, journey: str, how: str, fault: Fault | None, *, number: int, check: bool) -> Life:
        """One life on the files of a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked: dict[str, Any] = {"folder": str(folder), "journey": journey, "how": how, "fault": fault}
        self._process.stdin.write(json.dumps({**asked, "number": number, "check": check}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.lives += 1
        return Life(answer["code"], answer.get("seen", {}), answer.get("happened", False), answer.get("wrong", []))

    def run(
        self, journey: str, faults: list[Fault], how: str, perhaps: Set[str] = frozenset()
    ) -> tuple[list[str], Mapping[str, int]]:
        """A story with these faults, one in each life, and a last life without: what is wrong, and what was called.

        The second and later lives begin as `how` says. A life that ends before its fault happens ends the run; in the
        first that is wrong, unless the fault's point is one that is `perhaps` called.
        """
        self._runs += 1
        folder = self._folder / f"run-{self._runs}"
        wrong: list[str] = []
        begin = "first"
        seen: Mapping[str, int] = {}
        try:
            for number, fault in enumerate([*faults, None], 1):
                life = self.ask(folder, journey, begin, fault, number=number, check=True)
                seen = life.seen if number == 1 else seen
                begin = how
                if life.code == DIED:
                    continue
                wrong = life.wrong if life.code == 0 else [f"the life ended with {life.code}"]
                if number == 1 and fault is not None and fault.call not in perhaps and not life.happened:
                    wrong.append("its point was not reached")
                break
            else:
                wrong = ["the last life died"]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return wrong, seen


@contextmanager
def zygote() -> Iterator[Zygote]:
    """The process, ended at the end."""
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None, prefix="haat-faults-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.lives", f"{folder}/template"],
            cwd=ROOT, env={**os.environ, **NO_AUTHORITIES}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Zygote(process, Path(folder))
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)
            process.stdout.close()  # type: ignore[union-attr]  # it is a pipe
