"""Two small stalls: Garden, and Tools & repair."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, multi, number
from haat.demo.stalls.stall import Stall

GARDEN: Final = Stall(
    "garden",
    "Garden",
    {"pots": "Pots & stands", "growing": "Growing"},
    (flag("outdoors", "May stand outdoors", 0.8),),
)
TOOLS: Final = Stall(
    "tools",
    "Tools & repair",
    {"hand": "Hand tools", "power": "Power tools", "paint": "Paint & light"},
    (number("warranty_months", "Warranty", "months", 6, 12, 24, 60, facet=False),),
)

GARDEN_LEAVES: Final = (
    GARDEN.leaf(
        "pots.plant-pots", "Plant pots", "plant_pot", nouns="plant pot|terracotta planter|hanging planter", palette="terracotta,white,teal,graphite", price=(149, 1299), by="diameter_cm", lines="flower", tax="gst-12", share=1.2,
        attributes=(number("diameter_cm", "Diameter", "cm", 10, 15, 20, 25, 30, axis=True), colour("terracotta", "white", "teal", "graphite"), enum("material", "Material", "terracotta", "ceramic", "coir", "metal"), flag("saucer", "Saucer", 0.6)),
        titles="{line} {material} {noun}|{line} {noun} in {material}", hindi="गमला",
        uses="tulsi by the door|a balcony that faces west|curry leaves|a desk without a window",
        parts="Clay breathes, roots stay cool.|The hole is there, and so is the plug.|It is fired at a thousand degrees and shrugs off frost.|The rim is thick enough to lift by.",
    ),
    GARDEN.leaf(
        "growing.watering-cans", "Watering cans", "watering_can", nouns="watering can|long-spout watering can|sprinkler can", palette="leaf,copper,sky", price=(249, 1499), by="capacity_l", lines="river",
        attributes=(number("capacity_l", "Capacity", "l", 1, 2, 5, 8, 10), colour("leaf", "copper", "sky"), enum("material", "Material", "steel", "copper", "plastic")),
        titles="{line} {noun}, {capacity_l} l|{line} {material} {noun}, {capacity_l} l", hindi="पानी का झारा",
        uses="seedlings|forty pots before breakfast|hanging baskets|a terrace farm",
        parts="The rose comes off.|It balances when full.|The spout reaches the back row.|Joints are brazed.",
    ),
    GARDEN.leaf(
        "growing.seeds", "Seeds", "seed_packet", nouns="seeds|open-pollinated seeds|seed packet", palette="leaf,orange,pink", price=(29, 249), lines="farm", tax="gst-0",
        attributes=(enum("plant", "Plant", "tomato", "okra", "marigold", "coriander", "spinach", "brinjal", "sunflower", "chilli"), number("seeds", "Seeds", "seeds", 20, 50, 100, 250, axis=True), enum("season", "Season", "kharif", "rabi", "all year"), number("days", "First harvest", "days", 30, 45, 60, 75, 90)),
        titles="{line} {plant} {noun}, {season}|{line} {plant} {noun}, {days} days", hindi="बीज",
        uses="a kitchen garden|school projects|a box on a sill|first-time growers",
        parts="Germination was tested this year and is printed.|They are open pollinated: keep your own next time.|No coating, no dye.|The back says when, how deep and how far apart.",
    ),
    GARDEN.leaf(
        "growing.compost", "Compost & soil", "soil_bag", nouns="vermicompost|potting mix|cocopeat", palette="walnut,leaf", price=(149, 399), by="weight_kg", lines="farm", tax="gst-5", shipping="heavy", share=0.8,
        attributes=(number("weight_kg", "Weight", "kg", 1, 5, 10, 25, axis=True), multi("contains", "Contains", "cocopeat", "cow dung", "neem cake", "perlite", "leaf mould"), flag("organic", "Organic", 0.8)),
        titles="{line} {noun}|{line} sieved {noun}", hindi="खाद",
        uses="tired pots|tomatoes in bags|new lawns|indoor ferns",
        parts="It smells of forest.|It is sieved and free of stones.|It holds water for two days longer.|Worms did the work.",
    ),
)  # fmt: skip

TOOLS_LEAVES: Final = (
    TOOLS.leaf(
        "hand.hammers", "Hammers & axes", "hammer", nouns="claw hammer|ball-peen hammer|carpenter's hammer", palette="chilli,walnut,black", price=(199, 1299), by="head_g", lines="craft", share=0.8,
        attributes=(number("head_g", "Head", "g", 200, 300, 450, 600, 1000), colour("chilli", "walnut", "black"), enum("handle", "Handle", "hickory", "fibreglass", "tubular steel", "babul wood")),
        titles="{line} {noun}, {head_g} g|{line} {head_g} g {noun}, {handle}", hindi="हथौड़ा",
        uses="picture nails|roof battens|a workshop wall|the annual repair of everything",
        parts="The head is drop forged and tempered at the face only.|The handle is wedged twice.|Balance is at the third finger.|The claw takes a nail without a head.",
    ),
    TOOLS.leaf(
        "hand.spanners", "Spanners & screwdrivers", "spanner", nouns="spanner set|combination spanner|screwdriver set", palette="steel,chilli,blue", price=(149, 2499), by="pieces", lines="craft",
        attributes=(number("pieces", "Pieces", "pieces", 1, 6, 8, 12, 25), colour("steel", "chilli", "blue"), enum("steel", "Steel", "chrome vanadium", "carbon", "S2"), enum("tips", "Kind", "metric", "imperial", "mixed")),
        titles="{line} {noun}, {pieces} pieces, {steel}|{line} {tips} {noun} of {pieces}", hindi="पाना",
        uses="the scooter|a cycle shop|flat-pack evenings|the tap that drips",
        parts="Sizes are stamped deep.|Jaws are ground after hardening.|It rolls up in canvas.|Lost pieces are sold singly.",
    ),
    TOOLS.leaf(
        "power.drills", "Drills", "drill", nouns="cordless drill|impact drill|drill driver", palette="teal,orange,yellow", price=(1499, 7999), by="voltage_v", lines="craft", shipping="hazardous",
        attributes=(number("voltage_v", "Voltage", "V", 12, 18, 20), colour("teal", "orange", "yellow"), number("torque_nm", "Torque", "Nm", 20, 35, 50, 65), number("batteries_n", "Batteries", "pieces", 1, 2, axis=True), flag("impact", "Impact", 0.5)),
        titles="{line} {noun}, {voltage_v} V, {torque_nm} Nm|{line} {voltage_v} V {noun}", hindi="ड्रिल",
        uses="brick and bad plaster|kitchen cabinets|a carpenter's day|one shelf a year",
        parts="The chuck takes up to thirteen millimetres.|Two gears and a clutch of twenty steps.|The battery fits the whole family.|A light shows what you are about to spoil.",
    ),
    TOOLS.leaf(
        "paint.spray-paints", "Paints & sprays", "paint_can", nouns="spray paint|enamel paint|wood polish", palette="chilli,blue,turmeric,white", price=(149, 899), by="volume_ml", lines="flower", shipping="hazardous", tax="gst-28",
        attributes=(number("volume_ml", "Volume", "ml", 200, 400, 1000, 4000, axis=True), colour("chilli", "blue", "turmeric", "white"), enum("finish", "Finish", "matt", "satin", "gloss"), number("dry_min", "Dry after", "min", 15, 30, 60, 240)),
        titles="{line} {noun}, {finish}|{line} {finish} {noun}, dry in {dry_min} min", hindi="रंग",
        uses="garden gates|a bicycle's second life|terracotta pots|chairs from the kabadi",
        parts="It covers in two coats.|It sticks to rust when the loose is brushed off.|The cap shows the true colour, dry.|It is low in smell and lead free.",
    ),
    TOOLS.leaf(
        "paint.bulbs", "Bulbs & lights", "bulb", nouns="LED bulb|filament bulb|lantern bulb", palette="white,gold", price=(69, 599), by="power_w", lines="sky", tax="gst-12", brands="electronics",
        attributes=(number("power_w", "Power", "W", 3, 5, 7, 9, 12, 20), number("pieces", "Pieces", "pieces", 1, 2, 4, 10, axis=True), enum("cap", "Cap", "B22", "E27", "E14"), number("kelvin", "Light colour", "K", 2700, 4000, 6500)),
        titles="{line} {noun}, {power_w} W, {cap}, {kelvin} K|{line} {power_w} W {noun}, {kelvin} K", hindi="बल्ब",
        uses="a warm corner|verandas with moths|shops|voltage that comes and goes",
        parts="It does not flicker on inverter power.|It is rated for twenty thousand hours and dated.|Colours look like themselves.|It fits old holders.",
    ),
)  # fmt: skip
