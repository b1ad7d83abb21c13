"""Books: stories, kitchens, children, knowledge. Titles are composed, authors invented."""

from typing import Final

from haat.demo.attributes import enum, number, text
from haat.demo.model import Attribute
from haat.demo.stalls.stall import Stall

AUTHORS: Final = (
    "Anuradha Kelkar", "Vikram Phadnis", "Meher Batliwala", "Joseph Kurien", "Sabiha Rizvi", "Tenzin Lhadon", "Arka Ganguli",
    "Revathi Subbu", "Harpreet Gill", "Nandita Bora", "Farid Qureshi", "Leela Menon", "Dorje Namgyal", "Ishaan Vartak",
    "Kamala Iyengar", "Suresh Oraon", "Zoya Merchant", "Prabhat Jha", "Lakshmi Rao", "Imtiaz Lone", "Gauri Deshmukh",
    "Manbir Sodhi", "Chitra Pillai", "Rahul Basumatary", "Usha Tandon", "Eknath Pawar", "Annie Thomas", "Bibhuti Sahoo",
)  # fmt: skip
AUTHORS_HINDI: Final = (
    "सुधा मिश्र", "रमेश त्यागी", "कविता जोशी", "अनवर हुसैन", "मीरा शुक्ल", "दिनेश रावत", "शैलजा तिवारी", "गोविंद चौबे",
    "नीलम पंत", "हरीश डंगवाल", "उषा वाजपेयी", "मनोज कश्यप",
)  # fmt: skip

STALL: Final = Stall(
    "books",
    "Books",
    {"stories": "Stories", "practical": "Practical", "young": "Young readers", "learning": "Learning"},
    (
        enum("binding", "Binding", "paperback", "hardcover", axis=True),
        number("pages", "Pages", "pages", 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, facet=False),
        number("year", "Year", "year", 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026),
    ),
    tax_class="gst-0",
)


def _author(*names: str) -> Attribute:
    return text("author", "Author", *names, facet=True)


_ENGLISH: Final = enum("language", "Language", "English")

