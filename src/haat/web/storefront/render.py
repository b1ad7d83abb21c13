"""Templates to bytes: Jinja2 with autoescape, and the answer that carries a page."""

import gzip
import json
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from markupsafe import Markup

from haat.web.assets import Assets
from haat.web.storefront import words

TEMPLATES: Final = Path(__file__).parent / "templates"
GZIP_FROM_BYTES: Final = 1_000
GZIP_LEVEL: Final = 4  # level 9 takes three times as long for 2 % of a listing


class Renderer:
    """Fills templates. A name that a template asks for and nobody gave is an error, never an empty place."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            undefined=StrictUndefined,
        )
        self._environment.globals["assets"] = assets
        self._environment.filters.update(grouped=words.grouped, things=words.things, language=words.language)

    def __call__(self, template: str, **values: Any) -> bytes:
        """The page as UTF-8. What a person typed may hold lone surrogates: they become question marks."""
        return self._environment.get_template(template).render(**values).encode("utf-8", "replace")


def json_ld(members: Any) -> Markup:
    """Linked data for a script element: no text in it can end the element."""
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # the three characters that mean something to HTML are escaped above


def page(request: Request[Any, Any, Any], body: bytes, status: int = 200, **headers: str) -> Response[bytes]:
    """An HTML answer that shared caches leave alone: it depends on the visitor's PIN code."""
    sent = {"cache-control": "private, no-cache", "vary": "cookie, accept-encoding"}
    sent.update((name.replace("_", "-"), value) for name, value in headers.items())
    if len(body) >= GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        sent["content-encoding"] = "gzip"
    return Response(body, status_code=status, headers=sent, media_type="text/html; charset=utf-8")
