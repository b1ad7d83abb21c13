"""Books and boards: covers composed of shapes, never of words."""

from haat.demo.palette import INK, dark, is_pale, light, mix
from haat.demo.pictures.canvas import PAPER, Canvas


def _cover(c: Canvas, x: float, y: float, w: float, h: float) -> None:
    """A cover: one of six compositions, chosen by the house style and whether the colour is pale."""
    ink = INK if is_pale(c.base) else PAPER
    with c.inside(f"M{x} {y}h{w}v{h}h{-w}z"):
        c.box(x, y, w, h, 0, c.flat())
        if c.style == 0:
            c.oval(x + w * 0.62, y + h * 0.47, w * 0.21, w * 0.21, c.accent)
            c.path(f"M{x} {y + h * 0.62}q{w * 0.3} {-h * 0.2} {w * 0.55} 0t{w * 0.5} {-h * 0.04}v{h}H{x}z", c.dark)
            c.path(f"M{x} {y + h * 0.76}q{w * 0.3} {-h * 0.14} {w * 0.6} 0t{w * 0.4} 0v{h}H{x}z", c.deep)
            top = y + h * 0.09
        elif c.style == 1:
            for step in range(6):
                at = y + h * (0.36 + step * 0.1)
                c.path(
                    f"M{x} {at}q{w * 0.25} {-h * 0.06} {w * 0.5} 0t{w * 0.5} 0v{h * 0.05}q{-w * 0.25} {h * 0.06} {-w * 0.5} 0t{-w * 0.5} 0z",
                    mix(c.accent, c.base, step * 0.15),
                )
            c.path(
                f"M{x + w * 0.42} {y + h * 0.4}h{w * 0.3}l{-w * 0.06} {h * 0.06}h{-w * 0.18}zM{x + w * 0.56} {y + h * 0.39}v{-h * 0.13}l{w * 0.12} {h * 0.13}z",
                ink,
            )
            top = y + h * 0.08
        else:
            for arch in range(3):
                inset = arch * w * 0.1
                left, right = x + w * 0.16 + inset, x + w * 0.84 - inset
                c.path(
                    f"M{left} {y + h}V{y + h * 0.56 + inset}Q{left} {y + h * 0.36 + inset} {(left + right) / 2} {y + h * 0.3 + inset}Q{right} {y + h * 0.36 + inset} {right} {y + h * 0.56 + inset}V{y + h}z",
                    (c.accent, c.dark, light(c.accent, 0.4))[arch],
                )
            top = y + h * 0.09
        for place, share in ((0, 0.7), (0.065, 0.46)):
            c.box(x + w * 0.12, top + h * place, w * share, h * 0.04, 4, ink)
        c.box(x + w * 0.12, top + h * 0.145, w * 0.3, h * 0.016, 3, ink)
        c.mark(x + w * 0.84, y + h * 0.93, w * 0.09, PAPER)
        c.shade(f"M{x} {y}h{w * 0.045}v{h}h{-w * 0.045}z", 0.2)
        c.shine(f"M{x + w * 0.05} {y}h{w * 0.012}v{h}h{-w * 0.012}z", 0.3)


def _standing(c: Canvas, w: float, h: float, thick: float) -> None:
    x, y = 500 - w / 2, 850 - h
    c.ground(500 + thick / 2, w / 2 + thick / 2)
    c.path(
        f"M{x + w} {y}l{thick} {-thick * 0.35}v{h - thick * 0.1}l{-thick} {thick * 0.45}z",
        c.gradient("across", (0, "#fffaf0"), (1, "#d9ccb4")),
    )
    for step in range(1, int(thick / 6)):
        c.path(f"M{x + w + step * 6} {y - step * 2.1}v{h}", line="#c9bca2", width=1.5)
    c.path(f"M{x} {y}l{thick} {-thick * 0.35}h{w}l{-thick} {thick * 0.35}z", c.down("#fbf4e6"))
    c.path(f"M{x + thick} {y - thick * 0.35}h{w}v5h-{w}z", c.dark)
    _cover(c, x, y, w, h)


