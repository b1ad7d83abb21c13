"""The item document as a wishlist reads it."""

import msgspec

from haat.vocabulary import ShippingClass


class ItemPicture(msgspec.Struct, frozen=True):
    """A picture."""

    key: str


class ItemVariant(msgspec.Struct, frozen=True):
    """A sellable form; `pictures` are positions in the item's list."""

    sku: str
    pictures: list[int] = []
    active: bool = True
    shipping_class: ShippingClass = "standard"


class Item(msgspec.Struct, frozen=True):
    """What a wishlist shows of an item."""

    status: str
    title: str
    pictures: list[ItemPicture] = []
    variants: list[ItemVariant] = []

    def variant(self, sku: str | None) -> ItemVariant | None:
        """One of its variants, or None."""
        return next((variant for variant in self.variants if variant.sku == sku), None)

    def picture(self, sku: str | None) -> str:
        """The key of the picture to show for a variant; empty when there is none."""
        variant = self.variant(sku)
        positions = [*(variant.pictures if variant else ()), 0]
        return next((self.pictures[at].key for at in positions if at < len(self.pictures)), "")


def read_item(document: bytes) -> Item:
    """The document's fields."""
    return _DECODER.decode(document)


_DECODER = msgspec.json.Decoder(Item)
