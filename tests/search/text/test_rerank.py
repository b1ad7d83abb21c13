"""The second stage: what lifts a hit, what lowers it, and that it is the same every time."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haat.search.text.snapshot import Builder, TextSnapshot
from haat.search.text.tokens import tokens
from tests.search.text.catalogue import Row, of_titles, snapshot


def order(shop: TextSnapshot, q: str, scores: Sequence[float], ordinals: Sequence[int] | None = None) -> list[int]:
    hits = np.array(range(len(scores)) if ordinals is None else ordinals, np.int64)
    found = shop.ranker.order(shop.analyser.analyse(q), hits, np.array(scores, np.float32))
    return [int(at) for at in found]


def test_all_words_in_the_title_lift() -> None:
    shop = of_titles("Steel kettle", "Kettle with steel lid", "Kettle")
    assert order(shop, "steel lid kettle", [10.0, 9.8, 9.6]) == [1, 0, 2]


def test_a_correction_in_the_title_counts_as_the_word() -> None:
    shop = of_titles("Cattle", "Electric kettle", times=3)
    assert order(shop, "electric ketle", [10.0, 9.8], [0, 3]) == [1, 0]


def test_an_unknown_word_is_not_asked_of_titles() -> None:
    shop = of_titles("Steel pot", "Steel kettle")
    assert order(shop, "kettle xylophone", [10.0, 9.8]) == [1, 0]


def test_the_category_of_most_good_hits_lifts() -> None:
    rows = [Row("Kettle lid", category_id="parts"), *[Row(f"Kettle {n}", category_id="kettles") for n in range(5)]]
    assert order(snapshot(rows), "kettle", [10.0, 9.9, 9.9, 9.9, 9.9, 9.9])[-1] == 0


def test_no_category_agrees_with_nothing() -> None:
    rows = [Row("Kettle"), Row("Kettle"), Row("Kettle", category_id="kettles"), Row("Kettle", category_id="kettles")]
    rows += [Row("Pot", category_id="pots")] * 6
    assert order(snapshot(rows), "kettle", [10.0, 10.0, 9.9, 9.9]) == [2, 3, 0, 1]


def test_titles_free_of_the_excluded_rise_and_titles_with_it_fall() -> None:
    shop = of_titles(
        "Ceiling fan with light",
        "Ceiling fan",
        "Ceiling fan without a light",
        "Ceiling fan light-free",
        "Ceiling fan no light",
        "Ceiling fan w/o light",
        "Lightless ceiling fan",
    )
    first = order(shop, "ceiling fan without light", [10.0] * 7)
    assert set(first[:5]) == {2, 3, 4, 5, 6}
    assert first[5:] == [1, 0]


def test_the_malus_is_the_share_of_the_excluded_words() -> None:
    shop = of_titles("Soap with scent and colour", "Soap with scent", "Soap")
    assert order(shop, "soap without scent and colour", [10.0, 10.0, 10.0]) == [2, 1, 0]


def test_ties_keep_the_index_order() -> None:
    shop = of_titles(*["Kettle"] * 50)
    assert order(shop, "kettle", [5.0] * 50) == list(range(50))


def test_items_not_known_yet_rank_by_their_score() -> None:
    shop = of_titles("Kettle", "Pot")
    assert order(shop, "kettle", [10.0, 9.0, 8.0], [90_000, 1, -1]) == [0, 1, 2]


def test_few_or_no_hits() -> None:
    shop = of_titles("Kettle")
    assert order(shop, "kettle", []) == []
    assert order(shop, "kettle", [1.0]) == [0]
    assert order(shop, "kettle", [0.0, 0.0], [0, 0]) == [0, 1]


def test_an_empty_snapshot_keeps_the_order() -> None:
    assert order(TextSnapshot.empty(), "kettle", [3.0, 2.0, 1.0]) == [0, 1, 2]


titles = st.lists(st.sampled_from(["red", "steel", "kettle", "without", "lid", "free", "no"]), max_size=6).map(" ".join)


@given(st.lists(titles, min_size=2, max_size=12), titles, st.data())
def test_it_is_a_permutation_and_agrees_with_reading_titles(rows: list[str], q: str, data: st.DataObject) -> None:
    shop = of_titles(*rows)
    scores = sorted(
        data.draw(st.lists(st.floats(0.5, 9, width=32), min_size=len(rows), max_size=len(rows))), reverse=True
    )
    found = order(shop, q, scores)
    assert sorted(found) == list(range(len(rows)))
    assert found == order(shop, q, scores)
    if "without" not in q:
        wanted = {token for token in tokens(q) if shop.vocabulary.frequency(token)}
        full = [bool(wanted) and wanted <= set(tokens(row)) for row in rows]
        total = [round(score / scores[0] + 0.05 * has, 6) for score, has in zip(scores, full, strict=True)]
        assert [total[at] for at in found] == sorted(total, reverse=True)


def test_growing_keeps_what_was_known() -> None:
    shop = of_titles("Steel kettle", "Pot")
    builder = Builder(shop)
    builder.add(5_000, Row("Kettle with steel lid", category_id="lids"))
    grown = builder.build()
    assert order(grown, "steel lid kettle", [10.0, 9.8], [0, 5_000]) == [1, 0]
    assert grown.ranker.knows(0)
    assert not grown.ranker.knows(4_000)
    assert not shop.ranker.knows(5_000)
