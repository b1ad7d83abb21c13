"""Single values of a source: text, prices, numbers, dates, lists, names. Pure; each says what is wrong with a `Bad`."""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from haat.inbound.messages import AttributeValue
from haat.inbound.model import Bad, CurrencyRefused, Limits

# C0 controls but tab, line feed and carriage return; lone surrogates. They mean nothing in a product's text, are not
# allowed in XML 1.0, and hide things from people.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODE: Final = re.compile(r"[^\s/\\?#%\x00-\x1f\x7f](?:[^/\\?#%\x00-\x1f\x7f]*[^\s/\\?#%\x00-\x1f\x7f])?")
_AMOUNT: Final = re.compile(
    r"(?:([A-Z]{3}) ?|[₹$€£] ?)?(-?[0-9]{1,3}(?:,[0-9]{2,3})+|-?[0-9]{1,15})?(\.[0-9]{0,10})?(?: ?([A-Z]{3}))?"
)
_COMMA_AMOUNT: Final = re.compile(
    r"(?:([A-Z]{3}) ?|[₹$€£] ?)?(-?[0-9]{1,3}(?:\.[0-9]{3})+|-?[0-9]{1,15})?(,[0-9]{0,10})?(?: ?([A-Z]{3}))?"
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_COUNT: Final = re.compile(r"-?[0-9]{1,13}(?:\.0*)?")
_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?")
_EAN: Final = re.compile(r"[0-9]{8,14}")
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_TRUE: Final = frozenset({"true", "yes", "1", "y", "on", "active", "published"})
_FALSE: Final = frozenset({"false", "no", "0", "n", "off", "inactive", "draft", "unpublished", "archived", "-1"})
_AUTO: Final = {str: "text", int: "number", float: "number", Decimal: "number", bool: "boolean"}
_EXPONENTS: Final[dict[str, int]] = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Digits after the point where they are not two. Source: ISO 4217 list one."""


def text(value: Any, name: str, most: int) -> str:
    """Trimmed text, at most so many characters. Numbers are written out; other things are Bad."""
    if value is None:
        return ""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise Bad(name, "This must be text.")
        value = str(value)
    found: str = value.strip()
    if len(found) > most:
        raise Bad(name, f"This has {len(found):,} characters; the most is {most:,}.")
    if not found.isprintable() and _CONTROL.search(found):
        raise Bad(name, "This holds a control character (such as NUL) or half a surrogate pair. Remove it.")
    return found


def code(value: Any, name: str = "code") -> str:
    """The supplier's own id. It becomes part of addresses, so a few characters are out."""
    found = text(value, name, Limits.CODE_CHARS)
    if not found:
        raise Bad(name, "There is no code; each product needs its own.")
    if not _CODE.fullmatch(found):
        raise Bad(name, r"A code may not hold / \ ? # % or control characters.")
    return found


def code_part(value: str) -> str:
    """A piece of a made code: lower-case letters, digits, hyphens."""
    return slug(value, "-") or blake2b(value.encode("utf-8", "replace"), digest_size=4).hexdigest()


@lru_cache(maxsize=20_000)
def slug(value: str, joint: str = "_") -> str:
    """ASCII lower-case words joined by `joint`; empty when nothing is left (a name in another script)."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub(joint, plain).strip(joint)


@lru_cache(maxsize=20_000)
def attribute_name(label: str) -> str:
    """The snake_case name of an attribute: stable, at most 80 characters, never empty."""
    made = slug(label)
    if not made or made[0].isdigit() or len(made) > 80:
        digest = blake2b(label.encode("utf-8", "replace"), digest_size=4).hexdigest()
        made = f"a_{made[:70]}_{digest}" if not made or len(made) > 80 else f"a_{made}"
    return made


@lru_cache(maxsize=20_000)
def attribute_label(column: str) -> str:
    """A label people can read, from a column's name: `package_weight` → "Package weight"."""
    words = column.replace("_", " ").split()
    label = " ".join(words)
    return label[:1].upper() + label[1:120]


def truth(value: Any, name: str, default: bool) -> bool:
    """A yes or no; empty is the default."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if value is not None else ""
    if not word:
        return default
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Bad(name, f"{str(value)[:40]!r} is neither yes nor no.")


def number(value: Any, name: str) -> int | float:
    """A plain decimal number as an attribute's value: whole ones as int."""
    if isinstance(value, bool):
        raise Bad(name, "This must be a number.")
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise Bad(name, f"{value[:40]!r} is not a plain number like 12 or 12.5.")
        value = Decimal(value.strip())
    if isinstance(value, int):
        if abs(value) > 1 << 53:
            raise Bad(name, "This number is too large.")
        return value
    if isinstance(value, float | Decimal):
        found = float(value)  # measurements, not money
        if not -1e15 < found < 1e15:
            raise Bad(name, "This number is too large.")
        return int(found) if found.is_integer() else found
    raise Bad(name, "This must be a number.")


def count(value: Any, name: str, most: int = Limits.STOCK_UNITS) -> int:
    """A whole number of units, not negative."""
    if isinstance(value, str):
        if not _COUNT.fullmatch(value.strip()):
            raise Bad(name, f"{value[:40]!r} is not a whole number.")
        found = int(value.strip().partition(".")[0])
    elif isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif isinstance(value, float | Decimal) and -1 < value <= most and value == int(value):  # 1e999999 stays unspelled
        found = int(value)
    else:
        raise Bad(name, "This must be a whole number.")
    if not 0 <= found <= most:
        raise Bad(name, f"This must be from 0 to {most:,}.")
    return found


def rating(value: Any, name: str = "rating") -> float | None:
    """Stars from 0 to 5, or None."""
    if value is None or value == "":
        return None
    found = float(number(value, name))
    if not 0 <= found <= 5:
        raise Bad(name, "A rating is from 0 to 5.")
    return found


def date(value: Any, name: str) -> str | None:
    """A day as YYYY-MM-DD, from a date or a date and time; None when empty."""
    found = text(value, name, 64)
    if not found:
        return None
    match = _DATE.fullmatch(found)
    try:
        return datetime.date.fromisoformat(match[1]).isoformat() if match else _no_date(found, name)
    except ValueError:
        return _no_date(found, name)


def _no_date(found: str, name: str) -> str:
    raise Bad(name, f"{found!r} is not a date like 2026-11-22.")


def ean(value: Any, name: str = "eans") -> str:
    """A barcode number: 8 to 14 digits, spaces and hyphens dropped."""
    found = text(value, name, 40).replace(" ", "").replace("-", "")
    if not _EAN.fullmatch(found):
        raise Bad(name, f"{found!r} is not a barcode number of 8 to 14 digits.")
    return found


def listed(value: Any, separator: str = "") -> list[Any]:
    """A list as it is, a separated text as its parts, one value as one; empty ones dropped."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [v for v in value if v is not None and v != ""]
    if separator and isinstance(value, str):
        return [part for v in value.split(separator) if (part := v.strip())]
    return [value]


def exponent(currency: str) -> int:
    """Digits after the point of a currency."""
    return _EXPONENTS.get(currency, 2)


def amount(value: Any, name: str, *, decimal_comma: bool = False) -> tuple[Decimal | None, str]:
    """An amount in major units and the currency it names ("" if none); None when empty or zero.

    "1,299.00", "₹1,299", "105.29 USD" and JSON numbers are read; exponents and other digits are not.
    """
    if value is None or value == "":
        return None, ""
    named = ""
    if isinstance(value, str):
        match = (_COMMA_AMOUNT if decimal_comma else _AMOUNT).fullmatch(value.strip())
        if not match or not (match[2] or (match[3] and len(match[3]) > 1)):
            raise Bad(name, f"{value[:40]!r} is not a price like 1299.00.")
        named = match[1] or match[4] or ""
        whole = (match[2] or "0").replace("." if decimal_comma else ",", "")
        found = Decimal(whole + (match[3] or "").replace(",", "."))
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Bad(name, "This must be a price like 1299.00.")
    else:
        found = Decimal(str(value))
    if not found.is_finite() or found > Limits.PRICE_MINOR:
        raise Bad(name, "This price is too large.")
    if found < 0:
        raise Bad(name, "A price is not negative.")
    return (found or None), named


def to_minor(major: Decimal, currency: str, shop: str, rates: Mapping[str, Decimal], name: str) -> int:
    """An amount in the shop's minor units, halves rounded up.

    Raises: CurrencyRefused when it is in another currency and no rate was given.
    """
    if currency != shop:
        rate = rates.get(currency)
        if rate is None:
            raise CurrencyRefused(name, f"This is in {currency}; the shop sells in {shop} and the mapping has no rate.")
        major = major * rate
    minor = int(major.scaleb(exponent(shop)).to_integral_value(ROUND_HALF_UP))
    if minor > Limits.PRICE_MINOR:
        raise Bad(name, "This price is too large.")
    if minor == 0:
        raise Bad(name, "This price is less than the smallest coin.")
    return minor


def attribute(value: Any, kind: str, name: str, separator: str = "") -> AttributeValue | None:
    """A value of this kind; None when empty. "auto" keeps what JSON says, and text as text."""
    if value is None or value == "" or value == []:  # noqa: PLR1714  # one tuple fewer for each cell of a feed
        return None
    if kind == "auto":
        kind = _AUTO.get(type(value), "list") if not separator else "list"
    if kind == "text":
        return text(value, name, Limits.VALUE_CHARS) or None
    if kind == "number":
        return number(value, name)
    if kind == "boolean":
        return truth(value, name, False)
    if isinstance(value, dict):
        raise Bad(name, "An attribute is a text, a number, true or false, or a list of texts.")
    parts = [text(part, name, Limits.LIST_VALUE_CHARS) for part in listed(value, separator)]
    if len(parts) > Limits.LIST_VALUES:
        raise Bad(name, f"This list has {len(parts):,} values; the most is {Limits.LIST_VALUES}.")
    return parts or None
