"""Partial changes: fields left out stay as they are, null means null."""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

Row = TypeVar("Row", bound=msgspec.Struct)


def changed(row: Row, patch: msgspec.Struct) -> Row:
    """The row with every field the patch sets."""
    values: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET
    }
    return msgspec.structs.replace(row, **values)
