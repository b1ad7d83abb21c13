"""All settings: one frozen Struct, read once by the command line, from the environment and an optional haat.toml.

Every mistake is reported at once; an unknown HAAT_* name is an error with a suggestion; secrets print as ***.
The URL's scheme picks the engine. Embedded defaults lie under HAAT_DATA_DIR, wherever that points.
"""

import difflib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from haat.errors import Invalid, Problem

PREFIX: Final = "HAAT_"
OTHERS: Final = ("HAAT_TEST_", "HAAT_ENGINES_")
"""Names of what is no setting of a shop: for its tests, and for the tool that keeps real engines."""
MIN_SECRET_CHARS: Final = 32
_PASSWORD: Final = re.compile(r"(://[^:/@]*:)[^/]*@")


class Secret(str):
    """Text that prints as ***; `reveal()` gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """The text itself."""
        return str.__str__(self)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One value per setting; the names are those of the environment in lower case without HAAT_."""

    env: Literal["development", "production"] = "development"
    data_dir: Path = Path("var")
    listen: str = "127.0.0.1:8000"
    admin_listen: str = "127.0.0.1:8001"
    base_url: str = ""  # how the outside calls this shop; default: http:// and `listen`
    secret_key: Secret = Secret()
    time_zone: str = "Asia/Kolkata"
    currency: str = "INR"
    orders_url: str = ""
    users_url: str = ""
    catalog_url: str = ""
    search_url: str = ""
    events_url: str = ""
    parked_url: str = ""  # where events wait that nobody could process; default: with the event log, when it is SQL
    kv_url: str = "memory:"
    inbound_url: str = ""
    serviceability_url: str = ""
    carts_url: str = ""
    payments_url: Secret = Secret("fakepay:")  # a gateway's URL may carry its key
    blobs_url: str = ""
    sources: dict[str, str] = {}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return _address(self.listen)

    @property
    def admin_address(self) -> tuple[str, int]:
        """Host and port of /metrics."""
        return _address(self.admin_listen)

    def shown(self) -> list[tuple[str, str, str]]:
        """(environment name, value with secrets hidden, where it came from) of every setting."""
        names = (field.name for field in msgspec.structs.fields(self) if field.name != "sources")
        return [(PREFIX + n.upper(), _shown(getattr(self, n)), self.sources.get(n, "default")) for n in names]


_EMBEDDED: Final[Mapping[str, tuple[str, str]]] = {
    "orders_url": ("sqlite:///", "orders.db"),
    "users_url": ("sqlite:///", "users.db"),
    "catalog_url": ("sqlite:///", "catalog.db"),
    "search_url": ("tantivy:///", "search"),
    "events_url": ("sqlite:///", "events.db"),
    "inbound_url": ("sqlite:///", "inbound.db"),
    "serviceability_url": ("sqlite:///", "serviceability.db"),
    "carts_url": ("sqlite:///", "carts.db"),
    "blobs_url": ("file:///", "blobs"),
}
"""Where each engine lies when nothing is set: scheme and name below the data directory."""

SQL_SCHEMES: Final = ("sqlite", "mysql", "mariadb")

_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "orders_url": SQL_SCHEMES,
    "users_url": SQL_SCHEMES,
    "catalog_url": ("sqlite", "mongodb", "mongodb+srv"),
    "search_url": ("tantivy", "opensearch", "opensearch+https", "elasticsearch", "elasticsearch+https"),
    "events_url": ("sqlite", "kafka"),
    "parked_url": SQL_SCHEMES,
    "inbound_url": SQL_SCHEMES,
    "serviceability_url": SQL_SCHEMES,
    "carts_url": SQL_SCHEMES,
    "payments_url": ("fakepay", "fakepay+http", "fakepay+https", "none"),
    "blobs_url": ("file",),
    "kv_url": ("memory", "redis", "rediss"),
}
"""The schemes that have an adapter."""

_MONGO: Final = re.compile(r"mongodb(\+srv)?://[^/]+/[\w-]{1,63}(\?.*)?")
_REDIS: Final = re.compile(r"rediss?://([^@/?#]*@)?[^@/?#:]+(:[0-9]{1,5})?(/[0-9]{0,4})?")


def _shown(value: object) -> str:
    """A value for people: the password inside a URL is left out."""
    return _PASSWORD.sub(r"\1***@", str(value))


_KAFKA: Final = re.compile(r"kafka://[^\s/:,@]+:\d+(,[^\s/:,@]+:\d+)*(/[A-Za-z0-9_-]{1,64})?")


def embedded_path(url: str) -> Path:
    """The file or folder of an embedded engine's URL: `sqlite:///var/x.db` → var/x.db; four slashes: absolute."""
    return Path(url.partition(":///")[2])


