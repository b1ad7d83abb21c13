"""The demo's own grammar: titles, descriptions and bullets, composed from a leaf's words and an item's values."""

import re
from collections.abc import Mapping
from random import Random
from typing import Final

from haat.demo.model import Attribute, Leaf, Value

_OPENINGS: Final = (
    "{A} {noun} for {use}.",
    "{brand} made this {noun} with {use} in mind.",
    "The {line} is {a} {noun} for {use}.",
    "For {use}, {brand} offers the {line}: {a} {noun} that does its work and keeps quiet about it.",
    "There are simpler ways to be ready for {use}; few of them last as long as this {noun}.",
    "Think of {use}, and you know why the {line} came to be.",
    "{brand} tried eleven versions before this {noun} was good enough for {use}.",
    "Plain to look at, right for {use}: the {line} by {brand}.",
    "We kept the {line} in the range because people who bought it for {use} came back for a second one.",
    "Made for {use}, this {noun} is at home elsewhere too.",
    "{Use}: that is what the {line} was drawn for.",
    "A small workshop's answer to {use}.",
)
_FACTS: Final = (
    "In figures: {facts}.", "What it comes with: {facts}.", "The sheet says: {facts}.",
    "For those who compare: {facts}.",
    "In short: {facts}.", "What counts: {facts}.", "Measured, not promised: {facts}.",
)  # fmt: skip
_CLOSINGS: Final = (
    "Kept well, it will outlast the box it came in.", "If it is not what you thought, send it back as it is.",
    "{brand} answers letters about it.", "The seller packs it himself.", "It makes a good present, too.",
    "Batches are small, so colours may differ by a shade.", "Bought once, it is one thing less to think about.",
    "It is made in India, and so are its spare parts.", "", "", "", "",
)  # fmt: skip
_HINDI: Final = (
    "रोज़ के काम का {word}।", "{word}: सोच-समझकर बनाया, ठीक दाम पर।", "घर के लिए अच्छा {word}, बरसों साथ देने वाला।",
    "आपके पिनकोड तक, तय दिन पर: {word}।",
)  # fmt: skip

_PLACES: Final = (
    "Madikeri", "Bhopal", "Kasauli", "Chandni Chowk", "Fort Kochi", "Majuli", "Jaisalmer", "Pondicherry", "Almora",
    "Wayanad",
    "Hampi", "Shillong", "Panjim", "Bikaner", "Darjeeling", "Tezpur", "Orchha", "Diu", "Mandu", "Kurseong", "Gokarna",
    "Lucknow", "Kalimpong", "Matheran", "Puri",
)  # fmt: skip
_THINGS: Final = (
    "Lantern", "Mango Orchard", "Ferry", "Tailor", "Letter", "Well", "Monsoon", "Railway Clerk", "Banyan", "Kite",
    "Harmonium", "Stepwell", "Spice Merchant", "Window", "Typewriter", "Verandah", "Salt Road", "Lighthouse",
    "Tea Garden",
    "Clockmaker", "Postmaster", "Elephant", "Cinema", "River Island", "Sugar Mill", "Weaver", "Brass Band", "Moonstone",
    "Almirah", "Tram",
)  # fmt: skip
_QUALITIES: Final = (
    "Quiet", "Second", "Borrowed", "Blue", "Unfinished", "Patient", "Small", "Lost", "Honest", "Long", "Crooked",
    "Paper",
    "Slow", "Invisible", "Forgotten", "Generous", "Curious", "Lazy", "Reluctant", "Early",
)  # fmt: skip
_PEOPLE: Final = (
    "Sisters", "Gardener", "Two Brothers", "Stationmaster", "Absent Father", "River", "Night Watchman", "Neighbours",
    "Cartographer", "Widow", "Apprentice", "Hills", "Poet", "Last Maharani", "Ticket Collector", "Rains",
)  # fmt: skip
_ANIMALS: Final = (
    "Langur", "Little Bulbul", "Gharial", "Slow Tortoise", "Hornbill", "Baby Elephant", "Red Panda", "Squirrel",
    "Camel",
    "Peacock", "Otter", "Hedgehog", "Nilgai", "Firefly", "Goat",
)  # fmt: skip
_HINDI_FEMININE: Final = (
    "नदी",
    "खिड़की",
    "चिट्ठी",
    "दोपहर",
    "बारिश",
    "गली",
    "सीढ़ी",
    "लालटेन",
    "नाव",
    "कहानी",
    "सड़क",
    "चौखट",
)
_HINDI_F_QUALITY: Final = ("नीली", "आख़िरी", "पुरानी", "अधूरी", "छोटी", "भीगी", "लंबी", "खोई हुई", "दूसरी", "बंद")
_HINDI_MASCULINE: Final = ("घर", "पेड़", "शहर", "रास्ता", "आँगन", "दरवाज़ा", "पुल", "मेला", "चाँद", "दिया", "कुआँ", "सफ़र")
_HINDI_M_QUALITY: Final = ("नीला", "आख़िरी", "पुराना", "अधूरा", "छोटा", "सूना", "लंबा", "खोया हुआ", "दूसरा", "बंद")
_HINDI_AFTER: Final = ("के पार", "के उस ओर", "से पहले", "के बाद", "और मैं", "के साये में", "की ओर", "में एक दिन")
_HINDI_OBLIQUE: Final = ("नदी", "खिड़की", "बारिश", "गली", "घर", "पेड़", "शहर", "पुल", "चाँद", "सफ़र", "धूप", "पहाड़")

