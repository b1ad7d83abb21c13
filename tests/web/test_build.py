"""The build hook: exactly the chosen files, or no build."""

import hashlib
from pathlib import Path

import pytest
from hatch_build import FILES, VENDOR, take

ROOT = Path(__file__).parents[2]


def test_what_the_package_ships_is_what_was_chosen() -> None:
    for file in FILES:
        body = (ROOT / VENDOR / file.target).read_bytes()
        assert hashlib.sha256(body).hexdigest() == file.sha256
        assert file.version.encode() in body


def test_another_file_stops_the_build() -> None:
    other = FILES[0]._replace(package="jinja2", source="jinja2/__init__.py")
    with pytest.raises(RuntimeError, match="not the file that was chosen"):
        take(other)


def test_a_missing_package_says_where_it_belongs() -> None:
    with pytest.raises(RuntimeError, match="build-system"):
        take(FILES[0]._replace(package="no-such-package-anywhere"))


def test_nothing_of_it_is_committed() -> None:
    assert f"{VENDOR}/" in (ROOT / ".gitignore").read_text().splitlines()
