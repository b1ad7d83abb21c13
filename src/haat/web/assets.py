"""Static files, read once at start: minified where we wrote them, named by their content, kept by browsers for a year.

A page asks for `assets["shop.css"]` and gets `/static/shop.3f9c….css`; the address changes with the content, so it may
be kept for ever. Nothing is fetched from another host. Source: RFC 8246 (immutable).
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from haat.errors import NotFound

_WEB: Final = Path(__file__).parent
_SHOP: Final = _WEB / "storefront" / "static"
_VENDOR: Final = _WEB / "static" / "vendor"
_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}
_SOURCES: Final[Mapping[str, tuple[Path, ...]]] = {
    "shop.css": (_SHOP / "css/tokens.css", _SHOP / "css/haat.css", _SHOP / "css/shop.css"),
    "haat.js": (_SHOP / "js/haat.js",),
    "api-docs.js": (_SHOP / "js/api-docs.js",),
    "api-docs.css": (_SHOP / "css/api-docs.css",),
    "icons.svg": (_SHOP / "icons.svg",),
    "stalls.svg": (_SHOP / "stalls.svg",),
    "icon.svg": (_SHOP / "icon.svg",),
    "icon-180.png": (_SHOP / "icon-180.png",),
    "icon-512.png": (_SHOP / "icon-512.png",),
    "htmx.js": (_VENDOR / "htmx.js",),
    "htmx.LICENSE.txt": (_VENDOR / "htmx.LICENSE.txt",),
    "swagger-ui-bundle.js": (_VENDOR / "swagger-ui-bundle.js",),
    "swagger-ui.css": (_VENDOR / "swagger-ui.css",),
    "swagger-ui.LICENSE.txt": (_VENDOR / "swagger-ui.LICENSE.txt",),
}
_OURS: Final = frozenset({"shop.css", "api-docs.css"})
_KEEP: Final = {"cache-control": "public, max-age=31536000, immutable"}
_CSS_PART: Final = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/|\s*(?P<tight>[{};,>])\s*|(?P<colon>:)\s+|(?P<space>\s+)""",
    re.DOTALL,
)


def minified_css(css: str) -> str:
    """The same style sheet without comments and needless blanks. Texts in quotes and the blanks of calc() stay."""

    def shorter(match: re.Match[str]) -> str:
        return match["text"] or match["tight"] or match["colon"] or (" " if match["space"] else "")

    return _CSS_PART.sub(shorter, css).replace(";}", "}").strip()


@dataclass(frozen=True)
class Asset:
    """One static file as it is sent."""

    path: str
    body: bytes
    media_type: str

    @cached_property
    def zipped(self) -> bytes | None:
        """The file for browsers that take gzip; None where it gains nothing. Made when first asked for."""
        zipped = gzip.compress(self.body, mtime=0)
        return zipped if len(zipped) < len(self.body) * 0.9 else None


class Assets:
    """All static files by name. Raises: FileNotFoundError with the way out when the browser libraries are not built."""

    def __init__(self) -> None:
        self._by_name: dict[str, Asset] = {}
        for name, parts in _SOURCES.items():
            missing = [part for part in parts if not part.exists()]
            if missing:
                hint = "Browser libraries are put there when the package is built: pip install -e . (make setup)"
                raise FileNotFoundError(f"{missing[0]} is missing. {hint}")
            body = b"\n".join(part.read_bytes() for part in parts)
            self._add(name, minified_css(body.decode()).encode() if name in _OURS else body)
        self._add("haat.webmanifest", self._manifest())
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def __getitem__(self, name: str) -> str:
        """The address of a file. Raises: KeyError for a name that is not in the list."""
        return self._by_name[name].path

    def asset(self, name: str) -> Asset:
        """The file itself."""
        return self._by_name[name]

    def at(self, path: str) -> Asset | None:
        """The file at an address; None when there is none, or no longer."""
        return self._by_path.get(path)

    def _add(self, name: str, body: bytes) -> None:
        stem, _, suffix = name.rpartition(".")
        digest = hashlib.sha256(body).hexdigest()[:12]
        self._by_name[name] = Asset(f"/static/{stem}.{digest}.{suffix}", body, _TYPES[suffix])

    def _manifest(self) -> bytes:
        icons = (
            f'{{"src":"{self["icon.svg"]}","sizes":"any","type":"image/svg+xml"}},'
            f'{{"src":"{self["icon-512.png"]}","sizes":"512x512","type":"image/png","purpose":"any"}}'
        )
        return (
            '{"name":"haat","short_name":"haat","lang":"en-IN","start_url":"/","display":"browser",'
            f'"background_color":"#f7f5f4","theme_color":"#5b1f5f","icons":[{icons}]}}'
        ).encode()


def static_route(assets: Assets) -> HTTPRouteHandler:
    """`GET /static/…`: a file by its address, gzip where the browser takes it."""

    @get(["/static/{name:str}"], include_in_schema=False, sync_to_thread=False)
    def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        asset = assets.at(f"/static/{name}")
        if asset is None:
            raise NotFound("There is no such file, or it has been replaced by a newer one.")
        headers = {**_KEEP, "vary": "accept-encoding"}
        body = asset.body
        if "gzip" in request.headers.get("accept-encoding", "") and asset.zipped is not None:
            headers["content-encoding"] = "gzip"
            body = asset.zipped
        return Response(body, headers=headers, media_type=asset.media_type)

    return static_file
