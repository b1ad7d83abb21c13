"""Build hook: takes the browser libraries out of published Python packages into the package, so that none is committed.

htmx comes from django-htmx, swagger-ui from drf-spectacular-sidecar; both are pinned in `build-system.requires`. It
runs for wheels, source archives and editable installs alike. A file that is not, byte for byte, the one that was looked
at when its version was chosen stops the build. Licence files travel with the files.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/haat/web/static/vendor")


class Taken(NamedTuple):
    """One file of a published package, and the name it has in ours."""

    package: str
    source: str
    target: str
    sha256: str
    version: str = ""  # text that must stand in the file, so that the name in the licence list is true


_SWAGGER = "drf_spectacular_sidecar/static/drf_spectacular_sidecar/swagger-ui-dist/"

FILES = (
    Taken(
        "django-htmx",
        "django_htmx/static/django_htmx/htmx-4.min.js",
        "htmx.js",
        "28fae7bbe8e8142b702debb9d5234a9a436d9435a4b5165b195aa1a7ed840d25",
        "4.0.0-beta6",
    ),
    Taken(
        "drf-spectacular-sidecar",
        _SWAGGER + "swagger-ui-bundle.js",
        "swagger-ui-bundle.js",
        "050bc415ee7048dcd881682678f720264e7da5e373f7461d7c58c755305255f7",
        'PACKAGE_VERSION:"5.33.1"',
    ),
    Taken(
        "drf-spectacular-sidecar",
        _SWAGGER + "swagger-ui.css",
        "swagger-ui.css",
        "1ac324f7dcd27e4b9386b4bd6421271ec147e922a22c05ba24b11515e9aa6321",
    ),
    Taken(
        "drf-spectacular-sidecar",
        _SWAGGER + "LICENSE",
        "swagger-ui.LICENSE.txt",
        "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    ),
)

# htmx is under the Zero-Clause BSD licence; django-htmx ships the script without it.
HTMX_LICENSE = """htmx 4.0.0-beta6, https://htmx.org, under the Zero-Clause BSD licence (SPDX 0BSD):

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
"""


def take(file: Taken) -> bytes:
    """The bytes of one published file. Raises: RuntimeError when the package or the file is not the chosen one."""
    try:
        found = Path(str(distribution(file.package).locate_file(file.source)))
    except PackageNotFoundError as error:
        message = f"{file.package} is missing: it stands in [build-system] requires of pyproject.toml"
        raise RuntimeError(message) from error
    body = found.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    if digest != file.sha256 or file.version.encode() not in body:
        raise RuntimeError(f"{file.source} of {file.package} is not the file that was chosen: its sha256 is {digest}")
    return body


def bring(root: Path) -> list[Path]:
    """Write all vendor files under `root`, the project's folder; the paths written. Unchanged files are not touched."""
    folder = root / VENDOR
    folder.mkdir(parents=True, exist_ok=True)
    bodies = {file.target: take(file) for file in FILES} | {"htmx.LICENSE.txt": HTMX_LICENSE.encode()}
    for name, body in bodies.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != body:
            path.write_bytes(body)
    return [folder / name for name in bodies]


class BrowserLibraries(BuildHookInterface[Any]):
    """Runs `bring` before each build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; `version` is the kind of build ("standard", "editable")."""
        del version, build_data
        bring(Path(self.root))
