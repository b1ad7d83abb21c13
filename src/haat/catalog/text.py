"""Text that came from outside, made safe to keep and to show.

Plain fields (titles, bullets, values, names) are kept literally, without control characters and surplus space; whoever
shows them escapes them. A description may be HTML: then only harmless tags and attributes stay.
"""

import html
import re
import unicodedata
from typing import Final

import nh3

_TAGS: Final = frozenset(
    {
        "p",
        "br",
        "hr",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "small",
        "sub",
        "sup",
        "span",
        "div",
        "blockquote",
        "pre",
        "code",
    }
    | {"ul", "ol", "li", "dl", "dt", "dd", "h2", "h3", "h4", "h5", "h6"}
    | {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
_ATTRIBUTES: Final = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
_CLEANER: Final = nh3.Cleaner(tags=set(_TAGS), attributes=_ATTRIBUTES, link_rel=None, strip_comments=True)
_TAG_LIKE: Final = re.compile(r"<[A-Za-z/!?]")
# C0 and C1 controls but tab and newline; the marks that reorder text (U+202A to U+202E, U+2066 to U+2069) can make a
# price or a file name read otherwise than it is; U+FEFF and surrogates have no place inside a text
_UNWANTED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SPACE: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # all but a single blank: most are, and stay
_GAPS: Final = re.compile(r"\n{3,}")


def line(text: str) -> str:
    """One line of text: control characters out, any white space as one blank, composed (NFC)."""
    if text.isascii() and text.isprintable():  # nearly every value of a feed
        return text.strip() if "  " not in text else " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", _UNWANTED.sub("", _breaks(text))).split())


def block(text: str) -> str:
    """Text of several lines: as `line`, but line breaks stay, at most two in a row."""
    clean = unicodedata.normalize("NFC", _UNWANTED.sub("", _breaks(text)))
    lines = _SPACE.sub(" ", clean).replace(" \n", "\n").replace("\n ", "\n")
    return _GAPS.sub("\n\n", lines).strip()


def is_html(text: str) -> bool:
    """Whether a description is HTML. For one that `description` gave, True also means: safe to show as it is.

    All else is plain text, to be escaped by whoever shows it.
    """
    return _TAG_LIKE.search(text) is not None


def description(text: str) -> str:
    """A description as it is kept: plain text as it is, HTML with nothing but harmless tags.

    Scripts, styles, forms, links, pictures, event handlers and comments go; the words inside other tags stay.
    """
    text = block(text)
    if not is_html(text):
        return text
    clean = block(_CLEANER.clean(text))
    if is_html(clean):
        return clean
    plain = html.unescape(clean)  # nothing but text was left: keep it as text, unless that would read as HTML again
    return clean if is_html(plain) else block(plain)


def _breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
