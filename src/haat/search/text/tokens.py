"""How text becomes index tokens: one function for items and for queries, so that the two always meet.

What it does: folds case, accents and typographic quotes; drops possessives; writes number and unit as one token in one
spelling and keeps the bare number (`17"`, `17-inch`, `17 inches` → `17in`, `17`); keeps `1/2` and `1.75` whole; gives a
hyphenated word as the joined word and its parts; strips plurals. Scripts that write vowels as marks stay whole words.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

MAX_TOKEN_CHARS: Final = 40
"""Longer tokens are cut: an index drops words this long, and nobody types them."""
TITLE_WEIGHT: Final = 4
CATEGORY_WEIGHT: Final = 2
"""How often title and category stand in the combined field. Measured flat from 3 to 6 for titles.

Source: docs/explanation/relevance.md section 1.
"""
PHRASE_CHARS: Final = 60
"""Longer values are prose: hardly any two items share them."""

ItemText = tuple[list[str], list[str]]
"""The tokens of the title, and those of the combined field with its repetitions as weights."""


class ItemView(Protocol):
    """What search must know of an item's words. Any object with these attributes will do."""

    @property
    def title(self) -> str:
        """The item's name as people read it."""

    @property
    def category_names(self) -> Sequence[str]:
        """The names of the category path, root to leaf; empty when the item has no category."""

    @property
    def category_id(self) -> str | None:
        """The leaf category."""

    @property
    def brand(self) -> str | None:
        """The maker's name."""

    @property
    def attribute_values(self) -> Sequence[str]:
        """The values of searchable attributes as text, without their names."""

    @property
    def bullets(self) -> Sequence[str]:
        """Short selling points."""

    @property
    def description(self) -> str:
        """Plain text."""

    @property
    def models(self) -> Sequence[str]:
        """Model and part numbers of the item's variants."""

    @property
    def in_stock(self) -> bool:
        """Whether any sku can be bought now."""


_SPELLINGS: Final = {
    "in": "inches inch in",
    "ft": "feet foot ft",
    "yd": "yards yard yd",
    "mm": "millimeters millimetres millimeter millimetre mm",
    "cm": "centimeters centimetres centimeter centimetre cms cm",
    "m": "meters metres meter metre m",
    "km": "kilometers kilometres km",
    "kg": "kilograms kilogram kilos kilo kgs kg",
    "g": "grams gram gms gm g",
    "mg": "milligrams milligram mg",
    "mcg": "micrograms microgram mcg",
    "lb": "pounds pound lbs lb",
    "oz": "ounces ounce ozs oz",
    "ml": "milliliters millilitres milliliter millilitre mls ml",
    "l": "liters litres liter litre ltrs ltr l",
    "gal": "gallons gallon gal",
    "qt": "quarts quart qts qt",
    "kb": "kilobytes kilobyte kb",
    "mb": "megabytes megabyte mb",
    "gb": "gigabytes gigabyte gb",
    "tb": "terabytes terabyte tb",
    "mp": "megapixels megapixel mpix mp",
    "mah": "mah",
    "wh": "wh",
    "w": "watts watt w",
    "kw": "kilowatts kilowatt kw",
    "v": "volts volt v",
    "amp": "amperes ampere amps amp",
    "hz": "hertz hz",
    "khz": "khz",
    "mhz": "mhz",
    "ghz": "ghz",
    "mbit": "mbit mbps",
    "gbit": "gbit gbps",
    "rpm": "rpm",
    "dpi": "dpi",
    "ppm": "ppm",
    "psi": "psi",
    "btu": "btu",
    "lm": "lumens lumen lm",
    "gsm": "gsm",
}
_UNIT_OF: Final = {word: unit for unit, words in _SPELLINGS.items() for word in words.split()} | {
    '"': "in",
    "''": "in",
    "'": "ft",
}
_ATTACHED_ONLY: Final = frozenset({"in", "m"})
"""After a space these are a preposition ("17 in stock") and a clothes size ("8 M"), not a unit."""
_IRREGULAR: Final = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mous",
    "geese": "goos",
    "knives": "knife",
    "shelves": "shelf",
    "leaves": "leaf",
    "wolves": "wolf",
    "scarves": "scarf",
    "halves": "half",
    "loaves": "loaf",
    "lens": "lens",
    "lenses": "lens",
    "buses": "bus",
    "gases": "gas",
}

