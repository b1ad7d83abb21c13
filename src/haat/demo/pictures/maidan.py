"""Sports: bat, balls, racket, mat, weights, bicycle."""

import math

from haat.demo.palette import INK, dark, light
from haat.demo.pictures.canvas import PAPER, STEEL, Canvas

_WILLOW = "#dcc08c"


def cricket_bat(c: Canvas) -> None:
    """A bat leaning, a ball at its foot."""
    c.ground(520, 200)
    accent = c.base if c.base != "#dcc9a6" else c.accent
    with c.turned("rotate(-16 500 850)"):
        c.path(
            "M430 380q0-50 50-60h40q50 10 50 60v430q-10 40-70 42q-60-2-70-42z",
            c.gradient(
                "across", (0, light(_WILLOW, 0.4)), (0.5, _WILLOW), (0.52, dark(_WILLOW, 0.12)), (1, dark(_WILLOW, 0.3))
            ),
        )
        for x in (452, 474, 526, 548):
            c.path(f"M{x} 400v420", line=dark(_WILLOW, 0.25), width=2.5, more=' fill-opacity=".6" stroke-opacity=".6"')
        c.path("M474 320h52l-8 80h-36z", c.round(dark(_WILLOW, 0.25)))
        c.box(474, 90, 52, 240, 20, c.round(accent))
        for y in range(110, 320, 22):
            c.path(f"M476 {y}l48 12", line=dark(accent, 0.35), width=5)
        sticker = "M430 470l140-50v120l-140 50z" if c.style else "M430 430h140v120H430z"
        c.path(sticker, c.flat(accent))
        c.mark(500, 500, 70, PAPER)
        c.path("M430 640h140v30H430zM430 690h140v14H430z", accent)
    c.oval(690, 800, 56, 56, c.round("#b3322b"))
    c.path("M660 756q40 44 26 98M676 748q40 50 30 104", line=PAPER, width=4, more=' stroke-dasharray="9 6"')


def cricket_ball(c: Canvas) -> None:
    """A cricket ball, seam up."""
    c.ground(500, 230)
    c.oval(500, 560, 290, 290, c.gradient("slope", (0, light(c.base, 0.4)), (0.4, c.base), (1, dark(c.base, 0.6))))
    with c.turned(f"rotate({(-24, 18, 60)[c.style]} 500 560)"):
        c.path(
            "M380 296q70 264 0 528h240q70-264 0-528q-120-52-240 0z",
            dark(c.base, 0.1),
            more=' fill-opacity=".35" stroke-opacity=".35"',
        )
        for x in (430, 465, 535, 570):
            bend = (x - 500) * 0.5
            c.path(
                f"M{x} 282q{bend:.0f} 278 0 556", line=light(c.base, 0.75), width=7, more=' stroke-dasharray="20 13"'
            )
        c.path("M500 270v580", line=dark(c.base, 0.5), width=8)
        c.mark(670, 560, 84, "#cfa647")
    c.shine("M330 420q60-110 170-120q-120 60-140 160z", 0.5)


def racket(c: Canvas) -> None:
    """A racket and a shuttlecock."""
    c.ground(440, 150, 868)
    with c.turned("rotate(-14 450 860)"):
        c.oval(450, 320, 190, 230, "none", line=c.dark, width=40)
        for x in range(290, 620, 27):
            half = 212 * math.sqrt(max(0.0, 1 - ((x - 450) / 176) ** 2))
            c.path(f"M{x} {320 - half:.0f}V{320 + half:.0f}", line="#8a7e8d", width=3)
        for y in range(120, 540, 27):
            half = 174 * math.sqrt(max(0.0, 1 - ((y - 320) / 214) ** 2))
            c.path(f"M{450 - half:.0f} {y}h{half * 2:.0f}", line="#8a7e8d", width=3)
        c.oval(450, 320, 190, 230, "none", line=c.base, width=26)
        c.path("M300 190q40-90 150-98", line=c.accent, width=26)
        c.path("M410 540l30 70h20l30-70", line=c.base, width=22)
        c.box(438, 580, 24, 130, 6, c.metal() if c.style else c.round())
        c.box(422, 690, 56, 170, 14, c.round(INK if c.style != 1 else c.accent))
        for y in range(704, 850, 20):
            c.path(f"M424 {y}l52 14", line="#5b5360", width=4)
        c.mark(450, 320, 110, c.base)
    with c.turned("rotate(28 760 740)"):
        c.path("M690 560h140l-30 190h-80z", c.flat("#fdfbf7"))
        for x in range(700, 830, 22):
            c.path(f"M{x} 560L{760 + (x - 760) * 0.5:.0f} 750", line="#c9c2c8", width=4)
        c.path("M700 640h120M712 690h96", line=c.accent, width=7)
        c.path("M716 750h88q0 60-44 62t-44-62z", c.round("#f4ecd8"))


