"""Furniture: to sit, to work, to sleep, to keep things in. Mostly heavy, so not every road takes it."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "furniture",
    "Furniture",
    {"sit": "Sitting", "work": "Tables & desks", "sleep": "Sleeping", "keep": "Keeping"},
    (
        flag("self_assembly", "To be put together", 0.5),
        number("warranty_months", "Warranty", "months", 12, 24, 36, 60, facet=False),
    ),
)

LEAVES: Final = (
    STALL.leaf(
        "sit.chairs", "Chairs", "chair", nouns="dining chair|cane-back chair|study chair|armchair", palette="teak,sheesham,teal,mustard", price=(1999, 7999), lines="home", shipping="heavy",
        attributes=(
            colour("teak", "sheesham", "teal", "mustard"), enum("wood", "Wood", "teak", "sheesham", "mango", "rubberwood"), number("seat_height_cm", "Seat height", "cm", 42, 44, 46, 48), number("max_load_kg", "Carries", "kg", 100, 120, 140),
        ),
        titles="{line} {noun} in {wood}|{line} {wood} {noun}", hindi="कुर्सी",
        uses="long dinners|a desk by the window|the veranda|the sixth guest",
        parts="Joints are mortise and tenon, glued and pegged.|Cane is woven by hand in six directions.|Feet have felt, floors stay whole.|The back follows yours.",
    ),
    STALL.leaf(
        "sit.stools", "Stools & mudhas", "stool", nouns="mudha stool|bar stool|step stool", palette="natural,walnut,indigo", price=(799, 3499), by="height_cm", lines="farm",
        attributes=(
            colour("natural", "walnut", "indigo"), number("height_cm", "Height", "cm", 30, 45, 60, 75), enum("material", "Material", "cane and jute", "mango wood", "steel and wood"),
        ),
        titles="{line} {noun}, {height_cm} cm|{line} {noun} in {material}", hindi="मूढ़ा",
        uses="shelling peas|a second seat on the balcony|reaching the top shelf|the kitchen counter",
        parts="The weave tightens as you sit.|It weighs less than a bag of sugar and carries a wrestler.|The rim is bound with jute rope.|It stacks three high.",
    ),
    STALL.leaf(
        "work.tables", "Tables & desks", "table", nouns="study table|dining table|writing desk|folding table", palette="teak,sheesham,white", price=(3499, 18999), by="width_cm", lines="home", shipping="heavy",
        attributes=(
            colour("teak", "sheesham", "white"), number("width_cm", "Width", "cm", 75, 90, 120, 150, 180), enum("wood", "Wood", "teak", "sheesham", "mango", "engineered wood"), flag("drawer", "Drawer", 0.5),
        ),
        titles="{line} {noun}, {width_cm} cm, {wood}|{line} {wood} {noun}, {width_cm} cm", hindi="मेज़",
        uses="homework and bills|six at dinner|work from a corner of the bedroom|festive thalis",
        parts="The top is one width, not veneer.|Cables go down one hollow leg.|Corners are rounded for hips and children.|Legs unscrew for narrow stairs.",
    ),
    STALL.leaf(
        "sleep.mattresses", "Mattresses", "mattress", nouns="coir mattress|foam mattress|cotton mattress|latex mattress", palette="white,sky,maroon", price=(3999, 17999), by="thickness_cm", lines="sky", shipping="heavy",
        attributes=(
            enum("size", "Size", "single", "double", "queen", "king", axis=True), colour("white", "sky", "maroon"), number("thickness_cm", "Thickness", "cm", 10, 12, 15, 20), enum("firmness", "Firmness", "soft", "medium", "firm"),
        ),
        titles="{line} {firmness} {noun}, {thickness_cm} cm|{line} {noun}, {firmness}, {thickness_cm} cm", hindi="गद्दा",
        uses="backs that complain|light sleepers|a cot in the spare room|hot nights",
        parts="The cover unzips on three sides and washes cold.|Edges are stitched to carry a sitting person.|It comes rolled and rises in a day.|Layers are tied, not glued.",
    ),
    STALL.leaf(
        "keep.shelves", "Shelves & racks", "shelf", nouns="bookshelf|wall shelf|shoe rack|open rack", palette="teak,white,graphite", price=(1299, 9999), by="tiers", lines="home", shipping="heavy",
        attributes=(
            colour("teak", "white", "graphite"), number("tiers", "Tiers", "tiers", 2, 3, 4, 5, 6), enum("material", "Material", "sheesham", "mango wood", "engineered wood", "steel"), number("width_cm", "Width", "cm", 45, 60, 90, 120),
        ),
        titles="{line} {noun}, {tiers} tiers, {width_cm} cm|{line} {tiers}-tier {noun} in {material}", hindi="अलमारी",
        uses="three hundred paperbacks|the wall behind the door|shoes that wander|jars of pickle",
        parts="Each board carries thirty kilograms.|A strap ties it to the wall.|Boards drop into slots; no tool is needed.|The back is open, so the wall's colour shows.",
    ),
)  # fmt: skip
