"""What the catalogue publishes."""

from typing import ClassVar

from msgspec import Struct

from haat.catalog.model import Status


class ItemChanged(Struct, frozen=True, kw_only=True):
    """A new version of an item is there to be read. A hint of which item; the document says what."""

    topic: ClassVar[str] = "items"
    type: ClassVar[str] = "item.changed"
    schema_version: ClassVar[int] = 1

    item_id: str
    version: int
    status: Status
