"""The category tree: ids, attribute schemas and how they are inherited.

An id is the dotted path of slugs from the root ("outdoor.bags.backpacks"), so a category and all below it is a prefix.
A child inherits every attribute of its ancestors and may declare it again with other rules, but not with another kind
or unit: an attribute means the same all the way down a branch.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final, Literal

from msgspec import Struct

from haat.catalog.model import MAX_ATTRIBUTES, MAX_LABEL_CHARS, MAX_NAME_CHARS, MAX_UNIT_CHARS, CategoryRef
from haat.errors import Problem

Kind = Literal["text", "number", "boolean", "enum", "multi"]

MAX_ID_CHARS: Final = 200
MAX_DEPTH: Final = 8
MAX_PART_CHARS: Final = 60
MAX_CATEGORY_NAME_CHARS: Final = 100
MAX_ENUM_VALUES: Final = 500
MAX_CATEGORIES: Final = 20_000  # the tree is one document and one answer: Google's whole taxonomy has 5,595

_REMEMBERED: Final = 20_000  # names of attributes and categories come back with every row of a feed
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]*")


class Attribute(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One attribute of a category. Defaults: optional, shown, neither facet nor searched nor a variant axis.

    `multi` is a list of texts; `values` restricts it, and is what an `enum` may be. `minimum` and `maximum` are of a
    number, in `unit`.
    """

    name: str
    label: str
    kind: Kind
    unit: str | None = None
    values: list[str] = []
    required: bool = False
    facet: bool = False
    searchable: bool = False
    axis: bool = False
    minimum: float | None = None
    maximum: float | None = None


