"""Tax inside prices: which rate holds for a class at a moment, and how much of an amount it is.

Prices include tax. There is one rounding rule, here, applied once per line; sums are sums of rounded lines.
"""

import datetime
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

WHOLE_BP: Final = 10_000
"""Hundredths of a percent in one."""
MAX_BP: Final = WHOLE_BP
"""A rate beyond 100 % is a mistake."""


class Taxes(Protocol):
    """A country's tax on goods. T1 a rate is 0 to MAX_BP. T2 an unknown class has the standard rate."""

    def rate_bp(self, tax_class: str, at_ms: int) -> int:
        """The rate of a tax class at a moment, in hundredths of a percent."""


def tax_inside(total_minor: int, rate_bp: int) -> int:
    """The tax in an amount that includes it: total · rate / (1 + rate), in the smallest unit, halves rounded up."""
    whole = WHOLE_BP + rate_bp
    return (2 * total_minor * rate_bp + whole) // (2 * whole)


_INDIA: Final = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


def _from(year: int, month: int, day: int) -> int:
    """The midnight in India with which a day begins, in ms."""
    return round(datetime.datetime(year, month, day, tzinfo=_INDIA).timestamp() * 1000)


_SINCE_EVER: Final = 0
_REFORM: Final = _from(2025, 9, 22)

INDIA_GST: Final[Mapping[str, Sequence[tuple[int, int]]]] = {
    "standard": ((_SINCE_EVER, 1_800),),
    "gst-0": ((_SINCE_EVER, 0),),
    "gst-3": ((_SINCE_EVER, 300),),
    "gst-5": ((_SINCE_EVER, 500),),
    "gst-12": ((_SINCE_EVER, 1_200), (_REFORM, 500)),
    "gst-18": ((_SINCE_EVER, 1_800),),
    "gst-28": ((_SINCE_EVER, 2_800), (_REFORM, 1_800)),
    "gst-40": ((_SINCE_EVER, 2_800), (_REFORM, 4_000)),
}
"""Class → (from, rate), oldest first. A class keeps the name sellers know it by; its rate changes with the law.

Source: recommendations of the 56th meeting of the GST Council, in force from 22 September 2025: 12 % goods went to 5 %,
28 % goods to 18 %, luxury goods ("gst-40", 28 % before) to 40 %.
"""


class DatedRates:
    """Taxes from a table of rates with the moments from which they hold."""

    def __init__(self, rates: Mapping[str, Sequence[tuple[int, int]]] = INDIA_GST, standard: str = "standard") -> None:
        self._rates = {
            name: ([since_ms for since_ms, _ in dated], [rate for _, rate in dated]) for name, dated in rates.items()
        }
        self._standard = self._rates[standard]

    def rate_bp(self, tax_class: str, at_ms: int) -> int:
        """See Taxes. The last rate that began at or before the moment; the first for moments before all."""
        since_ms, rates = self._rates.get(tax_class, self._standard)
        return rates[max(bisect_right(since_ms, at_ms) - 1, 0)]
