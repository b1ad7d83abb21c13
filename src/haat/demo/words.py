"""Invented brands and product lines, by stall. None is a trademark known to us; a hit would be chance."""

from typing import Final

BRANDS: Final[dict[str, tuple[str, ...]]] = {
    "outdoor": ("Sahyadri Gear", "Dzongri", "Palaash Trail", "Kachnar Outdoors", "Tarkarli", "Burans & Rope"),
    "home": ("Rasoighar", "Ujjaini", "Chulha & Co", "Dhruvaj", "Mitti Mandal", "Kansyakaar"),
    "furniture": ("Teakwadi", "Baithak Works", "Lakdi Lane", "Chaukhat"),
    "handloom": ("Tantu", "Karghaa House", "Nilambari Weaves", "Phulia Looms", "Koshaa", "Reshamvan"),
    "fashion": ("Marudhara Wear", "Odhni Street", "Kapaas", "Gully Nine", "Saanjh"),
    "books": ("Banyan Street", "Kaagaz Press", "Peepal & Ink", "Shabdlok", "Monsoon House", "Dakghar Books"),
    "grocery": ("Khet & Kin", "Annada", "Masalawadi", "Godaveri Farms", "Chaikhaana", "Gudmandi"),
    "electronics": ("Vidyuti", "Tarang Audio", "Nabhas", "Ekkova", "Jyotimay", "Bijlee Works"),
    "beauty": ("Ubtanaa", "Gulmehar", "Nimboli", "Kesaraya", "Van Vatika"),
    "sports": ("Akharaa", "Pavilion End", "Kabaddi Lane", "Chauka", "Dangal & Sons"),
    "toys": ("Latoo", "Khilauna Ghar", "Channapet Toys", "Guddi & Gudda", "Pahelika"),
    "garden": ("Bagichaa", "Harit Kone", "Mali Works", "Tulsivan"),
    "tools": ("Lohaar Street", "Kaarigar Pro", "Hathoda", "Dhaaga & Bolt"),
}

LINES: Final[dict[str, tuple[str, ...]]] = {
    "hill": (
        "Kalsubai", "Deccan", "Shola", "Roopkund", "Tungnath", "Agumbe", "Harishchandra", "Spiti", "Zanskar",
        "Munsiari",
        "Kudremukh", "Dzukou", "Sandakphu", "Bhrigu", "Pindari", "Rajgad", "Velliangiri", "Chembra", "Ridgeline",
        "Monsoon", "First Light", "Switchback", "Cairn", "Base Camp", "Treeline", "Scree", "Lonely Mile",
    ),
    "river": (
        "Kaveri", "Narmada", "Sabarmati", "Godavari", "Tapti", "Chambal", "Betwa", "Krishna", "Mandovi", "Teesta",
        "Beas", "Gomti", "Sone", "Mahanadi", "Periyar", "Vaigai", "Tunga", "Kosi", "Indravati", "Luni", "Zuari",
        "Pennar", "Ramganga", "Ken", "Sharavati",
    ),
    "home": (
        "Aangan", "Roz", "Tez", "Sukoon", "Ghar Ka", "Dopahar", "Savera", "Utsav", "Virasat", "Sada", "Nayaa", "Haandi",
        "Bhoj", "Rasa", "Swad", "Angeethi", "Chandan", "Kalash", "Dehri", "Basera", "Verandah", "Courtyard", "Sunday",
        "Long Lunch", "Second Helping",
    ),
    "music": (
        "Meera", "Taal", "Sargam", "Bhairavi", "Malhar", "Yaman", "Todi", "Kedar", "Bageshri", "Desh", "Hamsa", "Jog",
        "Tilak", "Shankara", "Vasant", "Kafi", "Sohini", "Marwa", "Khamaj", "Lalit", "Nada", "Dhwani", "Laya", "Raga",
    ),
    "sky": (
        "Rohini", "Chitra", "Swati", "Ashwini", "Dhruva", "Vega", "Tara", "Mrigashira", "Magha", "Revati", "Shravan",
        "Arundhati", "Nova", "Zenith", "Orbit", "Aster", "Quasar", "Halo", "Lumen", "Pulse", "Drift", "Prism",
    ),
    "flower": (
        "Mogra", "Champa", "Gulab", "Kewda", "Chameli", "Parijat", "Genda", "Kamal", "Juhi", "Raat Rani", "Palash",
        "Kaner", "Harsingar", "Madhumalti", "Tagar", "Ashoka", "Semal", "Kachnar", "Amaltas", "Gulmohar", "Kadamba",
    ),
    "farm": (
        "Old Well", "Red Soil", "Morning Mandi", "Stone Mill", "Two Monsoons", "Hill Farm", "Black Cotton",
        "River Bank",
        "Grandmother's", "Sunday Bazaar", "First Harvest", "Slow Ground", "Village Square", "Terrace Field",
        "Clay Oven",
        "Brass Scale", "Copper Pot", "Salt Pan", "Coast Road", "Ghat Road", "Dry Season", "Lantern", "Temple Tank",
    ),
    "play": (
        "Chakri", "Jugnu", "Titli", "Gillu", "Bandar", "Chhuk Chhuk", "Peekaboo", "Mithu", "Hathi", "Bulbul", "Golu",
        "Tota", "Chanda", "Sitara", "Kaku", "Little Mela", "Rainy Day", "Courtyard", "Holiday", "Moonlit", "Galli",
    ),
    "match": (
        "Cover Drive", "Yorker", "Gully", "Maidan", "Sixer", "Square Cut", "Last Over", "Opening Stand", "Pavilion",
        "Third Man", "Champion", "Club", "League", "Academy", "Match Day", "Practice", "Night Match", "Home Ground",
        "Victory Lap", "Rally", "Smash", "Ace",
    ),
    "weave": (
        "Neelambari", "Meenakari", "Ambika", "Charulata", "Damayanti", "Gayatri", "Hemlata", "Indira", "Janaki",
        "Kumud",
        "Lavanya", "Malati", "Nandini", "Padmaja", "Ragini", "Sarita", "Tarini", "Urmila", "Vasudha", "Yamini",
        "Kalindi", "Bela", "Aparna", "Sharada",
    ),
    "craft": (
        "Ustad", "Karigar", "Bench", "Site", "Master", "Daily", "Heavy Day", "Foreman", "Apprentice", "Workshop",
        "Steady Hand", "True Edge", "Third Shift", "Monsoon Proof", "Anvil", "Plumb", "Spirit", "Keystone",
    ),
}  # fmt: skip

MARKS: Final = (
    "",
    "",
    "",
    "",
    "II",
    "Plus",
    "Lite",
    "Classic",
    "Select",
    "Prime",
    "Duo",
    "Mini",
    "Neo",
    "Max",
    "Heritage",
)
"""What may follow a line's name; mostly nothing."""
