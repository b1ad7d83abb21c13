"""Toys: wheels, dolls, blocks, puzzles and things that fly."""

from typing import Final

from haat.demo.attributes import colour, enum, flag, number
from haat.demo.stalls.stall import Stall

STALL: Final = Stall(
    "toys",
    "Toys",
    {"wooden": "Wooden toys", "soft": "Dolls & soft toys", "thinking": "Thinking", "outside": "Outside"},
    (number("age_from", "Age from", "years", 1, 2, 3, 4, 5, 6, 8), flag("batteries", "Needs batteries", 0.1)),
    tax_class="gst-12",
)

LEAVES: Final = (
    STALL.leaf(
        "wooden.cars", "Cars & trains", "toy_car", nouns="wooden car|toy truck|pull-along train|toy bus", palette="red,yellow,blue,leaf", price=(199, 1499), lines="play",
        attributes=(colour("red", "yellow", "blue", "leaf"), enum("wood", "Wood", "beech", "hale", "rubberwood"), number("length_cm", "Length", "cm", 9, 14, 18, 25), flag("pull_string", "Pull string", 0.4)),
        titles="{line} {noun}, {length_cm} cm|{line} {noun} in {wood}", hindi="लकड़ी की गाड़ी",
        uses="a tiled floor|two children and one ramp|long mornings|a first birthday",
        parts="It is turned on a lathe and coloured with lac.|Axles are oiled and run straight.|Corners are round enough to chew.|No paint flakes off.",
    ),
    STALL.leaf(
        "wooden.blocks", "Blocks", "blocks", nouns="building blocks|stacking blocks|letter blocks", palette="yellow,teal,rose", price=(299, 1799), by="pieces", lines="play",
        attributes=(number("pieces", "Pieces", "pieces", 12, 24, 36, 50, 100, axis=True), enum("script", "Letters", "none", "English", "Devanagari", "numbers"), enum("wood", "Wood", "beech", "neem", "rubberwood")),
        titles="{line} {noun} in {wood}|{line} {script} {noun}, {wood}", hindi="लकड़ी के ब्लॉक",
        uses="towers and their fall|first words|rainy days|cousins of all sizes",
        parts="Edges are sanded three times.|They come in a cotton bag.|Colours are from vegetables and lac.|One more set fits to it.",
    ),
    STALL.leaf(
        "wooden.tops", "Tops & rattles", "top", nouns="spinning top|lattu|wooden rattle", palette="chilli,turmeric,leaf", price=(79, 499), lines="play", share=0.7,
        attributes=(colour("chilli", "turmeric", "leaf"), number("pieces", "Pieces", "pieces", 1, 2, 4, axis=True), enum("wood", "Wood", "hale", "rosewood offcuts", "beech")),
        titles="{line} {noun} in {wood}|{line} lacquered {noun}", hindi="लट्टू",
        uses="courtyards|a pocket|fathers who want to show how|small prizes",
        parts="It spins for two minutes when you are good.|The cord is cotton.|The nail is rounded.|Rings of colour turn into one.",
    ),
    STALL.leaf(
        "soft.dolls", "Dolls", "doll", nouns="rag doll|cloth doll|puppet", palette="pink,turmeric,teal,maroon", price=(199, 1299), lines="play",
        attributes=(colour("pink", "turmeric", "teal", "maroon"), number("height_cm", "Height", "cm", 20, 28, 35, 45), enum("dress", "Dress", "saree", "lehenga", "frock", "kurta"), flag("washable", "Washable", 0.8)),
        titles="{line} {noun} in a {dress}, {height_cm} cm|{line} {height_cm} cm {noun}, {dress}", hindi="गुड़िया",
        uses="a friend who keeps secrets|tea with nobody|bedtimes|puppet plays behind a sheet",
        parts="Clothes come off and go on again.|The face is stitched, nothing to swallow.|It is filled with cotton waste from the loom.|A name label waits to be written.",
    ),
    STALL.leaf(
        "soft.animals", "Soft animals", "elephant", nouns="soft elephant|cuddly toy|cloth animal", palette="grey,indigo,terracotta", price=(249, 1499), by="height_cm", lines="play",
        attributes=(colour("grey", "indigo", "terracotta"), number("height_cm", "Height", "cm", 15, 22, 30, 45, axis=True), enum("fabric", "Fabric", "block-print cotton", "corduroy", "fleece"), flag("washable", "Washable", 0.9)),
        titles="{line} {noun} in {fabric}|{line} {fabric} {noun}", hindi="हाथी",
        uses="a cot|a back seat|hospital days|somebody's very first journey",
        parts="Ears are two prints, so both sides have a story.|It survives the washing machine.|The trunk is just long enough to hold on to.|Seams are sewn twice.",
    ),
    STALL.leaf(
        "thinking.puzzles", "Puzzles", "puzzle", nouns="jigsaw puzzle|map puzzle|wooden puzzle", palette="sky,leaf,rust", price=(199, 1299), by="pieces", lines="play",
        attributes=(number("pieces", "Pieces", "pieces", 24, 60, 100, 250, 500, 1000), enum("picture", "Picture", "map of India", "night sky", "bazaar", "birds", "railway station", "alphabet"), enum("made_of", "Made of", "board", "wood")),
        titles="{line} {noun}: {picture}, {pieces} pieces|{line} {pieces}-piece {noun}, {picture}", hindi="पहेली",
        uses="a table nobody may touch|winter evenings|learning the states|two generations",
        parts="No two pieces have one shape.|Missing pieces are replaced by post.|The box is the frame.|Dust was counted, and there is little.",
    ),
    STALL.leaf(
        "thinking.board-games", "Board games", "board_game", nouns="board game|pachisi set|snakes and ladders|carrom board", palette="chilli,indigo,walnut", price=(249, 2499), lines="match",
        attributes=(enum("players", "Players", "2", "2–4", "2–6"), number("minutes", "A game takes", "min", 15, 30, 45, 60, 90), enum("made_of", "Made of", "cloth", "board", "wood"), enum("language", "Rules in", "English", "Hindi & English")),
        titles="{line} {noun}, {players} players, {minutes} min|{line} {made_of} {noun} for {players}", hindi="चौपड़",
        uses="power cuts|after dinner|a family that cheats fairly|train berths",
        parts="Rules fit on one page.|Cowries are real.|Spare pieces are in the lid.|It rolls up and ties.",
    ),
    STALL.leaf(
        "outside.kites", "Kites", "kite", nouns="kite|fighter kite|kite set with firki", palette="pink,yellow,leaf,chilli", price=(49, 599), lines="sky", share=0.8,
        attributes=(colour("pink", "yellow", "leaf", "chilli"), number("pieces", "Pieces", "pieces", 1, 5, 10, 25, axis=True), enum("made_of", "Made of", "paper and bamboo", "cloth", "ripstop"), flag("line_included", "Line included", 0.5)),
        titles="{line} {noun}, {made_of}|{line} {made_of} {noun}", hindi="पतंग",
        uses="Sankranti roofs|a beach with wind|the hour before rain|learning to look up",
        parts="The bow is split bamboo, tempered over fire.|The line is cotton, safe for birds.|The bridle is tied at the right angle.|The paper comes from Ahmedabad's old city.",
    ),
)  # fmt: skip
