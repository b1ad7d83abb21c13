"""deploy/compose.yaml names the engines that adapters are proven on, as durable, with settings that fit them."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from haat.settings import load
from tools.engines.__main__ import ENGINES
from tools.engines.engine import Place
from tools.engines.kafka import PROPERTIES
from tools.engines.redis import Valkey
from tools.engines.sql import DATABASES, DURABLE

FILE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
PROFILES = {"core", "search", "streaming", "lake", "observability"}
HERE_ONLY = ("--bind-address", "--skip-name-resolve", "--innodb-buffer-pool-size", "--performance-schema")
"""Flags of servers for development that are about this machine."""
PLACE = Place(Path("/nowhere"), Path("/nowhere"), 1, "secret")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_checked_and_on_the_loopback(name: str) -> None:
    service = SERVICES[name]
    image, _, tag = service["image"].rpartition(":")
    assert image
    assert re.fullmatch(r"v?\d+(\.\d+)+", tag), service["image"]
    assert service["profiles"]
    assert set(service["profiles"]) <= PROFILES
    assert service["healthcheck"]["test"]
    assert service["healthcheck"]["retries"]
    if service.get("network_mode") == "host":
        assert any("127.0.0.1:" in word for word in service["command"])
    else:
        assert service["ports"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    for volume in service["volumes"]:
        assert volume.partition(":")[0] in COMPOSE["volumes"]
    for config in service.get("configs", ()):
        assert COMPOSE["configs"][config["source"]]["content"]


@pytest.mark.parametrize("name", ["mysql", "valkey", "opensearch", "kafka"])
def test_the_version_is_the_one_that_was_proven(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert f"{ENGINES[name].version}.".startswith(f"{tag}.")


def test_mysql_is_as_durable_and_as_strict() -> None:
    wanted = [flag for flag in DURABLE if not flag.startswith(HERE_ONLY)]
    assert set(wanted) <= set(SERVICES["mysql"]["command"])
    made = COMPOSE["configs"]["databases"]["content"]
    assert set(re.findall(r"CREATE DATABASE (\w+);", made)) == set(DATABASES)
    assert set(re.findall(r"GRANT ALL ON (\w+)\.\*", made)) == set(DATABASES)
    assert SERVICES["mysql"]["environment"]["MYSQL_PASSWORD"].startswith("${HAAT_DB_PASSWORD:?")


def test_valkey_keeps_what_it_answered() -> None:
    words = SERVICES["valkey"]["command"][1:]
    options = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
    ours = dict(line.split(" ", 1) for line in Valkey()._lines(PLACE))
    assert options == {name: ours[name] for name in options}
    assert {"appendonly", "appendfsync", "maxmemory-policy"} <= options.keys()


def test_kafka_keeps_offsets_as_long_and_makes_no_topics_by_mistake() -> None:
    ours = dict(line.split("=", 1) for line in PROPERTIES.splitlines())
    given = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in SERVICES["kafka"]["environment"].items()
    }
    for name in (
        "process.roles", "auto.create.topics.enable", "offsets.retention.minutes", "offsets.topic.replication.factor",
    ):  # fmt: skip
        assert given[name] == ours[name]


def test_the_settings_are_accepted_and_name_these_services() -> None:
    given = {name: url.replace("${HAAT_DB_PASSWORD}", "secret") for name, url in COMPOSE["x-settings"].items()}
    settings = load(given)
    ports = {int(port.split(":")[1]): name for name, service in SERVICES.items() for port in service.get("ports", ())}
    named = {ports[urlsplit(url).port or 0] for url in given.values()}
    assert named == {"mysql", "mongo", "valkey", "opensearch", "kafka"}
    assert settings.events_url == given["HAAT_EVENTS_URL"]
    proven = ("mysql", "mongo", "valkey", "kafka", "opensearch")
    assert set(given) == {name for engine in proven for name in ENGINES[engine].settings(PLACE)}
