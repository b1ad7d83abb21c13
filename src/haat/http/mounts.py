"""Other ASGI apps below paths of their own, outside the edge: they have their own headers, errors and logs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from haat.http.edge import App


@dataclass(frozen=True, slots=True)
class Mounts:
    """Gives what lies below a mounted path to its app, and everything else to the shop."""

    shop: App
    mounted: Mapping[str, App] = field(default_factory=dict)  # "/fakepay" → an app that knows its path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI entry point."""
        app = self.shop
        if self.mounted and scope["type"] == "http":
            head = "/" + scope["path"].split("/", 2)[1]
            app = self.mounted.get(head, app)
        await app(scope, receive, send)
