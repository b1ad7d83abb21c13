"""Money, days, counts and names as the shop writes them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.web.storefront import words
from haat.web.storefront.address import Query, item_of, item_path, read_query, same_site
from haat.web.storefront.colours import paint
from haat.web.storefront.stalls import drawing_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("minor", "said"),
    [(0, "₹0"), (649_900, "₹6,499"), (1_234_567_00, "₹12,34,567"), (49_950, "₹499.50"), (5, "₹0.05"),
     (-19_900, "−₹199")],
)  # fmt: skip
def test_rupees(minor: int, said: str) -> None:
    assert words.money(minor, "INR") == said


def test_other_currencies_have_their_own_sign_and_digits() -> None:
    assert words.money(1200, "JPY") == "¥1,200"
    assert words.money(1200, "XTS") == "XTS 12"


def test_days_carry_the_year_only_when_it_is_another() -> None:
    assert words.day("2026-11-26", TODAY).words == "Thu, 26 Nov"
    assert words.day("2027-01-02", TODAY).words == "Sat, 2 Jan 2027"


@pytest.mark.parametrize(
    ("title", "slug"),
    [("AlpinePack 45 l", "alpinepack-45-l"), ("Café crème!", "cafe-creme"), ("पानी", "item"), ("", "item"),
     ("--", "item"), ("a" * 200, "a" * 60)],
)  # fmt: skip
def test_slugs(title: str, slug: str) -> None:
    assert words.slug(title) == slug


def test_languages_by_script() -> None:
    assert words.language("मोमजामा लगे कैनवस का झोला") == "hi"
    assert words.language("Backpack पिट्ठू, the large one") == ""
    assert words.language("12345") == ""


def test_attributes() -> None:
    assert words.attribute(1.62, "kg") == "1.62 kg"
    assert words.attribute(45.0, "l") == "45 l"
    assert words.attribute(True) == "Yes"
    assert words.attribute(["a", "b"]) == "a, b"
    assert words.attribute(2023, "year") == "2023"
    assert words.attribute(2, "year") == "2 year"
    assert words.attribute("hand-woven silk") == "hand-woven silk"
    assert words.attribute("paperback") == "Paperback"
    assert words.attribute("iPad") == "iPad"


def test_colours_and_drawings() -> None:
    assert paint("Dark Moss") == "#4c5a3f"
    assert paint("Stripes") == ""
    assert drawing_of("home-kitchen", "Home & kitchen")[0] == "home"
    assert drawing_of("zzz", "Odds and ends")[0] == "stall"


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_written_as_money_is_read_back(minor: int) -> None:
    assert words.minor_units(words.money(minor, "INR"), "INR") == minor


@given(st.text(max_size=300))
def test_an_item_address_is_one_segment_and_leads_to_its_id(title: str) -> None:
    id_ = "itm_" + "0" * 26
    path = item_path(title, id_)
    assert path.isascii()
    found = item_of(path.removeprefix("/i/"))
    assert found == (words.slug(title), id_)


@given(st.text(max_size=100))
def test_going_back_never_leaves_the_site(target: str) -> None:
    back = same_site(target)
    assert back.startswith("/")
    assert not back.startswith(("//", "/\\"))
    assert "\r" not in back
    assert "\n" not in back


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(str.strip).filter(bool)


@given(
    q=_TEXTS,
    brands=st.lists(_TEXTS, unique=True, max_size=4),
    attributes=st.dictionaries(_TEXTS, st.lists(_TEXTS, min_size=1, unique=True, max_size=3), max_size=3),
    prices=st.tuples(st.none() | st.integers(0, 10**7), st.none() | st.integers(10**7, 10**8)),
    flags=st.tuples(st.booleans(), st.booleans()),
)
def test_a_listing_and_its_address_are_the_same_thing(
    q: str,
    brands: list[str],
    attributes: dict[str, list[str]],
    prices: tuple[int | None, int | None],
    flags: tuple[bool, bool],
) -> None:
    query = Query(
        q=" ".join(q.split()) or "x",
        brands=tuple(brands),
        attributes={name: tuple(values) for name, values in attributes.items()},
        price_min_minor=prices[0],
        price_max_minor=prices[1],
        in_stock=flags[0],
        anywhere=flags[1],
        deliver_by="2026-11-26",
        sort="price",
    )
    again, notes = read_query(query.url().partition("?")[2].encode())
    assert notes == []
    assert again == query
