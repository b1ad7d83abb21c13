"""What is logged, and what is not."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from haat.http import logs

SAID = {"method": "GET", "path": "/a\nb\x1b[2J\udcff", "status": 200, "ms": 1.25, "request_id": "r-1"}


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    kept, text = structlog.get_config(), io.StringIO()
    logs.configure(json=True)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=text), cache_logger_on_first_use=False)
    yield text
    structlog.configure(**kept)


def lines(told: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.getvalue().splitlines()]


def test_an_access_line_says_what_structlog_would(told: io.StringIO) -> None:
    logs.access_log()(SAID)
    structlog.get_logger("haat.access").info("request", **SAID)
    quick, usual = lines(told)
    assert quick.pop("timestamp")[:17] == usual.pop("timestamp")[:17]
    assert quick["path"] == SAID["path"]
    assert {**quick, "path": ""} == {**usual, "path": ""}


def test_access_lines_are_quiet_when_logging_is(told: io.StringIO) -> None:
    logs.configure(json=True, level="warning")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=told), cache_logger_on_first_use=False)
    logs.access_log()(SAID)
    assert told.getvalue() == ""


def test_people_get_access_lines_too(told: io.StringIO) -> None:
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(colors=False)])
    logs.access_log()(SAID | {"path": "/a"})
    assert told.getvalue().startswith("request")
    assert "path=/a" in told.getvalue()


def test_a_full_disk_stops_no_request() -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    kept = structlog.get_config()
    logs.configure(json=True)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=Full()), cache_logger_on_first_use=False)
    logs.access_log()(SAID)
    structlog.configure(**kept)


def test_secrets_and_people_are_blanked_one_level_down_too(told: io.StringIO) -> None:
    structlog.get_logger().info("x", Token="t0p", order={"phone": "98450", "id": 7}, note="two\nlines")
    (line,) = lines(told)
    assert (line["Token"], line["order"]) == ("***", {"phone": "***", "id": 7})
    assert line["note"] == "two\\nlines"
