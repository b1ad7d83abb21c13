"""The PIN code: asked for once, remembered in a signed cookie, never in the way."""

import re
from dataclasses import dataclass
from typing import Final

from litestar import Response
from litestar.response import Redirect

from haat.http.edge import COOKIE_DAYS, PIN_COOKIE
from haat.http.signing import Signer
from haat.web.storefront.address import pairs_of, same_site
from haat.web.storefront.frame import Visit
from haat.web.storefront.render import Renderer, page

_DIGITS: Final = {ord(character): str(value) for value, character in enumerate("०१२३४५६७८९")}
_PURPOSE: Final = "pincode"


@dataclass(frozen=True, slots=True)
class PinPages:
    """`/pin`: the question as a page, and the answer to the form in every header."""

    render: Renderer
    signer: Signer
    https: bool

    async def ask(self, visit: Visit) -> Response[bytes]:
        """The page with the form; goes back to `next`."""
        target = next((value for name, value in pairs_of(visit.request.scope["query_string"]) if name == "next"), "/")
        return self._page(visit, target)

    async def answer(self, visit: Visit, body: bytes) -> Response[bytes] | Redirect:
        """Remembers the PIN code and goes back; an empty one forgets it; one that cannot be served is told so."""
        form = dict(pairs_of(body))
        target = same_site(form.get("next", "/"))
        if target.startswith("/pin"):
            target = "/"
        typed = form.get("pincode")
        if typed is None:
            return self._page(visit, target, _wrong("?"))
        digits = re.sub(r"[\s-]", "", typed.translate(_DIGITS))
        if not digits:
            return _back(target, f"{PIN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        if not re.fullmatch(r"[1-9][0-9]{5}", digits):
            return self._page(visit, target, _wrong(digits), typed)
        if visit.reach.place(digits) is None:
            return self._page(
                visit, target, f"We do not deliver to {digits} yet. Is there another PIN code near you?", digits
            )
        signed = self.signer.sign(_PURPOSE, digits.encode())
        secure = "; Secure" if self.https else ""
        life = COOKIE_DAYS * 86_400
        return _back(target, f"{PIN_COOKIE}={signed}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}")

    def _page(self, visit: Visit, target: str, error: str = "", value: str | None = None) -> Response[bytes]:
        frame = visit.frame("Your PIN code | haat", robots="noindex")
        frame.here = same_site(target)
        body = self.render("pin.html", frame=frame, error=error, value=value)
        return page(visit.request, body, 422 if error else 200)


def _wrong(digits: str) -> str:
    if not digits.isascii() or not digits.isdigit():
        return "A PIN code has six digits, like 560034."
    if len(digits) != 6:
        return f"{len(digits)} digit{'' if len(digits) == 1 else 's'}. A PIN code has 6."
    return "A PIN code does not begin with 0."


def _back(target: str, cookie: str) -> Redirect:
    # the cookie is made here, not by the framework: it must have exactly the form that the edge reads
    return Redirect(target, status_code=303, headers={"set-cookie": cookie, "cache-control": "no-store"})
