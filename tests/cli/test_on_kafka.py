"""A shop whose events go over Kafka, as its users meet it."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from haat.shop import TOPICS
from tests.cli.process import haat
from tests.contracts.brokers import broker_url, fresh_name

pytestmark = [pytest.mark.engine("kafka"), pytest.mark.long]


def test_a_market_arrives_over_kafka(tmp_path: Path) -> None:
    name = fresh_name()
    settings = {
        "HAAT_EVENTS_URL": f"kafka://{urlsplit(broker_url()).netloc}/{name}",
        "HAAT_PARKED_URL": f"sqlite:///{tmp_path / 'parked.db'}",
    }
    done = haat(tmp_path / "var", "migrate", "--json", **settings)
    assert done.returncode == 0, done.stderr
    made = {row["database"]: row["is"] for row in json.loads(done.stdout) if row["database"].startswith("topic ")}
    assert made == {f"topic {name}.{topic}": "8 partitions" for topic in TOPICS}
    done = haat(tmp_path / "var", "demo", "--size", "100", "--no-pictures", **settings)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "var" / "events.db").exists()
    done = haat(tmp_path / "var", "doctor", "--json", **settings)
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    assert {"name": "events", "ok": True, "detail": ""} in report["engines"]
    assert {row["events"] for row in report["backlogs"]} == {0}
    again = json.loads(haat(tmp_path / "var", "migrate", "--json", **settings).stdout)
    assert all(row["was"] == row["is"] for row in again)
