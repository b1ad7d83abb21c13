"""Hot reads: query strings become Structs, with every mistake named."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.errors import Invalid
from haat.http.read import QueryShape


class Query(msgspec.Struct, frozen=True):
    id: str = ""
    q: str = ""
    limit: int = 20
    brand: list[str] = []
    attr: dict[str, list[str]] = {}
    in_stock: bool = True
    deliver_by: str | None = None


SHAPE = QueryShape(Query)


def problems(query: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        SHAPE.decode(query.encode(), {})
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_lists_repeat_and_groups_gather() -> None:
    query = b"q=tent&brand=A&brand=B%26C&attr.colour=red&attr.colour=blue&attr.size=4&limit=5&in_stock=false"
    assert SHAPE.decode(query, {"id": "x"}) == Query(
        "x", "tent", 5, ["A", "B&C"], {"colour": ["red", "blue"], "size": ["4"]}, in_stock=False
    )


def test_an_empty_value_is_as_if_it_was_not_given() -> None:
    assert SHAPE.decode(b"q=&limit=&deliver_by=", {}) == Query()


def test_every_unknown_parameter_is_named() -> None:
    assert [pointer for pointer, _ in problems("colour=red&q=x&sorting=1")] == ["colour", "sorting"]


def test_a_parameter_given_twice_is_named() -> None:
    assert problems("q=a&q=b") == [("q", "Give this parameter once.")]


def test_a_bad_value_is_named() -> None:
    assert problems("limit=many")[0][0] == "limit"


def test_a_path_parameter_cannot_be_given_in_the_query() -> None:
    with pytest.raises(Invalid):
        SHAPE.decode(b"id=other", {"id": "mine"})


@given(st.binary(max_size=200))
def test_any_bytes_become_a_query_or_a_named_problem(query: bytes) -> None:
    try:
        SHAPE.decode(query, {})
    except Invalid as error:
        assert error.problems
