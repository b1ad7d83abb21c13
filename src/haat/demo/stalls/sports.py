"""Sports: maidan, court, mat and road."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "sports",
    "Sports",
    {"cricket": "Cricket", "courts": "Courts & fields", "fitness": "Fitness", "cycling": "Cycling"},
    (enum("level", "Level", "beginner", "club", "match"),),
    tax_class="gst-12",
)

LEAVES: Final = (
    STALL.leaf(
        "cricket.bats", "Cricket bats", "cricket_bat", nouns="cricket bat|Kashmir willow bat|English willow bat", palette="natural,chilli,indigo", price=(799, 9999), lines="match", share=1.2,
        attributes=(enum("size", "Size", "4", "5", "6", "Harrow", "Short Handle", axis=True), enum("willow", "Willow", "Kashmir", "English", "poplar"), number("grains", "Grains", "grains", 5, 6, 8, 10), number("weight_g", "Weight", "g", 980, 1120, 1160, 1200, facet=False), enum("ball", "For", "leather ball", "tennis ball")),
        titles="{line} {noun}, {grains} grains|{line} {willow} willow {noun} for {ball}", hindi="क्रिकेट बैट",
        uses="matting wickets|lanes with parked cars|a first season with a hard ball|Sunday leagues",
        parts="It is pressed, oiled and knocked in.|The sweet spot sits low, for our pitches.|The handle is nine-piece cane.|A toe guard is fitted.",
    ),
    STALL.leaf(
        "cricket.balls", "Cricket balls", "cricket_ball", nouns="cricket ball|leather ball|practice ball", palette="red,white,pink", price=(99, 1299), lines="match",
        attributes=(colour("red", "white", "pink"), number("pieces", "Pieces", "pieces", 1, 3, 6, 12, axis=True), number("weight_g", "Weight", "g", 135, 142, 156), enum("overs", "Holds shape for", "20 overs", "40 overs", "80 overs")),
        titles="{line} {noun}, {weight_g} g|{line} {noun}, {overs}", hindi="गेंद",
        uses="night matches|nets|the school eleven|swing in the first ten overs",
        parts="The seam is sewn by hand with eighty stitches.|The core is cork wound with wool.|It is cut from one alum-tanned hide.|It keeps its shine when rubbed, as you will.",
    ),
    STALL.leaf(
        "courts.rackets", "Rackets", "racket", nouns="badminton racket|racket pair|tennis racket", palette="yellow,blue,chilli,black", price=(399, 5999), lines="match",
        attributes=(colour("yellow", "blue", "chilli", "black"), number("weight_g", "Weight", "g", 78, 84, 88, 95), enum("shaft", "Shaft", "steel", "aluminium", "graphite"), flag("strung", "Strung", 0.8), enum("grip", "Grip", "G3", "G4", "G5", axis=True)),
        titles="{line} {noun}, {shaft}, {weight_g} g|{line} {shaft} {noun}", hindi="रैकेट",
        uses="the colony court|doubles after work|a quick wrist|rooftop evenings",
        parts="The head is wide where you miss.|The grip is towel and dries.|It comes strung at ten kilograms.|A full cover is inside.",
    ),
    STALL.leaf(
        "courts.footballs", "Footballs & volleyballs", "football", nouns="football|futsal ball|volleyball", palette="white,orange,leaf", price=(349, 1999), lines="match",
        attributes=(enum("size", "Size", "3", "4", "5", axis=True), colour("white", "orange", "leaf"), enum("make", "Make", "hand stitched", "machine stitched", "bonded"), number("panels", "Panels", "panels", 12, 18, 32)),
        titles="{line} {make} {noun}, {panels} panels|{line} {noun}, {make}", hindi="फ़ुटबॉल",
        uses="hard ground|barefoot goals|monsoon mud|the whole colony",
        parts="The bladder is latex and holds for a week.|It flies true in rain.|Panels are doubled for gravel.|A needle comes with it.",
    ),
    STALL.leaf(
        "fitness.yoga-mats", "Yoga mats", "yoga_mat", nouns="yoga mat|cotton yoga mat|travel mat", palette="aubergine,teal,rust,leaf", price=(399, 2999), by="thickness_mm", lines="music",
        attributes=(colour("aubergine", "teal", "rust", "leaf"), number("thickness_mm", "Thickness", "mm", 3, 4, 6, 8, 10), enum("material", "Material", "natural rubber", "TPE", "cotton", "jute and rubber"), number("length_cm", "Length", "cm", 173, 183, 200)),
        titles="{line} {noun}, {thickness_mm} mm, {material}|{line} {material} {noun}, {thickness_mm} mm", hindi="योगा मैट",
        uses="surya namaskar at dawn|stone floors|hot rooms|a class on the roof",
        parts="It grips when you sweat.|A line is woven down the middle.|It does not curl.|A strap is included.",
    ),
    STALL.leaf(
        "fitness.dumbbells", "Dumbbells & weights", "dumbbell", nouns="dumbbell pair|kettlebell|hex dumbbells", palette="black,steel,chilli", price=(399, 2499), by="weight_kg", lines="craft", shipping="heavy",
        attributes=(number("weight_kg", "Weight", "kg", 2, 5, 7.5, 10, 15, 20, axis=True), colour("black", "steel", "chilli"), enum("coating", "Coating", "rubber", "vinyl", "cast iron")),
        titles="{line} {coating} {noun}|{line} {noun}, {coating}", hindi="डम्बल",
        uses="a corner of the bedroom|an akhara at home|shoulders that sit all day|slow progress",
        parts="They do not roll.|The knurl is fine and kind to hands.|The weight is cast in, not painted on.|Rubber saves the floor and the neighbour.",
    ),
    STALL.leaf(
        "cycling.bicycles", "Bicycles", "bicycle", nouns="bicycle|city bicycle|gear cycle|roadster", palette="black,teal,chilli,mustard", price=(5499, 24999), lines="river", shipping="heavy", share=0.8,
        attributes=(enum("frame", "Frame", "S", "M", "L", axis=True), colour("black", "teal", "chilli", "mustard"), number("gears", "Gears", "gears", 1, 7, 18, 21), number("wheel_in", "Wheel", "inches", 20, 24, 26, 27.5, 28), enum("brakes", "Brakes", "rim", "disc")),
        titles="{line} {noun}, {gears} gears, {wheel_in} in|{line} {wheel_in}-inch {noun}, {brakes} brakes", hindi="साइकिल",
        uses="school and tuition|flat cities|the milk round|a first hundred kilometres",
        parts="It comes nine-tenths built, with the tools for the rest.|The carrier takes a gas cylinder's weight.|The frame has a lifetime promise.|The bell is loud and brass.",
    ),
    STALL.leaf(
        "cycling.helmets", "Helmets", "helmet", nouns="cycling helmet|skate helmet|riding helmet", palette="white,orange,graphite", price=(499, 2999), lines="match", share=0.8,
        attributes=(enum("size", "Size", "S", "M", "L", axis=True), colour("white", "orange", "graphite"), number("vents", "Vents", "vents", 8, 12, 18, 24), number("weight_g", "Weight", "g", 240, 290, 340)),
        titles="{line} {noun}, {vents} vents|{line} {noun}, {weight_g} g", hindi="हेलमेट",
        uses="potholes|children who have just lost the side wheels|the ghat descent|night rides",
        parts="The wheel at the back closes it with one hand.|Pads wash.|A peak keeps drizzle off glasses.|A band at the back shines in headlights.",
    ),
)  # fmt: skip
