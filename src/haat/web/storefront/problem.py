"""The page for everything that goes wrong: what is, whose fault it is, and a way on."""

from dataclasses import dataclass, field
from typing import Final

from haat.http.problems import ProblemDocument
from haat.web.storefront.frame import Frame
from haat.web.storefront.render import Renderer

_WORDS: Final[dict[int, tuple[str, str]]] = {
    403: ("This is not yours to do", "It came from another site, or without the right to do it. Nothing was changed."),
    404: ("This stall has moved on", "The page is not here, or not any more. The market is still open."),
    405: ("Not this way", "This address does not take what was sent to it."),
    413: ("That is too much at once", "What was sent is larger than we take. Nothing was changed."),
    429: ("A moment, please", "Too many requests came from your connection. Try again in a minute."),
    503: ("The market is crowded", "One of our rooms does not answer: our fault, not yours. Try again in a moment."),
}  # fmt: skip
_OURS: Final = (
    "Something broke on our side",
    "It is our fault, not yours, and we have written it down. Try again, or go on elsewhere.",
)
_YOURS: Final = ("We could not read that", "Something in the address or the form is not right. Nothing was changed.")


@dataclass(slots=True)
class ProblemView:
    """All that problem.html places."""

    heading: str
    words: str
    status: int
    request_id: str
    again: bool
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProblemPages:
    """A problem document as a page. Reads nothing, so that it works when nothing else does."""

    render: Renderer

    def __call__(self, document: ProblemDocument) -> bytes:
        """The page's bytes; the HTTP edge gives it the document's status."""
        heading, text = _WORDS.get(document.status, _OURS if document.status >= 500 else _YOURS)
        view = ProblemView(
            heading=heading,
            words=text,
            status=document.status,
            request_id=document.instance.rpartition(":")[2],
            again=document.status in (429, 500, 503),
            errors=document.errors[:10] if document.status < 500 else [],
        )
        frame = Frame(f"{heading} | haat", "", "", "/", "", [], robots="noindex", knows_visitor=False)
        return self.render("problem.html", page=view, frame=frame)
