"""How an entry lies in a tantivy index: fields, and the JSON a writer takes.

The index is sorted by `reach`: items that reach the same hubs lie together, which makes hub filters 15-35 % cheaper and
the index smaller. JSON is parsed by the writer's own code, at half the cost of building a document from Python.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from tantivy import Schema, SchemaBuilder

from haat.search.adapters.fields import MAX_LEVELS, attributes, choices, common, finite
from haat.search.bands import band_of, to_ordered
from haat.search.index import Entry, State

FORMAT: Final = 2
"""Grows when the fields change: an index of another format is built anew."""

STATES: Final[Mapping[State, int]] = {"gone": 0, "listed": 1, "stocked": 2}
_PIECE_BYTES: Final = 65_000
"""A column's value has at most 65,535 bytes; of longer ones the rest would be lost without a word."""
_NAME: Final = re.compile(r"[^\s.\\\x00-\x1f\"]{1,100}")
_ENCODER: Final = msgspec.json.Encoder()


def build_schema() -> Schema:
    """The fields. What is only counted or sorted is a fast field, what is only filtered has no term frequencies."""
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("exact", "warehouse", "class"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("brand", "seller", "attribute"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("level", "value", "number", "band"):  # category by depth; attribute values by name
        builder.add_json_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("hub", "arrival"):
        builder.add_unsigned_field(name, indexed=True)
    builder.add_unsigned_field("state", indexed=True, fast=True)
    for name in ("price", "price_band", "reach", "ordinal", "version"):
        builder.add_unsigned_field(name, fast=True)
    for name in ("price_key", "price_desc_key", "newest_key", "rating_key"):
        builder.add_unsigned_field(name, fast=True)
    builder.add_bytes_field("hit", stored=True)
    builder.add_bytes_field("document", fast=True)  # a column: stored beside the hit it would make hits thrice as dear
    return builder.build()


@lru_cache(maxsize=1 << 14)
def usable(name: str) -> bool:
    """Whether an attribute of this name can be a filter: a path in the index has no dots, spaces or quotes."""
    return _NAME.fullmatch(name) is not None


def document(entry: Entry, ordinal: int) -> str:
    """The entry as the writer takes it. Cost: about 15 µs and 0.5 µs a hub."""
    fields: dict[str, Any] = {
        "id": entry.id,
        "state": STATES[entry.state],
        "ordinal": ordinal,
        "version": entry.version,
        "reach": entry.reach_key,
        "document": _pieces(entry.document),
    }
    if entry.state != "gone":
        fields |= _content(entry)
    return _ENCODER.encode(fields).decode()


def _pieces(whole: bytes) -> list[str]:
    """A value for the column of documents: each piece begins with the byte of its place."""
    starts = range(0, len(whole), _PIECE_BYTES)
    return [b64encode(bytes([n]) + whole[at : at + _PIECE_BYTES]).decode() for n, at in enumerate(starts)]


def joined(pieces: Sequence[str]) -> bytes:
    """The value again, from what the column gives."""
    return b"".join(piece[1:] for piece in sorted(map(b64decode, pieces)))


def _content(entry: Entry) -> dict[str, Any]:
    texts = {name: list(kept) for name, given in entry.texts.items() if usable(name) and (kept := choices(given))}
    numbers = {name: found for name, given in entry.numbers.items() if usable(name) and (found := finite(given))}
    return {
        **common(entry),
        "title": entry.title,
        "seller": entry.seller,
        "level": {str(depth): id_ for depth, id_ in enumerate(entry.categories[:MAX_LEVELS], 1)},
        "hub": entry.hubs,
        "value": texts,
        "number": {name: [to_ordered(number) for number in given] for name, given in numbers.items()},
        "band": {name: sorted({band_of(number) for number in given}) for name, given in numbers.items()},
        "attribute": attributes(entry, texts, numbers),
    }
