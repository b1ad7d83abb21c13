"""Short ways to state an attribute, so that a stall reads as a table."""

from haat.demo.model import Attribute


def number(name: str, label: str, unit: str, *choices: float, axis: bool = False, facet: bool = True) -> Attribute:
    """A required number in `unit`, one of choices."""
    return Attribute(name, label, "number", choices, unit=unit, axis=axis, facet=facet)


def enum(name: str, label: str, *choices: str, axis: bool = False, facet: bool = True) -> Attribute:
    """A required value of a closed list."""
    return Attribute(name, label, "enum", choices, axis=axis, facet=facet, searchable=True)


def flag(name: str, label: str, likely: float = 0.5) -> Attribute:
    """Yes or no; always stated."""
    return Attribute(name, label, "boolean", likely=likely)


def multi(name: str, label: str, *choices: str) -> Attribute:
    """One to three values of a closed list."""
    return Attribute(name, label, "multi", choices, searchable=True)


def text(name: str, label: str, *choices: str, facet: bool = False, likely: float = 1.0) -> Attribute:
    """Free words, found by search; not always given where likely is below 1."""
    return Attribute(name, label, "text", choices, facet=facet, searchable=True, required=likely >= 1, likely=likely)


def colour(*palette: str) -> Attribute:
    """The colour axis of a leaf."""
    return Attribute("colour", "Colour", "enum", palette, axis=True, searchable=True)
