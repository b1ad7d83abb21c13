"""BMEcat 1.2 and 2005: a new catalogue, a product update, a price update. Articles (1.2) and products (2005) are alike.

Prices are taken as written for the smallest quantity, divided by PRICE_QUANTITY; tax is not added. Classification
groups give category names when the product names its group. Source: BMEcat 2005 specification, part 2.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from haat.inbound.formats.entry import Attribute, Entry, Plain, Reading, named
from haat.inbound.model import Action, Refusal, Row, Unreadable
from haat.inbound.readers.source import Source
from haat.inbound.readers.xmltext import Node, read_records

_COLUMNS: Final = {
    "code": "SUPPLIER_PID", "title": "DESCRIPTION_SHORT", "description": "DESCRIPTION_LONG",
    "model": "MANUFACTURER_PID",
    "brand": "MANUFACTURER_NAME", "eans": "INTERNATIONAL_PID", "price": "PRICE_AMOUNT", "pictures": "MIME_SOURCE",
    "category": "REFERENCE_FEATURE_GROUP_ID",
}  # fmt: skip
_RECORDS: Final = ("HEADER", "CLASSIFICATION_GROUP", "CATALOG_STRUCTURE", "PRODUCT", "ARTICLE")
_ACTIONS: Final[dict[str, Action]] = {
    "T_NEW_CATALOG": "offer", "T_UPDATE_PRODUCTS": "offer", "T_UPDATE_ARTICLES": "offer", "T_UPDATE_PRICES": "price",
}  # fmt: skip
_MOST_GROUPS: Final = 100_000
_OFFER_PRICES: Final = ("net_customer", "nrp", "net_list", "gros_list", "net_customer_exp")


def _of(node: Node, path: str) -> str:
    """A value by its 2005 name, or by the 1.2 one (ARTICLE for PRODUCT, AID for PID)."""
    return node.get(path) or node.get(path.replace("PRODUCT", "ARTICLE").replace("_PID", "_AID"))


class BmeCat(Plain):
    """A BMEcat document. Its DOCTYPE is read over; it may declare nothing itself."""

    name = "bmecat"

    def __init__(self) -> None:
        self.currency = ""
        self.picture_root = ""
        self.groups: dict[str, tuple[str, str]] = {}  # id → name, parent

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        del reading
        for node in read_records(source, _RECORDS, ("BMECAT",), doctypes=("BMECAT",)):
            if node.tag == "HEADER":
                self.currency = node.get("CATALOG/CURRENCY")
                self.picture_root = node.get("CATALOG/MIME_ROOT")
            elif node.tag == "CLASSIFICATION_GROUP":
                self._group(node, "CLASSIFICATION_GROUP_")
            elif node.tag == "CATALOG_STRUCTURE":
                self._group(node, "GROUP_")
            elif node.within not in _ACTIONS:
                yield Refusal(node.line, node.within, "This transaction is not a new catalogue or an update.")
            else:
                yield Row(node.line, self._cells(node))

    def _group(self, node: Node, prefix: str) -> None:
        parent = node.get(f"{prefix}PARENT_ID") or node.get("PARENT_ID")
        self.groups[node.get(f"{prefix}ID")] = node.get(f"{prefix}NAME"), parent
        if len(self.groups) > _MOST_GROUPS:
            raise Unreadable(f"This catalogue declares more than {_MOST_GROUPS:,} groups.")

    def _cells(self, node: Node) -> dict[str, Any]:
        """A product as plain values, header facts included, so that it stands alone."""
        deleted = node.attributes.get("mode") == "delete"
        features = [
            [f.get("FNAME"), [v.text for v in f.all("FVALUE") if v.text], f.get("FUNIT")]
            for kind in ("PRODUCT_FEATURES", "ARTICLE_FEATURES")
            for f in node.all(f"{kind}/FEATURE")
        ]
        references = [
            reference.text
            for kind in ("PRODUCT_FEATURES", "ARTICLE_FEATURES")
            for reference in node.all(f"{kind}/REFERENCE_FEATURE_GROUP_ID")
        ]
        price, currency = self._price(node)
        details = "PRODUCT_DETAILS/"
        return {
            "action": "retire" if deleted else _ACTIONS[node.within],
            "code": node.get("SUPPLIER_PID") or node.get("SUPPLIER_AID"),
            "title": _of(node, details + "DESCRIPTION_SHORT"),
            "description": _of(node, details + "DESCRIPTION_LONG"),
            "ean": _of(node, details + "INTERNATIONAL_PID") or _of(node, details + "EAN"),
            "brand": _of(node, details + "MANUFACTURER_NAME"),
            "model": _of(node, details + "MANUFACTURER_PID"),
            "features": [f for f in features if f[0] and f[1]],
            "category": self._path(references),
            "pictures": [self._address(m.text) for m in node.all("MIME_INFO/MIME/MIME_SOURCE") if m.text],
            "price": price,
            "currency": currency or self.currency,
        }

    def _address(self, source: str) -> str:
        if source.startswith(("http://", "https://")) or not self.picture_root:
            return source
        return self.picture_root.rstrip("/") + "/" + source.lstrip("/")

    def _path(self, references: Sequence[str]) -> list[str]:
        for leaf in references:
            path: list[str] = []
            at, left = leaf, 20  # deeper trees are cut: a ring of parents must end too
            while at in self.groups and left:
                name, at = self.groups[at]
                path.insert(0, name)
                left -= 1
            if path:
                return path
        return []

    def _price(self, node: Node) -> tuple[str, str]:
        prices = [
            price
            for kind in ("PRODUCT", "ARTICLE")
            for price in node.all(f"{kind}_PRICE_DETAILS/{kind}_PRICE")
            if price.attributes.get("price_type", "net_customer") in _OFFER_PRICES
        ]
        if not prices:
            return "", ""
        chosen = min(prices, key=lambda price: _decimal(price.get("LOWER_BOUND"), Decimal(1)))
        amount = chosen.get("PRICE_AMOUNT")
        quantity = _decimal(_of(node, "PRODUCT_ORDER_DETAILS/PRICE_QUANTITY"), Decimal(1))
        if quantity > 1 and (major := _decimal(amount, Decimal(0))) > 0:
            amount = f"{major / quantity:.10f}"
        return amount, chosen.get("PRICE_CURRENCY")

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        del reading
        (row,) = rows
        cells = row.cells
        entry = Entry(row.line, row.number, "both", columns=_COLUMNS, action=cells["action"])
        entry.title, entry.description = cells["title"], cells["description"]
        entry.brand, entry.model = cells["brand"], cells["model"]
        entry.eans = [cells["ean"]] if cells["ean"] else []
        entry.category, entry.pictures = cells["category"], cells["pictures"]
        entry.price, entry.currency = cells["price"], cells["currency"]
        entry.attributes = [self._feature(label, found, unit) for label, found, unit in cells["features"]]
        return cells["code"], [entry]

    def _feature(self, label: str, found: list[str], unit: str) -> tuple[Attribute, Any]:
        if len(found) > 1:
            return named(label, found, f"FEATURE {label}", kind="list", unit=unit)
        kind = "number" if unit and _decimal(found[0], None) is not None and found[0][:1] not in "+." else "text"
        return named(label, found[0], f"FEATURE {label}", kind=kind, unit=unit)


def _decimal(found: str, default: Any) -> Any:
    try:
        value = Decimal(found)
    except InvalidOperation:
        return default
    return value if value.is_finite() and abs(value.adjusted()) < 15 else default
