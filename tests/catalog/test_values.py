"""Attribute values: each kind's rule, units, and what is said when one is broken."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.catalog.categories import Attribute
from haat.catalog.units import convert
from haat.catalog.values import BadValue, declared, undeclared

WIDTH = Attribute(name="width", label="Width", kind="number", unit="cm", minimum=1, maximum=500)
WET = Attribute(name="wet", label="Waterproof", kind="boolean")
SIZE = Attribute(name="size", label="Size", kind="enum", values=["S", "M", "XL"])
USES = Attribute(name="uses", label="Uses", kind="multi", values=["Hiking", "City"])
TAGS = Attribute(name="tags", label="Tags", kind="multi")
NOTE = Attribute(name="note", label="Note", kind="text")


@pytest.mark.parametrize(
    ("value", "rule", "unit", "lenient", "kept"),
    [
        (30, WIDTH, None, False, 30),
        (30.5, WIDTH, "cm", False, 30.5),
        (300, WIDTH, "mm", False, 30),
        (1, WIDTH, "in", False, 2.54),
        ("12.5", WIDTH, None, True, 12.5),
        (True, WET, None, False, True),
        ("Yes", WET, None, True, True),
        ("0", WET, None, True, False),
        ("xl", SIZE, None, False, "XL"),
        (["city", "Hiking", "City"], USES, None, False, ["City", "Hiking"]),
        ("Hiking", USES, None, False, ["Hiking"]),
        (["a", " b "], TAGS, None, False, ["a", "b"]),
        (" two  words ", NOTE, None, False, "two words"),
        (7, NOTE, None, True, "7"),
    ],
)
def test_good_values_are_kept_as_their_kind(
    value: Any, rule: Attribute, unit: str | None, lenient: bool, kept: object
) -> None:
    found = declared(value, rule, unit, lenient=lenient)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("value", "rule", "unit", "words"),
    [
        ("30", WIDTH, None, "Give a number in cm"),
        (True, WIDTH, None, "Give a number in cm"),
        (0, WIDTH, None, "At least 1 in cm"),
        (501, WIDTH, None, "At most 500 in cm"),
        (3, WIDTH, "kg", "kg cannot be turned into cm"),
        (math.inf, WIDTH, None, "finite"),
        (10**40, WIDTH, None, "1e15"),
        ("yes", WET, None, "true or false"),
        (1, WET, None, "true or false"),
        ("L", SIZE, None, "one of: S, M, XL"),
        (["Beach"], USES, None, "one of: Hiking, City"),
        ([], TAGS, None, "1 to 500"),
        (["x", 1], TAGS, None, "array of strings"),
        ({}, NOTE, None, "give a string"),
        ("  ", NOTE, None, "empty"),
        ("x" * 10_001, NOTE, None, "10000"),
    ],
)
def test_bad_values_say_what_to_give(value: Any, rule: Attribute, unit: str | None, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        declared(value, rule, unit, lenient=False)


@pytest.mark.parametrize("value", ["x", 3, 2.5, True, False, ["a", "b"]])
def test_undeclared_values_keep_their_type(value: Any) -> None:
    found = undeclared(value)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("value", [None, {}, {"a": 1}, [[]], [1], math.nan, "", "x" * 10_001, ["x"] * 501])
def test_undeclared_values_are_bounded(value: Any) -> None:
    with pytest.raises(BadValue):
        undeclared(value)


@given(st.floats(0.001, 1e6), st.sampled_from(["mm", "cm", "m", "km", "in", "ft"]), st.sampled_from(["mm", "m", "yd"]))
def test_units_there_and_back(number: float, given_unit: str, wanted: str) -> None:
    there = convert(number, given_unit, wanted)
    assert there is not None
    back = convert(there, wanted, given_unit)
    assert back == pytest.approx(number, rel=1e-9)


def test_units_that_mean_different_things_are_not_mixed() -> None:
    assert convert(1, "kg", "cm") is None
    assert convert(1, "parsec", "km") is None
    assert convert(250, "ML", "l") == 0.25
    assert convert(1.5, "Ah", "mAh") == 1_500
