"""Toys: car, blocks, top, doll, elephant, kite."""

from haat.demo.palette import INK, dark, light
from haat.demo.pictures.canvas import PAPER, Canvas

_SKIN = "#b97f55"


def _wheel(c: Canvas, x: float, y: float, radius: float) -> None:
    c.oval(x, y, radius, radius, c.flat("#4a3a44"))
    c.oval(x, y, radius * 0.66, radius * 0.66, c.flat("#dcb98a"))
    c.oval(x, y, radius * 0.22, radius * 0.22, c.flat("#b3322b"))


def toy_car(c: Canvas) -> None:
    """A turned wooden car, truck or engine."""
    c.ground(500, 380)
    if c.style == 0:
        c.path("M130 700q0-110 100-120h80q60-170 190-180q150 0 210 180h70q100 10 100 120v60H130z", c.down())
        c.path("M350 580q40-110 130-116v116zM520 464q80 10 120 116H520z", c.flat("#e9f1f4"))
    else:
        c.path("M580 440h180q90 20 110 160v160H580z", c.down(c.accent))
        c.path("M640 490h100q40 20 60 100H640z", c.flat("#e9f1f4"))
        c.path("M130 520h430v240H130z", c.down())
        for x in (190, 280, 370, 460):
            c.path(f"M{x} 530v220", line=c.dark, width=7)
        for x, tone in ((210, "#e6a72e"), (330, "#3f7a4d"), (450, "#b3322b")):
            c.oval(x, 480, 56, 56, c.flat(tone))
        c.path("M120 516h450v24H120z", c.down(c.dark))
    c.path("M120 750h760v36H120z", c.down("#dcb98a"))
    for x in (280, 710):
        _wheel(c, x, 778, 78)
    c.oval(864, 690, 17, 24, "#ffe49a")
    c.mark(480, 660, 74) if c.style == 0 else c.mark(345, 640, 90)
    c.path("M130 740q-60 0-80 60t-40 40", line="#e6dcc8", width=9)


def blocks(c: Canvas) -> None:
    """A small tower of wooden blocks."""
    c.ground(500, 330)
    tones = (c.base, "#b3322b", "#2b4a7d", c.accent, "#e6a72e", "#3f7a4d")
    places = ((200, 660), (400, 660), (600, 660), (300, 470), (500, 470), (400, 280))
    for place, (x, y) in enumerate(places):
        tone = tones[(place + c.style * 2) % 6]
        c.path(f"M{x} {y}l40-40h190l-40 40z", c.flat(light("#dcb98a", 0.3)))
        c.path(f"M{x + 190} {y}l40-40v190l-40 40z", c.flat(dark("#dcb98a", 0.15)))
        c.box(x, y, 190, 190, 6, c.flat("#e3c499"))
        c.box(x + 22, y + 22, 146, 146, 16, c.flat(tone))
        middle_x, middle_y = x + 95, y + 95
        if place % 3 == 0:
            c.oval(middle_x, middle_y, 42, 42, PAPER)
        elif place % 3 == 1:
            c.path(f"M{middle_x - 44} {middle_y + 36}l44-80l44 80z", PAPER)
        else:
            c.mark(middle_x, middle_y, 88, PAPER)


def top(c: Canvas) -> None:
    """A spinning top with lacquer rings and its cord."""
    c.ground(500, 150, 856)
    with c.turned("rotate(9 500 850)"):
        c.box(486, 770, 28, 84, 8, c.metal())
        c.path("M220 430q0 200 240 350h80q240-150 240-350z", c.round())
        for y, w, tone in ((500, 252, c.accent), (570, 222, "#f6e3b8"), (640, 176, c.accent), (700, 126, INK)):
            c.path(f"M{500 - w} {y}q{w} 50 {w * 2} 0l-16 34q{16 - w} 44 {32 - w * 2} 0z", c.round(tone))
        c.oval(500, 430, 280, 70, c.round(light(c.base, 0.15)))
        c.oval(500, 424, 190, 42, c.round("#f6e3b8"))
        c.oval(500, 420, 100, 22, c.round(c.accent))
        c.path("M474 410l12-170h28l12 170z", c.round("#c9975e"))
        c.oval(500, 236, 32, 26, c.round(c.base))
    c.path("M140 820q120-60 220 0t200 20", line="#e6dcc8", width=13)


