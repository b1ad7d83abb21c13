"""Published events are decoded for ever: every version of every message has a golden file, and everyone reads it.

A file is an envelope as it lies in logs and lakes: golden/<type>-<version>.json. It is never changed. A new version
of a message gets a new file beside the old ones.
"""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

import haat
from haat.cart.messages import OrderHint
from haat.catalog.messages import ItemChanged
from haat.catalog.take import OfferedItem
from haat.events.envelope import Event, decode, encode, wrap
from haat.inventory.messages import OfferOffered
from haat.search.messages import ItemHint, LaneHint
from tests.conftest import NOON_MS

GOLDEN = Path(__file__).parent / "golden"


class Published(NamedTuple):
    """A message of today."""

    shape: type[msgspec.Struct]
    topic: str
    schema_version: int


def published() -> dict[str, Published]:
    """Every message of every context, by its type."""
    found: dict[str, Published] = {}
    for context in pkgutil.iter_modules(haat.__path__):
        name = f"haat.{context.name}.messages"
        if context.ispkg and importlib.util.find_spec(name):
            for one in vars(importlib.import_module(name)).values():
                topic = getattr(one, "topic", None)
                if isinstance(one, type) and issubclass(one, msgspec.Struct) and isinstance(topic, str):
                    kind, version = getattr(one, "type", None), getattr(one, "schema_version", None)
                    assert isinstance(kind, str), one
                    assert isinstance(version, int), one
                    found[kind] = Published(one, topic, version)
    return found


MESSAGES = published()
HEARD: list[tuple[type[msgspec.Struct], str]] = [  # what consumers read, each with its own Struct
    (OfferedItem, "item.offered"),
    (OfferOffered, "offer.offered"),
    (ItemHint, "item.changed"),
    (ItemHint, "offer.changed"),
    (ItemHint, "stock.changed"),
    (ItemHint, "stock.held"),
    (LaneHint, "lane.changed"),
    (OrderHint, "order.changed"),
]
FILES = sorted(GOLDEN.glob("*.json"))


def event(path: Path) -> Event:
    return decode(path.read_bytes())


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_every_published_version_has_a_golden_file(kind: str) -> None:
    there = {path.name for path in FILES}
    assert {f"{kind}-{version}.json" for version in range(1, MESSAGES[kind].schema_version + 1)} <= there


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_golden_event_decodes_with_its_message_of_today(path: Path) -> None:
    golden = event(path)
    kind, _, version = golden.dataschema.partition("/")
    assert path.stem == f"{golden.type}-{version}"
    assert kind == golden.type
    assert golden.specversion == "1.0"
    assert golden.subject
    message = golden.read(MESSAGES[golden.type].shape)
    if int(version) == MESSAGES[golden.type].schema_version:
        # No field of the published version was lost or changed its meaning on the way.
        again = msgspec.json.decode(msgspec.json.encode(message))
        kept = msgspec.json.decode(golden.data)
        assert {name: again.get(name) for name in kept} == kept
        assert set(again) == set(kept), "the golden file must show every field"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_event_survives_the_log_byte_for_byte(path: Path) -> None:
    golden = event(path)
    assert msgspec.json.decode(encode(golden)) == msgspec.json.decode(path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_fields_of_a_later_version_do_not_disturb_readers(path: Path) -> None:
    golden = event(path)
    later = msgspec.json.decode(golden.data) | {"field_of_a_later_version": {"deep": [1, "two"]}}
    envelope = msgspec.json.decode(path.read_bytes()) | {"data": later, "extension": "unknown"}
    shape = MESSAGES[golden.type].shape
    assert decode(msgspec.json.encode(envelope)).read(shape) == golden.read(shape)


@pytest.mark.parametrize(
    ("shape", "kind"), HEARD, ids=lambda value: value if isinstance(value, str) else value.__name__
)
def test_every_consumer_reads_every_version_it_may_meet(shape: type[msgspec.Struct], kind: str) -> None:
    versions = [path for path in FILES if path.stem.startswith(f"{kind}-")]
    assert versions
    for path in versions:
        event(path).read(shape)


def test_a_message_wrapped_today_reads_back() -> None:
    golden = event(GOLDEN / "item.changed-1.json")
    message = golden.read(ItemChanged)
    wrapped = wrap(message, event_id=golden.id, key=golden.subject, source=golden.source, now_ms=NOON_MS)
    assert msgspec.json.decode(encode(wrapped)) == msgspec.json.decode(encode(golden))
