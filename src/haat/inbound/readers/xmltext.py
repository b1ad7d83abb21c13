"""XML as records, by expat as the bytes come: no tree of the whole file, no DTD, no entities, nothing fetched.

Source: XML 1.0 §2.8 (a document type declaration), §4 (entities). A bare DOCTYPE that only names a standard, as
BMEcat prescribes, is read over; one with declarations of its own is refused, and so is every other use of it.
"""

from collections.abc import Collection, Iterator
from typing import Any, Final
from xml.parsers import expat  # hardened below; the tree builders that defusedxml guards are not used

from haat.inbound.model import Limits, Unreadable
from haat.inbound.readers.source import Source

SAFE_EXPAT: Final = (2, 4, 1)  # the first that stops amplification by itself; ours refuses declarations anyway


class Node:
    """An element of a record: its local name, attributes, text and children."""

    __slots__ = ("attributes", "children", "line", "pieces", "tag", "within")

    def __init__(self, tag: str, attributes: dict[str, str], line: int, within: str) -> None:
        self.tag = tag
        self.within = within  # the tag around it
        self.attributes = attributes
        self.line = line
        self.pieces: list[str] = []
        self.children: list[Node] = []

    @property
    def text(self) -> str:
        """Its own text, trimmed."""
        return "".join(self.pieces).strip()

    def all(self, path: str) -> list["Node"]:
        """Descendants by a path of local names."""
        found = [self]
        for tag in path.split("/"):
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def get(self, path: str) -> str:
        """The text of the first such descendant, or ""."""
        found = self.all(path)
        return found[0].text if found else ""


class _Builder:
    def __init__(self, records: Collection[str], doctypes: Collection[str]) -> None:
        self.records = records
        self.doctypes = doctypes
        self.path: list[str] = []
        self.root = ""
        self.open: list[Node] = []
        self.done: list[Node] = []
        self.size = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.entity
        self.parser.UnparsedEntityDeclHandler = self.entity
        self.parser.ExternalEntityRefHandler = self.entity
        self.parser.SkippedEntityHandler = self.entity

    def doctype(self, name: str, _system: str | None, _public: str | None, has_internal: int) -> None:
        if has_internal or name not in self.doctypes:
            raise Unreadable("This XML declares a document type (DTD). Remove the DOCTYPE; feeds need none.")

    def entity(self, *_: Any) -> int:
        raise Unreadable("This XML declares or uses entities of its own. Write the text itself.")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if not self.path:
            self.root = tag
        self.path.append(tag)
        if len(self.path) > Limits.XML_DEPTH:
            raise Unreadable(f"This XML nests deeper than {Limits.XML_DEPTH}.")
        if self.open or tag in self.records:
            if not self.open:
                self.size = 0
            within = self.path[-2] if len(self.path) > 1 else ""
            node = Node(
                tag, {k.rpartition(" ")[2]: v for k, v in attributes.items()}, self.parser.CurrentLineNumber, within
            )
            self.grow(256 + sum(len(v) for v in attributes.values()))  # 256: what an element costs by itself
            if self.open:
                self.open[-1].children.append(node)
            self.open.append(node)

    def end(self, _name: str) -> None:
        self.path.pop()
        if self.open:
            node = self.open.pop()
            if not self.open:
                self.done.append(node)

    def text(self, text: str) -> None:
        if self.open:
            self.grow(len(text))
            self.open[-1].pieces.append(text)

    def grow(self, size: int) -> None:
        self.size += size
        if self.size > Limits.LINE_BYTES:
            raise Unreadable(f"The record from line {self.open[0].line} is larger than a row may be.")


def read_records(
    source: Source, records: Collection[str], roots: Collection[str] = (), doctypes: Collection[str] = ()
) -> Iterator[Node]:
    """Elements with these local names, outermost first found, in the order of the file.

    Cost: one record and one chunk in memory.
    Raises: Unreadable for a DTD, entities, another root, a broken or too deep document.
    """
    if expat.version_info < SAFE_EXPAT:
        raise Unreadable("The XML parser of this machine is too old to be safe; expat 2.4.1 or newer is needed.")
    builder = _Builder(records, doctypes)
    if source.encoding.startswith("utf-16"):
        builder.parser.Parse({"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[source.encoding], False)
    try:
        for chunk in source.chunks():
            builder.parser.Parse(chunk, False)
            if roots and builder.root and builder.root not in roots:
                raise Unreadable(
                    f"<{builder.root[:60]}> is not the root of such a feed; expected <{'> or <'.join(roots)}>."
                )
            yield from builder.done
            builder.done.clear()
        builder.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"This is not well-formed XML: {error}.") from error
    if roots and builder.root not in roots:
        raise Unreadable("This XML has no such root element.")
    yield from builder.done


def flat(node: Node) -> dict[str, Any]:
    """A record as cells: path of local names → text, or list of texts where it repeats; `@name` for attributes."""
    cells: dict[str, Any] = {f"@{name}": value for name, value in node.attributes.items() if value}

    def put(path: str, value: str) -> None:
        if not value:
            return
        found = cells.get(path)
        if found is None:
            cells[path] = value
        elif isinstance(found, list):
            found.append(value)
        else:
            cells[path] = [found, value]

    def walk(parent: Node, path: str) -> None:
        for child in parent.children:
            here = f"{path}{child.tag}"
            put(here, child.text)
            for name, value in child.attributes.items():
                put(f"{here}@{name}", value)
            walk(child, f"{here}/")

    walk(node, "")
    return cells
