"""Settings: every mistake at once, unknown names with a suggestion, secrets never shown."""

import stat
from pathlib import Path

import pytest

from haat.errors import Invalid
from haat.settings import embedded_path, load, secret_of


def wrong(environment: dict[str, str], file: Path | None = None) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        load(environment, file)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_defaults_lie_under_the_data_directory(tmp_path: Path) -> None:
    settings = load({"HAAT_DATA_DIR": str(tmp_path)})
    assert embedded_path(settings.orders_url) == tmp_path / "orders.db"
    assert embedded_path(settings.search_url) == tmp_path / "search"
    assert (settings.address, settings.currency, settings.time_zone) == (("127.0.0.1", 8000), "INR", "Asia/Kolkata")


def test_every_mistake_is_reported_at_once() -> None:
    found = wrong(
        {
            "HAAT_ORDERS_URI": "x",
            "HAAT_SEARCH_URL": "solr://x",
            "HAAT_LISTEN": "8000",
            "HAAT_TIME_ZONE": "Mars/Olympus",
            "HAAT_ENV": "staging",
            "HAAT_CURRENCY": "rupees",
            "HAAT_SECRET_KEY": "short",
        }
    )
    names = "ORDERS_URI SEARCH_URL LISTEN TIME_ZONE ENV CURRENCY SECRET_KEY"
    assert set(found) == {f"HAAT_{name}" for name in names.split()}
    assert "HAAT_ORDERS_URL" in found["HAAT_ORDERS_URI"]
    assert "tantivy:" in found["HAAT_SEARCH_URL"]


def test_names_of_the_tests_are_ignored() -> None:
    assert load({"HAAT_TEST_DATA": "x", "PATH": "/bin"}).env == "development"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "haat.toml"
    file.write_text('listen = "127.0.0.1:9000"\ncurrency = "USD"\n')
    settings = load({"HAAT_CURRENCY": "EUR"}, file)
    assert (settings.listen, settings.currency) == ("127.0.0.1:9000", "EUR")
    assert settings.sources == {"listen": "haat.toml", "currency": "environment"}


def test_a_broken_or_unknown_line_of_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "haat.toml"
    file.write_text("listen = ")
    assert "haat.toml" in wrong({}, file)
    file.write_text('lisen = "x"')
    assert "HAAT_LISTEN" in wrong({}, file)["haat.toml: lisen"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = load({"HAAT_SECRET_KEY": "s" * 40, "HAAT_DATA_DIR": str(tmp_path)})
    assert all("sss" not in value for _, value, _ in settings.shown())
    assert "sss" not in f"{settings} {settings!r} {settings.secret_key}"
    assert secret_of(settings) == b"s" * 40


def test_a_secret_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    settings = load({"HAAT_DATA_DIR": str(tmp_path / "new")})
    secret = secret_of(settings)
    assert len(secret) >= 32
    assert secret_of(settings) == secret
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600


def test_production_refuses_to_make_up_a_secret(tmp_path: Path) -> None:
    settings = load({"HAAT_ENV": "production", "HAAT_DATA_DIR": str(tmp_path), "HAAT_PAYMENTS_URL": "none:"})
    with pytest.raises(Invalid):
        secret_of(settings)


def test_production_takes_no_play_money() -> None:
    with pytest.raises(Invalid) as refused:
        load({"HAAT_ENV": "production"})
    assert [problem.pointer for problem in refused.value.problems] == ["HAAT_PAYMENTS_URL"]


@pytest.mark.parametrize(
    "url", ["redis://", "redis://host:port", "redis://host/zero", "redis://host/0?socket_timeout=9", "redis:host"]
)
def test_a_redis_url_that_is_none_is_refused(url: str) -> None:
    assert set(wrong({"HAAT_KV_URL": url})) == {"HAAT_KV_URL"}


@pytest.mark.parametrize("url", ["mongodb://host", "mongodb://host/", "mongodb:host/catalog", "mongodb://host/a.b"])
def test_a_mongodb_url_without_a_database_is_refused(url: str) -> None:
    assert set(wrong({"HAAT_CATALOG_URL": url})) == {"HAAT_CATALOG_URL"}


@pytest.mark.parametrize("url", ["redis://host", "rediss://:p%40ss@host:6380/3", "redis://user:word@10.0.0.1:6379/"])
def test_a_password_in_a_url_is_not_shown(url: str) -> None:
    settings = load({"HAAT_KV_URL": url})
    shown = {name: value for name, value, _ in settings.shown()}["HAAT_KV_URL"]
    assert settings.kv_url == url
    assert shown.startswith(url.partition(":")[0])
    assert "ss@" not in shown
    assert "word" not in shown


def test_a_database_is_one_contexts_own() -> None:
    server = "mysql://haat:x@db/shop"
    assert set(wrong({"HAAT_ORDERS_URL": server, "HAAT_CARTS_URL": f"{server}?writers=2"})) == {"HAAT_CARTS_URL"}
    assert set(wrong({"HAAT_USERS_URL": "sqlite:///var/orders.db"})) == {"HAAT_USERS_URL"}
    assert load({"HAAT_ORDERS_URL": server, "HAAT_CARTS_URL": "mysql://haat:x@db/carts"}).orders_url == server


def test_parked_events_lie_with_a_log_that_is_sql_and_are_named_for_one_that_is_not() -> None:
    assert load({}).parked_url == load({}).events_url
    assert set(wrong({"HAAT_PARKED_URL": "sqlite:///elsewhere.db"})) == {"HAAT_PARKED_URL"}
    on_kafka = {"HAAT_EVENTS_URL": "kafka://one:9092,two:9092/shop"}
    assert set(wrong(on_kafka)) == {"HAAT_PARKED_URL"}
    assert set(wrong({**on_kafka, "HAAT_PARKED_URL": "kafka://one:9092"})) == {"HAAT_PARKED_URL"}
    assert load({**on_kafka, "HAAT_PARKED_URL": "sqlite:///parked.db"}).parked_url == "sqlite:///parked.db"


@pytest.mark.parametrize("url", ["kafka://one", "kafka:one:9092", "kafka://a:b@one:9092", "kafka://one:9092/a b"])
def test_what_is_no_address_of_kafka_is_said(url: str) -> None:
    assert set(wrong({"HAAT_EVENTS_URL": url, "HAAT_PARKED_URL": "sqlite:///parked.db"})) == {"HAAT_EVENTS_URL"}


def test_a_servers_password_is_not_shown() -> None:
    url = "opensearch+https://shop:hu%2Fsh@search.example:9200/haat?find_ms=400"
    settings = load({"HAAT_SEARCH_URL": url})
    assert settings.search_url == url
    shown = {name: value for name, value, _ in settings.shown()}
    assert shown["HAAT_SEARCH_URL"] == "opensearch+https://shop:***@search.example:9200/haat?find_ms=400"
    assert shown["HAAT_ORDERS_URL"] == settings.orders_url
