"""A seller changes parts of an item: JSON merge patch. Source: RFC 7396 section 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from haat.catalog.author import Author, draft_of
from haat.catalog.check import InvalidItem
from haat.catalog.draft import DraftItem
from haat.catalog.model import Item
from haat.errors import Problem
from haat.http.problems import from_msgspec


def merged(target: object, patch: object) -> object:
    """The target with a merge patch applied: null removes a member, objects merge, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    found: dict[str, object] = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


@dataclass(frozen=True, slots=True)
class PatchItem:
    """Applies a merge patch to what a seller may write of his item. Lists (variants, pictures) are replaced whole."""

    author: Author

    async def __call__(self, seller: str, item_id: str, version: int, patch: Mapping[str, Any]) -> Item:
        """The item after it; its version grew only if something changed.

        Raises: ItemNotFound, ItemStale, InvalidItem (also for a field that is not the seller's to write), Unavailable.
        """
        kept = await self.author.own(seller, item_id, version)
        if "code" in patch and patch["code"] != kept.item.code:
            raise InvalidItem(problems=[Problem("#/code", f"The code stays what it is: {kept.item.code}.")])
        unknown = [name for name in patch if name not in DraftItem.__struct_fields__]
        if unknown:
            known = ", ".join(DraftItem.__struct_fields__)
            raise InvalidItem(
                problems=[
                    Problem(f"#/{name[:60]}", f"There is no such field to write. There are: {known}.")
                    for name in unknown
                ]
            )
        try:
            draft = msgspec.convert(merged(msgspec.to_builtins(draft_of(kept.item)), patch), DraftItem)
        except msgspec.ValidationError as error:
            raise InvalidItem(problems=[from_msgspec(error)]) from None
        return await self.author.write(draft, seller, item_id, kept)