def doll(c: Canvas) -> None:
    """A cloth doll in a skirt, with plaits."""
    c.ground(500, 230)
    for x in (440, 560):
        c.box(x - 26, 700, 52, 130, 20, c.round(_SKIN))
        c.oval(x, 834, 48, 24, c.round(INK))
    for side in (1, -1):
        with c.turned(f"translate(500 0) scale({side} 1)"):
            c.path("M-80 470q-120 40-150 170", line=_SKIN, width=44)
            c.path("M-80 460q-70 20-104 90", line=c.dark, width=64)
            c.path("M-120 260q-90 90-70 250", line=INK, width=46)
            c.oval(-186, 520, 26, 26, c.accent)
    c.path("M410 440h180l130 300q-220 70-440 0z", c.flat())
    with c.inside("M410 440h180l130 300q-220 70-440 0z"):
        c.path("M250 690q250 70 500 0v60H250z", c.flat(c.accent))
        for x in range(300, 720, 66):
            c.mark(x, 620, 34, light(c.accent, 0.3))
    c.path("M400 440q100-40 200 0l-14 90q-86 30-172 0z", c.flat(c.dark if c.style != 1 else c.accent))
    c.oval(500, 290, 140, 146, c.flat(_SKIN))
    c.path("M356 290q0-170 144-176t144 176q-40-90-144-110q-104 20-144 110z", c.flat(INK))
    for x in (452, 548):
        c.oval(x, 300, 14, 17, INK)
        c.oval(x + 5, 295, 4, 4, PAPER)
    for x in (420, 580):
        c.oval(x, 344, 24, 16, "#d98a70")
    c.path("M462 352q38 34 76 0", line="#74242f", width=9)
    c.oval(500, 232, 12, 12, "#b3322b")


def elephant(c: Canvas) -> None:
    """A soft elephant with printed ears."""
    c.ground(500, 330)
    for x in (330, 440, 640, 740):
        c.box(x - 56, 640, 112, 212, 40, c.round(c.dark if x in (440, 640) else c.base))
    c.path("M260 560q0-220 270-220q300 0 300 240q0 180-140 190H360q-100-20-100-210z", c.down())
    c.path("M826 540q60 10 50 110", line=c.dark, width=18)
    c.path(
        "M150 480q-20-220 170-230q170 10 170 190q-10 160-170 170q-10 110-10 170q-10 50-50 50q-46 0-46-50q10-80-10-170q-50-50-54-130z",
        c.round(),
    )
    ear = "M340 330q120-110 230 10q50 130-60 240q-130 0-170-90q-30-80 0-160z"
    c.path(ear, c.flat(c.accent))
    with c.inside(ear):
        for row in range(5):
            for column in range(4):
                c.mark(360 + column * 62 + (row % 2) * 30, 330 + row * 62, 32, light(c.accent, 0.4))
    c.stitch(ear, c.deep, 5)
    c.oval(250, 440, 17, 20, INK)
    c.oval(245, 434, 5, 5, PAPER)
    c.path("M230 560q30 40 70 30", line=c.deep, width=7)
    cloth = "M560 350q110-24 190 30l20 190q-120 40-220 0z"
    c.path(cloth, c.flat(light(c.accent, 0.2)))
    c.stitch(cloth, c.deep)
    c.mark(655, 470, 80, c.deep)


def kite(c: Canvas) -> None:
    """A paper kite on its line."""
    with c.turned("rotate(14 500 450)"):
        c.path("M500 130L800 430L500 770L200 430z", c.flat())
        if c.style == 0:
            c.path("M500 130L800 430H200z", c.flat(c.accent))
        elif c.style == 1:
            c.path("M500 130L800 430L500 770z", c.flat(c.accent))
        for x in (400, 600):
            c.oval(x, 420, 44, 44, light(c.base, 0.6) if (c.style == 1) == (x == 600) else PAPER)
            c.oval(x, 420, 18, 18, INK)
        c.path("M500 130v640", line="#7a5136", width=9)
        c.path("M200 430Q500 240 800 430", line="#7a5136", width=9)
        c.path("M500 700l-90 130h180z", c.flat(c.accent))
        c.mark(500, 590, 80, PAPER)
    c.path("M480 470q-60 200-220 260t-130 140", line="#8a7e8d", width=4)
    c.path("M400 770q-40 60 30 80t40 90", line=c.accent, width=13)
