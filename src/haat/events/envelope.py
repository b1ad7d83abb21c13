"""The envelope of every event: CloudEvents 1.0 attribute names, JSON on the wire.

A message is a msgspec Struct with three class variables: `topic`, `type` ("item.changed") and
`schema_version` (1, 2, …).
Published versions are decoded for ever: new fields have defaults, types never change (tests/events/golden).
Source: CloudEvents specification 1.0.2, sections "Required attributes" and "Optional attributes".
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar, Final, Protocol, TypeVar

import msgspec

from haat.vocabulary import EventId

T = TypeVar("T")
Shape = type[T]  # named, because Event has a field called `type`


class Message(Protocol):
    """What a context publishes: a Struct that names its topic, type and schema version."""

    topic: ClassVar[str]
    type: ClassVar[str]
    schema_version: ClassVar[int]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `subject` is the aggregate's id and the partition key."""

    id: EventId
    source: str  # "haat/catalog"
    type: str  # "item.changed"
    subject: str
    time: str  # RFC 3339, UTC, milliseconds
    dataschema: str  # "item.changed/1"
    data: msgspec.Raw
    traceparent: str = ""
    specversion: str = "1.0"

    def read(self, shape: Shape[T]) -> T:
        """The payload as the reader's own Struct. Raises: msgspec.ValidationError (the event is then parked)."""
        return msgspec.json.decode(self.data, type=shape)


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Event)


@lru_cache(maxsize=64)  # all events of a batch share their moment
def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as `2026-11-22T09:30:00.000Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def encode(event: Event) -> bytes:
    """The event as it lies in the log."""
    return _ENCODER.encode(event)


def decode(value: bytes) -> Event:
    """The event of a log record. Raises: msgspec.DecodeError, msgspec.ValidationError."""
    return _DECODER.decode(value)


def wrap(message: Message, *, event_id: EventId, key: str, source: str, now_ms: int, traceparent: str = "") -> Event:
    """Put a message into its envelope."""
    return Event(
        id=event_id,
        source=source,
        type=message.type,
        subject=key,
        time=rfc3339(now_ms),
        dataschema=f"{message.type}/{message.schema_version}",
        data=msgspec.Raw(_ENCODER.encode(message)),
        traceparent=traceparent,
    )
