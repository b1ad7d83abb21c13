"""Beauty: bath, hair, face and scent."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, multi, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "beauty",
    "Beauty",
    {"bath": "Bath & body", "hair": "Hair", "face": "Face", "scent": "Scent"},
    (enum("skin_hair", "Suits", "all", "dry", "oily", "sensitive"), flag("vegan", "Vegan", 0.7)),
)
_VOLUME: Final = number("volume_ml", "Volume", "ml", 50, 100, 200, 400, axis=True)

LEAVES: Final = (
    STALL.leaf(
        "bath.soaps", "Soaps", "soap", nouns="soap|cold-process soap|bath bar", palette="leaf,rose,turmeric,ivory", price=(49, 349), lines="flower", tax="gst-18", share=1.1,
        attributes=(number("pieces", "Pieces", "pieces", 1, 3, 6, axis=True), number("weight_g", "Weight of one", "g", 75, 100, 125), enum("with_what", "With", "neem", "rose", "turmeric", "sandalwood", "goat milk", "multani mitti", "charcoal"), flag("fragrance_free", "Without fragrance", 0.2)),
        titles="{line} {with_what} {noun}, {weight_g} g|{line} {noun} with {with_what}, {weight_g} g", hindi="साबुन",
        uses="bucket baths|hard water|children who run from it|a small present",
        parts="It cures for six weeks before it is wrapped.|The lather is small and creamy.|Wrapping is paper you can plant.|A string goes through it, for hanging.",
    ),
    STALL.leaf(
        "bath.creams", "Creams & lotions", "cream_jar", nouns="body cream|face cream|lotion|hand cream", palette="ivory,rose,mint", price=(149, 899), by="volume_ml", lines="flower",
        attributes=(_VOLUME, enum("with_what", "With", "kokum butter", "aloe vera", "saffron", "coconut", "almond"), number("spf", "Sun protection", "SPF", 15, 20, 30, 50), enum("texture", "Texture", "light", "rich", "gel")),
        titles="{line} {with_what} {noun}, {texture}|{line} {texture} {noun} with {with_what}",
        uses="Delhi winters|sun on the back of the hands|after the bath|dry elbows",
        parts="It is gone in a minute and leaves no shine.|A pea is enough.|The jar is glass; return it for ten rupees.|It does not burn.",
    ),
    STALL.leaf(
        "hair.oils", "Hair oils", "hair_oil", nouns="hair oil|champi oil", palette="olive,gold,maroon", price=(99, 599), by="volume_ml", lines="flower",
        attributes=(_VOLUME, enum("herb", "Herb", "bhringraj", "amla", "hibiscus", "curry leaf", "brahmi", "onion"), enum("carrier", "Carrier", "coconut", "sesame", "almond")),
        titles="{line} {herb} {noun} in {carrier}|{line} {noun}, {herb} and {carrier}", hindi="बालों का तेल",
        uses="Sunday champi|long plaits|the night before a wash|grandmothers and the rest of us",
        parts="Herbs stay in it for eleven days of slow fire.|It warms in the palm.|It washes out in one go.|The nozzle reaches the roots.",
    ),
    STALL.leaf(
        "hair.shampoos", "Shampoos", "shampoo", nouns="shampoo|conditioner|shampoo for every day", palette="mint,lilac,peach,teal", price=(129, 649), by="volume_ml", lines="flower",
        attributes=(_VOLUME, enum("with_what", "With", "reetha", "shikakai", "hibiscus", "tea tree", "rice water"), flag("sulphate_free", "Without sulphates", 0.6), enum("hair", "Hair", "straight", "wavy", "curly", "coloured")),
        titles="{line} {with_what} {noun} for {hair} hair|{line} {noun}, {with_what}, {hair} hair", hindi="शैम्पू",
        uses="dust and helmets|curls that want peace|oily roots|hard borewell water",
        parts="It rinses clear with one mug.|The bottle is used plastic.|The scent stays behind in the bathroom.|It is mild enough for each day.",
    ),
    STALL.leaf(
        "face.lipsticks", "Lipsticks", "lipstick", nouns="lipstick|matte lipstick|lip crayon", palette="chilli,maroon,rose,rust,pink", price=(199, 1099), lines="flower", share=1.2,
        attributes=(colour("chilli", "maroon", "rose", "rust", "pink"), enum("finish", "Finish", "matte", "satin", "gloss", "sheer"), number("weight_g", "Weight", "g", 1.8, 3.2, 3.8, 4.2, facet=False), number("lasts_h", "Lasts", "h", 4, 6, 8, 12)),
        titles="{line} {finish} {noun}|{line} {noun}, {finish}, {lasts_h} h", hindi="लिपस्टिक",
        uses="brown skins of every depth|a day that ends late|weddings|one swipe in a moving auto",
        parts="Pigment first, wax after.|It does not bleed.|The bullet is cut so that corners are easy.|The case clicks and stays closed.",
    ),
    STALL.leaf(
        "face.kajal", "Kajal & eyes", "kajal", nouns="kajal|eye pencil|liquid liner", palette="black,navy,leaf", price=(99, 599), lines="sky", share=0.8,
        attributes=(colour("black", "navy", "leaf"), flag("waterproof", "Waterproof", 0.7), number("lasts_h", "Lasts", "h", 8, 12, 16, 24), enum("tip", "Tip", "pencil", "twist", "brush")),
        titles="{line} {noun}, {lasts_h} h|{line} {noun}, {tip} tip", hindi="काजल",
        uses="tears at weddings|contact lenses|an eight o'clock that lasts till eight|beginners",
        parts="It goes on in one stroke.|It is made with almond soot, as it used to be.|It comes off with oil and not before.|A sharpener is in the cap.",
    ),
    STALL.leaf(
        "face.masks", "Ubtans & masks", "pouch_beauty", nouns="ubtan|face pack|clay mask", palette="turmeric,rose,leaf", price=(99, 499), by="weight_g", lines="flower", share=0.7,
        attributes=(number("weight_g", "Weight", "g", 50, 100, 200, axis=True), multi("made_of", "Made of", "multani mitti", "sandalwood", "turmeric", "rose petal", "orange peel", "neem", "chickpea flour"), number("minutes", "Leave on", "min", 10, 15, 20)),
        titles="{line} {noun}, {minutes} minutes|{line} dry {noun}", hindi="उबटन",
        uses="the morning of a haldi|once a week|dull Februaries|sisters, on a mat",
        parts="Mix it with curd or water.|It is dry, so it needs no preservative.|It is sieved through muslin.|A wooden spoon is inside.",
    ),
    STALL.leaf(
        "scent.sprays", "Deodorants & attars", "spray", nouns="deodorant spray|body mist|room spray", palette="navy,lilac,chilli", price=(149, 799), by="volume_ml", lines="flower", shipping="hazardous",
        attributes=(number("volume_ml", "Volume", "ml", 75, 120, 150, 200, axis=True), enum("note", "Scent", "vetiver", "mogra", "sandalwood", "citrus", "first rain"), flag("alcohol_free", "Without alcohol", 0.2)),
        titles="{line} {note} {noun}|{line} {noun}, {note}",
        uses="crowded locals|gym bags|the hour before guests|long meetings",
        parts="It is the smell of wet khus, bottled.|It leaves no mark on white.|The can is aluminium and is taken back.|Two presses will do.",
    ),
)  # fmt: skip
