"""The demo's drawings: every kind renders, brands and colours differ, the same look gives the same bytes."""

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from haat.demo.catalogue import all_looks
from haat.demo.model import Look
from haat.demo.palette import COLOURS, MAT, rgb
from haat.demo.pictures import KINDS, draw
from haat.demo.pictures.render import drawing_room, png


def test_kinds_are_many_and_each_leaf_has_one() -> None:
    assert len(KINDS) >= 35
    assert {look.kind for look in all_looks()} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_renders_in_each_brands_style_on_the_mat(kind: str) -> None:
    drawings = {draw(Look(kind, "teal", style)) for style in range(3)}
    assert len(drawings) == 3
    for drawing in drawings:
        ET.fromstring(drawing)
    with Image.open(io.BytesIO(png(Look(kind, "teal", 0), 96))) as picture:
        pixels = picture.convert("RGB")
    assert pixels.size == (96, 96)
    ground = tuple(round(part * 255) for part in rgb(MAT))
    corners = [pixels.getpixel(place) for place in ((0, 0), (95, 0), (0, 95), (95, 95))]
    assert corners == [ground] * 4
    drawn = sum(pixel != ground for pixel in pixels.get_flattened_data())
    assert 0.08 < drawn / 96**2 < 0.85


def test_colours_and_brands_change_the_picture() -> None:
    looks = [Look("backpack", colour, style) for colour in ("navy", "moss") for style in (0, 1, 2)]
    assert len({png(look, 64) for look in looks}) == len(looks)


def test_every_look_of_the_catalogue_is_well_formed() -> None:
    names = set()
    for look in all_looks():
        assert look.colour in COLOURS
        ET.fromstring(draw(look))
        names.add(look.name)
    assert len(names) == len(all_looks())


def test_d1_processes_give_the_same_bytes() -> None:
    looks = all_looks()[:8]
    with drawing_room(2) as room:
        assert list(room.map(png, looks, [48] * len(looks))) == [png(look, 48) for look in looks]
