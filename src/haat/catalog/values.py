"""One attribute's value against its rule: the value as it is kept, or what is wrong with it."""

import math
import re
from collections.abc import Sequence
from typing import Final

from haat.catalog.categories import Attribute
from haat.catalog.model import MAX_TEXT_CHARS, MAX_VALUE_CHARS, MAX_VALUES, Value
from haat.catalog.text import line
from haat.catalog.units import convert

MAX_NUMBER: Final = 1e15  # below it every integer is exact in a double, which is what index and browser keep
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SHOWN_VALUES: Final = 8


class BadValue(Exception):
    """Why a value cannot be kept, in a sentence that says what to give instead. Never leaves the catalogue."""


def declared(value: object, rule: Attribute, unit: str | None, *, lenient: bool) -> Value:
    """A value under a category's rule.

    `unit` is the one the writer named; it is converted to the rule's. `lenient` reads text as the kind it should be
    ("12" as 12, "yes" as true), as feeds have nothing but text. Raises: BadValue.
    """
    if rule.kind == "number":
        return _number(value, rule, unit, lenient=lenient)
    if rule.kind == "boolean":
        return _boolean(value, lenient=lenient)
    if rule.kind == "multi":
        given = [value] if isinstance(value, str) else value
        texts = _texts(given)
        return list(dict.fromkeys(_choice(one, rule.values) for one in texts)) if rule.values else texts
    if lenient and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadValue("This is a text: give a string.")
    text = _text(value)
    return _choice(text, rule.values) if rule.kind == "enum" else text


def undeclared(value: object) -> Value:
    """A value that no schema knows: kept with its type. Raises: BadValue."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _bounded(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return _texts(value)
    raise BadValue("A value is a text, a number, true or false, or a list of texts.")


def _text(value: str) -> str:
    if len(value) > MAX_TEXT_CHARS:
        raise BadValue(f"At most {MAX_TEXT_CHARS} characters, not {len(value)}.")
    text = line(value)
    if not text:
        raise BadValue("The value is empty: give one, or leave the attribute out.")
    return text


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadValue("This is a list: give an array of strings.")
    if not 1 <= len(value) <= MAX_VALUES:
        raise BadValue(f"A list has 1 to {MAX_VALUES} values, not {len(value)}.")
    if any(len(one) > MAX_VALUE_CHARS for one in value):
        raise BadValue(f"Each value of a list has at most {MAX_VALUE_CHARS} characters.")
    return list(dict.fromkeys(_text(one) for one in value))


def _choice(text: str, values: Sequence[str]) -> str:
    if text in values:
        return text
    folded = text.casefold()
    for one in values:
        if one.casefold() == folded:
            return one
    known = ", ".join(values[:_SHOWN_VALUES]) + (" …" if len(values) > _SHOWN_VALUES else "")
    raise BadValue(f"It must be one of: {known}.")


def _boolean(value: object, *, lenient: bool) -> bool:
    if isinstance(value, bool):
        return value
    if lenient and (found := _BOOLEANS.get(str(value).strip().casefold())) is not None:
        return found
    raise BadValue("Give true or false.")


def _number(value: object, rule: Attribute, unit: str | None, *, lenient: bool) -> int | float:
    if lenient and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadValue(f"Give a number{_in(rule)}.")
    number: int | float = _bounded(value)
    if unit and rule.unit and unit != rule.unit:
        converted = convert(number, unit, rule.unit)
        if converted is None:
            raise BadValue(f"{unit[:20]} cannot be turned into {rule.unit}: give the number{_in(rule)}.")
        number = converted
    if rule.minimum is not None and number < rule.minimum:
        raise BadValue(f"At least {rule.minimum:g}{_in(rule)}.")
    if rule.maximum is not None and number > rule.maximum:
        raise BadValue(f"At most {rule.maximum:g}{_in(rule)}.")
    return number


def _bounded(number: int | float) -> int | float:
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise BadValue("A number is finite and at most 1e15.")
    return number


def _in(rule: Attribute) -> str:
    return f" in {rule.unit}" if rule.unit else ""
