"""Tokens: the same for items and queries, whatever way a thing is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.search.text.tokens import MAX_TOKEN_CHARS, exact_key, item_text, stem, tokens
from tests.search.text.catalogue import Row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('17"', "17in 17"),
        ("17-inch", "17in 17"),
        ("17 inches", "17in 17"),
        ("17”", "17in 17"),
        ("17 in stock", "17 in stock"),
        ("3-in-1", "3 in 1 3in1"),
        ("1 TB", "1tb 1"),
        ("1tb", "1tb 1"),
        ("12 fl. oz", "12oz 12"),
        ("1.75 liters", "1.75l 1.75"),
        ("1/2 inch", "1/2in 1/2"),
        ("½ cup", "1/2 cup"),
        ("8 M US", "8 m us"),
        ('8" x 10"', "8x10 8in 8 10in 10"),
        ("8x10", "8x10 8 10"),
        ("10'x12'", "10x12 10ft 10 12ft 12"),
        ("1,000 ml", "1000ml 1000"),
        ("wi-fi", "wi fi wifi"),
        ("B&W", "b w bw"),
        ("10-15", "10 15"),
        ("WH-1000XM4", "wh 1000xm4 wh1000xm4"),
        ("HD4646/20", "hd4646 20 hd464620"),
        ("802.11a/b/g", "802.11a b g"),
        ("black/white", "black white"),
        ("L.L.Bean", "ll bean"),
        ("men's", "man"),
        ("women’s Wallets", "woman wallet"),
        ("Café Motörhead", "cafe motorhead"),
        ("don't", "dont"),
        ("हिन्दी किताब १२ किलो", "हिन्दी किताब 12 किलो"),
        ('the "best" iphone', "the best iphone"),
        ("under_score\x1fglue", "under score glue"),
        ("\ud800 lone", "lone"),
    ],
)
def test_written_forms(text: str, expected: str) -> None:
    assert " ".join(tokens(text)) == expected


PLURALS = """box boxes, watch watches, shoe shoes, battery batteries, cookie cookies, dress dresses, house houses,
glass glasses, lens lenses, potato potatoes, knife knives, tomato tomatoes, axe axes, headache headaches, movie movies,
case cases, mouse mice, shelf shelves, man men, canvas canvas, bus buses"""


@pytest.mark.parametrize("pair", [pair.strip() for pair in PLURALS.split(",")])
def test_both_numbers_of_a_word_have_one_stem(pair: str) -> None:
    one, many = pair.split()
    assert stem(one) == stem(many)


def test_title_counts_four_times_and_category_twice() -> None:
    row = Row("Kettle", ["Kitchen"], "kitchen", "Tefal", ["Red"], ["Fast"], "Boils", ["BI8125"])
    title, field = item_text(row)
    assert title == ["kettle"]
    assert {token: field.count(token) for token in field} == {
        "kettle": 4,
        "kitchen": 2,
        "tefal": 1,
        "red": 1,
        "fast": 1,
        "boil": 1,
        "bi8125": 1,
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("wh1000xm4", "WH-1000XM4"),
        ("0735858175340", "735858175340"),
        (" acme.blue mug ", "ACME.BLUE-MUG"),
        ("कुर्ता", "कुर्ता"),
    ],
)
def test_codes_meet_however_they_are_typed(typed: str, stored: str) -> None:
    assert exact_key(typed) == exact_key(stored) != ""


def test_different_codes_stay_different() -> None:
    assert exact_key("acme.12") != exact_key("acme.1-3")
    assert exact_key("\x00\ud800 -") == ""


@given(st.text(st.characters(), max_size=80))
def test_any_text_gives_tokens_an_index_can_hold(text: str) -> None:
    for token in tokens(text):
        assert 0 < len(token) <= MAX_TOKEN_CHARS
        assert not any(c.isspace() for c in token)
        assert token.encode()


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_case_does_not_matter_for_ascii(text: str) -> None:
    plain = "".join(c for c in text if c.isascii())
    assert tokens(plain.upper()) == tokens(plain.lower())
