"""Plants each known mistake into a copy of the checkout, and sees that a quick test finds it.

A mistake is a small diff in tests/faults/planted whose first lines say what is wrong (`# …`) and which tests must
notice (`# test: path::name`). Each is tried on a copy of its own, two at a time; the checkout is left alone. The named
tests must also pass where nothing is planted: a test that always fails catches nothing.

`python -m tools.planted [part of a name …]`; exit code 1 unless every mistake is caught.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PLANTED: Final = ROOT / "tests" / "faults" / "planted"
AT_ONCE: Final = 2
MOST_S: Final = 180
_HUNK: Final = re.compile(r"^@@ -(\d+)")
_PLUGINS: Final = ("anyio", "pytest_timeout", "pytest_socket", "_hypothesis_pytestplugin")
_TESTS_FAILED: Final = 1  # pytest's exit code; 0: all passed, others: it could not run


class DoesNotApply(Exception):
    """The code has changed since the diff was made."""


@dataclass(frozen=True)
class Mistake:
    """One diff."""

    name: str
    says: str
    tests: tuple[str, ...]
    diff: str


@dataclass(frozen=True)
class Found:
    """What became of one."""

    mistake: Mistake
    verdict: str
    by: str
    took_s: float

    @property
    def caught(self) -> bool:
        """Whether a test noticed."""
        return self.verdict == "caught"


def read(path: Path) -> Mistake:
    """A mistake from its file."""
    lines = path.read_text().splitlines(keepends=True)
    head = [line[2:].strip() for line in lines if line.startswith("# ")]
    tests = tuple(line.removeprefix("test: ") for line in head if line.startswith("test: "))
    says = " ".join(line for line in head if not line.startswith("test: "))
    return Mistake(path.stem, says, tests, "".join(line for line in lines if not line.startswith("# ")))


def plant(diff: str, root: Path) -> None:
    """Apply a unified diff to the files below `root`. Raises: DoesNotApply."""
    for name, hunks in _files(diff):
        path = root / name
        text = path.read_text() if path.is_file() else ""
        for line, old, new in hunks:
            text = _replaced(text, line, old, new, name)
        path.write_text(text)


def _files(diff: str) -> Iterator[tuple[str, list[tuple[int, str, str]]]]:
    """Each file with its hunks: (line, the lines that are there, the lines that shall be)."""
    for part in re.split(r"(?m)^--- ", diff)[1:]:
        _, named, *lines = part.splitlines(keepends=True)
        hunks: list[tuple[int, str, str]] = []
        for text in lines:
            start = _HUNK.match(text)
            if start:
                hunks.append((int(start[1]), "", ""))
                continue
            line, old, new = hunks.pop()
            kind, rest = text[0], text[1:]
            hunks.append((line, old + rest * (kind != "+"), new + rest * (kind != "-")))
        yield named.removeprefix("+++ b/").strip(), hunks


def _replaced(text: str, line: int, old: str, new: str, name: str) -> str:
    """The text with the place changed that is nearest to the line. Raises: DoesNotApply."""
    at = [found.start() for found in re.finditer(r"(?m)^" + re.escape(old), text)]
    if not at:
        raise DoesNotApply(f"{name} has changed at line {line}")
    best = min(at, key=lambda start: abs(text.count("\n", 0, start) + 1 - line))
    return text[:best] + new + text[best + len(old) :]


def copied(folder: str) -> Path:
    """A copy of what tests need."""
    root = Path(folder) / "haat"
    for name in ("src", "tests", "tools"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("planted", ".*"))
    shutil.copy2(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def run(tests: Sequence[str], root: Path) -> tuple[int, str]:
    """The exit code of pytest on the copy, and its words. The copy's `src` comes before the one that is installed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    command += [word for name in _PLUGINS for word in ("-p", name)]
    env = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a third of the time
    try:
        done = subprocess.run(
            [*command, *tests], cwd=root, env=env, capture_output=True, text=True, check=False, timeout=MOST_S
        )
    except subprocess.TimeoutExpired:
        return -1, f"ERROR no end after {MOST_S} s"
    return done.returncode, done.stdout + done.stderr


def tried(mistake: Mistake) -> Found:
    """Plant one, and run its tests."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="haat-planted-") as folder:
        root = copied(folder)
        try:
            plant(mistake.diff, root)
        except DoesNotApply as error:
            return Found(mistake, "does not apply", str(error), time.monotonic() - began)
        code, words = run(mistake.tests, root)
    first = next((line for line in words.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    by = first.partition(" ")[2].partition(" - ")[0].rpartition("::")[2] or first
    # Only a test that failed has caught it: a mistake that cannot even be imported proves nothing.
    verdict = {0: "NOT CAUGHT", _TESTS_FAILED: "caught"}.get(code, "CANNOT RUN")
    return Found(mistake, verdict, by if code else "", time.monotonic() - began)


def main(parts: Sequence[str]) -> int:
    """Try all whose name has one of the parts; print the table; answer the exit code."""
    began = time.monotonic()
    mistakes = [read(path) for path in sorted(PLANTED.glob("*.diff"))]
    mistakes = [one for one in mistakes if not parts or any(part in one.name for part in parts)]
    if not mistakes:
        print("There is no such mistake.")
        return 1
    every = tuple(dict.fromkeys(test for one in mistakes for test in one.tests))
    nothing = Mistake("00-nothing", "nothing is planted: all named tests pass", every, "")
    found = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one in pool.map(tried, [nothing, *mistakes]):
            verdict = "passes" if one.mistake is nothing and one.verdict == "NOT CAUGHT" else one.verdict
            found.append(one)
            print(f"{one.mistake.name:42} {verdict:14} {one.took_s:5.1f} s  {one.by[:90]}", flush=True)
    sound = found[0].verdict == "NOT CAUGHT"
    caught = sum(one.caught for one in found[1:])
    print(f"\n{caught} of {len(mistakes)} caught in {time.monotonic() - began:.0f} s")
    if not sound:
        print("The named tests do not pass where nothing is planted.")
    for one in found[1:]:
        if not one.caught:
            print(f"{one.verdict}: {one.mistake.name}: {one.mistake.says} ({', '.join(one.mistake.tests)}) {one.by}")
    return 0 if sound and caught == len(mistakes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
