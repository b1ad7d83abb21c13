"""The category tree: inheritance, what may be put where, and ids made of names."""

from hypothesis import given
from hypothesis import strategies as st

from haat.catalog.categories import Attribute, Category, Tree, categories_for, is_category_id, slug

TREE = Tree(
    3,
    [
        Category(id="a", name="A", attributes=[Attribute(name="w", label="W", kind="number", unit="g")]),
        Category(id="a.b", name="B", attributes=[Attribute(name="c", label="C", kind="text")]),
        Category(
            id="a.b.c",
            name="C",
            attributes=[Attribute(name="w", label="Weight", kind="number", unit="g", required=True)],
        ),
    ],
)


def pointers(category: Category) -> list[str]:
    return [problem.pointer for problem in TREE.problems_of(category)]


def test_a_child_inherits_and_may_tighten() -> None:
    assert list(TREE.schema("a.b.c")) == ["w", "c"]
    assert TREE.schema("a.b.c")["w"].required
    assert not TREE.schema("a.b")["w"].required
    assert TREE.schema(None) == {}
    assert TREE.schema("x") == {}
    assert [step.name for step in TREE.way("a.b.c")] == ["A", "B", "C"]


def test_an_attribute_means_the_same_down_a_branch() -> None:
    other_unit = Attribute(name="w", label="W", kind="number", unit="kg")
    assert pointers(Category(id="a.b.d", name="D", attributes=[other_unit])) == ["#/attributes/0"]
    assert pointers(Category(id="a", name="A", attributes=[other_unit])) == ["#/attributes/0"]
    assert pointers(Category(id="z", name="Z", attributes=[other_unit])) == []


def test_everything_wrong_with_a_category_is_told_at_once() -> None:
    attributes = [
        Attribute(name="Bad Name", label="", kind="text", unit="g"),
        Attribute(name="e", label="E", kind="enum"),
        Attribute(name="e", label="E", kind="number", minimum=2, maximum=1, values=["x"]),
        Attribute(name="m", label="M", kind="multi", axis=True, values=["x", "X"]),
    ]
    assert pointers(Category(id="q.r", name="", attributes=attributes)) == [
        "#/id",
        "#/name",
        "#/attributes/0/name",
        "#/attributes/0/label",
        "#/attributes/0/unit",
        "#/attributes/1/values",
        "#/attributes/2/name",
        "#/attributes/2/minimum",
        "#/attributes/2/values",
        "#/attributes/3/axis",
        "#/attributes/3/values",
    ]


def test_ids_are_dotted_slugs() -> None:
    for good in ("a", "outdoor.bags.back-packs", "3d.printers"):
        assert is_category_id(good)
    for bad in ("", "A", "a..b", ".a", "a.", "a.-b", "a b", "a/b", "x" * 201, ".".join("abcdefghi"), "ü"):
        assert not is_category_id(bad)


def test_names_become_ids() -> None:
    names = ["Home & Kitchen", "Café Décor", "मसाले", "  "]
    found = categories_for(names)
    assert [category.id for category in found[:2]] == ["home-kitchen", "home-kitchen.cafe-decor"]
    assert [category.name for category in found] == names[:3]
    assert slug("मसाले") != slug("चाय")
    assert len(categories_for(["level"] * 12)) == 8


@given(st.lists(st.text(max_size=150), max_size=12))
def test_any_names_become_good_ids_whose_parents_come_first(names: list[str]) -> None:
    found = categories_for(names)
    tree = Tree(0, [])
    for category in found:
        assert tree.problems_of(category) == []
        tree = tree.with_category(category)
    assert [category.id for category in categories_for(names)] == [category.id for category in found]
