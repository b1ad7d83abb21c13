"""The command line as its users meet it: what it prints, where, and how it ends."""

import json
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from haat import cli
from tests.cli import process
from tests.cli.forked import Forks, forks
from tests.cli.process import serving

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def haat() -> Iterator[Forks]:
    """Commands without the time it takes to start Python."""
    with forks() as haat:
        yield haat


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty shop."""
    folder = tmp_path_factory.mktemp("cli") / "var"
    done = process.haat(folder, "migrate", "--json")
    assert done.returncode == 0, done.stderr
    assert {row["database"] for row in json.loads(done.stdout)} >= {"orders", "users", "catalog"}
    return folder


def test_migrating_again_changes_nothing(folder: Path, haat: Forks) -> None:
    rows = json.loads(haat(folder, "migrate", "--json").stdout)
    assert all(row["was"] == row["is"] for row in rows)


def test_a_wrong_setting_is_explained_and_nothing_is_started(folder: Path, haat: Forks) -> None:
    done = haat(folder, "doctor", HAAT_SERCH_URL="x")
    assert done.returncode == 1
    assert "HAAT_SEARCH_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_token_is_printed_once_and_alone_on_stdout(folder: Path, haat: Forks) -> None:
    done = haat(folder, "token", "create", "--role", "operator", "--note", "ci")
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert token.startswith("haat_")
    listed = haat(folder, "token", "list", "--json").stdout
    assert token not in listed
    assert json.loads(listed)[0]["note"] == "ci"
    assert haat(folder, "token", "create", "--role", "seller:nobody").returncode == 1


def test_an_import_accounts_for_every_row(folder: Path, haat: Forks, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    rows = [
        {"code": "A1", "title": "Copper bottle", "price": "499.50", "currency": "INR"},
        {"code": "A2", "title": "", "price": "10", "currency": "INR"},
        {"code": "A3", "title": "=HYPERLINK(1)", "price": "10", "currency": "INR"},
    ]
    feed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = tmp_path / "report.csv"
    done = haat(folder, "import", str(feed), "--seller", "acme", "--json", "--report", str(report))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["rows"], said["accepted"], said["refused"]) == (3, 2, 1)
    assert "title" in report.read_text()
    again = json.loads(haat(folder, "import", str(feed), "--seller", "acme", "--json").stdout)
    assert (again["accepted"], again["unchanged"], again["refused"]) == (0, 2, 1)


def test_roles_are_those_that_the_shop_has(folder: Path, haat: Forks) -> None:
    wrong = haat(folder, "worker", "--only", "relay")
    assert wrong.returncode == 1
    assert f"There is: {cli.ROLES.replace(',', ', ')}." in wrong.stderr


def test_a_server_starts_answers_and_ends_on_ctrl_c(folder: Path, haat: Forks, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    with serving(folder) as running:
        with urllib.request.urlopen(f"{running.url}/api/v1/search?q=bottle", timeout=10) as answer:
            assert json.loads(answer.read())["total"] >= 0
        second = haat(folder, "token", "list")
        assert second.returncode == 1
        assert "in use" in second.stderr
        doctor = haat(folder, "doctor", "--json", HAAT_LISTEN=running.url.removeprefix("http://"))
        assert doctor.returncode == 0, doctor.stdout
        assert "haat serve" in json.loads(doctor.stdout)["server"]
        taken = haat(other, "serve", HAAT_LISTEN=running.url.removeprefix("http://"))
        assert taken.returncode == 1
        assert "HAAT_LISTEN" in taken.stderr
        running.process.send_signal(signal.SIGINT)
        running.process.wait(timeout=30)
        messages = running.log.read_text(encoding="utf-8")
        assert running.process.returncode == 0, messages
        assert "Traceback" not in messages


def test_a_shop_moves_by_two_commands(folder: Path, haat: Forks, tmp_path: Path) -> None:
    done = haat(folder, "export", str(tmp_path / "export"), "--json")
    assert done.returncode == 0, done.stderr
    there = haat(tmp_path / "moved", "import", "--all", str(tmp_path / "export"), "--json")
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout) == json.loads(done.stdout)
    again = haat(tmp_path / "moved", "export", "--hashes", "--json")
    assert json.loads(again.stdout) == json.loads(done.stdout)


@pytest.mark.parametrize(
    "wrong",
    [
        ("export",),
        ("export", "--hashes", "somewhere"),
        ("import", "."),
        ("import", ".", "--seller", "acme"),
        ("import", ".", "--all", "--seller", "acme"),
    ],
    ids=" ".join,
)
def test_what_says_too_little_or_too_much_is_wrong_usage(folder: Path, haat: Forks, wrong: tuple[str, ...]) -> None:
    done = haat(folder, *wrong)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
