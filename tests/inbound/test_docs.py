"""The examples of the reference pages are what the product reads."""

import re
from pathlib import Path

from haat.inbound.mapping import read_mapping
from tests.inbound.shop import Shop

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference"


def example(page: str, kind: str) -> bytes:
    found = re.search(rf"```{kind}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1].encode()


def test_the_mapping_example_is_a_mapping() -> None:
    assert read_mapping(example("mappings.md", "toml")).columns.group == "style"


async def test_the_feed_examples_are_accepted(shop: Shop) -> None:
    csv = await shop.send(example("feeds.md", "csv"))
    assert (csv.counts.rows, csv.counts.accepted) == (2, 2)
    again = await shop.send(example("feeds.md", "json"))
    assert (again.counts.rows, again.counts.refused) == (1, 0)
