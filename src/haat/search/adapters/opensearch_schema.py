"""How an entry lies in a search server: an explicit mapping, and the two lines of JSON that a bulk request takes.

Attribute names are the sellers', and there is no end to them: they are no fields of the mapping but the first part of
terms in one field each for texts, numbers and bands. Numbers are words that sort as the numbers do. Money is `long`
(sorting by `scaled_float` loses documents on some versions). What a hit shows is read from a column: from stored fields
a hundred hits took ten times as long as finding them.
"""

from base64 import b64encode
from typing import Any, Final

import msgspec

from haat.search.adapters.fields import MAX_LEVELS, attributes, choices, common, finite
from haat.search.bands import band_of, from_ordered, to_ordered
from haat.search.index import Entry

FORMAT: Final = 2
"""Grows when the fields change: an index of another format is built anew."""

SEPARATOR: Final = "\x1f"  # between an attribute's name and its value: "unit separator" of ASCII
MAX_NAME_CHARS: Final = 100
_MOST_TERM_CHARS: Final = 8_000  # the engine's limit is 32,766 bytes, and a character has up to four
_SIGN: Final = 1 << 63
_ENCODER: Final = msgspec.json.Encoder()
_WORD: Final = {"type": "keyword", "ignore_above": _MOST_TERM_CHARS}
_FILTER: Final = {**_WORD, "doc_values": False}
_NUMBER: Final = {"type": "long"}


def index_body(*aliases: str | None) -> dict[str, Any]:
    """What an index is made with. One shard: counts are exact, and a refresh shows a commit as a whole."""
    properties: dict[str, Any] = {
        "text": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
        **dict.fromkeys(("exact", "warehouse", "class", "state"), _FILTER),
        **dict.fromkeys(("brand", "attribute", "value", "number", "band"), _WORD),
        **{f"level_{depth}": _WORD for depth in range(1, MAX_LEVELS + 1)},
        "arrival": {"type": "integer", "doc_values": False},
        "price": {"type": "long", "doc_values": False},
        "price_band": {"type": "integer", "index": False},
        **dict.fromkeys(("price_key", "price_desc_key", "newest_key", "rating_key", "ordinal"), _NUMBER),
        "hit": {"type": "binary", "doc_values": True},
        "document": {"type": "binary", "store": True},  # compressed by the server, and not read with hits
    }
    settings = {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",  # commit refreshes; nothing else shows what was written
        "translog.durability": "request",
    }
    mappings = {
        "dynamic": False,
        "_meta": {"format": FORMAT},
        "_source": {"includes": ["ordinal"]},
        "properties": properties,
    }
    named: dict[str, Any] = {alias: {} for alias in aliases if alias}
    return {"settings": {"index": settings}, "mappings": mappings, "aliases": named}


def usable(name: str) -> bool:
    """Whether an attribute of this name can be a filter."""
    return 0 < len(name) <= MAX_NAME_CHARS and SEPARATOR not in name


def term(name: str, value: str) -> str:
    """An attribute's text as a term."""
    return f"{name}{SEPARATOR}{value}"


def number_term(name: str, value: float) -> str:
    """An attribute's number as a term that sorts as the number does."""
    return f"{name}{SEPARATOR}{to_ordered(value) + _SIGN:016x}"


def number_of(word: str) -> float:
    """The number of a term's second part."""
    return from_ordered(int(word, 16) - _SIGN)


def document(entry: Entry, ordinal: int) -> bytes:
    """Both lines for a bulk request; an older version than the one there is refused by the server. Cost: some 50 µs."""
    action = {"index": {"_id": entry.id, "version": entry.version, "version_type": "external_gte"}}
    fields: dict[str, Any] = {"state": entry.state, "ordinal": ordinal, "document": b64encode(entry.document).decode()}
    if entry.state != "gone":
        fields |= _content(entry)
    return _ENCODER.encode(action) + b"\n" + _ENCODER.encode(fields)


def _content(entry: Entry) -> dict[str, Any]:
    texts = {name: kept for name, given in entry.texts.items() if usable(name) and (kept := choices(given))}
    numbers = {name: found for name, given in entry.numbers.items() if usable(name) and (found := finite(given))}
    bands = {term(name, str(band_of(number))): None for name, found in numbers.items() for number in found}
    return {
        **common(entry),
        **{f"level_{depth}": id_ for depth, id_ in enumerate(entry.categories[:MAX_LEVELS], 1)},
        "value": [term(name, value) for name, kept in texts.items() for value in kept],
        "number": [number_term(name, number) for name, found in numbers.items() for number in found],
        "band": list(bands),
        "attribute": attributes(entry, texts, numbers),
    }
