"""The same reads on FastAPI with pydantic, written as its documentation teaches: parameters declared and validated,
answers as models of `response_model`. The use cases underneath are haat's own.

Run: `HAAT_DATA_DIR=… python -m benchmarks.twins.fastapi_twin PORT`.
"""

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict

from benchmarks.twins.opened import main
from haat.catalog.shelf import ItemNotFound
from haat.errors import Invalid
from haat.search.model import SearchRequest
from haat.search.routes import Suggest
from haat.shop import Shop

Value = str | int | float | bool | list[str]


class Model(BaseModel):
    """Built from the use case's own objects."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Price(Model):
    """An amount."""

    minor: int
    currency: str


class Image(Model):
    """A picture."""

    key: str
    alt: str
    width: int
    height: int


class Rating(Model):
    """What buyers said."""

    average: float
    count: int


class Hit(Model):
    """One item of a listing."""

    item_id: str
    sku: str | None
    title: str
    brand: str | None
    price: Price | None
    image: Image | None
    rating: Rating | None
    deliverable: bool | None
    eta: str | None
    stock_hint: Literal["in_stock", "few_left", "out_of_stock"]
    variants: int


class FacetValue(Model):
    """One choice."""

    value: str
    count: int
    label: str
    selected: bool
    min: float | None
    max: float | None


class Facet(Model):
    """One filter."""

    name: str
    kind: Literal["category", "text", "number", "boolean", "price", "date"]
    label: str
    unit: str
    values: tuple[FacetValue, ...]


class Facets(Model):
    """All filters."""

    category: tuple[FacetValue, ...]
    brand: tuple[FacetValue, ...]
    price: tuple[FacetValue, ...]
    arrives_by: tuple[FacetValue, ...]
    attributes: tuple[Facet, ...]


class Unreachable(Model):
    """What is not shown."""

    later: int
    not_delivered: int


class SearchPage(Model):
    """A page of a listing."""

    hits: tuple[Hit, ...]
    facets: Facets
    total: int
    unreachable: Unreachable
    next: str | None
    corrected: str | None
    restarted: bool
    reason: Literal["pincode_not_served"] | None


class Suggestion(Model):
    """One line under the search box."""

    kind: str
    text: str
    highlight: tuple[tuple[int, int], ...]
    category: str | None
    brand: str | None


class Suggestions(Model):
    """All lines."""

    suggestions: tuple[Suggestion, ...]


class CategoryRef(Model):
    """A step of the way to the category."""

    id: str
    name: str


class Variant(Model):
    """One sellable form."""

    sku: str
    code: str
    attributes: dict[str, Value]
    eans: list[str]
    model: str | None
    pictures: list[int]
    active: bool
    shipping_class: str


class Item(Model):
    """One item."""

    id: str
    seller: str
    code: str
    version: int
    status: Literal["draft", "active", "retired"]
    title: str
    description: str
    bullets: list[str]
    brand: str | None
    category: str | None
    categories: list[CategoryRef]
    attributes: dict[str, Value]
    labels: dict[str, str]
    units: dict[str, str]
    pictures: list[Image]
    variants: list[Variant]
    axes: list[str]
    rating: float | None
    rating_count: int
    released: str | None
    shipping_class: str
    created: str
    updated: str


async def make(shop: Shop) -> Any:
    """The app."""
    app = FastAPI()
    suggest = Suggest(shop.lexicon)

    @app.get("/search", response_model=SearchPage)
    async def search(
        q: Annotated[str, Query(max_length=200)] = "",
        category: Annotated[str | None, Query(max_length=200)] = None,
        brand: Annotated[list[str] | None, Query()] = None,
        price_min: Annotated[int | None, Query(ge=0)] = None,
        price_max: Annotated[int | None, Query(ge=0)] = None,
        in_stock: Annotated[bool, Query()] = True,
        pincode: Annotated[str | None, Query(pattern=r"^\d{6}$")] = None,
        deliver_by: Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$")] = None,
        sort: Annotated[Literal["relevance", "price", "price_desc", "newest", "rating", "fastest"], Query()] = (
            "relevance"
        ),
        limit: Annotated[int, Query(ge=1, le=100)] = 24,
        cursor: Annotated[str | None, Query(max_length=2_000)] = None,
    ) -> Any:
        request = SearchRequest(
            q=q,
            category=category,
            brands=tuple(brand or ()),
            price_min_minor=price_min,
            price_max_minor=price_max,
            in_stock=in_stock,
            pincode=pincode,
            deliver_by=deliver_by,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
        try:
            page = await shop.find(request)
        except Invalid as error:
            raise HTTPException(422, str(error)) from error
        return SearchPage.model_validate(page)

    @app.get("/search/suggest", response_model=Suggestions)
    async def suggestions(q: Annotated[str, Query(max_length=200)] = "") -> Any:
        return Suggestions.model_validate(suggest(q))

    @app.get("/items/{item_id}", response_model=Item)
    async def item(item_id: Annotated[str, Path(max_length=40)]) -> Any:
        try:
            return Item.model_validate(await shop.catalog.show_item(item_id))
        except ItemNotFound as error:
            raise HTTPException(404, str(error)) from error

    return app


if __name__ == "__main__":
    main(make)
