"""A small catalogue to search in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from haat.search.text.snapshot import Builder, TextSnapshot
from haat.search.text.synonyms import Synonyms


@dataclass(frozen=True)
class Row:
    """An ItemView."""

    title: str
    category_names: Sequence[str] = ()
    category_id: str | None = None
    brand: str | None = None
    attribute_values: Sequence[str] = ()
    bullets: Sequence[str] = ()
    description: str = ""
    models: Sequence[str] = field(default=())
    in_stock: bool = True


def snapshot(rows: Sequence[Row], synonyms: Synonyms | None = None) -> TextSnapshot:
    builder = Builder(synonyms=synonyms or Synonyms({}))
    for ordinal, row in enumerate(rows):
        builder.add(ordinal, row)
    return builder.build()


def of_titles(*titles: str, times: int = 1) -> TextSnapshot:
    return snapshot([Row(title) for title in titles for _ in range(times)])