def football(c: Canvas) -> None:
    """A ball of pentagons and hexagons."""
    c.ground(500, 240)
    c.oval(500, 550, 300, 300, c.gradient("slope", (0, "#ffffff"), (0.5, light(c.base, 0.4)), (1, dark(c.base, 0.35))))
    ball = "M200 550a300 300 0 1 0 600 0a300 300 0 1 0 -600 0z"
    patch = c.accent if c.base == "#f2f0ee" else c.base
    patch = INK if c.style == 0 and c.base == "#f2f0ee" else patch
    with c.inside(ball):
        for turn in range(5):
            with c.turned(f"rotate({turn * 72 + 12} 500 550)"):
                c.path("M500 440v-130", line=dark(c.base, 0.55), width=7)
                c.path("M500 310l-110-40M500 310l110-40", line=dark(c.base, 0.55), width=7)
                c.path("M390 270l-30-70l140-40l140 40l-30 70l-110 40z", c.flat(patch))
        with c.turned("rotate(12 500 550)"):
            points = " ".join(
                f"{500 + 112 * math.sin(math.radians(t)):.0f},{550 - 112 * math.cos(math.radians(t)):.0f}"
                for t in range(0, 360, 72)
            )
            c.path("M" + points.replace(" ", "L") + "z", c.flat(patch))
        c.shade("M800 400a300 300 0 0 1 -430 440q380-40 430-440z", 0.16)
    c.mark(500, 552, 80, PAPER)
    c.shine("M300 410q70-120 190-130q-130 70-150 160z", 0.6)


def yoga_mat(c: Canvas) -> None:
    """A mat half rolled, with a strap."""
    c.ground(500, 420, 800, 50)
    c.path("M330 560L950 680v130L330 810z", c.gradient("across", (0, c.dark), (0.3, c.base), (1, c.light)))
    c.stitch("M420 600l500 96M420 790l500-4", light(c.base, 0.4))
    c.mark(700, 730, 90)
    c.oval(300, 640, 190, 190, c.flat(dark(c.base, 0.1)))
    for radius in range(176, 20, -24):
        c.oval(300 + (176 - radius) * 0.06, 640, radius, radius, "none", line=dark(c.base, 0.45), width=7)
        c.oval(300, 637, radius - 6, radius - 6, "none", line=c.light, width=5)
    c.oval(304, 640, 20, 20, c.deep)
    if c.style != 2:
        c.path("M236 462q-80 90-60 260M370 462q90 90 70 250", line=c.accent, width=24)
        c.path("M236 462q60-260 134 0", line=c.accent, width=20)


def dumbbell(c: Canvas) -> None:
    """A pair of dumbbells, or a kettlebell."""
    c.ground(500, 340)
    if c.style == 1:
        c.path("M350 470q-60-290 150-290t150 290", line=c.dark, width=66)
        c.path("M362 440q-40-230 138-236", line=c.light, width=15, more=' fill-opacity=".5" stroke-opacity=".5"')
        c.path("M270 640q0-220 230-224q230 4 230 224q-6 150-90 212H360q-84-62-90-212z", c.round())
        c.oval(500, 640, 130, 130, c.flat(c.accent))
        c.mark(500, 640, 120, PAPER)
        return
    for dx, dy in ((60, -190), (0, 0)):
        with c.turned(f"translate({dx} {dy})"):
            c.box(330, 672, 340, 52, 20, c.metal(STEEL))
            for x in range(400, 600, 17):
                c.path(f"M{x} 676l14 44", line=dark(STEEL, 0.35), width=3)
            for x in (150, 640):
                c.path(f"M{x + 40} 550h130l40 60v176l-40 60H{x + 40}l-40-60V610z", c.round())
                c.box(x + 60, 570, 90, 256, 10, c.round(dark(c.base, 0.12)))
                c.mark(x + 105, 700, 64, light(c.base, 0.6))


def bicycle(c: Canvas) -> None:
    """A bicycle from the side."""
    c.ground(500, 420, 852, 26)
    for x in (250, 750):
        c.oval(x, 670, 180, 180, "none", line=INK, width=24)
        c.oval(x, 670, 164, 164, "none", line="#b9bec5", width=7)
        for spoke in range(12):
            turn = math.radians(spoke * 30)
            c.path(f"M{x} 670l{160 * math.cos(turn):.0f} {160 * math.sin(turn):.0f}", line="#a5a0a8", width=3)
        c.oval(x, 670, 20, 20, c.metal())
    if c.style != 1:
        for x in (250, 750):
            c.path(f"M{x - 190} 600q60-150 250-120", line=c.dark, width=17)
    c.path("M250 670h230L400 400L250 670", line=c.dark, width=20)
    c.path("M480 670L690 430H408L480 670", line=c.base, width=28)
    c.path("M750 670L680 360", line=c.base, width=26)
    c.path("M480 670H250L400 400", line=c.base, width=22)
    c.path("M415 434h270", line=c.light, width=6, more=' fill-opacity=".6" stroke-opacity=".6"')
    c.path("M400 400l-14-60", line="#b9bec5", width=18)
    c.path("M310 330q80-30 160 0q-10 30-80 30t-80-30z", c.down("#7a5136"))
    c.path("M680 360l-14-50h80q60 4 60 50", line=INK, width=18)
    c.path("M806 360q6 20-20 20", line="#7a5136", width=22)
    c.oval(480, 670, 56, 56, "none", line="#8a7e8d", width=13)
    c.path("M480 670l50 76M500 748h60", line=INK, width=15)
    c.path("M250 640l230-24M250 696l230 24", line="#5b5360", width=6)
    if c.style == 2:
        c.path("M700 380h170v100q-10 30-40 30h-90q-30 0-40-30z", c.flat("#dcc08c"), line="#9c7642", width=6)
    else:
        c.path("M170 460h170", line="#8a7e8d", width=15)
    c.mark(590, 520, 44, c.base)