class Category(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node of the tree. `attributes` are its own; those of its ancestors hold too."""

    id: str
    name: str
    attributes: list[Attribute] = []


def parent_of(category_id: str) -> str:
    """The id one step towards the root; empty for a root."""
    return category_id.rpartition(".")[0]


def path_of(category_id: str) -> list[str]:
    """Ids from the root to the category itself."""
    parts = category_id.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


class Tree:
    """All categories at one version. Immutable; a change makes another one."""

    def __init__(self, version: int, categories: Iterable[Category]) -> None:
        self.version = version
        self.by_id: dict[str, Category] = {c.id: c for c in sorted(categories, key=lambda c: c.id.split("."))}
        self._schemas: dict[str, Mapping[str, Attribute]] = {"": {}}

    def schema(self, category_id: str | None) -> Mapping[str, Attribute]:
        """Every attribute that holds in a category, the root's first. Empty for none or an unknown one."""
        known = self._schemas.get(category_id or "")
        if known is not None:
            return known
        category = self.by_id.get(category_id or "")
        if category is None:
            return {}
        found = dict(self.schema(parent_of(category.id)))
        found.update((a.name, a) for a in category.attributes)
        self._schemas[category.id] = found
        return found

    def way(self, category_id: str | None) -> list[CategoryRef]:
        """The steps from the root to a category; empty for none."""
        if not category_id:
            return []
        return [CategoryRef(c.id, c.name) for i in path_of(category_id) if (c := self.by_id.get(i)) is not None]

    @cached_property
    def parents(self) -> frozenset[str]:
        """Ids that have children."""
        return frozenset(parent_of(i) for i in self.by_id)

    def with_category(self, category: Category) -> "Tree":
        """This tree with one category added or replaced."""
        return Tree(self.version, [*(c for c in self.by_id.values() if c.id != category.id), category])

    def without(self, category_id: str) -> "Tree":
        """This tree without one category."""
        return Tree(self.version, [c for c in self.by_id.values() if c.id != category_id])

    def under(self, category_id: str) -> list[Category]:
        """All categories below one, at any depth."""
        return [c for i, c in self.by_id.items() if i.startswith(category_id + ".")]

    def problems_of(self, category: Category) -> list[Problem]:
        """Everything that keeps a category from being added or replaced here, with pointers into it."""
        problems = _id_problems(category.id, self)
        if not 1 <= len(category.name.strip()) <= MAX_CATEGORY_NAME_CHARS:
            problems.append(Problem("#/name", f"A name has 1 to {MAX_CATEGORY_NAME_CHARS} characters."))
        problems.extend(_attribute_problems(category.attributes))
        if problems:
            return problems
        inherited = self.schema(parent_of(category.id))
        for number, attribute in enumerate(category.attributes):
            above = inherited.get(attribute.name)
            if above is not None and not _means_the_same(above, attribute):
                problems.append(Problem(f"#/attributes/{number}", _differs(attribute, above, "a category above")))
            for below in self.under(category.id):
                for theirs in below.attributes:
                    if theirs.name == attribute.name and not _means_the_same(theirs, attribute):
                        problems.append(Problem(f"#/attributes/{number}", _differs(attribute, theirs, below.id)))
        if len(inherited.keys() | {a.name for a in category.attributes}) > MAX_ATTRIBUTES:
            problems.append(Problem("#/attributes", f"With those it inherits there are more than {MAX_ATTRIBUTES}."))
        return problems


def _means_the_same(one: Attribute, other: Attribute) -> bool:
    return (one.kind, one.unit) == (other.kind, other.unit)


def _differs(mine: Attribute, theirs: Attribute, where: str) -> str:
    unit = f" in {theirs.unit}" if theirs.unit else ""
    return f"{mine.name} is {theirs.kind}{unit} in {where}: keep that kind and unit, or choose another name."


def _id_problems(category_id: str, tree: Tree) -> list[Problem]:
    if not is_category_id(category_id):
        example = "outdoor.bags.backpacks"
        detail = (
            f"An id is a dotted path of a-z, 0-9 and inner hyphens, at most {MAX_DEPTH} steps and {MAX_ID_CHARS} "
            f"characters, like {example}."
        )
        return [Problem("#/id", detail)]
    parent = parent_of(category_id)
    if parent and parent not in tree.by_id:
        return [Problem("#/id", f"There is no category {parent} to put it under: create that first.")]
    if category_id not in tree.by_id and len(tree.by_id) >= MAX_CATEGORIES:
        return [Problem("#/id", f"There are {MAX_CATEGORIES} categories already, which is the most we keep.")]
    return []


def _attribute_problems(attributes: Sequence[Attribute]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    if len(attributes) > MAX_ATTRIBUTES:
        problems.append(Problem("#/attributes", f"At most {MAX_ATTRIBUTES} attributes, not {len(attributes)}."))
    for number, attribute in enumerate(attributes):
        at = f"#/attributes/{number}"
        if not is_attribute_name(attribute.name):
            problems.append(Problem(f"{at}/name", f"1 to {MAX_NAME_CHARS} of a-z, 0-9 and _, like screen_size."))
        if attribute.name in seen:
            problems.append(Problem(f"{at}/name", f"{attribute.name} is declared twice: keep one of them."))
        seen.add(attribute.name)
        if not 1 <= len(attribute.label.strip()) <= MAX_LABEL_CHARS:
            problems.append(Problem(f"{at}/label", f"A label has 1 to {MAX_LABEL_CHARS} characters."))
        problems.extend(_rule_problems(attribute, at))
    return problems


def _rule_problems(attribute: Attribute, at: str) -> Iterable[Problem]:
    number = attribute.kind == "number"
    if attribute.unit and not number:
        yield Problem(f"{at}/unit", "Only a number has a unit.")
    if attribute.unit is not None and not 1 <= len(attribute.unit) <= MAX_UNIT_CHARS:
        yield Problem(f"{at}/unit", f"A unit has 1 to {MAX_UNIT_CHARS} characters.")
    if not number and (attribute.minimum is not None or attribute.maximum is not None):
        yield Problem(f"{at}/minimum", "Only a number has a minimum or a maximum.")
    if attribute.minimum is not None and attribute.maximum is not None and attribute.minimum > attribute.maximum:
        yield Problem(f"{at}/minimum", "The minimum is above the maximum.")
    if attribute.axis and attribute.kind == "multi":
        yield Problem(f"{at}/axis", "Variants differ by one value each, so a multi-value attribute is no axis.")
    if attribute.kind == "enum" and not attribute.values:
        yield Problem(f"{at}/values", "Say which values it may have.")
    if attribute.values and attribute.kind not in ("enum", "multi"):
        yield Problem(f"{at}/values", "Only enum and multi have a list of values.")
    lengths = {len(value.strip()) for value in attribute.values}
    if len(attribute.values) > MAX_ENUM_VALUES or any(not 1 <= length <= MAX_LABEL_CHARS for length in lengths):
        yield Problem(f"{at}/values", f"At most {MAX_ENUM_VALUES} values of 1 to {MAX_LABEL_CHARS} characters.")
    if len({c.casefold() for c in attribute.values}) != len(attribute.values):
        yield Problem(f"{at}/values", "Two values differ in nothing but case: keep one of them.")


def is_category_id(text: str) -> bool:
    """Whether text has the shape of a category id. Says nothing about existence."""
    return len(text) <= MAX_ID_CHARS and text.count(".") < MAX_DEPTH and _ID.fullmatch(text) is not None


@lru_cache(_REMEMBERED)
def is_attribute_name(text: str) -> bool:
    """Whether text may name an attribute."""
    return len(text) <= MAX_NAME_CHARS and NAME.fullmatch(text) is not None


@lru_cache(_REMEMBERED)
def slug(name: str) -> str:
    """The part of an id that a category name gives: accents dropped, "&" and spaces as hyphens, at most 60 characters.

    A name that leaves nothing (another script) or too much gets a short digest, so that two names stay two categories.
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    text = "-".join(re.findall(r"[a-z0-9]+", plain))
    kept = sum(c.isalnum() for c in plain)
    meant = sum(c.isalnum() for c in unicodedata.normalize("NFKC", name))
    if text and len(text) <= MAX_PART_CHARS and kept * 2 >= meant:
        return text
    digest = hashlib.sha256(name.strip().casefold().encode()).hexdigest()[:8]
    return f"{text[: MAX_PART_CHARS - 9].strip('-')}-{digest}".lstrip("-")


def categories_for(names: Sequence[str]) -> list[Category]:
    """The categories that a path of names stands for, root first, without attributes.

    Steps beyond the deepest id we keep (8 steps, 200 characters) are left out: the item then lies one step higher.
    Remembered: a feed names the same few paths with every row.
    """
    return list(_categories_for(tuple(names)))


@lru_cache(maxsize=_REMEMBERED)
def _categories_for(names: tuple[str, ...]) -> tuple[Category, ...]:
    found: list[Category] = []
    at = ""
    for name in filter(str.strip, names):
        at = f"{at}.{slug(name)}" if at else slug(name)
        if not is_category_id(at):
            break
        found.append(Category(id=at, name=name.strip()[:MAX_CATEGORY_NAME_CHARS]))
    return tuple(found)


def category_id_of(names: Sequence[str]) -> str:
    """The id of the category that a path of names stands for; empty for no names."""
    return categories_for(names)[-1].id if names else ""
