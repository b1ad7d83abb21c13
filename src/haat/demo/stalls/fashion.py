"""Fashion: everyday clothes, feet, bags and wrists."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "fashion",
    "Fashion",
    {"clothes": "Clothes", "feet": "Footwear", "extras": "Bags & watches"},
    (enum("for_whom", "For", "women", "men", "everyone", "children"),),
)

LEAVES: Final = (
    STALL.leaf(
        "clothes.shirts", "Shirts", "shirt", nouns="shirt|oxford shirt|linen shirt|mandarin-collar shirt", palette="white,sky,indigo,leaf,peach", price=(599, 2499), lines="weave", tax="gst-12", share=1.3,
        attributes=(
            colour("white", "sky", "indigo", "leaf", "peach"), enum("size", "Size", "S", "M", "L", "XL", "XXL", axis=True), enum("fabric", "Fabric", "cotton", "linen", "khadi", "cotton blend"), enum("fit", "Fit", "slim", "regular", "loose"), enum("sleeve", "Sleeve", "half", "full"),
        ),
        titles="{line} {fabric} {noun}, {fit} fit|{line} {sleeve}-sleeve {noun} in {fabric}", hindi="कमीज़",
        uses="interviews|a desk and then a dinner|May|people who hate ironing",
        parts="The collar holds its shape without bones.|A spare button is sewn to the placket.|Side seams are felled, so nothing scratches.|The tail is long enough to stay in.",
    ),
    STALL.leaf(
        "clothes.t-shirts", "T-shirts", "tshirt", nouns="T-shirt|pocket T-shirt|polo T-shirt", palette="charcoal,mustard,teal,white,chilli", price=(249, 1199), lines="play", tax="gst-5", share=1.2,
        attributes=(
            colour("charcoal", "mustard", "teal", "white", "chilli"), enum("size", "Size", "XS", "S", "M", "L", "XL", "XXL", axis=True), number("gsm", "Weight of cloth", "g/m²", 160, 180, 210, 240), enum("neck", "Neck", "round", "V", "collar"),
        ),
        titles="{line} {neck}-neck {noun}, {gsm} g/m²|{line} {noun}, {neck} neck",
        uses="Sundays|under a shirt|the school run|the long bus",
        parts="The neck is taped and keeps its size.|It is bio-washed and will not pill.|There is no label at the back of the neck.|Cotton is grown in Vidarbha and knitted in Tiruppur.",
    ),
    STALL.leaf(
        "clothes.trousers", "Trousers & jeans", "trousers", nouns="chinos|jeans|drawstring trousers", palette="navy,sand,black,olive", price=(799, 2999), lines="river", tax="gst-12",
        attributes=(
            colour("navy", "sand", "black", "olive"), enum("waist", "Waist", "28", "30", "32", "34", "36", "38", axis=True), enum("fit", "Fit", "slim", "straight", "relaxed"), enum("fabric", "Fabric", "cotton twill", "denim", "linen blend"),
        ),
        titles="{line} {fit} {noun}, {fabric}|{line} {noun} in {fabric}, {fit} fit",
        uses="six days out of seven|cycling to work|long flights|Saturday errands",
        parts="The coin pocket is really big enough for coins.|The waistband gives two centimetres.|Knees are cut so that you can sit on the floor.|Rivets are brass.",
    ),
    STALL.leaf(
        "feet.sandals", "Sandals & kolhapuris", "sandal", nouns="kolhapuri chappal|leather sandals|slip-on sandals", palette="tan,walnut,maroon", price=(399, 1999), lines="river", tax="gst-5",
        attributes=(
            colour("tan", "walnut", "maroon"), enum("size_uk", "Size (UK)", "4", "5", "6", "7", "8", "9", "10", axis=True), enum("upper", "Upper", "buffalo leather", "goat leather", "vegan leather"), flag("cushioned", "Cushioned", 0.4),
        ),
        titles="{line} {noun} in {upper}|{line} {upper} {noun}", hindi="चप्पल",
        uses="temple steps and tea stalls|a kurta|the whole summer|weddings with much dancing",
        parts="Leather is tanned with babul bark.|The sole is stitched, not glued.|Braids are cut from one strip.|They squeak for a week and fit for years.",
    ),
    STALL.leaf(
        "feet.sneakers", "Sneakers", "sneaker", nouns="canvas sneakers|running shoes|walking shoes", palette="white,chilli,navy,mint", price=(799, 3999), lines="match",
        attributes=(
            colour("white", "chilli", "navy", "mint"), enum("size_uk", "Size (UK)", "4", "5", "6", "7", "8", "9", "10", "11", axis=True), number("weight_g", "Weight", "g", 210, 250, 290, 330), enum("sole", "Sole", "rubber", "EVA", "gum rubber"),
        ),
        titles="{line} {noun}, {sole} sole|{line} {noun}, {weight_g} g",
        uses="morning rounds of the park|college|standing all day|a first five kilometres",
        parts="The insole comes out for drying.|The heel is soft at the tendon.|Laces are flat and stay tied.|The sole grips wet marble.",
    ),
    STALL.leaf(
        "extras.totes", "Tote & sling bags", "tote", nouns="tote bag|sling bag|jhola", palette="natural,indigo,chilli,black", price=(199, 1999), lines="flower",
        attributes=(
            colour("natural", "indigo", "chilli", "black"), enum("material", "Material", "canvas", "khadi", "jute", "vegan leather"), number("laptop_in", "Fits laptop", "inches", 11, 13, 14, 15.6), flag("zip", "Closes with a zip", 0.5),
        ),
        titles="{line} {material} {noun}|{line} {noun} in {material}", hindi="झोला",
        uses="the vegetable market|library day|a laptop and a lunch|the beach",
        parts="Handles go over a winter coat.|The bottom is a second layer.|A key loop saves ten minutes a week.|Ink is water based.",
    ),
    STALL.leaf(
        "extras.watches", "Watches", "watch", nouns="analogue watch|field watch|dress watch", palette="walnut,black,steel,navy", price=(999, 6999), lines="sky",
        attributes=(
            colour("walnut", "black", "steel", "navy"), number("case_mm", "Case", "mm", 32, 36, 38, 40, 42), enum("movement", "Movement", "quartz", "automatic", "solar"), number("water_bar", "Water resistance", "bar", 3, 5, 10), enum("strap", "Strap", "leather", "steel", "canvas"),
        ),
        titles="{line} {movement} {noun}, {case_mm} mm|{line} {noun} on {strap}, {case_mm} mm", hindi="घड़ी",
        uses="exams|someone's first salary|every day, for years|people who look at the wrist, not the phone",
        parts="The hour marks are in Devanagari on request.|The crystal is hardened glass.|The strap changes without a tool.|Hands glow for an hour after dark.",
    ),
)  # fmt: skip
