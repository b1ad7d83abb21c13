"""A shop whose events go over Kafka, as its users meet it."""

import json
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from haat.shop import TOPICS
from tests.cli.process import free_ports, haat, serving
from tests.contracts.brokers import broker_url, fresh_name

pytestmark = pytest.mark.long


@pytest.mark.engine("kafka")
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


def test_a_shop_opens_serves_and_ends_although_its_broker_is_gone(tmp_path: Path) -> None:
    settings = {
        "HAAT_EVENTS_URL": f"kafka://127.0.0.1:{free_ports(1)[0]}/gone",
        "HAAT_PARKED_URL": f"sqlite:///{tmp_path / 'parked.db'}",
    }
    with serving(tmp_path / "var", **settings) as running:
        for number in range(20):  # each is told to the log
            began_s = time.monotonic()
            with urllib.request.urlopen(f"{running.url}/api/v1/search?q=lamp+{number}", timeout=10) as answer:
                assert answer.status == 200
            assert time.monotonic() - began_s < 2
        running.process.terminate()
        assert running.process.wait(20) == 0
    assert "waiting for the log" in running.log.read_text()
