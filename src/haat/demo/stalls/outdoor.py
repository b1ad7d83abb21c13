"""Outdoor: bags, tents, sleep, feet, weather, light and water."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, multi, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "outdoor",
    "Outdoor",
    {"bags": "Bags & packs", "camp": "Camp", "wear": "Trail wear", "carry": "Light & water"},
    (number("warranty_months", "Warranty", "months", 6, 12, 24, 36, facet=False),),
)

LEAVES: Final = (
    STALL.leaf(
        "bags.backpacks", "Backpacks", "backpack", nouns="hiking backpack|trekking rucksack|daypack|travel backpack",
        palette="navy,moss,rust,graphite,turmeric,teal", price=(1299, 6499), by="capacity_l", lines="hill", share=1.6,
        attributes=(
            number("capacity_l", "Capacity", "l", 22, 28, 32, 38, 45, 50, 55, 60, 65), colour("navy", "moss", "rust", "graphite", "turmeric", "teal"),
            enum("material", "Material", "ripstop nylon", "polyester", "waxed canvas", "cordura weave"),
            flag("rain_cover", "Rain cover", 0.6), number("weight_g", "Weight", "g", 690, 850, 980, 1250, 1480, 1690, 1950, facet=False),
            enum("back_length", "Back length", "S–M", "M–L", "adjustable"),
        ),
        titles="{line} {capacity_l} l {noun}|{line} {noun}, {capacity_l} l|{line} {noun} {capacity_l} l, {material}", hindi="पीठ का थैला",
        uses="weekend treks in the Western Ghats|long train journeys|a week above the treeline|monsoon walks|hostel-to-hilltop travel|overnight climbs to a hill fort",
        parts="The hip belt takes the weight off your shoulders.|Side pockets hold a one-litre bottle each and close with a cord.|The lid comes off and becomes a small bag for the summit.|Two daisy chains on the front take poles, an ice axe or wet socks.|A flap opens the whole front, so that the stove is never under everything else.|The back panel leaves a gap for air.",
    ),
    STALL.leaf(
        "bags.duffels", "Duffels & dry bags", "duffel", nouns="duffel bag|dry bag|holdall", palette="tan,charcoal,orange,olive", price=(899, 4299), by="capacity_l", lines="river",
        attributes=(
            number("capacity_l", "Capacity", "l", 20, 30, 40, 60, 80), colour("tan", "charcoal", "orange", "olive"),
            enum("material", "Material", "waxed canvas", "TPU-coated nylon", "cotton duck"), flag("waterproof", "Waterproof", 0.5),
        ),
        titles="{line} {noun}, {capacity_l} l|{line} {capacity_l} l {noun} in {material}",
        uses="ferries and wet decks|a two-night wedding|the roof of a jeep|the gym and the office on one day|river camps",
        parts="Seams are taped from inside.|The base is doubled where it meets the road.|Handles meet in a padded wrap.|A shoe pocket at one end keeps sand from shirts.|Rolled three times, the mouth keeps a shower out.",
    ),
    STALL.leaf(
        "camp.tents", "Tents", "tent", nouns="tent|dome tent|camping tent|trekking tent", palette="orange,leaf,indigo,sand", price=(2999, 11999), by="persons", lines="hill", share=1.2,
        attributes=(
            number("persons", "Sleeps", "persons", 1, 2, 3, 4, 6, axis=True), colour("orange", "leaf", "indigo", "sand"),
            number("season", "Seasons", "seasons", 2, 3, 4), number("water_column_mm", "Water column", "mm", 1500, 2000, 3000, 4000), flag("freestanding", "Stands by itself", 0.7),
        ),
        titles="{line} {season}-season {noun}|{line} {noun}, {water_column_mm} mm fly|{line} {noun}", hindi="तंबू",
        uses="beach nights without a phone signal|high meadows|a family's first night outside|the wet side of the hills|cycle tours",
        parts="The fly goes up first, so the inside stays dry in rain.|Two doors mean nobody climbs over anybody.|Poles are marked by colour and bend without a fight.|A loop in the roof holds a lamp.|The bathtub floor comes a hand's breadth up the wall.",
    ),
    STALL.leaf(
        "camp.sleeping-bags", "Sleeping bags", "sleeping_bag", nouns="sleeping bag|mummy sleeping bag|quilt bag", palette="teal,maroon,mustard", price=(1499, 6999), lines="sky",
        attributes=(
            number("comfort_c", "Comfort temperature", "°C", -10, -5, 0, 5, 10, 15), colour("teal", "maroon", "mustard"), enum("length", "Length", "regular", "long", axis=True),
            enum("fill", "Fill", "hollow fibre", "duck down", "recycled fibre"),
        ),
        titles="{line} {noun}, {comfort_c} °C|{line} {fill} {noun} ({comfort_c} °C)",
        uses="October nights in Uttarakhand|hut floors|a cold desert camp|guests in December",
        parts="The hood closes with one cord you find in the dark.|A draught tube runs along the zip.|It packs to the size of a small melon.|Two bags of one model zip into a double.",
    ),
    STALL.leaf(
        "wear.boots", "Hiking boots & shoes", "boot", nouns="hiking boots|trail shoes|trekking boots", palette="walnut,graphite,sand,navy", price=(1999, 6999), lines="hill", share=1.4,
        attributes=(
            colour("walnut", "graphite", "sand", "navy"), enum("size_uk", "Size (UK)", "5", "6", "7", "8", "9", "10", "11", axis=True),
            enum("upper", "Upper", "suede", "full-grain leather", "mesh", "nubuck"), flag("waterproof", "Waterproof", 0.5), enum("cut", "Cut", "low", "mid", "high"),
        ),
        titles="{line} {cut}-cut {noun}|{line} {noun} in {upper}|{line} {upper} {noun}", hindi="जूते",
        uses="stone steps and wet roots|long ridge walks|monsoon trails|scree|a first trek",
        parts="Lugs are deep and wide apart, so mud falls out.|The toe is capped with rubber.|Laces lock half-way, so foot and ankle can be tied apart.|The tongue is stitched in up to the fourth hook; water stays out.|Resoling is possible at any good mochi.",
    ),
    STALL.leaf(
        "wear.rain-jackets", "Rain jackets", "jacket", nouns="rain jacket|shell jacket|hooded windcheater", palette="red,teal,turmeric,charcoal", price=(1499, 5499), lines="river", tax="gst-12",
        attributes=(
            colour("red", "teal", "turmeric", "charcoal"), enum("size", "Size", "S", "M", "L", "XL", "XXL", axis=True),
            number("water_column_mm", "Water column", "mm", 3000, 5000, 10000, 15000), enum("fit", "Fit", "women", "men", "unisex"), flag("pit_zips", "Pit zips", 0.4),
        ),
        titles="{line} {fit} {noun}|{line} {noun}, {water_column_mm} mm", hindi="बरसाती",
        uses="the first storm in June|scooter rides|drizzle that lasts a week|windy passes",
        parts="The peak of the hood is stiff enough for glasses.|Cuffs close over gloves.|All seams are taped.|It rolls into its own pocket.",
    ),
    STALL.leaf(
        "wear.down-jackets", "Down jackets", "puffer", nouns="down jacket|quilted jacket|insulated jacket", palette="chilli,navy,olive", price=(2499, 8999), lines="hill", tax="gst-12",
        attributes=(
            colour("chilli", "navy", "olive"), enum("size", "Size", "S", "M", "L", "XL", axis=True), number("fill_power", "Fill power", "cuin", 500, 600, 700, 800), enum("fit", "Fit", "women", "men", "unisex"),
        ),
        titles="{line} {fit} {noun}, {fill_power} fill|{line} {noun}",
        uses="Delhi in January|summit mornings|the night bus to Manali|cold offices",
        parts="Baffles are narrow at the shoulder, where down gets thin.|The hem cord pulls from inside the pocket.|It dries in an hour in the sun.|The collar is lined with fleece at the chin.",
    ),
    STALL.leaf(
        "carry.headlamps", "Headlamps & torches", "headlamp", nouns="headlamp|rechargeable headlamp|torch", palette="graphite,orange,leaf", price=(499, 3299), by="lumens", lines="sky",
        attributes=(
            number("lumens", "Brightness", "lm", 150, 250, 350, 450, 600, 1000), colour("graphite", "orange", "leaf"), enum("power", "Power", "USB-C", "3 × AAA", "18650 cell"),
            number("runtime_h", "Runtime", "h", 4, 6, 12, 30, 80), multi("modes", "Modes", "spot", "flood", "red light", "strobe", "lock"),
        ),
        titles="{line} {noun}, {lumens} lm|{line} {lumens} lm {noun}", hindi="टॉर्च",
        uses="power cuts|pre-dawn starts|cave temples|night fishing|repairs under a bonnet",
        parts="The switch works with gloves.|A lock stops it lighting up the inside of your bag.|It tilts in five clicks.|The strap washes and dries overnight.",
    ),
    STALL.leaf(
        "carry.bottles", "Bottles & flasks", "flask", nouns="insulated bottle|steel bottle|vacuum flask", palette="steel,teal,chilli,turmeric", price=(349, 1899), by="capacity_ml", lines="river", share=1.2,
        attributes=(
            number("capacity_ml", "Capacity", "ml", 500, 750, 1000, 1500, axis=True), colour("steel", "teal", "chilli", "turmeric"), number("hot_h", "Keeps hot", "h", 6, 8, 12, 24), flag("leak_proof", "Leak proof", 0.8),
        ),
        titles="{line} {noun}|{line} {noun}, {hot_h} h hot", hindi="पानी की बोतल",
        uses="school and office|a long drive|chai on the last bench|the top of the hill",
        parts="The steel is food grade, inside and out.|The cap is a cup.|The mouth is wide enough for ice.|There is no paint where you drink.",
    ),
)  # fmt: skip
