"""Handloom: cloth that somebody wove."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "handloom",
    "Handloom",
    {"wear": "To wear", "drape": "To drape", "floor": "Floor & bath"},
    (enum("care", "Care", "hand wash", "dry clean", "gentle machine wash", facet=False),),
    tax_class="gst-5",
)
_CLOTH: Final = enum("fabric", "Fabric", "cotton", "silk", "silk cotton", "tussar", "linen")

LEAVES: Final = (
    STALL.leaf(
        "drape.sarees", "Sarees", "saree", nouns="saree|handwoven saree|saree with blouse piece", palette="maroon,indigo,turmeric,leaf,aubergine,pink", price=(1299, 14999), lines="weave", share=2.0,
        attributes=(
            _CLOTH, colour("maroon", "indigo", "turmeric", "leaf", "aubergine", "pink"), enum("weave", "Weave", "Chanderi", "Maheshwari", "Jamdani", "Ikat", "Kanjivaram", "Banarasi", "Baluchari"), number("length_m", "Length", "m", 5.5, 6.2, 6.3), flag("blouse_piece", "Blouse piece", 0.6),
            enum("border", "Border", "zari", "temple", "plain", "contrast"),
        ),
        titles="{line} {weave} {noun}, {fabric}|{line} {fabric} {noun}, {weave} weave|{line} {weave} {noun} with {border} border", hindi="साड़ी",
        uses="a sister's wedding|office days that end in a concert|the first day of Navaratri|summer, when nothing else is cool enough|somebody who keeps things for thirty years",
        parts="The pallu took the weaver four days.|Butis are woven in, so the wrong side shows every thread.|It falls without starch.|The border carries a row of temples.|A selvedge card names the weaver and the loom.",
    ),
    STALL.leaf(
        "wear.kurtas", "Kurtas", "kurta", nouns="kurta|straight kurta|short kurta|A-line kurta", palette="ivory,indigo,mustard,maroon,mint", price=(599, 2999), lines="weave", share=1.4,
        attributes=(
            _CLOTH, colour("ivory", "indigo", "mustard", "maroon", "mint"), enum("size", "Size", "S", "M", "L", "XL", "XXL", axis=True), enum("fit", "Fit", "women", "men", "unisex"), enum("sleeve", "Sleeve", "half", "three-quarter", "full"), enum("print", "Print", "plain", "block print", "ikat", "chikan"),
        ),
        titles="{line} {fit} {noun}, {print}|{line} {fabric} {noun} for {fit}", hindi="कुर्ता",
        uses="Mondays|a haldi morning|long flights|the poetry reading",
        parts="Pockets are in the side seams, deep enough for a phone.|Buttons are coconut shell.|The yoke is doubled.|It softens with each wash and keeps its colour.",
    ),
    STALL.leaf(
        "wear.stoles", "Stoles & dupattas", "stole", nouns="stole|dupatta|scarf", palette="rose,teal,turmeric,charcoal", price=(399, 2499), lines="weave",
        attributes=(
            _CLOTH, colour("rose", "teal", "turmeric", "charcoal"), enum("weave", "Weave", "Khesh", "Ikat", "Bandhani", "Kota", "Jamdani"), number("length_cm", "Length", "cm", 180, 200, 250), flag("tassels", "Tassels", 0.5),
        ),
        titles="{line} {weave} {noun} in {fabric}|{line} {fabric} {noun}, {weave}", hindi="दुपट्टा",
        uses="cold cinema halls|a plain kurta that wants company|the pillion seat|evenings by the sea",
        parts="Tassels are knotted by the weaver's family.|It goes through a ring, as it should.|Edges are hand rolled.|Each dot of the bandhani is a knot tied by hand.",
    ),
    STALL.leaf(
        "wear.shawls", "Shawls", "shawl", nouns="shawl|wrap|stole-shawl", palette="walnut,maroon,moss", price=(999, 8999), lines="flower", share=0.8,
        attributes=(
            enum("fabric", "Fabric", "wool", "merino", "wool and silk"), colour("walnut", "maroon", "moss"), enum("weave", "Weave", "Kullu", "Kutch", "Naga", "twill"), number("width_cm", "Width", "cm", 70, 100), number("weight_g", "Weight", "g", 180, 260, 340, 420),
        ),
        titles="{line} {weave} {noun}, {weight_g} g|{line} {fabric} {noun}, {weave} border", hindi="शॉल",
        uses="December verandas|the night train|a mother who says she needs nothing|air-conditioned offices",
        parts="Yarn is spun in the valley where it is woven.|The border is a pattern of the weaver's own village.|Moth balls are not needed; neem leaves will do.|It is fulled in warm water, so it does not itch.",
    ),
    STALL.leaf(
        "floor.dhurries", "Dhurries & rugs", "rug", nouns="dhurrie|flat-weave rug|runner", palette="indigo,rust,leaf,ivory", price=(799, 8999), by="length_cm", lines="river", tax="gst-12",
        attributes=(
            enum("fabric", "Fabric", "cotton", "jute", "wool"), colour("indigo", "rust", "leaf", "ivory"), number("length_cm", "Length", "cm", 90, 120, 150, 180, 240, axis=True), enum("pattern", "Pattern", "stripes", "diamonds", "panja", "plain"), flag("reversible", "Both sides usable", 0.8),
        ),
        titles="{line} {pattern} {noun}|{line} {noun}, {pattern}, {fabric}", hindi="दरी",
        uses="stone floors|the space between two beds|yoga at home|a veranda at dusk",
        parts="The warp is double, so corners stay down.|Dust shakes out; nothing is trapped.|It is beaten tight with an iron panja.|It folds to the size of a pillow.",
    ),
    STALL.leaf(
        "floor.towels", "Towels & gamchas", "towel", nouns="bath towel|gamcha|hand towel set", palette="sky,terracotta,white,leaf", price=(149, 999), by="length_cm", lines="river",
        attributes=(
            enum("fabric", "Fabric", "cotton", "waffle cotton", "bamboo cotton"), colour("sky", "terracotta", "white", "leaf"), number("length_cm", "Length", "cm", 75, 120, 150, 170), number("pieces", "Pieces", "pieces", 1, 2, 4, axis=True), number("gsm", "Weight of cloth", "g/m²", 180, 300, 450, 550),
        ),
        titles="{line} {noun}, {length_cm} cm|{line} {gsm} g/m² {noun}", hindi="गमछा",
        uses="river baths|the gym bag|guests|hair that takes for ever to dry",
        parts="It dries on a line in half an hour.|A loop is sewn into the short side.|It drinks from the first use.|Dye does not run onto white.",
    ),
)  # fmt: skip
