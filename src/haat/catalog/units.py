"""Units of number attributes: a supplier's millimetres in a category that is kept in centimetres.

Only plain factors (no temperatures), only units that mean one thing. Source: SI Brochure, 9th edition, tables 2 to 8;
NIST Special Publication 811, appendix B.8, for the inch and pound units.
"""

from collections.abc import Mapping
from typing import Final

_FACTORS: Final[Mapping[str, Mapping[str, float]]] = {
    "length in metres": {
        "mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1_000.0, "in": 0.0254, "inch": 0.0254, "inches": 0.0254, '"': 0.0254,
        "ft": 0.3048, "feet": 0.3048, "yd": 0.9144, "µm": 1e-6, "um": 1e-6, "nm": 1e-9,
    },
    "mass in grams": {
        "mg": 0.001, "g": 1.0, "gm": 1.0, "kg": 1_000.0, "lb": 453.592_37, "lbs": 453.592_37, "oz": 28.349_523_125,
        "t": 1_000_000.0,
    },
    "volume in millilitres": {"ml": 1.0, "cl": 10.0, "dl": 100.0, "l": 1_000.0, "ltr": 1_000.0, "litre": 1_000.0},
    "power in watts": {"mw": 0.001, "w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1_000.0},
    "time in seconds": {
        "ms": 0.001, "s": 1.0, "sec": 1.0, "min": 60.0, "minutes": 60.0, "h": 3_600.0, "hours": 3_600.0, "hrs": 3_600.0,
        "d": 86_400.0, "days": 86_400.0,
    },
    "data in bytes": {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12},
    "frequency in hertz": {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "charge in milliampere hours": {"mah": 1.0, "ah": 1_000.0},
    "voltage in volts": {"mv": 0.001, "v": 1.0, "kv": 1_000.0},
}  # fmt: skip  # a table reads better in rows
_BY_UNIT: Final = {unit: (kind, factor) for kind, units in _FACTORS.items() for unit, factor in units.items()}


def convert(number: float, given: str, wanted: str) -> float | None:
    """The same quantity in another unit, to 12 significant digits; None when the two cannot be compared."""
    if given == wanted:
        return number
    one, other = _BY_UNIT.get(given.strip().casefold()), _BY_UNIT.get(wanted.strip().casefold())
    if one is None or other is None or one[0] != other[0]:
        return None
    # 12 digits: what a double keeps of a product of two factors, so 2.54 cm does not become 2.5400000000000005
    found = float(f"{number * one[1] / other[1]:.12g}")
    return int(found) if found.is_integer() and abs(found) < 2**53 else found
