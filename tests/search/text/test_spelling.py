"""The dictionary of deletions finds what trying every word would find."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.search.text.spelling import Spelling, distance
from haat.search.text.vocabulary import coverage_bonus, inverse_frequency

WORDS = ["kettle", "kettles", "cattle", "settle", "mattress", "waitress", "headphones", "wireless", "तकिया", "चादर"]
SPELLING = Spelling(WORDS)
letters = st.text("abehklmnoprstw", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("kettle", "kettle", 0),
        ("ketle", "kettle", 1),
        ("ktetle", "kettle", 1),
        ("kettle", "cattle", 2),
        ("a", "abc", 2),
    ],
)
def test_distance(a: str, b: str, edits: int) -> None:
    assert distance(a, b, 3) == distance(b, a, 3) == edits
    assert distance(a, b, edits) == edits


@given(letters, letters)
def test_distance_stops_early_but_never_lies(a: str, b: str) -> None:
    exact = distance(a, b, 20)
    for most in (1, 2):
        assert distance(a, b, most) == min(exact, most + 1)


@given(st.sampled_from(WORDS), st.data())
def test_one_edit_is_always_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    typed = data.draw(
        st.sampled_from(
            [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]]
        )
    )
    found = {WORDS[place]: edits for place, edits in SPELLING.near(typed, 1)}
    assert found == {w: 1 for w in WORDS if distance(typed, w, 2) == 1}


@given(letters)
def test_two_edits_are_found_in_long_words(typed: str) -> None:
    found = {WORDS[place] for place, _ in SPELLING.near(typed, 2)}
    assert {w for w in WORDS if len(w) >= 8 and 0 < distance(typed, w, 2) <= 2} <= found


def test_coverage_bonus_is_five_percent_of_the_upper_bound() -> None:
    assert inverse_frequency(0, 9) == pytest.approx(math.log(1 + 9.5 / 0.5))
    assert coverage_bonus([1, 2], 9) == pytest.approx(0.05 * 2.2 * (inverse_frequency(1, 9) + inverse_frequency(2, 9)))
    assert coverage_bonus([], 9) == 0
    assert coverage_bonus([12], 9) > 0  # counts of a moment later may exceed the items
