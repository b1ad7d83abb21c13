"""Electronics: to call, to hear, to see, to charge."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, multi, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "electronics",
    "Electronics",
    {"phones": "Phones & watches", "sound": "Sound", "computing": "Computing", "power": "Cameras & power"},
    (number("warranty_months", "Warranty", "months", 6, 12, 24),),
)

LEAVES: Final = (
    STALL.leaf(
        "phones.smartphones", "Smartphones", "phone", nouns="smartphone|5G phone|compact phone", palette="graphite,sky,leaf,lilac", price=(7999, 38999), by="storage_gb", lines="sky", share=1.4,
        attributes=(number("storage_gb", "Storage", "GB", 64, 128, 256, 512, axis=True), colour("graphite", "sky", "leaf", "lilac"), number("ram_gb", "Memory", "GB", 4, 6, 8, 12), number("screen_in", "Screen", "inches", 5.8, 6.1, 6.5, 6.7), number("battery_mah", "Battery", "mAh", 4000, 4500, 5000, 6000), enum("sim", "SIM", "single", "dual", "dual + eSIM")),
        titles="{line} {noun}, {ram_gb} GB, {screen_in} in|{line} {screen_in}-inch {noun}, {ram_gb} GB memory", hindi="मोबाइल फ़ोन",
        uses="two numbers and one pocket|long days away from a socket|parents who want large letters|pictures after sunset|the whole family's video calls",
        parts="Updates are promised for five years.|The back opens and the battery is a spare part.|It has a jack for earphones.|The screen is readable at noon.|The radio works without the net.",
    ),
    STALL.leaf(
        "phones.smartwatches", "Smartwatches", "smartwatch", nouns="smartwatch|fitness band|GPS watch", palette="black,orange,rose", price=(1299, 12999), lines="sky",
        attributes=(colour("black", "orange", "rose"), number("battery_days", "Battery", "days", 2, 5, 7, 14, 21), flag("gps", "GPS", 0.4), number("water_bar", "Water resistance", "bar", 3, 5, 10), multi("tracks", "Tracks", "steps", "heart rate", "sleep", "swimming", "oxygen")),
        titles="{line} {noun}, {battery_days} days|{line} {noun}, {water_bar} bar",
        uses="runners before sunrise|people who forget to stand up|swimmers|long shifts",
        parts="It shows Devanagari messages whole.|It counts laps and lets you forget them.|The strap is a standard width.|One button, not five gestures.",
    ),
    STALL.leaf(
        "sound.headphones", "Headphones", "headphones", nouns="over-ear headphones|wireless headphones|studio headphones", palette="black,ivory,indigo,rust", price=(999, 9999), lines="music", share=1.2,
        attributes=(colour("black", "ivory", "indigo", "rust"), enum("connection", "Connection", "Bluetooth", "cable", "both"), flag("noise_cancelling", "Noise cancelling", 0.5), number("battery_h", "Battery", "h", 20, 30, 40, 60), number("driver_mm", "Driver", "mm", 32, 40, 50)),
        titles="{line} {noun}, {battery_h} h|{line} {noun}, {driver_mm} mm drivers", hindi="हेडफ़ोन",
        uses="open offices|tabla practice after ten|night trains|editing|the flat above a wedding hall",
        parts="Ear pads come off and are sold as spares.|It folds flat into a cloth bag.|Voices stay clear at low volume.|Two phones may be paired at once.",
    ),
    STALL.leaf(
        "sound.earbuds", "Earbuds", "earbuds", nouns="wireless earbuds|earbuds|open earbuds", palette="white,black,mint", price=(699, 5999), lines="music",
        attributes=(colour("white", "black", "mint"), number("battery_h", "Battery with case", "h", 18, 24, 32, 45), flag("noise_cancelling", "Noise cancelling", 0.4), enum("water", "Water rating", "IPX4", "IPX5", "IP67")),
        titles="{line} {noun}, {battery_h} h, {water}|{line} {noun}, {water}",
        uses="the metro|calls on a scooter stand|running in drizzle|podcasts while cooking",
        parts="Four sizes of tip come with it.|The case charges from any phone cable.|Ten minutes give two hours.|One bud works alone.",
    ),
    STALL.leaf(
        "sound.speakers", "Speakers", "speaker", nouns="Bluetooth speaker|bookshelf speaker|portable speaker", palette="walnut,teal,chilli", price=(999, 11999), by="power_w", lines="music",
        attributes=(colour("walnut", "teal", "chilli"), number("power_w", "Power", "W", 5, 10, 20, 40, 80), enum("power", "Runs on", "battery", "mains", "both"), flag("waterproof", "Waterproof", 0.5), number("battery_h", "Battery", "h", 8, 12, 20)),
        titles="{line} {noun}, {power_w} W|{line} {power_w} W {noun}", hindi="स्पीकर",
        uses="a terrace with friends|morning bhajans|the kitchen radio|a small hall",
        parts="Bass you feel in the table, not in the wall.|Two of them make a stereo pair.|There is a knob for volume.|It remembers eight phones.",
    ),
    STALL.leaf(
        "computing.laptops", "Laptops", "laptop", nouns="laptop|thin laptop|student laptop", palette="silver,graphite,navy", price=(27999, 89999), by="storage_gb", lines="sky",
        attributes=(number("storage_gb", "Storage", "GB", 256, 512, 1024, axis=True), colour("silver", "graphite", "navy"), number("ram_gb", "Memory", "GB", 8, 16, 32), number("screen_in", "Screen", "inches", 13.3, 14, 15.6), number("weight_kg", "Weight", "kg", 1.1, 1.3, 1.6, 1.9, facet=False)),
        titles="{line} {noun}, {screen_in} in, {ram_gb} GB|{line} {screen_in}-inch {noun}, {ram_gb} GB memory", hindi="लैपटॉप",
        uses="a degree and the job after it|spreadsheets on a train|writing in a café|code",
        parts="Memory is in a socket, not soldered.|The keyboard has rupee and Devanagari marks.|It opens with one hand.|The charger is small and USB-C.",
    ),
    STALL.leaf(
        "computing.keyboards", "Keyboards & mice", "keyboard", nouns="keyboard|mechanical keyboard|keyboard and mouse set", palette="charcoal,ivory,teal", price=(499, 5999), lines="craft", share=0.8,
        attributes=(colour("charcoal", "ivory", "teal"), enum("layout", "Layout", "full size", "87 keys", "60 %"), enum("connection", "Connection", "USB", "Bluetooth", "2.4 GHz"), flag("hindi_legends", "Hindi legends", 0.4)),
        titles="{line} {noun}, {layout}, {connection}|{line} {connection} {noun}, {layout}",
        uses="twelve hours of typing|Hindi and English on one board|small desks|accountants",
        parts="Key caps are printed twice, so they do not wear.|A rail lets water out.|Feet give two slopes.|It is quiet enough for a shared room.",
    ),
    STALL.leaf(
        "power.cameras", "Cameras", "camera", nouns="mirrorless camera|compact camera|instant camera", palette="black,tan,mint", price=(5999, 74999), by="megapixels", lines="sky", share=0.8,
        attributes=(colour("black", "tan", "mint"), number("megapixels", "Resolution", "MP", 12, 16, 20, 24, 33), number("zoom_x", "Optical zoom", "×", 2, 3, 5, 10), flag("viewfinder", "Viewfinder", 0.5), multi("video", "Video", "Full HD", "4K", "slow motion")),
        titles="{line} {noun}, {megapixels} MP|{line} {megapixels} MP {noun}, {zoom_x}× zoom", hindi="कैमरा",
        uses="street corners at dusk|birds at the tank|a wedding's small hours|first pictures of a child",
        parts="The grip fits a large hand.|Dials are marked, menus are short.|It charges from a power bank.|Colours are kind to skin.",
    ),
    STALL.leaf(
        "power.power-banks", "Power banks", "power_bank", nouns="power bank|pocket power bank|fast power bank", palette="graphite,white,turmeric", price=(699, 3499), by="capacity_mah", lines="sky", shipping="hazardous",
        attributes=(number("capacity_mah", "Capacity", "mAh", 5000, 10000, 20000, 27000, axis=True), colour("graphite", "white", "turmeric"), number("output_w", "Output", "W", 12, 18, 22.5, 45, 65), number("ports", "Ports", "ports", 1, 2, 3)),
        titles="{line} {noun}, {output_w} W|{line} {noun}, {output_w} W, {ports} ports", hindi="पावर बैंक",
        uses="two days off the grid|film sets|a phone that dies at four|long-distance buses",
        parts="Cells are counted and tested; the sheet is inside.|It charges itself while it charges you.|Four lights tell the truth.|It is small enough for cabin baggage.",
    ),
    STALL.leaf(
        "power.chargers", "Chargers & cables", "charger", nouns="charger|wall charger|braided cable", palette="white,black", price=(199, 1999), by="output_w", lines="craft",
        attributes=(number("output_w", "Output", "W", 12, 20, 33, 45, 65, 100), colour("white", "black"), number("ports", "Ports", "ports", 1, 2, 3, 4), enum("plug", "Plug", "India", "world set")),
        titles="{line} {noun}, {output_w} W, {ports} ports|{line} {output_w} W {noun}",
        uses="one socket and three devices|the bedside|a laptop and a phone at once|hotel rooms",
        parts="It stays cool at full load.|Pins fold away.|It takes the spikes of a village line.|The cable is two metres, because sockets are never near.",
    ),
)  # fmt: skip
