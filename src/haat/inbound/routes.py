"""The seller's feeds over HTTP."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import HTTPException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from haat.errors import Invalid, Problem
from haat.http.identity import needs_seller, seller_of_call
from haat.http.signing import Signer
from haat.inbound.accept import AcceptFeed, FeedRequest
from haat.inbound.command import moment_ms
from haat.inbound.formats.registry import FORMATS
from haat.inbound.report import FeedReport, FeedStatus, FeedView, view

_UPLOAD_CHUNK_BYTES: Final = 1 << 18
_JSON_LINES: Final = frozenset({"application/x-ndjson", "application/jsonl", "application/jsonlines"})
_PREFIX: Final = "/api/v1/seller/feeds/"
_NAME: Final = re.compile(r'filename="?([^";]{1,200})')

SellerRequest = Request[Any, Any, State]
FormatName = Annotated[str, QueryParameter(max_length=32, description=f"One of {', '.join(FORMATS)}; empty: found out")]
Moment = Annotated[str, QueryParameter(max_length=40, description="When you made the file (RFC 3339); orders feeds")]
PageSize = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]


class FeedList(Struct, frozen=True):
    """A page of feeds, newest first."""

    feeds: list[FeedView]
    next: str | None


@dataclass
class _FeedOperation(Operation):
    """What a feed's body may be, for the OpenAPI document: the handler reads it as a stream."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(type=OpenAPIType.OBJECT, properties={"file": file}, required=["file"])
        lines = Schema(type=OpenAPIType.STRING, description="One JSON object a line (haat JSON Lines)")
        self.request_body = RequestBody(
            required=True,
            content={
                "multipart/form-data": OpenAPIMediaType(schema=form),
                "application/x-ndjson": OpenAPIMediaType(schema=lines),
            },
        )


def inbound_routes(accept: AcceptFeed, status: FeedStatus, report: FeedReport, signer: Signer) -> Router:
    """/seller/feeds."""

    @post(
        "/feeds",
        status_code=202,
        summary="Send a feed: a file as multipart, or JSON Lines as the body",
        operation_class=_FeedOperation,
    )
    async def post_feed(
        request: SellerRequest,
        format: FormatName = "",  # noqa: A002  # the parameter's public name
        generated_at: Moment = "",
    ) -> Response[FeedView]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        generated_at_ms = moment_ms(generated_at) if generated_at else None
        seller = seller_of_call(request)
        if kind in _JSON_LINES:
            asked = FeedRequest(
                seller=seller,
                filename=_name_of(request.headers.get("content-disposition", "")),
                format=format or "haat-jsonl",
                generated_at_ms=generated_at_ms,
            )
            feed = await accept(asked, request.stream())
        elif kind == "multipart/form-data":
            file = await _file_of(request)
            asked = FeedRequest(seller=seller, filename=file.filename, format=format, generated_at_ms=generated_at_ms)
            feed = await accept(asked, _chunks_of(file))
        else:
            raise HTTPException(status_code=415, detail="Send a multipart `file`, or application/x-ndjson.")
        return Response(view(feed, 0), headers={"location": _PREFIX + feed.id})

    @get("/feeds", summary="Your feeds, newest first")
    async def list_feeds(request: SellerRequest, limit: PageSize = 20, cursor: Cursor = "") -> FeedList:
        seller = seller_of_call(request)
        purpose = f"feeds:{seller}"
        before = signer.open_cursor(purpose, cursor).decode() if cursor else ""
        feeds = await status.all(seller, before, limit + 1)
        following = signer.sign(purpose, feeds[limit - 1].id.encode()) if len(feeds) > limit else None
        return FeedList(list(feeds[:limit]), following)

    @get("/feeds/{feed_id:str}", summary="One feed: its state and what came of its rows")
    async def get_feed(request: SellerRequest, feed_id: FromPath[str]) -> FeedView:
        return await status(seller_of_call(request), feed_id)

    @get("/feeds/{feed_id:str}/report.csv", summary="Refused rows as CSV", media_type="text/csv")
    async def get_report_csv(request: SellerRequest, feed_id: FromPath[str]) -> Stream:
        feed = await status.feed(seller_of_call(request), feed_id)
        return Stream(report.csv(feed), media_type="text/csv; charset=utf-8", headers=_download(feed.id, "csv"))

    @get("/feeds/{feed_id:str}/report.json", summary="Status and refused rows as JSON", media_type="application/json")
    async def get_report_json(request: SellerRequest, feed_id: FromPath[str]) -> Stream:
        feed = await status.feed(seller_of_call(request), feed_id)
        parked = await status.parked(feed.id)
        return Stream(report.json(feed, parked), media_type="application/json", headers=_download(feed.id, "json"))

    handlers = [post_feed, list_feeds, get_feed, get_report_csv, get_report_json]
    return Router("/seller", route_handlers=handlers, guards=[needs_seller], tags=["seller"])


def _download(feed_id: str, kind: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{feed_id}-report.{kind}"', "cache-control": "no-store"}


def _name_of(disposition: str) -> str:
    found = _NAME.search(disposition)
    return found[1] if found else "body.jsonl"


async def _file_of(request: SellerRequest) -> UploadFile:
    """The one part named `file`. Raises: Invalid."""
    form = await request.form()
    others = [name for name in form if name != "file"]
    file = form.get("file")
    if others:
        raise Invalid(problems=[Problem(f"#/{others[0][:60]}", "There is no such part; send the feed as `file`.")])
    if not isinstance(file, UploadFile):
        raise Invalid(problems=[Problem("#/file", "Send the feed as a part named `file`, with a file name.")])
    return file


async def _chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_UPLOAD_CHUNK_BYTES):
        yield chunk