_GLUE: Final = "\x1f"
"""A control character between tokens that came from one written word; removed from whatever comes in."""
_BREAK: Final = " \n "
"""Between texts that are read at once: no unit, quotation or hyphen reaches across."""
_NUMBER: Final = r"\d+(?:[.,]\d+)*(?:/\d+)?"
_FIRST_NUMBER: Final = rf"\d(?<![a-z0-9./{_GLUE}-]\d)\d*(?:[.,]\d+)*(?:/\d+)?"
"""A number where a word begins. It looks behind after the first digit: so the search jumps from digit to digit."""
_LONG_UNITS: Final = "|".join(sorted((w for w in _UNIT_OF if w[0].isalpha()), key=len, reverse=True))
_SPACED_UNITS: Final = "|".join(
    sorted((w for w in _UNIT_OF if w[0].isalpha() and w not in _ATTACHED_ONLY), key=len, reverse=True)
)
_END: Final = r"(?![a-z0-9]|-\d)"
_UNIT: Final = (
    rf"(?:-?(?:{_LONG_UNITS}){_END}|[ ]{{1,2}}-?(?:fl(?:uid)?\.?[ ]?)?(?:{_SPACED_UNITS}){_END}"
    r"|[ ]?''|[ ]?\"|'(?![a-wyz0-9]))"
)
_MEASURE: Final = re.compile(rf"({_FIRST_NUMBER})({_UNIT})")
_SIDE: Final = re.compile(r"x[ ]{0,2}\d")
_SIZE: Final = re.compile(
    rf"({_FIRST_NUMBER})({_UNIT})?((?:[ ]{{0,2}}x[ ]{{0,2}}{_NUMBER}(?:{_UNIT})?){{1,3}})(?![a-z0-9])"
)
_SIZE_PART: Final = re.compile(rf"x[ ]{{0,2}}({_NUMBER})({_UNIT})?")
_QUOTED: Final = re.compile(r'(?:(?<=[\s(\[])|\A)"(?=[^\W\d_])([^"\n]*)"')
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f18-\u0fbc\u102b-\u109d\u17b4-\u17dd\u1a17-\u1aff\ua8e0-\ua8ff"
)
_CHAR: Final = rf"[\w{_MARKS}]"
_CHUNK: Final = re.compile(rf"(?:[a-z]\.){{2,}}(?:[a-z](?![a-z0-9]))?|{_CHAR}+(?:[-'&./,{_GLUE}]{_CHAR}+)*")
_ASCII_CHUNK: Final = re.compile(rf"(?:[a-z]\.){{2,}}(?:[a-z](?![a-z0-9]))?|[a-z0-9]+(?:[-'&./,{_GLUE}][a-z0-9]+)*")
_INITIALS: Final = re.compile(r"(?:[a-z]\.)+[a-z]?")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FRACTION: Final = re.compile(r"\d+(?:\.\d+)?/\d+[a-z]*")
_SEGMENT: Final = re.compile(r"(?<!\d)\.|\.(?!\d)|[/,]")
_CODE: Final = re.compile(r"(?=[a-z0-9-]*[a-z])(?=[a-z0-9-]*\d)[a-z0-9-]{3,}/[a-z0-9]{1,4}")
"""A model number with a country or colour suffix ("HD4646/20"): also looked for in one piece."""
_HYPHEN: Final = re.compile("[-&]")
_LOOSE: Final = re.compile(r"[\s\x00-\x20\ud800-\udfff'\"-]+")
_DIGIT: Final = re.compile(r"\d")
_OTHER_DIGIT: Final = re.compile(r"[^\D0-9]")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")

