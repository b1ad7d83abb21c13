"""How the shop writes money, days, counts and names. Pure functions; en-IN throughout.

Source: Unicode CLDR 48, locale en-IN (grouping 3;2, order of day and month).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNS: Final[Mapping[str, str]] = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_YEARS: Final = frozenset({"year", "years", "yr"})
_DIGITS: Final[Mapping[str, int]] = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3}
_SCRIPTS: Final = (("hi", 0x0900, 0x097F), ("bn", 0x0980, 0x09FF), ("ta", 0x0B80, 0x0BFF), ("te", 0x0C00, 0x0C7F))


def grouped(number: int) -> str:
    """A whole number with Indian grouping: 12,34,567."""
    digits = str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ("−" if number < 0 else "") + ",".join([*reversed(pairs), tail])


def money(minor: int, currency: str) -> str:
    """₹12,34,567, or ₹499.50: paise only where they are not zero. Unknown currencies by their code."""
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(abs(minor), 10**digits)
    sign = _SIGNS.get(currency, currency + " ")
    decimals = f".{rest:0{digits}d}" if rest else ""
    return ("−" if minor < 0 else "") + sign + grouped(whole) + decimals


def decimal(minor: int, currency: str) -> str:
    """The amount for machines: 6499 or 499.50."""
    digits = _DIGITS.get(currency, 2)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if rest else str(whole)


def minor_units(text: str, currency: str) -> int | None:
    """What a person typed as an amount, in minor units; None when it is not one."""
    found = re.fullmatch(r"\s*(?:₹|Rs\.?|INR)?\s*(\d[\d,  ]{0,14})(?:\.(\d{1,2}))?\s*", text, re.IGNORECASE)
    if found is None:
        return None
    scale: int = 10 ** _DIGITS.get(currency, 2)
    whole = int(re.sub(r"\D", "", found[1]))
    return whole * scale + int((found[2] or "0").ljust(2, "0")) * scale // 100


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day in the shop's words."""

    iso: str
    weekday: str  # Thu
    number: int
    month: str  # Nov
    words: str  # Thu, 26 Nov
    long: str  # Thursday


def day(iso: str | date, today: date) -> Day:
    """A day as it is written everywhere; the year only when it is not this one's."""
    when = iso if isinstance(iso, date) else date.fromisoformat(iso)
    weekday, month = _WEEKDAYS[when.weekday()], _MONTHS[when.month - 1]
    year = f" {when.year}" if when.year != today.year else ""
    words = f"{weekday}, {when.day} {month}{year}"
    return Day(when.isoformat(), weekday, when.day, month, words, _LONG_WEEKDAYS[when.weekday()])


def things(count: int) -> str:
    """1 thing, 1,284 things."""
    return f"{grouped(count)} thing" + ("" if count == 1 else "s")


def number(value: float) -> str:
    """A measured number without needless zeros: 1.62, 45, 1,200."""
    if value == int(value) and abs(value) < 1e15:
        return grouped(int(value))
    return f"{value:.10g}"


def attribute(value: object, unit: str = "") -> str:
    """An attribute's value for people."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (int, float)):
        if unit in _YEARS and value == int(value) and 1000 <= value < 3000:
            return str(int(value))  # a year of the calendar, not a number of years
        return number(value) + (f" {unit}" if unit else "")
    if isinstance(value, (list, tuple)):
        return sentence(", ".join(str(part) for part in value))
    return sentence(str(value))


def sentence(text: str) -> str:
    """The text with a capital first letter, where its maker wrote a plain lower-case word (not iPad, not a unit)."""
    first_word = text.partition(" ")[0]
    plain = len(first_word) > 2 and first_word.islower() and first_word.isalpha()
    return text[0].upper() + text[1:] if plain else text


def label(name: str) -> str:
    """A readable label for an attribute without one: `back_length_cm` → Back length cm."""
    text = name.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:] if text else name


def language(text: str) -> str:
    """The language tag for a text whose letters are mostly of one Indian script; empty for all others."""
    letters = [ord(c) for c in text if c.isalpha()]
    for tag, first, last in _SCRIPTS:
        if sum(first <= code <= last for code in letters) * 2 > len(letters):
            return tag
    return ""


def slug(title: str) -> str:
    """Up to 60 characters of a title for an address: a-z, 0-9 and hyphens; `item` when nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > 60:
        words = words[:60].rpartition("-")[0] or words[:60]
    return words or "item"


def joined(parts: Sequence[str]) -> str:
    """one, two and three."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]
