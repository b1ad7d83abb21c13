"""Which formats there are, and which one a file is in."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from haat.inbound.formats.bmecat import BmeCat
from haat.inbound.formats.entry import Format
from haat.inbound.formats.magento import Magento
from haat.inbound.formats.mapped import Mapped
from haat.inbound.formats.merchant import GoogleTsv, GoogleXml
from haat.inbound.formats.own import HaatCsv, HaatJson
from haat.inbound.formats.shopify import Shopify
from haat.inbound.formats.spree import Spree
from haat.inbound.formats.woocommerce import WooCommerce
from haat.inbound.mapping import PLAIN_FORMATS, Mapping
from haat.inbound.model import Notes, Unreadable
from haat.inbound.readers.source import open_source

_MAKERS: Final[dict[str, Callable[[], Format]]] = {
    "haat-csv": HaatCsv,
    "haat-jsonl": HaatJson,
    "shopify": Shopify,
    "woocommerce": WooCommerce,
    "magento": Magento,
    "spree": Spree,
    "google-xml": GoogleXml,
    "google-tsv": GoogleTsv,
    "bmecat": BmeCat,
}
FORMATS: Final = tuple(_MAKERS)
"""Names of the built-in formats, as `format` takes them."""

_SIGNS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("shopify", frozenset({"handle", "title"})),
    ("woocommerce", frozenset({"type", "sku", "name", "regular price"})),
    ("magento", frozenset({"sku", "product_type", "attribute_set_code"})),
    ("spree", frozenset({"slug", "sku", "name"})),
    ("haat-csv", frozenset({"code", "title"})),
)
_HEAD_BYTES: Final = 1 << 16


def format_named(name: str, mapping: Mapping) -> Format:
    """A fresh format for one run. Raises: Unreadable for a name that does not exist."""
    if name in PLAIN_FORMATS:
        if not mapping.columns.code:
            raise Unreadable(f"A plain {name} file needs a mapping that says what its columns mean.")
        return Mapped(mapping)
    maker = _MAKERS.get(name)
    if maker is None:
        raise Unreadable(
            f"There is no format {name!r}. Known: {', '.join(FORMATS)}; csv, json, jsonl, xml by a mapping."
        )
    return maker()


def detect(path: Path, encoding: str = "") -> str:
    """The built-in format a file looks like. Raises: Unreadable when it looks like none."""
    with open_source(path, Notes(), encoding) as source:
        text = source.stream.read(_HEAD_BYTES).decode(source.encoding or "utf-8", "replace").lstrip()
    if text.startswith("<"):
        return "bmecat" if "<BMECAT" in text else "google-xml"
    if text.startswith("{"):
        return "haat-jsonl"
    if not text:
        raise Unreadable("The file is empty.")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        header = next(csv.reader(text.splitlines(), delimiter=delimiter), [])
    except csv.Error as error:
        raise Unreadable(f"The header cannot be read as CSV: {error}.") from error
    if delimiter == "\t":
        return "google-tsv"
    for name, signs in _SIGNS:
        if signs <= _plain(header):
            return name
    raise Unreadable(
        f"This looks like none of the built-in formats ({', '.join(FORMATS)}). Name one, or use a mapping."
    )


def _plain(header: Sequence[str]) -> frozenset[str]:
    return frozenset(cell.strip().lower().removeprefix("g:") for cell in header)
