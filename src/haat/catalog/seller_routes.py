"""A seller's own items and pictures."""

from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.datastructures import State, UploadFile
from litestar.params import FromPath, JSONBody, MultipartBody, QueryParameter
from msgspec import Struct

from haat.catalog.draft import DraftItem
from haat.catalog.model import Item, ItemView, Picture
from haat.catalog.verbs import Catalog
from haat.engines.images import MAX_PICTURE_BYTES
from haat.errors import TooLarge
from haat.http.headers import IF_MATCH, etag, if_match
from haat.http.identity import needs_seller, seller_of_call
from haat.http.signing import Signer

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]
SellerRequest = Request[Any, Any, State]


class OwnItemList(Struct, frozen=True):
    """A page of a seller's items, oldest first. `next` is the cursor to go on with."""

    items: list[ItemView]
    next: str | None


class PictureUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """One picture file."""

    file: UploadFile


def seller_item_routes(catalog: Catalog, signer: Signer) -> Router:
    """/seller/items and /seller/pictures."""

    @get("/items", summary="Your items")
    async def list_own_items(request: SellerRequest, limit: Limit = 50, cursor: Cursor = "") -> Response[OwnItemList]:
        seller = seller_of_call(request)
        purpose = f"items:{seller}"
        after = signer.open_cursor(purpose, cursor).decode() if cursor else ""
        items, behind = await catalog.own_items(seller, after, limit)
        following = signer.sign(purpose, behind.encode()) if behind else None
        link = f'<{request.url.path}?limit={limit}&cursor={following}>; rel="next"'
        return Response(OwnItemList([*items], following), headers={"link": link} if following else {})

    @get("/items/{item_id:str}", summary="One of your items, whatever its status")
    async def get_own_item(request: SellerRequest, item_id: FromPath[str]) -> Response[ItemView]:
        return _answer(await catalog.own_item(seller_of_call(request), item_id))

    @post("/items", summary="Add an item")
    async def post_item(request: SellerRequest, data: JSONBody[DraftItem]) -> Response[ItemView]:
        item = await catalog.create_item(seller_of_call(request), data)
        return _answer(item, {"location": f"{request.url.path}/{item.id}"}, status_code=201)

    @put("/items/{item_id:str}", summary="Replace an item you have read (If-Match)", opt=IF_MATCH)
    async def put_item(request: SellerRequest, item_id: FromPath[str], data: JSONBody[DraftItem]) -> Response[ItemView]:
        return _answer(await catalog.replace_item(seller_of_call(request), item_id, if_match(request), data))

    @patch(
        "/items/{item_id:str}",
        summary="Change parts of an item you have read (If-Match, JSON merge patch)",
        opt=IF_MATCH,
    )
    async def patch_item(
        request: SellerRequest, item_id: FromPath[str], data: JSONBody[dict[str, Any]]
    ) -> Response[ItemView]:
        return _answer(await catalog.patch_item(seller_of_call(request), item_id, if_match(request), data))

    @delete("/items/{item_id:str}", summary="Retire an item you have read (If-Match)", status_code=200, opt=IF_MATCH)
    async def delete_item(request: SellerRequest, item_id: FromPath[str]) -> Response[ItemView]:
        return _answer(await catalog.retire_item(seller_of_call(request), item_id, if_match(request)))

    @post("/pictures", summary="Upload a picture (JPEG, PNG or WebP, at most 10 MB)")
    async def post_picture(
        data: MultipartBody[PictureUpload],
    ) -> Response[Picture]:
        content = await data.file.read(MAX_PICTURE_BYTES + 1)
        if len(content) > MAX_PICTURE_BYTES:
            raise TooLarge(f"A picture has at most {MAX_PICTURE_BYTES // 1_000_000} MB.")
        return Response(await catalog.add_picture(content), status_code=201)

    handlers = [
        list_own_items,
        get_own_item,
        post_item,
        put_item,
        patch_item,
        delete_item,
        post_picture,
    ]
    return Router("/seller", route_handlers=handlers, guards=[needs_seller], tags=["seller"])


def _answer(item: Item, headers: dict[str, str] | None = None, status_code: int = 200) -> Response[ItemView]:
    return Response(item, headers={"etag": etag(item.version), **(headers or {})}, status_code=status_code)
