"""Grocery: what the kitchen needs each week."""

from typing import Final

from haat.demo.attributes import enum, flag, multi, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "grocery",
    "Grocery",
    {
        "grain": "Rice, flour & dal",
        "flavour": "Spices & pickles",
        "cup": "Tea & coffee",
        "pantry": "Oil, honey & snacks",
    },
    (
        flag("organic", "Organic", 0.35),
        number("shelf_life_months", "Best within", "months", 3, 6, 9, 12, 18, facet=False),
        enum("food_type", "Food type", "vegetarian"),
    ),
    tax_class="gst-5",
)

LEAVES: Final = (
    STALL.leaf(
        "grain.rice", "Rice", "rice_bag", nouns="rice|aged rice|hand-pounded rice", palette="leaf,maroon,indigo", price=(79, 189), by="weight_kg", lines="farm", tax="gst-0", share=1.2,
        attributes=(number("weight_kg", "Weight", "kg", 1, 2, 5, 10, 25, axis=True), enum("grain", "Grain", "Basmati", "Sona Masuri", "Kolam", "Gobindobhog", "red Matta", "Ambemohar", "Indrayani"), number("aged_months", "Aged", "months", 3, 6, 12, 24)),
        titles="{line} {grain} {noun}|{line} {grain} {noun}, aged {aged_months} months", hindi="चावल",
        uses="pulao that stays apart|everyday meals|kheer|curd rice|a house with guests",
        parts="It is sorted twice, and no stone has been reported.|Grains stay whole when washed three times.|The bag says the village and the year.|Soak for twenty minutes and it doubles.",
    ),
    STALL.leaf(
        "grain.flour", "Atta & flours", "flour_bag", nouns="atta|flour", palette="turmeric,rust,olive", price=(49, 119), by="weight_kg", lines="farm", tax="gst-0",
        attributes=(number("weight_kg", "Weight", "kg", 0.5, 1, 2, 5, 10, axis=True), enum("grain", "Grain", "wheat", "ragi", "jowar", "bajra", "besan", "rice", "multigrain"), enum("grind", "Grind", "fine", "medium", "coarse")),
        titles="{line} {grain} {noun}, {grind} grind|{line} stone-ground {grain} {noun}, {grind}", hindi="आटा",
        uses="soft rotis|laddus|bhakri on a hot tawa|dosa batter|pakoras in the rain",
        parts="It is ground cool, on stone, and packed the same day.|The bran is left in.|The dough needs less oil.|Nothing is added.",
    ),
    STALL.leaf(
        "grain.pulses", "Dal & pulses", "pulse_pouch", nouns="dal|pulses", palette="yellow,chilli,leaf", price=(89, 219), by="weight_kg", lines="farm", tax="gst-0", share=1.1,
        attributes=(number("weight_kg", "Weight", "kg", 0.5, 1, 2, 5, axis=True), enum("pulse", "Pulse", "toor", "moong", "masoor", "urad", "chana", "rajma", "kabuli chana", "lobia"), enum("form", "Form", "whole", "split", "split and skinned"), flag("unpolished", "Unpolished", 0.6)),
        titles="{line} {pulse} {noun}, {form}|{line} {form} {pulse} {noun}", hindi="दाल",
        uses="sambar|a pot that simmers all evening|khichdi|a school lunch|makhani on Sunday",
        parts="It cooks soft in three whistles.|No polish, no colour, no talc.|It comes from farmers we can name.|The pouch closes again.",
    ),
    STALL.leaf(
        "flavour.spices", "Spices", "spice_jar", nouns="spice|ground spice|whole spice", palette="chilli,turmeric,walnut,leaf", price=(59, 399), by="weight_g", lines="farm", share=1.6,
        attributes=(number("weight_g", "Weight", "g", 50, 100, 200, 500, axis=True), enum("spice", "Spice", "turmeric", "red chilli", "coriander", "cumin", "black pepper", "cardamom", "garam masala", "sambar masala", "clove", "cinnamon"), enum("form", "Form", "whole", "ground", "roasted and ground"), enum("origin", "From", "Erode", "Guntur", "Wayanad", "Unjha", "Idukki", "Lakadong", "Byadgi")),
        titles="{line} {spice}, {form}, from {origin}|{line} {origin} {spice}, {form}", hindi="मसाला",
        uses="the first spoon in hot oil|dal tadka|a curry that remembers home|pickling season|chai",
        parts="The jar is glass and may be filled again.|It is ground in small lots each month.|The harvest date is on the lid.|You smell it through the closed box.|Volatile oil is measured and printed.",
    ),
    STALL.leaf(
        "flavour.pickles", "Pickles & chutneys", "pickle_jar", nouns="pickle|chutney", palette="orange,leaf,chilli", price=(129, 349), by="weight_g", lines="farm", tax="gst-12",
        attributes=(number("weight_g", "Weight", "g", 200, 350, 500, 1000, axis=True), enum("main", "Made of", "mango", "lime", "green chilli", "garlic", "gongura", "amla", "mixed vegetables"), enum("heat", "Heat", "mild", "medium", "hot"), enum("oil", "Oil", "mustard", "sesame", "none")),
        titles="{line} {main} {noun}, {heat}|{line} {heat} {main} {noun}", hindi="अचार",
        uses="curd rice|parathas on a train|plain dal|people who look for it first",
        parts="It stands in the sun for twenty days.|There is no vinegar and no preservative.|The pieces stay firm.|It is made by eleven women in one kitchen.",
    ),
    STALL.leaf(
        "cup.tea", "Tea", "tea_tin", nouns="tea|leaf tea|tea bags", palette="leaf,rust,navy,mustard", price=(149, 799), by="weight_g", lines="farm", share=1.2,
        attributes=(number("weight_g", "Weight", "g", 50, 100, 250, 500, 1000, axis=True), enum("tea", "Tea", "Assam CTC", "Darjeeling", "Nilgiri", "masala chai", "green", "Kangra", "tulsi"), enum("flush", "Flush", "first", "second", "monsoon", "autumn"), enum("strength", "Strength", "light", "medium", "strong")),
        titles="{line} {tea} {noun}, {strength}|{line} {tea} {noun}, {flush} flush", hindi="चाय",
        uses="four o'clock|milk, sugar and ginger|a quiet morning|tea without milk|the night shift",
        parts="It is packed at the garden.|Three minutes, no more.|The tin seals with a knock.|The second cup is as good as the first.",
    ),
    STALL.leaf(
        "cup.coffee", "Coffee", "coffee_pouch", nouns="coffee|filter coffee|coffee beans", palette="walnut,chilli,teal", price=(199, 699), by="weight_g", lines="hill",
        attributes=(number("weight_g", "Weight", "g", 100, 200, 250, 500, 1000, axis=True), enum("roast", "Roast", "light", "medium", "dark"), enum("grind", "Grind", "beans", "filter", "espresso", "French press", axis=True), number("chicory_percent", "Chicory", "%", 0, 15, 20, 30)),
        titles="{line} {noun}, {roast} roast|{line} {roast}-roast {noun}, {chicory_percent} % chicory", hindi="कॉफ़ी",
        uses="a brass filter|the second half of the night|slow Sundays|cold coffee in April",
        parts="It is shade grown under pepper vines.|Roasted on Tuesday, sent on Wednesday.|The valve lets it breathe.|Notes of jaggery, not of marketing.",
    ),
    STALL.leaf(
        "pantry.oils", "Cooking oils & ghee", "oil_bottle", nouns="oil|cold-pressed oil|wood-pressed oil", palette="mustard,gold,olive", price=(179, 599), by="volume_ml", lines="farm",
        attributes=(number("volume_ml", "Volume", "ml", 500, 1000, 2000, 5000, axis=True), enum("source", "Source", "groundnut", "mustard", "coconut", "sesame", "sunflower", "cow ghee"), enum("pressing", "Pressing", "wood pressed", "cold pressed", "filtered")),
        titles="{line} {source} {noun}, {pressing}|{line} {pressing} {source} {noun}", hindi="तेल",
        uses="tadka|frying in small batches|a salad|hair and kitchen both|festival sweets",
        parts="A wooden ghani turns fourteen times a minute.|It settles for three days and is not bleached.|The bottle pours thin.|It smells of what it is made from.",
    ),
    STALL.leaf(
        "pantry.honey", "Honey & jaggery", "honey_jar", nouns="honey|jaggery", palette="gold,walnut", price=(149, 549), by="weight_g", lines="hill", share=0.8,
        attributes=(number("weight_g", "Weight", "g", 250, 500, 1000, axis=True), enum("source", "Source", "wild forest", "litchi", "mustard blossom", "eucalyptus", "sugarcane", "palm"), flag("raw", "Raw", 0.6)),
        titles="{line} {source} {noun}|{line} {noun}, {source}", hindi="शहद",
        uses="warm water at dawn|toast|coughs|rotis with ghee",
        parts="It may set in winter; stand it in warm water.|Combs are cut by hand and half is left.|Each lot is tested and the sheet is on the jar.|No sugar has met it.",
    ),
    STALL.leaf(
        "pantry.snacks", "Snacks & sweets", "snack_pack", nouns="namkeen|chikki|khakhra|laddu box", palette="chilli,turmeric,teal,pink", price=(49, 399), by="weight_g", lines="play", tax="gst-12", share=1.2,
        attributes=(number("weight_g", "Weight", "g", 100, 200, 400, 800, axis=True), enum("taste", "Taste", "salted", "spicy", "sweet", "sweet and sour"), multi("contains", "Contains", "peanut", "cashew", "sesame", "chickpea flour", "ghee", "jaggery"), flag("fried", "Fried", 0.5)),
        titles="{line} {taste} {noun}|{line} {noun}, {taste}", hindi="नमकीन",
        uses="four o'clock hunger|cricket on television|unexpected guests|the school bag",
        parts="It is fried in groundnut oil and drained on paper.|The pouch is filled to the top.|It stays crisp for a month after opening.|The recipe came from an aunt in Bikaner.",
    ),
)  # fmt: skip
