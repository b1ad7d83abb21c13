"""The operator arranges the category tree: put a category, delete an empty one."""

from collections.abc import Iterable
from dataclasses import dataclass

from haat.catalog.categories import MAX_CATEGORIES, Category, Tree
from haat.catalog.forest import TreeStore
from haat.catalog.shelf import Shelf
from haat.errors import Conflict, Invalid, NotFound, Problem


class InvalidCategory(Invalid):
    """The category cannot be kept as it is. Every reason is in `problems`; nothing was changed."""

    code, title = "invalid-category", "Something about the category is not right"


class CategoryNotFound(NotFound):
    """There is no such category."""

    code, title = "category-not-found", "There is no such category"


class CategoryNotEmpty(Conflict):
    """Items or other categories lie in it. Nothing was changed."""

    code, title = "category-not-empty", "The category is not empty"


@dataclass(frozen=True, slots=True)
class PutCategory:
    """Creates a category or replaces its name and attributes.

    Items that lie in it are checked against new rules when they are next written; until then they stay as they are.
    """

    trees: TreeStore

    async def __call__(self, category: Category) -> tuple[Tree, bool]:
        """The tree after it, and whether the category is new. Raises: InvalidCategory, Unavailable."""
        created = False

        def step(tree: Tree) -> Tree:
            nonlocal created
            created = category.id not in tree.by_id
            problems = tree.problems_of(category)
            if problems:
                raise InvalidCategory(problems=problems)
            return tree if tree.by_id.get(category.id) == category else tree.with_category(category)

        return await self.trees.change(step), created


@dataclass(frozen=True, slots=True)
class DeleteCategory:
    """Deletes a category that nothing lies in."""

    trees: TreeStore
    shelf: Shelf

    async def __call__(self, category_id: str) -> None:
        """Return when it is gone.

        An item that is written into it in the same moment keeps its category's id and name, and is told at its next
        write that the category is gone. Raises: CategoryNotFound, CategoryNotEmpty, Unavailable.
        """
        if category_id in (await self.trees.fresh()).by_id and await self.shelf.any_in(category_id):
            raise CategoryNotEmpty("Items lie in it: move them first. Retired ones count, as they can come back.")

        def step(tree: Tree) -> Tree:
            if category_id not in tree.by_id:
                raise CategoryNotFound
            below = tree.under(category_id)
            if below:
                raise CategoryNotEmpty(f"There are {len(below)} categories below it, like {below[0].id}.")
            return tree.without(category_id)

        await self.trees.change(step)


def with_missing(tree: Tree, wanted: Iterable[Category]) -> Tree:
    """The tree with those of the wanted categories that it lacks; what is there stays as it is.

    `wanted` holds whole ways from the root, as `categories_for` gives them. Raises: InvalidCategory when it is full.
    """
    new = {category.id: category for category in wanted if category.id not in tree.by_id}
    if len(tree.by_id) + len(new) > MAX_CATEGORIES:
        raise InvalidCategory(problems=[Problem("#/category", f"There can be {MAX_CATEGORIES} categories, no more.")])
    return Tree(tree.version, [*tree.by_id.values(), *new.values()]) if new else tree