_BLANKS: Final = str.maketrans({_GLUE: " ", "_": " "})
_FOLD: Final[dict[str, str]] = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u0964\u0965\u00ae\u2122\u00a9\u2014", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    "\u00d7": "x",
    **dict.fromkeys("\u00df\u1e9e", "ss"),
    **dict.fromkeys("\u00f8\u00d8", "o"),
    **dict.fromkeys("\u00e6\u00c6", "ae"),
    **dict.fromkeys("\u0153\u0152", "oe"),
    **dict.fromkeys("\u0142\u0141", "l"),
    "\u0131": "i",
    "\u00bd": " 1/2",
    "\u00bc": " 1/4",
    "\u00be": " 3/4",
}
_SPECIAL: Final = re.compile("[" + "".join(_FOLD) + "]")


def tokens(text: str) -> list[str]:
    """The index tokens of a text in reading order, for items and queries alike.

    Any text is safe: control characters separate words, a word is cut at 40 characters. Cost: about 1 µs a word,
    because each written word is worked out once and remembered.
    """
    out: list[str] = []
    for chunk in chunks(text):
        out += tokens_of(chunk)
    return out


def item_text(view: ItemView) -> ItemText:
    """The tokens of an item, (title, combined field), and nothing else of `read_item`."""
    title, field, _ = read_item(view)
    return title, field


def read_item(view: ItemView) -> tuple[list[str], list[str], list[str]]:
    """The tokens of an item, (title, combined field), and its words as they are written, some of them twice.

    In the combined field the title stands four times, the category path twice, the rest once: repetition is the weight,
    so that BM25 saturates once per word. Source: docs/explanation/relevance.md section 2.
    """
    written = chunks(view.title)
    title = [token for chunk in written for token in tokens_of(chunk)]
    field = title * TITLE_WEIGHT
    for name in view.category_names:
        found, read = _phrase(name)
        field += read * CATEGORY_WEIGHT
        written += found
    for value in (view.brand or "", *view.attribute_values):
        found, read = _phrase(value) if len(value) <= PHRASE_CHARS else _read(value)
        field += read
        written += found
    for chunk in (prose := chunks(_BREAK.join((*view.bullets, view.description)))):
        field += tokens_of(chunk)
    written += prose
    for model in view.models:
        field += tokens(model)
    return title, field, written