LEAVES: Final = (
    STALL.leaf(
        "stories.novels", "Novels", "book", nouns="novel|family novel|short novel", palette="maroon,indigo,turmeric,teal,aubergine,sand", price=(249, 699), by="pages", lines="river", share=2.2,
        attributes=(_author(*AUTHORS), _ENGLISH, enum("genre", "Genre", "family", "history", "crime", "love", "travel", "satire")),
        titles="The {a} {b}|{b} of the {c}|A {b} in {place}|The {c} and the {b}|Letters from {place}|The Last {b} of {place}",
        uses="a slow afternoon|the window seat of the Konkan railway|readers who like a large family on page one|a book club that argues|a week without a signal",
        parts="It begins with a power cut and ends with a wedding nobody planned.|Three sisters tell it in turn, and only one of them is honest.|The town is a character, with its own temper.|Chapters are short enough for a metro ride.|A map and a family tree stand at the front.|The last page sends you back to the first.",
    ),
    STALL.leaf(
        "stories.hindi-fiction", "Hindi fiction", "book", nouns="उपन्यास|कहानी संग्रह", palette="turmeric,chilli,leaf,navy", price=(149, 449), by="pages", lines="river", share=1.4,
        attributes=(_author(*AUTHORS_HINDI), enum("language", "Language", "Hindi"), enum("genre", "Genre", "family", "village life", "satire", "love", "poetry")),
        titles="{hindi_a}|{hindi_b}|{hindi_c}", hindi="",
        uses="evenings on the roof|readers who grew up between two languages|reading aloud|a bedside in the hills",
        parts="The language is that of the street, not of the dictionary.|Each story stands alone, and they know each other.|Older spellings were kept.|There is a glossary of Awadhi words.|The letters are large and the paper is cream.",
    ),
    STALL.leaf(
        "stories.crime", "Crime & mystery", "book", nouns="mystery|detective novel|thriller", palette="black,chilli,navy,mustard", price=(249, 599), by="pages", lines="sky",
        attributes=(_author(*AUTHORS), _ENGLISH, enum("setting", "Setting", "Mumbai", "Kolkata", "hill station", "small town", "backwaters")),
        titles="The {place} Murders|Death at the {b}|The {a} {b} Case|Nobody Left {place}|The Silence of {place}",
        uses="a rainy night|people who read the last page first|a long queue|the sleeper class",
        parts="Inspector Dalvi has one week and no car.|All clues are on the table by page eighty.|The wrong man confesses, twice.|You will suspect the cook.|It is the third of the series and may be read first.",
    ),
    STALL.leaf(
        "practical.cookery", "Cookery", "book_square", nouns="cookbook|recipe collection", palette="chilli,leaf,turmeric", price=(349, 1299), by="pages", lines="home",
        attributes=(_author(*AUTHORS), _ENGLISH, enum("cuisine", "Cuisine", "Kerala", "Bengal", "Punjab", "Coorg", "Gujarat", "Assam", "street food"), enum("diet", "Diet", "vegetarian", "eggs", "everything")),
        titles="{cuisine} on a {a} Flame|The {cuisine} Kitchen of {place}|A {b} of {cuisine}|My {cuisine} Year",
        uses="a first kitchen|cooks who measure by hand|Sunday lunch|people far from home",
        parts="Eighty recipes, each on one page.|Times are honest and include chopping.|Substitutes are named for those who live far from a good bazaar.|There is a chapter on leftovers.|It lies flat when open.",
    ),
    STALL.leaf(
        "practical.travel", "Travel & nature", "book", nouns="travel book|field guide|walking guide", palette="leaf,sky,rust", price=(299, 999), by="pages", lines="hill", share=0.8,
        attributes=(_author(*AUTHORS), _ENGLISH, enum("region", "Region", "Himalaya", "Western Ghats", "North-East", "Deccan", "Coast")),
        titles="Walking {place}|{place} by Slow Train|Birds of the {region}|A {a} {b}: Walks in the {region}|The {region} in Thirty Walks",
        uses="the pocket of a rucksack|planning in the monsoon for the winter|weekend walkers|armchairs",
        parts="Maps are drawn by hand and to scale.|Each walk names the last bus back.|Bird calls are written as you hear them.|The paper does not mind a shower.",
    ),
    STALL.leaf(
        "young.picture-books", "Picture books", "book_square", nouns="picture book|bedtime story", palette="yellow,sky,pink,mint", price=(129, 449), lines="play",
        attributes=(_author(*AUTHORS), enum("language", "Language", "English", "Hindi & English"), number("age_from", "Age from", "years", 2, 3, 4, 5, 6)),
        titles="{animal} and the {b}|The {animal} Who Lost a {b}|Good Night, {animal}|Where Is the {a} {animal}?",
        uses="bedtime, again|small hands|children who ask why|reading on a lap",
        parts="Corners are round.|There is something to find on each page.|The words rhyme where they should.|It was read to forty children before it was printed.",
    ),
    STALL.leaf(
        "learning.science", "Science & history", "book", nouns="popular science book|history|introduction", palette="graphite,teal,rust", price=(299, 899), by="pages", lines="sky",
        attributes=(_author(*AUTHORS), _ENGLISH, enum("subject", "Subject", "mathematics", "astronomy", "Indian history", "ecology", "medicine", "economics")),
        titles="A {a} History of the {b}|The {b}: An Introduction to {subject}|How the {b} Made {place}|{subject_title} for the {a} Reader",
        uses="curious readers of any age|a long winter|teachers|those who liked school less than the library",
        parts="No formula before page fifty.|Notes are at the foot of the page, where you want them.|Each chapter ends with a question that has no answer yet.|The index is thorough.",
    ),
    STALL.leaf(
        "learning.exams", "Exam preparation", "book_thick", nouns="practice book|solved papers|guide", palette="blue,chilli,green", price=(199, 899), by="pages", lines="match", share=0.8,
        attributes=(_author(*AUTHORS), enum("language", "Language", "English", "Hindi"), enum("exam", "For", "Class 10", "Class 12", "engineering entrance", "medical entrance", "banking", "civil services"), number("edition", "Edition", "edition", 1, 2, 3, 5, 8)),
        titles="{line} {exam} practice book, edition {edition}|{line} solved papers: {exam}, edition {edition}",
        uses="the last hundred days|an hour each morning|repeating what did not stick|study groups",
        parts="Answers show the way, not only the end.|Questions are ordered by how often they were missed.|Ten full papers come with a clock.|Margins leave room to work.",
    ),
)  # fmt: skip
