"""Snapshots: full builds, additions, staleness, and the semantics of catalogues without categories."""

import random

import numpy as np

from haat.search.text.semantics import DIMENSIONS
from haat.search.text.snapshot import Builder, TextSnapshot
from haat.search.text.synonyms import Synonyms
from tests.search.text.catalogue import Row, of_titles, snapshot

KINDS = {
    "kettle": ["boil", "water", "spout", "cord", "lid", "steel", "litre", "handle"],
    "mattress": ["foam", "queen", "spring", "bed", "sleep", "firm", "cover", "pillow"],
    "drill": ["bit", "cordless", "torque", "chuck", "battery", "hammer", "metal", "wood"],
}


def without_categories(items: int = 900) -> list[Row]:
    """Items of three kinds that share words inside their kind only; 300 filler words make the vocabulary real."""
    pick = random.Random(5)
    filler = [f"filler{n}" for n in range(300)]
    names = [pick.choice(list(KINDS)) for _ in range(items)]
    return [Row(" ".join([name, *pick.sample(KINDS[name], 4), *pick.sample(filler, 3)])) for name in names]


def test_semantics_are_trained_only_without_categories() -> None:
    rows = without_categories()
    assert snapshot(rows).ranker.semantics is not None
    filed = [Row(row.title, category_id=row.title.split()[0]) for row in rows]
    assert snapshot(filed).ranker.semantics is None
    assert snapshot(rows[:50]).ranker.semantics is None


def test_things_of_a_kind_are_alike_and_lift_each_other() -> None:
    rows = without_categories()
    shop = snapshot(rows)
    kinds = np.array([list(KINDS).index(row.title.split()[0]) for row in rows])
    vectors, _ = shop.ranker._vectors[: len(rows)], shop.ranker._clusters
    likeness = vectors @ vectors.T
    same = kinds[:, None] == kinds
    assert likeness[same].mean() > likeness[~same].mean() + 0.2
    foam = [at for at, row in enumerate(rows) if "foam" in row.title][:5]
    stranger = next(at for at, row in enumerate(rows) if row.title.startswith("drill"))
    hits = np.array([stranger, *foam], np.int64)
    order = shop.ranker.order(shop.analyser.analyse("mattress"), hits, np.linspace(10, 9.9, 6, dtype=np.float32))
    assert order[-1] == 0


def test_the_same_catalogue_gives_the_same_numbers() -> None:
    rows = without_categories(500)
    one, two = snapshot(rows), snapshot(rows)
    assert np.array_equal(one.ranker._vectors, two.ranker._vectors)
    assert np.array_equal(one.ranker._clusters, two.ranker._clusters)


def test_added_items_are_placed_by_the_trained_model() -> None:
    rows = without_categories()
    shop = snapshot(rows)
    builder = Builder(shop)
    builder.add(len(rows), Row("kettle spout cord steel"))
    builder.add(len(rows) + 1, Row("zzz unheard words"))
    more = builder.build()
    vectors = more.ranker._vectors
    kettles = [at for at, row in enumerate(rows) if row.title.startswith("kettle")]
    assert (vectors[kettles] @ vectors[len(rows)]).mean() > 0.3
    assert not vectors[len(rows) + 1].any()
    assert more.ranker._clusters[len(rows) + 1] == -1


def test_additions_share_the_arrays_and_count_towards_a_rebuild() -> None:
    shop = of_titles(*[f"Kettle {n}" for n in range(100)])
    assert not shop.stale
    for at in range(9):
        builder = Builder(shop)
        builder.add(100 + at, Row("Teapot"))
        shop = builder.build()
    assert shop.vocabulary.items == 109
    assert shop.vocabulary.frequency("teapot") == 9
    assert not shop.stale
    builder = Builder(shop)
    builder.add(100, Row("Teapot again"))
    shop = builder.build()
    assert shop.stale
    assert shop.vocabulary.items == 109  # the same item, changed
    assert shop.vocabulary.frequency("again") == 1
    assert shop.vocabulary.frequency("teapot") == 9


def test_an_empty_snapshot_is_stale_with_the_first_item() -> None:
    shop = TextSnapshot.empty(Synonyms({}))
    assert not shop.stale
    builder = Builder(shop)
    builder.add(0, Row("Kettle"))
    assert builder.build().stale


def test_memory_per_item() -> None:
    """330 bytes an item with semantics: relevance.md section 2."""
    ranker = snapshot(without_categories()).ranker
    arrays = [value for value in vars(ranker).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) / (ranker.capacity + 1) <= 350
    assert ranker._vectors.shape[1] == DIMENSIONS
