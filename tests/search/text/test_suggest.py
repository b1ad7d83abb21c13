"""Suggestions: what is offered while typing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.search.text.snapshot import TextSnapshot
from haat.search.text.suggest import MAX_SUGGESTIONS, Suggestion
from tests.search.text.catalogue import Row, snapshot

SHOP = snapshot(
    [
        *[Row(f"Bose wireless headphones {n}", ["Audio", "Headphones"], "audio.headphones", "Bose") for n in range(4)],
        *[Row(f"Sony wireless headphones {n}", ["Audio", "Headphones"], "audio.headphones", "Sony") for n in range(3)],
        *[Row(f"Sony wireless mouse {n}", ["Computers", "Mice"], "computers.mice", "Sony") for n in range(2)],
        *[Row("Men's running shoes", ["Clothing & Shoes", "Shoes"], "clothing.shoes", "Puma")] * 3,
        *[Row("Gone gramophone", ["Gone"], "gone", "Gonefish", in_stock=False)] * 5,
        *[Row("कुर्ता सूती", brand="खादी")] * 2,
    ]
)


def suggest(typed: str, shop: TextSnapshot = SHOP) -> list[Suggestion]:
    return shop.suggester.suggest(typed)


def texts(typed: str, kind: str = "completion") -> list[str]:
    return [one.text for one in suggest(typed) if one.kind == kind]


def test_completions_are_frequent_phrases() -> None:
    assert texts("wirel")[0] == "wireless headphones"
    assert texts("wireless m") == ["wireless mouse"]
    assert texts("WIRELESS  m") == ["wireless mouse"]


def test_categories_lead_to_their_id_from_any_word() -> None:
    assert [(one.text, one.category_id) for one in suggest("sho") if one.kind == "category"] == [
        ("Shoes", "clothing.shoes"),
        ("Clothing & Shoes", "clothing"),
    ]


def test_brands_lead_to_their_filter() -> None:
    (brand,) = [one for one in suggest("son") if one.kind == "brand"]
    assert (brand.text, brand.brand) == ("Sony", "Sony")


def test_what_was_typed_is_marked() -> None:
    (shoes,) = [one for one in suggest("mens ru") if one.text == "men's running shoes"]
    assert [shoes.text[a:b] for a, b in shoes.highlight] == ["men's ru"]


@pytest.mark.parametrize("typed", ["haedph", "headpones", "heaphones", "wirless head", "wireles headpho"])
def test_mistyped_words_are_understood(typed: str) -> None:
    assert any("headphones" in text for text in texts(typed))


def test_first_words_that_fit_nothing_are_passed_over() -> None:
    assert "wireless mouse" in texts("purple wireless mo")


def test_nothing_out_of_stock_is_offered() -> None:
    assert suggest("gramo") == suggest("gone") == suggest("gonefish") == []


def test_other_scripts() -> None:
    assert texts("कुर्") == ["कुर्ता सूती"]
    assert texts("खा", "brand") == ["खादी"]


def test_a_phrase_that_always_goes_on_is_not_offered_alone() -> None:
    assert "men's running" not in texts("men")
    assert "men's running shoes" in texts("men")


@given(st.text(st.characters(), max_size=120))
def test_any_text_is_answered_shortly(typed: str) -> None:
    found = suggest(typed)
    assert len(found) <= MAX_SUGGESTIONS
    assert len({(one.kind, one.text, one.category_id) for one in found}) == len(found)
    assert found == suggest(typed)
    for one in found:
        assert all(0 <= a < b <= len(one.text) for a, b in one.highlight)


def test_an_empty_shop_suggests_nothing() -> None:
    assert suggest("kettle", TextSnapshot.empty()) == []
