"""Breaks for operators: the list, one, resolving it, and a run now."""

from typing import Annotated, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from haat.events.envelope import rfc3339
from haat.http.identity import call_of, needs_operator
from haat.http.signing import Signer
from haat.payments.breaks import FIRST, Break, LookAtBreaks, NoSuchBreak, rank_of
from haat.payments.reconcile import Reconcile, Report

OperatorRequest = Request[object, object, State]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]
StateFilter = Annotated[
    Literal["open", "healed", "resolved"] | None, QueryParameter(name="state", description="Only breaks in this state")
]
MOST_DIGITS = 18


class BreakView(msgspec.Struct, frozen=True, kw_only=True):
    """A break as an operator sees it."""

    id: str
    kind: str
    refs: str
    state: str
    detail: msgspec.Raw
    first_seen: str
    last_seen: str
    resolved_by: str
    resolution: str

    @classmethod
    def of(cls, one: Break) -> "BreakView":
        """The view of a break."""
        return cls(
            id=str(one.id),
            kind=one.kind,
            refs=one.refs,
            state=one.state,
            detail=msgspec.Raw(one.detail.encode()),
            first_seen=rfc3339(one.first_ms),
            last_seen=rfc3339(one.last_ms),
            resolved_by=one.resolved_by,
            resolution=one.resolution,
        )


class BreakList(msgspec.Struct):
    """A page of breaks: open ones first, then the newest first."""

    breaks: list[BreakView]
    next: str | None


class ResolveBody(msgspec.Struct, forbid_unknown_fields=True):
    """What was done about it."""

    reason: Annotated[str, Meta(min_length=3, max_length=400, description="What was done, for whoever reads it later")]


def reconcile_routes(reconcile: Reconcile, look: LookAtBreaks, signer: Signer) -> Router:
    """/admin/reconciliation."""

    @get("/", summary="Breaks: open ones first, then the newest first")
    async def list_breaks(in_state: StateFilter = None, limit: Limit = 50, cursor: Cursor = "") -> BreakList:
        purpose = f"breaks:{in_state or ''}"
        after = FIRST
        if cursor:
            rank, _, place = signer.open_cursor(purpose, cursor).decode().partition(" ")
            after = (int(rank), int(place))
        found = await look.listed(in_state or "", after, limit + 1)
        shown = found[:limit]
        following = None
        if len(found) > limit:
            rank_after, place_after = rank_of(shown[-1])
            following = signer.sign(purpose, f"{rank_after} {place_after}".encode())
        return BreakList([BreakView.of(one) for one in shown], following)

    @get("/{break_id:str}", summary="One break")
    async def get_break(break_id: FromPath[str]) -> BreakView:
        return BreakView.of(await look.one(_number(break_id)))

    @post("/{break_id:str}/resolve", status_code=200, summary="Say that a break is dealt with, and why")
    async def resolve_break(
        request: OperatorRequest, break_id: FromPath[str], data: JSONBody[ResolveBody]
    ) -> BreakView:
        grant = call_of(request.scope).grant  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        actor = f"operator:{grant.token_id if grant is not None else ''}"[:64]
        return BreakView.of(await look.resolve(_number(break_id), actor, data.reason))

    @post("/runs", status_code=200, summary="Reconcile seven days and everything inside now; answers what was found")
    async def run_now() -> Report:
        return await reconcile()

    handlers = [list_breaks, get_break, resolve_break, run_now]
    return Router("/admin/reconciliation", route_handlers=handlers, guards=[needs_operator], tags=["operator"])


def _number(break_id: str) -> int:
    """A break's number. Raises: NoSuchBreak."""
    if not (break_id.isascii() and break_id.isdigit() and len(break_id) <= MOST_DIGITS):
        raise NoSuchBreak
    return int(break_id)
