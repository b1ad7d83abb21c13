"""Write docs/reference/openapi.json anew from the app. A test compares the two, so a change of the API is seen."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
from litestar import Litestar

from haat import settings
from haat.app import open_shop
from haat.http.openapi import document
from haat.preparing import prepare_databases

FILE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "openapi.json"


def golden(app: Litestar) -> bytes:
    """The document as it lies in docs/: indented, keys in one order, a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(document(app), order="deterministic"), indent=1) + b"\n"


async def write() -> None:
    """Open an empty shop in a temporary directory and write its document."""
    with tempfile.TemporaryDirectory() as folder:
        empty = settings.load({"HAAT_DATA_DIR": folder})
        await prepare_databases(empty)
        async with open_shop(empty) as shop:
            FILE.write_bytes(golden(shop.litestar))


if __name__ == "__main__":
    asyncio.run(write())