def book(c: Canvas) -> None:
    """A paperback, standing."""
    _standing(c, 430, 640, 44)


def book_square(c: Canvas) -> None:
    """A square picture book or cookbook."""
    _standing(c, 560, 580, 30)


def book_thick(c: Canvas) -> None:
    """A thick book of exercises."""
    _standing(c, 460, 620, 104)


def puzzle(c: Canvas) -> None:
    """A jigsaw, almost done, one piece beside it."""
    c.ground(480, 380, 800, 50)
    picture = "M150 200h600v560H150z"
    with c.inside(picture):
        c.box(150, 200, 600, 560, 0, c.gradient("down", (0, light(c.base, 0.55)), (1, c.base)))
        c.oval(590, 330, 80, 80, "#f6cf72")
        c.path("M100 640q160-280 300-110q120-200 400 60v200H100z", c.flat(c.dark))
        c.path("M100 720q200-140 360-30t320-30v140H100z", c.flat(c.accent))
    for place in (1, 2, 3):
        x, y = 150 + place * 150, 200 + place * 140
        c.path(
            f"M{x} 200" + "v44q46-30 46 26t-46 26v44" * 4,
            line=INK,
            width=5,
            more=' fill-opacity=".5" stroke-opacity=".5"',
        )
        c.path(
            f"M150 {y}" + "h50q-30-44 26-44t26 44h48" * 4,
            line=INK,
            width=5,
            more=' fill-opacity=".5" stroke-opacity=".5"',
        )
    c.box(150, 200, 600, 560, 0, "none", line=dark(c.base, 0.4), width=12)
    c.path("M604 620h146v140H604z", "#f1eef0")
    with c.turned("rotate(16 830 780)"):
        c.path(
            "M760 700h50q-26-46 26-46t26 46h48v150h-150v-48q-46 26-46-26t46-26z", c.flat(c.accent), line=c.dark, width=5
        )


def board_game(c: Canvas) -> None:
    """A board of squares with pieces and dice, in three old games."""
    c.ground(500, 390, 620, 320)
    c.box(120, 190, 760, 660, 20, c.flat("#a06c3d"))
    c.box(150, 220, 700, 600, 8, c.flat(PAPER))
    if c.style == 0:  # pachisi's cross
        for column in range(3):
            for row in range(12):
                tone = c.base if (row + column) % 4 == 0 else PAPER
                c.box(425 + column * 50, 220 + row * 50, 50, 50, 0, tone, line=INK, width=3)
                c.box(200 + row * 50, 445 + column * 50, 50, 50, 0, tone, line=INK, width=3)
        c.path("M425 445h150v150h-150z", c.flat(c.accent))
        c.mark(500, 520, 90, PAPER)
    else:
        for row in range(6):
            for column in range(7):
                tones = (light(c.base, 0.5), PAPER, light(c.accent, 0.4))
                c.box(
                    150 + column * 100,
                    220 + row * 100,
                    100,
                    100,
                    0,
                    tones[(row + column) % (2 + c.style // 2)],
                    line=c.dark,
                    width=3,
                )
        c.path("M240 730q60-160 170-170t60-160t120-90", line=c.base, width=34)
        c.oval(590, 306, 24, 20, c.base)
        for rung in range(5):
            c.path(f"M{650 + rung * 14} {740 - rung * 70}l70 20", line="#a06c3d", width=13)
        c.path("M640 770l84-350M716 790l84-350", line="#7a5136", width=15)
    for x, y, tone in ((260, 640, "#b3322b"), (330, 720, "#3f7a4d"), (700, 300, "#e6a72e")):
        c.path(f"M{x - 34} {y + 50}q0-60 34-110q34 50 34 110z", c.round(tone))
        c.oval(x, y - 64, 26, 26, c.round(tone))
    with c.turned("rotate(20 760 690)"):
        c.box(720, 650, 84, 84, 14, c.flat("#fffdf6"), line="#d8ccb0", width=4)
        for x, y in ((742, 672), (782, 712), (762, 692)):
            c.oval(x, y, 8, 8, INK)
