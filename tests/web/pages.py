"""Reading pages in tests: parsed as a browser parses them."""

import json
import re
from typing import Any

import httpx2
from lxml import html


class Page:
    """A parsed page."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.status = answer.status_code
        self.text = answer.text
        self.tree = html.document_fromstring(answer.text)

    def words(self, css: str = "body") -> str:
        """The text of the first element, blanks joined."""
        found = self.all(css)
        assert found, f"no {css} on the page"
        return " ".join(found[0].text_content().split())

    def each(self, css: str) -> list[str]:
        return [" ".join(element.text_content().split()) for element in self.all(css)]

    def all(self, css: str) -> list[Any]:
        """Elements by a simple selector: tag, .class, #id, [name="value"], and blanks for "inside of"."""
        return list(self.tree.xpath("".join(_step(part) for part in css.split())))

    def attribute(self, css: str, name: str) -> str:
        value = self.all(css)[0].get(name)
        assert value is not None
        return str(value)

    def link(self, text: str) -> str:
        """Where the first link with these words leads."""
        for link in self.all("a"):
            if text in " ".join(link.text_content().split()):
                return str(link.get("href"))
        raise AssertionError(f"no link with the words {text!r}")

    def linked_data(self) -> Any:
        return json.loads(self.all('script[type="application/ld+json"]')[0].text)


_PIECE = re.compile(
    r"""(?P<tag>^[\w-]+)|\.(?P<class>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w:-]+)(?:="(?P<value>[^"]*)")?\]"""
)


def _step(simple: str) -> str:
    tag, tests = "*", ""
    for piece in _PIECE.finditer(simple):
        if piece["tag"]:
            tag = piece["tag"]
        elif piece["class"]:
            tests += f"[contains(concat(' ', @class, ' '), ' {piece['class']} ')]"
        elif piece["id"]:
            tests += f"[@id='{piece['id']}']"
        else:
            tests += f"[@{piece['name']}='{piece['value']}']" if piece["value"] is not None else f"[@{piece['name']}]"
    return f"//{tag}{tests}"


async def page(client: httpx2.AsyncClient, url: str, **more: Any) -> Page:
    return Page(await client.get(url, **more))
