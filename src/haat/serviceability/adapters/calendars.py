"""Public holidays from the `holidays` package."""

import datetime
from functools import lru_cache
from typing import Final

from holidays import country_holidays

COUNTRY: Final = "IN"
YEARS_KEPT: Final = 8


def _plain(state: str) -> str:
    """A state's name without case, accents of its spelling or a leading article."""
    return state.casefold().removeprefix("the ").replace("&", "and").strip()


class IndiaHolidays:
    """India's national and state holidays. Dates that hang on the moon are the package's estimates."""

    def __init__(self) -> None:
        aliases: dict[str, str] = country_holidays(COUNTRY).subdivisions_aliases
        self._codes = {_plain(name): code for name, code in aliases.items()}
        self._days = lru_cache(maxsize=64 * YEARS_KEPT)(_days)

    def knows(self, state: str) -> bool:
        """Whether the package has a calendar of this state."""
        return _plain(state) in self._codes

    def national(self, year: int) -> frozenset[datetime.date]:
        """See Holidays."""
        return self._days(None, year)

    def of_state(self, state: str, year: int) -> frozenset[datetime.date]:
        """See Holidays."""
        return self._days(self._codes.get(_plain(state)), year)


def _days(subdivision: str | None, year: int) -> frozenset[datetime.date]:
    return frozenset(country_holidays(COUNTRY, subdiv=subdivision, years=year).keys())
