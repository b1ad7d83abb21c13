"""Number ranges people read easily: 1, 2, 5, 10, 20, 50, … in both directions from zero.

A band is kept in the index as one small number, so a facet over ranges is a count of terms: exact, in one walk,
without knowing the smallest and largest value first. A band holds its lower end and not its upper end.
"""

import math
import struct
from functools import lru_cache
from typing import Final

_FLOAT64: Final = struct.Struct("<d")
_INT64: Final = struct.Struct("<q")
_BELOW_SIGN: Final = 0x7FFF_FFFF_FFFF_FFFF
_STEPS: Final = (1, 2, 5)
_OFFSET: Final = 1_000  # keeps band numbers of every finite float above zero, so that minus means minus


@lru_cache(maxsize=1 << 14)  # prices and measures come in round numbers
def band_of(value: float) -> int:
    """The band's number: 0 holds zero alone, negative numbers mirror the positive ones. The value must be finite."""
    if value == 0:
        return 0
    size = abs(value)
    exponent = math.floor(math.log10(size))
    for tried in (exponent + 1, exponent, exponent - 1):  # log10 rounds: the neighbours of a power of ten
        for step in (2, 1, 0):
            if size >= _edge(tried, step):
                band = _OFFSET + 3 * tried + step
                return band if value > 0 else -band
    return _OFFSET - 3 * 330 if value > 0 else -(_OFFSET - 3 * 330)  # denormal floats share the lowest band


def bounds(band: int) -> tuple[float, float]:
    """From (included) and to (not included; for a negative band it is the other way round, for zero both are 0)."""
    if band == 0:
        return 0.0, 0.0
    exponent, step = divmod(abs(band) - _OFFSET, 3)
    low = _edge(exponent, step)
    high = _edge(exponent, step + 1) if step < 2 else _edge(exponent + 1, 0)
    return (low, high) if band > 0 else (-high, -low)


@lru_cache(maxsize=4_096)  # a catalogue has some dozens
def closed(band: int) -> tuple[float, float]:
    """The band as a range that includes both ends: what a filter on it asks for."""
    low, high = bounds(band)
    if band == 0:
        return low, high
    return (low, math.nextafter(high, -math.inf)) if band > 0 else (math.nextafter(low, math.inf), high)


def _edge(exponent: int, step: int) -> float:
    """The edge as the float that its decimal text means, so that 0.2 is exactly what people type."""
    return float(f"{_STEPS[step]}e{exponent}")


def to_ordered(value: float) -> int:
    """A whole number of 64 bits that sorts as the float does: exact in engines that mix up whole and broken numbers.

    Source: IEEE 754-2008 section 5.10, totalOrder; negative zero counts as zero.
    """
    bits: int = _INT64.unpack(_FLOAT64.pack(value + 0.0))[0]
    return bits if bits >= 0 else bits ^ _BELOW_SIGN


def from_ordered(number: int) -> float:
    """The float of `to_ordered`."""
    value: float = _FLOAT64.unpack(_INT64.pack(number if number >= 0 else number ^ _BELOW_SIGN))[0]
    return value
