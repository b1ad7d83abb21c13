"""Scattered rows come together, each once, in the order of their groups' first rows."""

from hypothesis import given
from hypothesis import strategies as st

from haat.inbound.grouping import grouped, numbered
from haat.inbound.model import Refusal, Row

KEYS = st.lists(st.one_of(st.none(), st.sampled_from("abcdefg")), max_size=60)


@given(KEYS, st.dictionaries(st.sampled_from("abc"), st.sampled_from("defg"), max_size=3))
def test_groups_are_what_a_dictionary_would_make(keys: list[str | None], parents: dict[str, str]) -> None:
    """`None` is a refused row; `parents` are members that a row of the parent's key names."""
    rows = [Refusal(n, "", "bad") if k is None else Row(n, {"k": k}) for n, k in enumerate(keys, 1)]
    there = set(keys)
    children = {parent: [c for c, p in parents.items() if p == parent] for parent in parents.values()}
    expected: dict[object, list[int]] = {}
    for number, k in enumerate(keys, 1):
        parent = parents.get(k) if k else None
        group: object = number if k is None else parent if parent and parent in there else k
        expected.setdefault((k is None, group), []).append(number)
    found = grouped(numbered(rows), lambda row: row.cells["k"], lambda row: children.get(row.cells["k"], ()))
    assert [[row.number for row in group] for group in found] == list(expected.values())
