"""Linked data (JSON-LD) for search engines. Source: schema.org Product, Offer, AggregateRating, BreadcrumbList."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nh3

from haat.web.ports import Offer
from haat.web.storefront import words
from haat.web.storefront.address import item_path
from haat.web.storefront.item import ItemDocument, ItemVariant, sellable
from haat.web.storefront.views import Link, picture_of

MAX_OFFERS = 30
DESCRIPTION_CHARS = 160


def breadcrumbs(trail: Sequence[Link], origin: str, path: str) -> dict[str, Any]:
    """The way to a page; the last step is the page itself, at `path`."""
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": link.name, "item": origin + (link.url or path)}
            for place, link in enumerate(trail, 1)
        ],
    }


def description_of(item: ItemDocument) -> str:
    """One line about an item, without markup."""
    text = " ".join([*item.bullets[:3], nh3.clean(item.description, tags=set())])
    return re.sub(r"\s+", " ", re.sub(r"&\w+;", " ", text)).strip()[:DESCRIPTION_CHARS]


def linked_item(
    item: ItemDocument, variant: ItemVariant | None, offers: Mapping[str, Offer], origin: str
) -> dict[str, Any]:
    """An item, its offers and the way to it. `variant` is the one the page is about; offers are by sku."""
    path = item_path(item.title, item.id)
    product: dict[str, Any] = {"@type": "Product", "name": item.title, "url": origin + path}
    pictures = [picture_of(picture, large=True) for picture in item.pictures[:4]]
    if pictures:
        product["image"] = [origin + picture.src for picture in pictures if picture is not None]
    text = description_of(item)
    if text:
        product["description"] = text
    if item.brand:
        product["brand"] = {"@type": "Brand", "name": item.brand}
    if variant is not None:
        product.update(_codes(variant))
    if item.rating is not None and item.rating_count:
        rating = {"@type": "AggregateRating", "ratingValue": round(item.rating, 2), "reviewCount": item.rating_count}
        product["aggregateRating"] = rating
    linked = _offers(item, offers, origin)
    if linked:
        product["offers"] = linked
    trail = [Link("Home", "/"), *(Link(step.name, f"/c/{step.id}") for step in item.categories), Link(item.title, "")]
    crumbs = breadcrumbs(trail, origin, path)
    crumbs.pop("@context")
    return {"@context": "https://schema.org", "@graph": [product, crumbs]}


def _codes(variant: ItemVariant) -> dict[str, str]:
    codes = {"sku": variant.sku}
    if variant.model:
        codes["mpn"] = variant.model
    ean = next((code for code in variant.eans if re.fullmatch(r"\d{8}|\d{12,14}", code)), "")
    return {**codes, "gtin": ean} if ean else codes


def _offers(item: ItemDocument, offers: Mapping[str, Offer], origin: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for variant in item.variants[:MAX_OFFERS]:
        offer = offers.get(variant.sku)
        if not variant.active or offer is None or not offer.active or offer.price_minor is None:
            continue
        stock = "InStock" if sellable(offer) else "OutOfStock"
        found.append(
            {
                "@type": "Offer",
                "sku": variant.sku,
                "price": words.decimal(offer.price_minor, offer.currency),
                "priceCurrency": offer.currency,
                "availability": f"https://schema.org/{stock}",
                "itemCondition": "https://schema.org/NewCondition",
                "url": origin + item_path(item.title, item.id, variant.sku),
            }
        )
    return found
