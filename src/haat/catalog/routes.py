"""Items and categories for everyone, categories for the operator, pictures for browsers."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, asgi, delete, get, put
from litestar.datastructures import State
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.types import Receive, Scope, Send
from msgspec import Meta, Struct

from haat.catalog.arrange import CategoryNotFound
from haat.catalog.categories import Attribute, Category, Tree, parent_of
from haat.catalog.forest import Forest
from haat.catalog.model import ItemView
from haat.catalog.read import MAX_IDS
from haat.catalog.seller_routes import seller_item_routes
from haat.catalog.show_picture import ShowPicture
from haat.catalog.verbs import Catalog
from haat.errors import Invalid, Problem
from haat.http.headers import etag, not_modified
from haat.http.identity import Call, needs_operator
from haat.http.read import Reply, read
from haat.http.signing import Signer

_ENCODER: Final = msgspec.json.Encoder()
_IMMUTABLE: Final = b"public, max-age=31536000, immutable"  # a year: the longest that RFC 9111 caches keep
_SANDBOX: Final = b"default-src 'none'; sandbox"

OperatorRequest = Request[Any, Any, State]


class ItemQuery(Struct, frozen=True):
    """Which item."""

    id: Annotated[str, Meta(max_length=60)]


class ItemsQuery(Struct, frozen=True):
    """Which items: `ids` repeated, or separated by commas."""

    ids: Annotated[list[str], Meta(max_length=MAX_IDS, description=f"At most {MAX_IDS}")]


class NoQuery(Struct, frozen=True):
    """Takes no parameters."""


class ItemList(Struct, frozen=True):
    """Items in the order they were asked for; those that are not sold are left out."""

    items: list[ItemView]


class CategoryBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A category as the operator wants it. Attributes of its ancestors hold too and need not be repeated."""

    name: str
    attributes: list[Attribute] = []


class CategoryView(Struct, frozen=True):
    """A category with what it declares and what it inherits."""

    id: str
    name: str
    attributes: list[Attribute]
    inherited: list[Attribute]


def catalog_routes(catalog: Catalog, signer: Signer) -> list[BaseRouteHandler | Router]:
    """/items, /categories, /admin/categories, /seller/items and /seller/pictures, under the API's prefix."""

    async def show_item(query: ItemQuery, _: Call) -> Reply:
        item = await catalog.show_item(query.id)
        return Reply(_ENCODER.encode(item), etag(item.version))

    async def show_items(query: ItemsQuery, _: Call) -> Reply:
        ids = [part for text in query.ids for part in text.split(",") if part]
        if not ids:
            raise Invalid(problems=[Problem("ids", f"Name 1 to {MAX_IDS} items, like ?ids=itm_…,itm_….")])
        return Reply(_ENCODER.encode(ItemList(list(await catalog.show_items(ids)))))

    async def show_categories(_: NoQuery, __: Call) -> Reply:
        version, body = await catalog.trees.answer()
        return Reply(body, etag(version))

    return [
        read("/items/{id:str}", ItemQuery, ItemView, show_item, summary="One item", tags=["shop"]),
        read("/items", ItemsQuery, ItemList, show_items, summary="Up to 100 items by id", tags=["shop"]),
        read("/categories", NoQuery, Forest, show_categories, summary="The whole category tree", tags=["shop"]),
        _operator_routes(catalog),
        seller_item_routes(catalog, signer),
    ]


def _operator_routes(catalog: Catalog) -> Router:
    @get("/categories/{category_id:str}", summary="One category with its attributes")
    async def get_category(category_id: FromPath[str]) -> CategoryView:
        return _view(await catalog.trees.fresh(), category_id)

    @put(
        "/categories/{category_id:str}",
        summary="Create a category or replace its name and attributes",
        responses={201: ResponseSpec(CategoryView, description="It is new")},
    )
    async def put_category(category_id: FromPath[str], data: JSONBody[CategoryBody]) -> Response[CategoryView]:
        category = Category(id=category_id, name=data.name, attributes=data.attributes)
        tree, created = await catalog.put_category(category)
        return Response(_view(tree, category_id), status_code=201 if created else 200)

    @delete("/categories/{category_id:str}", summary="Delete a category that nothing lies in")
    async def delete_category(category_id: FromPath[str]) -> None:
        await catalog.delete_category(category_id)

    handlers = [get_category, put_category, delete_category]
    return Router("/admin", route_handlers=handlers, guards=[needs_operator], tags=["operator"])


def _view(tree: Tree, category_id: str) -> CategoryView:
    category = tree.by_id.get(category_id)
    if category is None:
        raise CategoryNotFound
    inherited = list(tree.schema(parent_of(category_id)).values())
    return CategoryView(category.id, category.name, category.attributes, inherited)


def picture_route(show_picture: ShowPicture) -> ASGIRouteHandler:
    """/pictures/{key}/{width}.{avif|webp}, beside the API: a file under a name never changes, so browsers keep it."""

    @asgi("/pictures/{key:str}/{file:str}", copy_scope=False)
    async def get_picture(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI's signature
        method = scope.get("method")
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowedException(headers={"allow": "GET, HEAD"})
        key, file = scope["path_params"]["key"], scope["path_params"]["file"]
        picture = await show_picture(key, file)
        tag = f'"{key}-{file}"'
        asked = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        known = bool(asked) and not_modified(asked.decode("latin-1"), tag)
        body = b"" if known else picture.content
        headers = [
            (b"content-type", picture.media_type.encode()),
            (b"cache-control", _IMMUTABLE),
            (b"content-security-policy", _SANDBOX),
            (b"etag", tag.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 304 if known else 200, "headers": headers})
        body = b"" if method == "HEAD" else body
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return get_picture
