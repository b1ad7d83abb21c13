"""Pictures of the demo's things: a drawing per kind, coloured by variant, marked by brand.

Pure: a look in, SVG out. Nothing is read from disk, no font is needed, the same look gives the same bytes.
"""

from collections.abc import Callable, Mapping
from typing import Final

from haat.demo.model import Look
from haat.demo.pictures import bags, bench, cloth, gadgets, kitchen, maidan, packs, pages, play, rooms, wear
from haat.demo.pictures.canvas import Canvas

KINDS: Final[Mapping[str, Callable[[Canvas], None]]] = {
    drawing.__name__: drawing
    for drawing in (
        bags.backpack, bags.duffel, bags.tent, bags.sleeping_bag, bags.tote,
        wear.boot, wear.sneaker, wear.sandal, wear.jacket, wear.puffer, wear.shirt, wear.tshirt, wear.kurta,
        wear.trousers, wear.helmet, wear.watch,
        cloth.saree, cloth.stole, cloth.shawl, cloth.towel, cloth.rug, cloth.bedsheet, cloth.cushion, cloth.curtain,
        cloth.mattress,
        kitchen.cooker, kitchen.pan, kitchen.pot, kitchen.masala_box, kitchen.kettle, kitchen.mug, kitchen.tiffin,
        kitchen.flask,
        packs.spice_jar, packs.pickle_jar, packs.honey_jar, packs.cream_jar, packs.oil_bottle, packs.hair_oil,
        packs.shampoo, packs.spray, packs.paint_can, packs.tea_tin, packs.rice_bag, packs.flour_bag, packs.soil_bag,
        packs.pulse_pouch, packs.coffee_pouch, packs.snack_pack, packs.pouch_beauty, packs.seed_packet, packs.soap,
        rooms.chair, rooms.stool, rooms.table, rooms.shelf, rooms.lamp, rooms.fan, rooms.bulb, rooms.plant_pot,
        rooms.watering_can,
        gadgets.phone, gadgets.smartwatch, gadgets.headphones, gadgets.earbuds, gadgets.speaker, gadgets.laptop,
        gadgets.keyboard, gadgets.camera, gadgets.power_bank, gadgets.charger, gadgets.headlamp,
        pages.book, pages.book_square, pages.book_thick, pages.puzzle, pages.board_game,
        play.toy_car, play.blocks, play.top, play.doll, play.elephant, play.kite,
        maidan.cricket_bat, maidan.cricket_ball, maidan.racket, maidan.football, maidan.yoga_mat, maidan.dumbbell,
        maidan.bicycle,
        bench.hammer, bench.spanner, bench.drill, bench.lipstick, bench.kajal,
    )
}  # fmt: skip
"""By kind. A new kind is one function on a Canvas."""


def draw(look: Look) -> str:
    """The picture of a look, as SVG. Raises: KeyError when nobody draws its kind."""
    canvas = Canvas(look)
    KINDS[look.kind](canvas)
    return canvas.svg()