def _read(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The written words of a text, and their tokens."""
    written = tuple(chunks(text))
    return written, tuple(token for chunk in written for token in tokens_of(chunk))


@lru_cache(maxsize=1 << 14)
def _phrase(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """As `_read`, remembered: items share their brands, categories and most values of their attributes."""
    return _read(text)


def exact_key(text: str) -> str:
    """The form in which a sku, an EAN or a model number is compared: no case, accents, spaces or hyphens.

    A number loses its leading zeros, so that a 12-digit UPC meets the 13-digit EAN that contains it. Empty when nothing
    is left, or when the text is longer than any such code.
    """
    text = text[: 4 * MAX_TOKEN_CHARS]
    key = text.lower() if text.isascii() and text.isalnum() else _LOOSE.sub("", fold(text))
    if key.isdecimal():
        key = key.lstrip("0")
    return key


def fold(text: str) -> str:
    """Lower case, without accents on Latin, Greek and Cyrillic letters, plain quotes and hyphens."""
    text = text.translate(_BLANKS) if _GLUE in text or "_" in text else text
    if text.isascii():
        return text.lower()
    text = _SPECIAL.sub(_folded, text).lower()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text)
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text))
    return text if text.isascii() else _plain_digits(text)


def chunks(text: str) -> list[str]:
    """The written words of a text, folded, with numbers and units already joined. `tokens_of` reads each."""
    text = fold(text)
    if '"' in text:
        text = _QUOTED.sub(r" \1 ", text)
    if _DIGIT.search(text):
        if _SIDE.search(text):
            text = _SIZE.sub(_size, text)
        text = _MEASURE.sub(_measure, text)
    return (_ASCII_CHUNK if text.isascii() else _CHUNK).findall(text)


@lru_cache(maxsize=1 << 17)
def tokens_of(chunk: str) -> tuple[str, ...]:
    """The tokens of one written word: its parts, then the joined form of a hyphenated one or of a model number."""
    if _GLUE in chunk:
        return tuple(token for piece in chunk.split(_GLUE) for token in tokens_of(piece))
    if chunk.isalnum():
        return (stem(chunk[:MAX_TOKEN_CHARS]),)
    if _INITIALS.fullmatch(chunk):
        return (chunk.replace(".", ""),)
    out: list[str] = []
    plain = _THOUSANDS.sub("", chunk)
    for segment in (plain,) if _FRACTION.fullmatch(plain) else _SEGMENT.split(plain):
        parts = [part for part in (bare(p) for p in _HYPHEN.split(segment)) if part]
        out += (stem(part) for part in parts)
        if is_compound(parts):
            out.append(stem("".join(parts)))
    if _CODE.fullmatch(plain):
        out.append(bare(plain.replace("/", "").replace("-", "")))
    return tuple(out)


def is_compound(parts: Sequence[str]) -> bool:
    """Whether hyphenated parts are also looked for as one word: not "10-15", not half a sentence."""
    if not 2 <= len(parts) <= 4 or sum(map(len, parts)) > MAX_TOKEN_CHARS:
        return False
    return sum(map(len, parts)) >= 6 or not all(part.isdecimal() for part in parts)


def bare(part: str) -> str:
    """A written word without possessive and apostrophes, cut to the longest token."""
    return part.removesuffix("'s").replace("'", "")[:MAX_TOKEN_CHARS]


def is_measured(chunk: str) -> bool:
    """Whether the written word is a number with its unit or a size: its first token is the joined form."""
    return _GLUE in chunk


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The word without its English plural ending; others unchanged. Both numbers of a word give the same stem.

    The stem need not be a word ("cookie" and "cookies" give "cooky"): it is compared, never shown.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word if word != "men" else "man"
    known = _IRREGULAR.get(word)
    if known:
        return known
    if word[-1] == "s" and word[-2] != "s":
        word = _IRREGULAR.get(word[:-1], word[:-1])
    if word[-1] != "e" or len(word) < 4:
        return word
    if word.endswith("ie"):
        return word[:-2] + "y"
    if word.endswith(("se", "xe", "che", "she")) or (word.endswith("oe") and len(word) > 4):
        return word[:-1]
    return word


def _folded(found: re.Match[str]) -> str:
    return _FOLD[found[0]]


def _plain_digits(text: str) -> str:
    """Digits of other scripts as 0-9, so that numbers and units meet."""
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), text)


def _number(text: str) -> str:
    return _THOUSANDS.sub("", text).replace(",", ".")


def _joined(number: str, unit: str) -> str:
    """Number with unit and the bare number, glued into one written word."""
    number = _number(number)
    spelling = unit.strip(" -")
    for filler in ("fluid", "fl"):
        spelling = spelling.removeprefix(filler).lstrip(". ") if spelling != filler else spelling
    return f"{number}{_UNIT_OF[spelling]}{_GLUE}{number}"


def _measure(found: re.Match[str]) -> str:
    return f" {_joined(found[1], found[2])} "


def _size(found: re.Match[str]) -> str:
    """`8" x 10"` as 8x10 and each measure."""
    sides = [(found[1], found[2]), *_SIZE_PART.findall(found[3])]
    whole = "x".join(_number(number) for number, _ in sides)
    measures = (_joined(number, unit) if unit else _number(number) for number, unit in sides)
    return f" {_GLUE.join((whole, *measures))} "
