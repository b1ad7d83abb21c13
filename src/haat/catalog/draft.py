"""What someone wants an item to be: the same shape from a seller's request and from a feed, before it is checked."""

from typing import Any

from msgspec import Struct

from haat.catalog.model import Picture, Status
from haat.vocabulary import ShippingClass


class DraftVariant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant as asked for. `code` is the supplier's own; the sku is made of it."""

    code: str
    attributes: dict[str, Any] = {}
    eans: list[str] = []
    model: str | None = None
    pictures: list[int] = []
    active: bool = True
    shipping_class: ShippingClass = "standard"


class DraftItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item as asked for: what a seller sends, whole. Ids, versions, times and ratings are not for them to say.

    `pictures` name keys that an upload answered; width and height are filled in from there. Values of attributes are
    checked one by one, so that everything wrong with them is told at once.
    """

    code: str
    title: str
    status: Status = "draft"
    description: str = ""
    bullets: list[str] = []
    brand: str | None = None
    category: str | None = None
    attributes: dict[str, Any] = {}
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    pictures: list[Picture] = []
    variants: list[DraftVariant] = []
    released: str | None = None