def load(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Read settings from haat.toml (if it exists) and the environment, which wins.

    Raises: Invalid with every mistake at once.
    """
    problems: list[Problem] = []
    given, sources = _from_file(file, problems)
    fields = {field.name for field in msgspec.structs.fields(Settings)} - {"sources"}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name.startswith(OTHERS):
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in fields:
            problems.append(Problem(name, f"There is no such setting.{_near(key, fields)}"))
            continue
        given[key], sources[key] = text, "environment"
    data_dir = Path(given.get("data_dir", "var"))
    for key, (scheme, below) in _EMBEDDED.items():
        if not given.get(key):
            given[key] = f"{scheme}{data_dir / below}"
    if not given.get("parked_url") and not str(given["events_url"]).startswith("kafka:"):
        given["parked_url"] = given["events_url"]
    _check(given, problems)
    if problems:
        raise Invalid("Some settings are wrong.", problems=problems)
    given.setdefault("base_url", f"http://{given.get('listen', '127.0.0.1:8000')}")
    given["secret_key"] = Secret(given.get("secret_key") or "")
    return msgspec.convert({**given, "sources": sources}, Settings, strict=False, dec_hook=_built)


def _built(kind: type, text: Any) -> Any:
    """Types msgspec does not know are made from their text."""
    return text if isinstance(text, kind) else kind(text)


def secret_of(settings: Settings) -> bytes:
    """The signing key: the one set, else one made at first start and kept in the data directory (0600).

    Raises: Invalid in production when none is set.
    """
    if settings.secret_key:
        return settings.secret_key.reveal().encode()
    if settings.env == "production":
        detail = f"Set it to at least {MIN_SECRET_CHARS} random characters, the same on every replica."
        raise Invalid("Production needs its own secret.", problems=[Problem("HAAT_SECRET_KEY", detail)])
    path = settings.data_dir / "secret.key"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().encode()


def _from_file(file: Path | None, problems: list[Problem]) -> tuple[dict[str, Any], dict[str, str]]:
    if file is None or not file.exists():
        return {}, {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.append(Problem(file.name, f"It cannot be read: {error}"))
        return {}, {}
    fields = {field.name for field in msgspec.structs.fields(Settings)} - {"sources"}
    problems.extend(
        Problem(f"{file.name}: {key}", f"There is no such setting.{_near(key, fields)}")
        for key in table.keys() - fields
    )
    given = {key: str(value) for key, value in table.items() if key in fields}
    return dict(given), dict.fromkeys(given, file.name)


def _near(key: str, fields: set[str]) -> str:
    near = difflib.get_close_matches(key, fields, n=1)
    return f" Did you mean {PREFIX}{near[0].upper()}?" if near else ""


def _check(given: Mapping[str, Any], problems: list[Problem]) -> None:
    """Everything that the types alone do not say."""
    _check_urls(given, problems)
    for key in ("listen", "admin_listen"):
        if key in given:
            try:
                _address(given[key])
            except ValueError:
                problems.append(Problem(PREFIX + key.upper(), "Write host:port, like 127.0.0.1:8000."))
    try:
        ZoneInfo(given.get("time_zone", "Asia/Kolkata"))
    except (KeyError, ValueError, OSError):
        problems.append(Problem("HAAT_TIME_ZONE", "No such zone in the IANA database; for example Asia/Kolkata."))
    if given.get("env", "development") not in ("development", "production"):
        problems.append(Problem("HAAT_ENV", "development or production."))
    currency = given.get("currency", "INR")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        problems.append(Problem("HAAT_CURRENCY", "Three capital letters of ISO 4217, like INR."))
    if 0 < len(given.get("secret_key") or "") < MIN_SECRET_CHARS:
        problems.append(Problem("HAAT_SECRET_KEY", f"At least {MIN_SECRET_CHARS} characters."))


def _check_urls(given: Mapping[str, Any], problems: list[Problem]) -> None:
    for key, schemes in _SCHEMES.items():
        if key not in given:
            continue
        scheme = str(given[key]).partition(":")[0]
        if scheme not in schemes:
            detail = f"No engine answers to “{scheme}:” here. There is: {', '.join(f'{s}:' for s in schemes)}"
            problems.append(Problem(PREFIX + key.upper(), detail))
    if str(given.get("catalog_url", "")).startswith("mongodb") and not _MONGO.fullmatch(given["catalog_url"]):
        problems.append(
            Problem("HAAT_CATALOG_URL", "Write mongodb://user:password@host:27017/catalog, with a database.")
        )
    if str(given.get("kv_url", "")).startswith("redis") and not _REDIS.fullmatch(given["kv_url"]):
        detail = "Write redis://:password@host:6379/0 (rediss: with TLS); the number names the database."
        problems.append(Problem("HAAT_KV_URL", detail))
    _check_events(str(given.get("events_url", "")), str(given.get("parked_url", "")), problems)
    _check_apart(given, problems)
    if given.get("env") == "production" and str(given.get("payments_url", "fakepay:")).startswith("fakepay"):
        detail = "Production takes real money: name a gateway, or none: for cash on delivery alone."
        problems.append(Problem("HAAT_PAYMENTS_URL", detail))


def _check_apart(given: Mapping[str, Any], problems: list[Problem]) -> None:
    """Each SQL database has a history of its own, which two contexts cannot share."""
    taken: dict[str, str] = {}
    for key in _SCHEMES:
        url = str(given.get(key, "")).partition("?")[0]
        if url.partition(":")[0] not in SQL_SCHEMES or (key == "parked_url" and url == given.get("events_url")):
            continue
        other = taken.setdefault(url, key)
        if other != key:
            detail = f"{PREFIX}{other.upper()} names this database already: give each one of its own."
            problems.append(Problem(PREFIX + key.upper(), detail))


def _check_events(events_url: str, parked_url: str, problems: list[Problem]) -> None:
    if not events_url.startswith("kafka:"):
        if parked_url != events_url:
            detail = "Parked events lie with the event log when it is SQL: leave this out."
            problems.append(Problem("HAAT_PARKED_URL", detail))
        return
    if not _KAFKA.fullmatch(events_url):
        detail = "Write kafka://host:port, more servers after commas, and perhaps /name before topics and groups."
        problems.append(Problem("HAAT_EVENTS_URL", detail))
    if not parked_url:
        detail = "Name a SQL database: Kafka cannot prove that a parked event ends once."
        problems.append(Problem("HAAT_PARKED_URL", detail))


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not 0 < int(port) < 65_536:
        raise ValueError(listen)
    return host.strip("[]"), int(port)
