"""One process per data directory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from haat.engines.lock import NAME, DirectoryInUse, Holder, data_directory, holder
from haat.errors import Unavailable

CHILD = """
import sys
from pathlib import Path
from haat.engines.lock import data_directory
with data_directory(Path(sys.argv[1]), "haat serve", "http://127.0.0.1:8000"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def ended(child: "subprocess.Popen[str]") -> int:
    child.communicate()
    return child.returncode


def test_a_second_process_is_told_who_has_it_and_what_to_do(tmp_path: Path, held: "subprocess.Popen[str]") -> None:
    try:
        with pytest.raises(DirectoryInUse) as refused, data_directory(tmp_path, "haat import"):
            pass
        for part in ("`haat serve`", str(held.pid), "http://127.0.0.1:8000", "HAAT_DATA_DIR"):
            assert part in refused.value.detail
        assert holder(tmp_path) == Holder(held.pid, "haat serve", "http://127.0.0.1:8000")
    finally:
        assert ended(held) == 0
    assert holder(tmp_path) is None
    with data_directory(tmp_path, "haat import"):
        assert holder(tmp_path) == Holder(os.getpid(), "haat import")


def test_a_killed_process_leaves_no_lock(tmp_path: Path, held: "subprocess.Popen[str]") -> None:
    held.send_signal(signal.SIGKILL)
    ended(held)
    assert holder(tmp_path) is None
    with data_directory(tmp_path, "haat serve"):
        pass


def test_the_folder_is_made_and_freed(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    assert holder(folder) is None
    with data_directory(folder, "haat serve"), pytest.raises(DirectoryInUse), data_directory(folder, "haat demo"):
        pass
    with data_directory(folder, "haat demo"):
        pass


def test_a_lock_file_nobody_can_read_still_locks(tmp_path: Path) -> None:
    with data_directory(tmp_path, "haat serve"):
        (tmp_path / NAME).write_bytes(b"\xff not ours")
        with pytest.raises(DirectoryInUse, match="another haat process"), data_directory(tmp_path, "haat import"):
            pass
        assert holder(tmp_path) == Holder(0, "another haat process")


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be written"), data_directory(tmp_path / "file", "haat serve"):
        pass
