"""The hosted payment page: HTML and its own stylesheet, no script, no field for a card number.

`Content-Security-Policy` lets the form go nowhere but here and, by redirect, back to the shop.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from fakepay import checkout
from fakepay.api import FOR_BUYERS, served
from fakepay.books import Books, IntentRow
from fakepay.calls import Reply, problem
from fakepay.checkout import Form, Turn
from fakepay.shapes import Problem, Refusal

AnyRequest = Request[Any, Any, State]

_HERE: Final = Path(__file__).parent
_CSS: Final = (_HERE / "page.css").read_bytes()
_PAGES: Final = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_BY: Final = {"card": "Card", "upi": "UPI", "netbanking": "Net banking"}
_SIGNS: Final = {"INR": "₹", "EUR": "€", "USD": "$", "GBP": "£"}
_WHOLE: Final = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})  # no smaller unit (ISO 4217)
_THREE: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_MINUTE_MS: Final = 60_000
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # "no-referrer" would take the Origin off the form, too
    "x-frame-options": "DENY",
}
_NOTHING: Final[Mapping[str, Any]] = {
    "bill": None, "tone": "", "lines": (), "step": "", "error": "", "banks": (), "bank": "", "ways": (), "back": "",
    "until": "", "here": "",
}  # fmt: skip
_LEAVE: Final = {"value": "abandon", "look": "bare", "words": "Leave without paying"}
_DECLINE: Final = {"value": "decline", "look": "other", "words": "Decline"}


_OPT: Final = {FOR_BUYERS: True}


@get("/pay/{intent_id:str}", opt=_OPT)
async def page(request: AnyRequest, intent_id: FromPath[str]) -> Response[bytes]:
    """The page of a payment."""

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        return 200, checkout.show(books, intent_id)

    return _page(await served(request).counter.call(("page",), _named(intent_id), work), served(request).prefix)


@post("/pay/{intent_id:str}", opt=_OPT)
async def click(request: AnyRequest, intent_id: FromPath[str]) -> Response[bytes]:
    """What the buyer pressed on it."""
    try:
        form = Form.read(await request.body())
    except Refusal as refusal:
        return _page(problem(refusal), served(request).prefix)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        turn = checkout.step(books, intent_id, form)
        return (422 if turn.error else 303), turn

    points = {"approve": ("act", "approve"), "decline": ("act",), "abandon": ("act",)}.get(form.do, ("page",))
    return _page(await served(request).counter.call(points, _named(intent_id), work), served(request).prefix)


@get("/page.css", opt=_OPT, sync_to_thread=False)
def stylesheet() -> Response[bytes]:
    """Its looks."""
    headers = {"cache-control": "public, max-age=3600", "x-content-type-options": "nosniff"}
    return Response(_CSS, media_type="text/css", headers=headers)


HANDLERS: Final = (page, click, stylesheet)


def money(amount_minor: int, currency: str) -> str:
    """An amount for people; rupees grouped as in India."""
    places = 0 if currency in _WHOLE else 3 if currency in _THREE else 2
    whole, rest = divmod(amount_minor, 10**places)
    digits = f"{whole:,}"
    if currency == "INR" and whole >= 1_000:
        lakhs, last = divmod(whole, 1_000)
        pairs = str(lakhs)
        groups = [pairs[max(end - 2, 0) : end] for end in range(len(pairs), 0, -2)]
        digits = ",".join([*reversed(groups), f"{last:03}"])
    amount = f"{digits}.{rest:0{places}}" if places else digits
    return _SIGNS[currency] + amount if currency in _SIGNS else f"{currency}\u00a0{amount}"


def _named(intent_id: str) -> Any:
    return lambda books: (books.intent(intent_id).reference,)


def _page(reply: Reply, prefix: str) -> Response[bytes]:
    """The reply as the buyer sees it."""
    if reply.status in {200, 303, 422}:
        turn = msgspec.json.decode(reply.body, type=Turn)
        if reply.status == 303:
            to = turn.to or f"{prefix}/pay/{turn.row.id}"
            return Response(b"", status_code=303, headers={**_HEADERS, "location": to})
        facts, shop = _facts(turn, prefix), " " + _origin(turn.row.return_url)
    else:
        words = msgspec.json.decode(reply.body, type=Problem).error.message
        title = "There is no such payment" if reply.status == 404 else "The payment page does not work at the moment"
        missing = ("Look at the link once more, or go back to the shop.",)
        lines = missing if reply.status == 404 else (words, "Go back and try again in a moment.")
        facts, shop = {**_NOTHING, "title": title, "tone": "no", "lines": lines}, ""
    html = _PAGES.get_template("page.html").render(prefix=prefix, **facts)
    policy = f"default-src 'none'; style-src 'self'; form-action 'self'{shop}; base-uri 'none'; frame-ancestors 'none'"
    return Response(
        html.encode(),
        status_code=reply.status,
        media_type="text/html; charset=utf-8",
        headers={**_HEADERS, "content-security-policy": policy},
    )


def _facts(turn: Turn, prefix: str) -> dict[str, Any]:
    row = turn.row
    host = urlsplit(row.return_url).netloc
    bill = {
        "sum": money(row.amount_minor, row.currency), "to": host, "by": _BY[row.method], "reference": row.reference,
    }  # fmt: skip
    facts = {**_NOTHING, "bill": bill, "here": f"{prefix}/pay/{row.id}", "error": turn.error, "banks": checkout.BANKS}
    if not row.open or turn.memory.step == "sent":
        return {**facts, **_over(row), "error": "", "back": checkout.back_url(row)}
    facts["bank"] = turn.memory.bank
    if row.expires_ms:
        minutes = max(1, (row.ends_ms - turn.now_ms) // _MINUTE_MS)
        facts["until"] = f"You can pay here for {minutes} more minute{'' if minutes == 1 else 's'}."
    return {**facts, **(_first_step(row) if turn.memory.step == "start" else _second_step(turn, host))}


def _first_step(row: IntentRow) -> dict[str, Any]:
    go = {"value": "continue", "look": "first"}
    if row.method == "netbanking":
        ways = [{**go, "words": "Continue to the bank"}, _LEAVE]
        return {"step": "bank", "title": "Choose your bank", "ways": ways}
    if row.method == "upi":
        ways = [{**go, "words": "Send the request to my app"}, _LEAVE]
        return {
            "step": "start",
            "title": "Pay with your UPI app",
            "lines": ("You approve it in the app.",),
            "ways": ways,
        }
    ways = [{**go, "words": "Pay with the test card"}, _LEAVE]
    lines = ("There is one test card, and it is in your hand already: no number to type.",)
    return {"step": "start", "title": "Pay by card", "lines": lines, "ways": ways}


def _second_step(turn: Turn, host: str) -> dict[str, Any]:
    yes = {"value": "approve", "look": "first", "words": "Approve"}
    if turn.row.method == "card":
        ways = [{**yes, "words": "Confirm"}, _DECLINE, _LEAVE]
        return {"step": "code", "title": "Your bank asks if it is you", "ways": ways}
    if turn.row.method == "upi":
        return {"step": "app", "title": "Look at your app", "ways": [yes, _DECLINE, _LEAVE]}
    other = {"value": "back", "look": "bare", "words": "Choose another bank"}
    lines = (f"You are signed in. {host} asks you to pay {money(turn.row.amount_minor, turn.row.currency)}.",)
    return {"step": "confirm", "title": turn.memory.bank, "lines": lines, "ways": [yes, _DECLINE, other, _LEAVE]}


def _over(row: IntentRow) -> dict[str, Any]:
    if row.status in {"captured", "authorized"}:
        return {"title": "You have paid", "tone": "yes", "lines": ("There is nothing more to do here.",)}
    if row.status == "failed":
        return {"title": "The payment was declined", "tone": "no", "lines": ("Nothing was taken from your account.",)}
    if row.status == "expired":
        lines = ("The time for this payment is over.", "Nothing was taken from your account.")
        return {"title": "It is too late to pay here", "tone": "no", "lines": lines}
    return {"title": "Your bank has not answered yet", "lines": ("You need not wait here. The shop will be told.",)}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
