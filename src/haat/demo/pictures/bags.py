"""Backpack, duffel, tent, sleeping bag, tote: things of strong cloth."""

from haat.demo.palette import INK, dark, light
from haat.demo.pictures.canvas import STEEL, Canvas


def _buckle(c: Canvas, x: float, y: float) -> None:
    c.box(x - 17, y - 12, 34, 24, 6, c.gradient("down", (0, "#5a5560"), (1, INK)))


def backpack(c: Canvas) -> None:
    """A standing rucksack with lid, front pocket and bottles at its sides."""
    c.ground(500, 270)
    c.path("M660 300q150 40 120 300q-10 110-60 200", line=dark(c.base, 0.5), width=34)  # the far strap
    for side, x in ((0, 262), (1, 668)):
        c.path(f"M{x} 520q-14 150 4 280q35 28 70 0q16-130 0-280z", c.round(c.dark if side else c.base))
        c.path(f"M{x - 4} 520q40 26 78 0", line=c.deep, width=9)
    body = "M318 262q-34 40-34 120l-14 380q-4 86 70 90h320q74-4 70-90l-14-380q0-80-34-120q-182-70-364 0z"
    c.path(body, c.round())
    c.path("M430 190q0-62 70-62t70 62", line=c.deep, width=20)
    c.path("M300 380q-14-190 110-206h180q124 16 110 206q-200 60-400 0z", c.down(light(c.base, 0.08)))
    c.shade("M300 380q200 60 400 0l2 26q-202 62-404 0z", 0.22)
    c.stitch("M322 352q178 48 356 0")
    if c.style == 1:
        c.path("M340 520h320q22 0 24 26l10 220q0 44-40 44H346q-40 0-40-44l10-220q2-26 24-26z", c.down(c.accent))
        c.path("M336 600h328", line=dark(c.accent, 0.4), width=8)
    else:
        c.path("M350 540h300q24 0 26 30l8 186q0 50-44 50H360q-44 0-44-50l8-186q2-30 26-30z", c.down(c.base))
        c.path("M330 590q170 34 340 0", line=c.deep, width=7)
    for x in (400, 600):
        c.box(x - 13, 300, 26, 330 if c.style else 500, 4, c.deep)
        _buckle(c, x, 436)
    if c.style == 2:
        for y in (600, 650, 700):
            c.path(f"M470 {y}q30 22 60 0", line=c.accent, width=10)
    c.mark(500, 270 if c.style else 700, 62)
    c.shine("M318 300q-20 40-24 130l-10 260q20-250 60-400z", 0.2)


def duffel(c: Canvas) -> None:
    """A barrel bag with two handles and a shoulder strap."""
    c.ground(500, 380, 790)
    c.path("M210 470q-70-250 290-260t290 260", line=dark(c.base, 0.5), width=20)
    c.path("M190 440q20-60 90-64h440q70 4 90 64l36 260q2 86-76 90H230q-78-4-76-90z", c.down())
    for x in (190, 738):
        c.path(f"M{x} 400q36-30 72 0l8 380h-88z", c.down(c.accent if c.style else c.dark))
    c.path("M262 410h476", line=c.deep, width=12)
    c.stitch("M262 432h476")
    for x in (360, 640):
        c.box(x - 15, 412, 30, 376, 2, c.deep)
    c.path("M360 430q0-160 140-160t140 160", line=c.deep, width=26)
    c.box(440, 258, 120, 40, 18, c.round("#7a5136"))
    c.box(420, 540, 160, 150, 16, c.flat(light(c.base, 0.1)), line=c.deep, width=5)
    c.path("M420 590h160", line=c.deep, width=6)
    c.mark(500, 640, 54)
    c.shine("M204 450q20-40 80-46l-30 330q-60 0-70-40z", 0.14)


def tent(c: Canvas) -> None:
    """A dome tent with an open porch."""
    c.ground(500, 430, 800, 46)
    for d in ("M150 770L70 815", "M850 770L930 815"):
        c.path(d, line="#8a7e8d", width=6)
    c.path("M120 795Q250 300 500 245Q750 300 880 795z", c.gradient("across", (0, c.light), (0.5, c.base), (1, c.dark)))
    c.path("M500 245Q750 300 880 795H610Q600 470 500 245z", dark(c.base, 0.22))
    door = "M500 245Q330 520 330 795h280Q600 470 500 245z"
    c.path(door, c.gradient("down", (0, dark(c.accent, 0.2)), (1, "#2b2230")))
    c.path("M500 245Q330 520 330 795h70Q420 480 500 245z", c.flat(light(c.accent, 0.15)))
    c.path("M610 795Q600 470 500 245q66 250 40 550z", c.flat(light(c.accent, 0.05)))
    c.path("M120 795Q250 300 500 245Q750 300 880 795", line=c.deep, width=9)
    c.path("M500 245Q330 520 330 795M500 245Q605 470 610 795", line=c.deep, width=6)
    if c.style == 1:
        c.path("M232 520Q350 390 470 350", line=c.accent, width=18)
        c.path("M770 520Q650 390 530 350", line=dark(c.accent, 0.2), width=18)
    c.path("M100 796h800", line=c.deep, width=10)
    c.mark(250, 690, 64)
    c.shine("M170 760Q270 380 440 290Q300 420 230 760z", 0.16)


def sleeping_bag(c: Canvas) -> None:
    """A mummy bag, rolled open at the hood, lying at a slant."""
    c.ground(500, 330, 830)
    with c.turned("rotate(-18 500 520)"):
        c.path(
            "M330 170q170-110 340 0q60 120 40 330q-10 260-90 350q-120 60-240 0q-80-90-90-350q-20-210 40-330z", c.round()
        )
        for y in (330, 420, 510, 600, 690, 780):
            inset = (y - 330) * 0.13
            c.path(f"M{302 + inset:.0f} {y}q{198 - inset:.0f} 46 {396 - 2 * inset:.0f} 0", line=c.dark, width=7)
        c.path("M370 190q130-84 260 0q36 90 0 150q-130 60-260 0q-36-60 0-150z", c.down(dark(c.accent, 0.15)))
        c.path("M400 215q100-56 200 0q20 60 0 100q-100 40-200 0q-20-40 0-100z", c.down(light(c.accent, 0.2)))
        c.path("M640 300q30 300-70 560", line=c.deep, width=9)
        c.mark(460, 470, 60)
        c.shine("M316 260q-30 220 30 500q-10-260 20-520z", 0.2)


def tote(c: Canvas) -> None:
    """A soft bag with two long handles."""
    c.ground(500, 300)
    c.path("M370 420q-10-280 130-280t130 280", line=dark(c.base, 0.35), width=26)
    c.path("M250 380h500l40 440q0 30-34 32H244q-34-2-34-32z", c.flat())
    c.path("M350 440q-10-250 150-250t150 250", line=c.dark, width=28)
    c.stitch("M262 410h476", dark(c.base, 0.4))
    if c.style == 0:
        c.mark(500, 640, 170)
    elif c.style == 1:
        c.box(224, 690, 552, 160, 20, c.flat(c.accent))
        c.mark(500, 560, 110)
    else:
        for x in range(280, 740, 92):
            c.path(f"M{x} 640l46-60l46 60l-46 60z", c.accent)
    c.shade("M700 384h50l40 440q0 26-34 28h-40z", 0.12)
    c.path("M330 396q-20 200-10 440", line=light(c.base, 0.3), width=5, more=' fill-opacity=".5" stroke-opacity=".5"')
    c.oval(372, 430, 10, 10, STEEL)
    c.oval(628, 430, 10, 10, STEEL)
