"""Reading queries: corrections, exclusions, synonyms, and hostile text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.errors import Invalid
from haat.search.text.analyse import MAX_WORDS, ParsedQuery
from haat.search.text.snapshot import TextSnapshot
from haat.search.text.synonyms import Synonyms
from tests.search.text.catalogue import Row, of_titles, snapshot

SHOP = of_titles(
    "Wireless headphones with mic",
    "Wired headphone",
    "Electric kettle without cord",
    "Women's running shoes",
    'Laptop bag 17"',
    "Wi-Fi router",
    "कुर्ता सूती पुरुष",
    "Headband wireless",
    times=3,
)


def read(q: str, shop: TextSnapshot = SHOP) -> ParsedQuery:
    return shop.analyser.analyse(q)


def variants(q: str, shop: TextSnapshot = SHOP) -> list[dict[str, float]]:
    return [dict(group.variants) for group in read(q, shop).words]


def test_known_words_are_taken_as_typed() -> None:
    assert variants("wireless headphones") == [{"wireless": 1.0}, {"headphone": 1.0}]
    assert read("wireless headphones").corrected is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("headphnoes", "headphones"),
        ("wireles", "wireless"),
        ("Wierless HEADPHONES", "wireless HEADPHONES"),
        ("kettl", "kettle"),
        ("कुर्त सूती", "कुर्ता सूती"),
        ("hedpohnes mic", "headphones mic"),  # two edits in a long word
    ],
)
def test_unknown_words_are_replaced_and_said(typed: str, meant: str) -> None:
    assert read(typed).corrected == meant


def test_corrections_weigh_less_the_farther_they_are() -> None:
    assert variants("headphnoes") == [{"headphone": 0.8}]
    assert variants("headpohnse") == [{"headphone": 0.6}]


def test_rare_known_words_are_not_corrected() -> None:
    shop = snapshot([*[Row("Mattress")] * 5, Row("Matress brand")])
    assert variants("matress", shop) == [{"matress": 1.0}]
    assert read("matress", shop).corrected is None


def test_words_without_a_neighbour_are_marked_unknown() -> None:
    (group,) = read("xylophone").words
    assert not group.known
    assert group.variants == (("xylophone", 1.0),)


def test_a_new_item_makes_its_words_known() -> None:
    from haat.search.text.snapshot import Builder

    builder = Builder(of_titles("Kettle"))
    builder.add(1, Row("Xylophone"))
    assert builder.build().analyser.analyse("xylophone").words[0].known


def test_exclusions_are_cut_off_and_named() -> None:
    for q in ("kettle without a cord", "kettle w/o cord"):
        parsed = read(q)
        assert [group.variants for group in parsed.words] == [(("kettle", 1.0),)]
        assert parsed.excluded == ("cord",)


def test_without_words_before_it_nothing_is_excluded() -> None:
    assert read("without cord").excluded == ()
    assert read("kettle without").excluded == ()
    assert read("non-stick no drill").excluded == ()


def test_number_and_unit_prefer_the_joined_form() -> None:
    for q in ('17" bag', "17 inch bag", "17-inch bag"):
        assert variants(q) == [{"17in": 1.0, "17": 0.5}, {"bag": 1.0}]
    assert variants("17 mm bag") == [{"17": 1.0}, {"bag": 1.0}]


def test_hyphenated_words_meet_the_joined_word() -> None:
    assert variants("wi-fi") == variants("wifi") == [{"wifi": 1.0}]
    shop = of_titles("T-shirt", "Shirt", "Shirt and tie")
    assert variants("t-shirt", shop) == [{"t": 1.0, "tshirt": 1.0}, {"shirt": 1.0, "tshirt": 1.0}]


def test_synonyms_count_for_less_and_only_if_the_catalogue_has_them() -> None:
    shop = snapshot([Row("Sofa"), Row("Couch"), Row("Lamp")], Synonyms.parse('same = [["sofas", "couch", "divan"]]'))
    assert variants("sofa", shop) == [{"sofa": 1.0, "couch": 0.8}]
    assert variants("divans", shop) == [{"sofa": 0.8, "couch": 0.8}]
    assert variants("divan", shop.with_synonyms(Synonyms({}))) == [{"divan": 1.0}]


def test_one_way_synonyms() -> None:
    synonyms = Synonyms.parse('[also]\nhoover = ["vacuum"]')
    assert synonyms.of("hoover") == ("vacuum",)
    assert synonyms.of("vacuum") == ()


def test_a_wrong_list_of_synonyms_names_every_mistake() -> None:
    with pytest.raises(Invalid) as caught:
        Synonyms.parse('same = [["tv set", "tv"], "sofa"]\nother = 1\n[also]\nx = 3')
    assert {problem.pointer for problem in caught.value.problems} == {"#/same/0/0", "#/same/1", "#/other", "#/also/x"}
    with pytest.raises(Invalid):
        Synonyms.parse("same = [")


def test_the_shipped_list_can_be_read() -> None:
    assert Synonyms.shipped().of("sofa") == ("couch",)


def test_an_empty_shop_takes_words_as_typed() -> None:
    assert variants("anything at all", TextSnapshot.empty()) == [{"anything": 1.0}, {"at": 1.0}, {"all": 1.0}]


def test_long_queries_are_cut() -> None:
    parsed = read(" ".join(f"w{n}" for n in range(500)))
    assert len(parsed.words) == MAX_WORDS


def test_repeated_words_count_once() -> None:
    assert len(read("mic mic mic MIC").words) == 1


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_read(q: str) -> None:
    parsed = read(q)
    assert parsed.original == q
    assert len(parsed.words) <= MAX_WORDS
    assert parsed == read(q)
    for group in parsed.words:
        assert group.variants
        assert all(token and token.encode() for token, _ in group.variants)


@pytest.mark.parametrize("q", ["", " ", '"' * 500, "(" * 500, "without", "w/o", "\x00\n\ud800", "-" * 600, "'s"])
def test_hostile_text_asks_for_little(q: str) -> None:
    assert len(read(q).words) <= 2
