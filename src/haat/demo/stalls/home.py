"""Home & kitchen: fire, table, bed and light."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, multi, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "home",
    "Home & kitchen",
    {"cooking": "Cooking", "table": "Table & tea", "linen": "Bed & linen", "light": "Light & air"},
    (enum("country_of_origin", "Country of origin", "India"),),
)

LEAVES: Final = (
    STALL.leaf(
        "cooking.pressure-cookers", "Pressure cookers", "cooker", nouns="pressure cooker|outer-lid pressure cooker|handi cooker", palette="steel,graphite,copper", price=(899, 3499), by="capacity_l", lines="home", tax="gst-12", share=1.4,
        attributes=(
            number("capacity_l", "Capacity", "l", 1.5, 2, 3, 5, 6.5, 7.5, 10, axis=True), colour("steel", "graphite", "copper"), enum("material", "Material", "aluminium", "stainless steel", "hard anodised", "tri-ply steel"), flag("induction", "Works on induction", 0.6),
        ),
        titles="{line} {noun} in {material}|{line} {material} {noun}", hindi="प्रेशर कुकर",
        uses="rajma on a weekday|a family of five|one pot of khichdi|dal in eleven minutes|a small flat with one burner",
        parts="The safety valve gives before the lid does.|Gasket and whistle come out without a tool and are sold as spares.|The handle stays cool at full steam.|The base is flat and thick, so nothing catches.|Litre marks inside are pressed, not printed.",
    ),
    STALL.leaf(
        "cooking.pans", "Pans & tawas", "pan", nouns="frying pan|dosa tawa|roti tawa|omelette pan", palette="black,chilli,teal,walnut", price=(449, 2499), by="diameter_cm", lines="home", tax="gst-12", share=1.2,
        attributes=(
            number("diameter_cm", "Diameter", "cm", 20, 24, 26, 28, 30, 33), colour("black", "chilli", "teal", "walnut"), enum("material", "Material", "cast iron", "carbon steel", "non-stick aluminium", "tri-ply steel"), flag("induction", "Works on induction", 0.5),
        ),
        titles="{line} {material} {noun}, {diameter_cm} cm|{line} {noun} {diameter_cm} cm", hindi="तवा",
        uses="paper dosas|a quick omelette|slow parathas|searing paneer|Sunday uttapam",
        parts="It is seasoned twice before it leaves the foundry.|Heat spreads evenly to the rim.|The handle has a hole to hang it from.|It may go from flame to oven.|A wipe and a drop of oil are all the care it wants.",
    ),
    STALL.leaf(
        "cooking.kadhai", "Kadhai & pots", "pot", nouns="kadhai with lid|stock pot|biryani handi|casserole", palette="steel,copper,chilli,black", price=(799, 3999), by="capacity_l", lines="home", tax="gst-12",
        attributes=(
            number("capacity_l", "Capacity", "l", 1.8, 2.5, 3.5, 5, 8), colour("steel", "copper", "chilli", "black"), enum("material", "Material", "stainless steel", "brass, tinned", "cast iron", "hammered copper"), flag("induction", "Works on induction", 0.5),
        ),
        titles="{line} {noun}, {capacity_l} l|{line} {material} {noun}, {capacity_l} l", hindi="कड़ाही",
        uses="biryani for eight|deep frying puris|halwa that must be stirred for an hour|festival cooking|milk that never boils over",
        parts="The lid sits deep and keeps the steam.|Two ears take a folded cloth.|The walls are as thick as the base.|It goes to the table as it is.",
    ),
    STALL.leaf(
        "cooking.spice-boxes", "Spice boxes", "masala_box", nouns="masala dabba|spice box", palette="steel,brass,sheesham", price=(399, 2199), lines="home", tax="gst-12", share=0.7,
        attributes=(
            number("cups", "Cups", "cups", 5, 7, 9), colour("steel", "brass", "sheesham"), flag("glass_lid", "See-through lid", 0.5),
        ),
        titles="{line} {noun} with {cups} cups|{line} {noun}, {cups} cups", hindi="मसालदान",
        uses="the shelf beside the stove|a new kitchen|a wedding gift|seven spices in one reach",
        parts="The inner lid keeps haldi out of the jeera.|A small spoon has its own slot.|Cups lift out and wash on their own.|The rim is rolled and has no edge.",
    ),
    STALL.leaf(
        "table.kettles", "Kettles", "kettle", nouns="electric kettle|gooseneck kettle|stovetop kettle", palette="steel,mint,black", price=(699, 2999), by="capacity_l", lines="home", share=0.9,
        attributes=(
            number("capacity_l", "Capacity", "l", 0.8, 1.2, 1.5, 1.8), colour("steel", "mint", "black"), number("power_w", "Power", "W", 1000, 1500, 1800, 2200), flag("auto_off", "Switches itself off", 0.9),
        ),
        titles="{line} {noun}, {capacity_l} l|{line} {capacity_l} l {noun}, {power_w} W", hindi="केतली",
        uses="first chai|hostel noodles|pour-over coffee|hot water on a cold morning",
        parts="It boils a litre in under four minutes.|The lid opens with the thumb that holds it.|No plastic meets the water.|The spout pours without a drip.",
    ),
    STALL.leaf(
        "table.mugs", "Mugs & kulhads", "mug", nouns="stoneware mug|tea mug|kulhad set|coffee mug", palette="terracotta,indigo,ivory,leaf,mustard", price=(199, 999), lines="flower", tax="gst-12", share=1.2,
        attributes=(
            colour("terracotta", "indigo", "ivory", "leaf", "mustard"), number("capacity_ml", "Capacity", "ml", 120, 180, 250, 330, 400), number("pieces", "Pieces", "pieces", 1, 2, 4, 6, axis=True), flag("microwave", "Microwave safe", 0.7),
        ),
        titles="{line} {noun}, {capacity_ml} ml|{line} hand-glazed {noun}, {capacity_ml} ml", hindi="कुल्हड़",
        uses="evening chai|slow mornings|a shelf that wants colour|guests who stay for a second cup",
        parts="Each is thrown by hand in Khurja, so no two are quite alike.|The glaze breaks to brown at the rim.|The foot is left bare and sanded.|The handle takes three fingers.",
    ),
    STALL.leaf(
        "table.lunch-boxes", "Lunch boxes", "tiffin", nouns="tiffin carrier|lunch box|steel dabba", palette="steel,turmeric,sky", price=(349, 1599), by="tiers", lines="home", tax="gst-12", share=0.8,
        attributes=(
            number("tiers", "Tiers", "tiers", 1, 2, 3, 4), colour("steel", "turmeric", "sky"), flag("insulated", "Insulated", 0.4), flag("leak_proof", "Leak proof", 0.7),
        ),
        titles="{line} {noun}, {tiers} tiers|{line} {tiers}-tier {noun}", hindi="टिफ़िन",
        uses="the 8.14 local|school lunch|a picnic with sabzi that stays put|the office microwave",
        parts="The clip locks with a click you can hear.|Tiers stack in any order.|The gasket comes off for washing.|Dal does not meet the rice until you say so.",
    ),
    STALL.leaf(
        "linen.bed-sheets", "Bed sheets", "bedsheet", nouns="bed sheet with pillow covers|block-print bed sheet|fitted bed sheet", palette="indigo,rose,leaf,mustard", price=(599, 2999), by="thread_count", lines="flower", tax="gst-5", share=1.2,
        attributes=(
            enum("size", "Size", "single", "double", "queen", "king", axis=True), colour("indigo", "rose", "leaf", "mustard"), number("thread_count", "Thread count", "threads", 144, 180, 210, 300, 400), enum("fabric", "Fabric", "cotton", "cotton percale", "cotton sateen", "linen blend"),
        ),
        titles="{line} {noun}, {fabric}|{line} {thread_count}-thread {noun}", hindi="चादर",
        uses="summer nights under a fan|the guest room|a bed that is also a sofa|mornings without an alarm",
        parts="The border is printed by hand with teak blocks.|Colours are fixed and tested for forty washes.|It tucks under a mattress of 25 cm.|Corners are marked, so you find the long side.",
    ),
    STALL.leaf(
        "linen.cushions", "Cushion covers", "cushion", nouns="cushion cover|embroidered cushion cover|bolster cover", palette="turmeric,teal,maroon,ivory,lilac", price=(199, 1299), lines="weave", tax="gst-5",
        attributes=(
            colour("turmeric", "teal", "maroon", "ivory", "lilac"), number("side_cm", "Side", "cm", 30, 40, 45, 50, axis=True), enum("fabric", "Fabric", "cotton", "velvet", "raw silk", "jute"), number("pieces", "Pieces", "pieces", 1, 2, 5),
        ),
        titles="{line} {fabric} {noun}, set of {pieces}|{line} {noun} in {fabric}, set of {pieces}", hindi="गद्दी कवर",
        uses="the window seat|a tired sofa|the swing on the veranda|festive days",
        parts="The zip hides under a fold.|Mirror work is tied, not glued.|The back is plain, for days when plain is better.|It is pre-washed and will not shrink.",
    ),
    STALL.leaf(
        "linen.curtains", "Curtains", "curtain", nouns="eyelet curtain|sheer curtain|room-darkening curtain", palette="sand,teal,maroon", price=(399, 2199), by="drop_cm", lines="weave", tax="gst-12", share=0.8,
        attributes=(
            number("drop_cm", "Drop", "cm", 150, 210, 270, axis=True), colour("sand", "teal", "maroon"), enum("fabric", "Fabric", "cotton", "linen blend", "polyester"), flag("blackout", "Darkens the room", 0.4),
        ),
        titles="{line} {noun} in {fabric}|{line} {fabric} {noun}, pair", hindi="परदा",
        uses="west-facing rooms|a doorway without a door|late sleepers|street-side windows",
        parts="Eyelets are steel and do not rust.|The hem is weighted, so it hangs straight in a draught.|It washes at thirty degrees.|Both sides may face the room.",
    ),
    STALL.leaf(
        "light.lamps", "Lamps", "lamp", nouns="table lamp|reading lamp|bedside lamp|desk lamp", palette="brass,terracotta,ivory,teal", price=(699, 3999), lines="sky",
        attributes=(
            colour("brass", "terracotta", "ivory", "teal"), enum("base", "Base", "turned mango wood", "cast brass", "ceramic", "cane"), enum("cap", "Bulb cap", "B22", "E14", "E27"), number("height_cm", "Height", "cm", 28, 36, 42, 55),
        ),
        titles="{line} {noun}, {base}|{line} {noun} with {base} base", hindi="लैंप",
        uses="the last chapter|a corner that is never quite lit|homework|slow evenings",
        parts="The shade is cotton on a wire ring that comes apart for posting.|The switch is on the cord, where the hand looks for it.|The lead is two metres.|A felt foot keeps the table unmarked.",
    ),
    STALL.leaf(
        "light.fans", "Fans", "fan", nouns="ceiling fan|table fan|pedestal fan", palette="white,walnut,sky", price=(1299, 4999), by="sweep_mm", lines="sky", shipping="heavy", share=0.8, brands="electronics",
        attributes=(
            number("sweep_mm", "Sweep", "mm", 400, 600, 900, 1200), colour("white", "walnut", "sky"), number("power_w", "Power", "W", 28, 35, 50, 75), number("stars", "Energy rating", "stars", 3, 4, 5), multi("extras", "Extras", "remote", "timer", "boost", "reverse"),
        ),
        titles="{line} {noun}, {sweep_mm} mm, {power_w} W|{line} {stars}-star {noun}, {sweep_mm} mm", hindi="पंखा",
        uses="May afternoons|bedrooms where quiet matters|a hall with a high ceiling|shops that are open all day",
        parts="The motor is brushless and sips power.|It starts on inverter voltage.|Blades are balanced as a set and numbered.|It runs quietly enough for a sleeping child.",
    ),
)  # fmt: skip