_HOLE: Final = re.compile(r"\{(\w+)\}")
_ARTICLE: Final = re.compile(r"\b([Aa]) ([AEIOUaeiou])")


def shown(value: Value) -> str:
    """A value as a person reads it: 6.5, not 6.50; lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def fill(template: str, words: Mapping[str, str]) -> str:
    """The template with each {name} replaced. Raises: KeyError for a name that words lack: a leaf is misspelt."""
    return _HOLE.sub(lambda hole: words[hole[1]], template)


def title_words(rng: Random, leaf: Leaf, values: Mapping[str, Value], line: str, noun: str) -> dict[str, str]:
    """What a title template may name: the item's values, its line and noun, and drawn words for books."""
    words = {name: shown(value) for name, value in values.items()}
    words |= {"line": line, "noun": noun}
    if leaf.id.startswith("books."):
        words |= {
            "a": rng.choice(_QUALITIES),
            "b": rng.choice(_THINGS),
            "c": rng.choice(_PEOPLE),
            "place": rng.choice(_PLACES),
            "animal": rng.choice(_ANIMALS),
            "subject_title": words.get("subject", "").capitalize(),
            "hindi_a": f"{rng.choice(_HINDI_F_QUALITY)} {rng.choice(_HINDI_FEMININE)}",
            "hindi_b": f"{rng.choice(_HINDI_M_QUALITY)} {rng.choice(_HINDI_MASCULINE)}",
            "hindi_c": f"{rng.choice(_HINDI_OBLIQUE)} {rng.choice(_HINDI_AFTER)}",
        }
    return words


def title(rng: Random, leaf: Leaf, words: Mapping[str, str]) -> str:
    """One of the leaf's titles, filled; now and then with the Hindi word behind it."""
    text = _ARTICLE.sub(r"\1n \2", _capital(fill(rng.choice(leaf.titles), words)))
    return f"{text} ({leaf.hindi})" if leaf.hindi and rng.random() < 0.12 else text


def _fact(attribute: Attribute, value: Value) -> str:
    label = attribute.label.lower() if attribute.label[1:2].islower() else attribute.label
    if attribute.kind == "boolean":
        return label if value else f"no {label}"
    plain_unit = attribute.unit in ("", "year", "edition", "SPF") or attribute.label.lower() == attribute.unit
    return f"{label} {shown(value)}" + ("" if plain_unit else f" {attribute.unit}")


def _facts(leaf: Leaf, values: Mapping[str, Value]) -> list[str]:
    return [
        _fact(attribute, values[attribute.name])
        for attribute in leaf.attributes
        if attribute.name in values and attribute.name != "country_of_origin" and values[attribute.name] is not False
    ]


def description(
    rng: Random, leaf: Leaf, values: Mapping[str, Value], *, brand: str, line: str, noun: str, parts: list[str]
) -> str:
    """Three to six sentences. `parts` are the leaf's sentences chosen for this item, the first two told here."""
    use = rng.choice(leaf.uses)
    article = "an" if noun[:1].lower() in "aeiou" else "a"
    named = leaf.id.startswith("books.")
    words = {
        "use": use, "Use": _capital(use), "noun": noun, "a": article, "A": article.capitalize(), "brand": brand,
        "line": "book" if named else f"{line} {noun}" if rng.random() < 0.3 else line,
    }  # fmt: skip
    sentences = [fill(rng.choice(_OPENINGS), words), *parts[:2]]
    facts = _facts(leaf, values)
    if len(facts) > 1 and rng.random() < 0.7:
        told = rng.sample(facts, min(len(facts), rng.randint(2, 3)))
        sentences.append(fill(rng.choice(_FACTS), {"facts": ", ".join(told)}))
    sentences.append(fill(rng.choice(_CLOSINGS), words))
    if leaf.hindi and rng.random() < 0.15:
        sentences.append(fill(rng.choice(_HINDI), {"word": leaf.hindi}))
    return " ".join(_capital(sentence) for sentence in sentences if sentence)


def bullets(rng: Random, leaf: Leaf, values: Mapping[str, Value], parts: list[str]) -> tuple[str, ...]:
    """Two to four facts and one or two sentences that the description does not have."""
    facts = [_capital(fact) for fact in _facts(leaf, values)]
    chosen = sorted(rng.sample(range(len(facts)), min(len(facts), rng.randint(2, 4))))
    return (*(facts[index] for index in chosen), *(part.rstrip(".") for part in parts[2:]))
