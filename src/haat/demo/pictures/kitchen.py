"""Pots, pans, cooker, kettle, mug, tiffin, spice box, flask: round metal and clay."""

from haat.demo.palette import INK, dark, is_pale, light, mix
from haat.demo.pictures.canvas import PAPER, STEEL, Canvas


def _skin(c: Canvas) -> str:
    """Metal when the colour is a metal's, else enamel."""
    return c.metal(c.base) if c.base in ("#b9bec5", "#b86b45", "#c7a252") else c.round()


def cooker(c: Canvas) -> None:
    """A pressure cooker with a long handle and a whistle."""
    c.ground(470, 320)
    c.path("M650 470h270q22 2 22 26t-22 28H650z", c.down(INK))
    c.path("M160 500q-70-4-70 36t70 40z", c.down(INK))
    body = (
        "M170 440h600v330q-4 70-80 76H250q-76-6-80-76z"
        if c.style != 2
        else "M170 440h600q60 260-90 406H260Q110 700 170 440z"
    )
    c.path(body, _skin(c))
    c.box(160, 420, 620, 46, 14, c.metal())
    c.path("M180 420q30-90 290-96q260 6 290 96z", c.metal(STEEL if c.style else c.base))
    c.box(360, 306, 220, 30, 10, c.down(INK))
    c.box(450, 240, 44, 80, 8, c.metal())
    c.box(440, 212, 64, 42, 12, c.down(INK))
    c.oval(570, 372, 18, 14, c.accent)
    c.path("M620 404q160-4 300 20q24 4 22 26t-24 20q-150-10-298-8z", c.down("#3a3340"))
    c.shine("M222 480h34v320q-26-8-34-40z", 0.4)
    c.mark(470, 640, 90, INK if is_pale(c.base) else PAPER)
    c.path("M190 800q280 60 560 0", line=c.deep, width=6, more=' fill-opacity=".4" stroke-opacity=".4"')


def pan(c: Canvas) -> None:
    """A pan from above at a slant, its handle to the right."""
    c.ground(430, 360, 690, 90)
    with c.turned("rotate(-14 420 560)"):
        c.path("M720 520h250q24 6 24 36t-24 36H720z", c.down("#7a5136" if c.style == 1 else INK))
        c.oval(948, 556, 13, 13, "#f1eef0")
        c.path("M700 530h70v52h-70z", c.metal())
    c.oval(420, 600, 350, 205, c.down(c.dark))
    c.oval(420, 570, 350, 205, c.flat(mix(c.base, "#ffffff", 0.12)), line=light(c.base, 0.35), width=5)
    c.oval(
        420,
        578,
        312,
        174,
        c.gradient("slope", (0, dark(c.base, 0.45)), (0.6, mix(c.base, INK, 0.35)), (1, light(c.base, 0.2))),
    )
    if c.style == 2:
        for radius in (260, 200, 140):
            c.oval(420, 580, radius, radius * 0.56, "none", line=dark(c.base, 0.55), width=4)
    c.shine("M170 520q70-100 220-112q-150 40-180 150z", 0.22)
    c.mark(420, 586, 60, light(c.base, 0.5))


def pot(c: Canvas) -> None:
    """A pot with a lid and two ears."""
    c.ground(500, 330)
    for side in (1, -1):
        with c.turned(f"translate(500 0) scale({side} 1)"):
            c.path("M316 560q90-16 96 30t-104 44", line="#c7a252" if c.style == 1 else dark(STEEL, 0.3), width=26)
    shape = (
        "M180 500h640l-20 240q-20 104-120 110H320q-100-6-120-110z"
        if c.style
        else "M180 500h640q10 330-220 350H400Q170 830 180 500z"
    )
    c.path(shape, _skin(c))
    if c.style == 1:  # hammered
        for row in range(4):
            for column in range(8):
                c.oval(
                    250 + column * 70 + (row % 2) * 30, 560 + row * 64, 17, 14, light(c.base, 0.2), line=c.dark, width=2
                )
    c.box(166, 480, 668, 40, 18, c.metal(STEEL if c.style != 1 else "#c7a252"))
    c.path("M186 480q40-130 314-140q274 10 314 140z", c.metal() if c.style == 0 else _skin(c))
    c.box(470, 290, 60, 56, 12, c.metal("#c7a252"))
    c.oval(500, 286, 52, 26, c.down("#7a5136" if c.style else INK))
    c.shine("M230 560q0 170 70 240q-90-40-90-240z", 0.4)
    c.mark(500, 690, 86, INK if is_pale(c.base) else PAPER)


def masala_box(c: Canvas) -> None:
    """A round box of seven spices, seen from above."""
    c.ground(500, 380, 560, 390)
    c.oval(500, 520, 370, 370, c.metal(c.base))
    c.oval(500, 520, 332, 332, c.gradient("slope", (0, dark(c.base, 0.4)), (1, light(c.base, 0.3))))
    spices = ("#b3322b", "#e6a72e", "#7a5136", "#4c5a3f", "#d9c08c", "#55403a", "#c9702b")
    for cup, spice in enumerate(spices):
        with c.turned(f"rotate({cup * 60 + c.style * 15} 500 520)" if cup else "translate(0 0)"):
            x, y = (500, 520) if cup == 0 else (500, 314)
            c.oval(x, y + 5, 102, 102, dark(c.base, 0.5))
            c.oval(x, y, 102, 102, c.metal(light(c.base, 0.15)))
            c.oval(x, y, 86, 86, c.flat(spice))
            for grain in range(16):
                gx, gy = x + (grain * 37 % 120 - 60) * 0.95, y + (grain * 53 % 116 - 58) * 0.95
                c.oval(gx, gy, 7, 5, light(spice, 0.25) if grain % 2 else dark(spice, 0.25))
    with c.turned("rotate(35 500 520)"):
        c.box(488, 420, 22, 330, 11, c.metal())
        c.oval(499, 410, 44, 54, c.metal())
    c.path("M220 360q80-150 230-196", line="#fff", width=14, more=' fill-opacity=".5" stroke-opacity=".5"')


def kettle(c: Canvas) -> None:
    """A kettle with a wooden grip; the brand chooses its spout."""
    c.ground(480, 280)
    c.path("M650 420q210-30 170 170q-20 130-150 130", line=INK if c.style else "#7a5136", width=44)
    if c.style == 1:
        c.path("M300 720q-90-40-90-200q0-110-90-130", line=c.dark, width=40)
    else:
        c.path("M300 470q-60-40-150-70l-30 44q110 60 170 190z", c.down(c.dark))
    c.path("M270 420h430l44 390q0 36-44 40H276q-46-4-46-40z", _skin(c))
    c.path("M276 420q30-80 208-86q180 6 210 86z", c.down(c.base))
    c.box(440, 292, 90, 50, 18, c.down(INK))
    c.box(216, 816, 552, 40, 14, c.down(INK))
    if c.style == 0:
        c.box(460, 560, 54, 200, 26, c.flat("#cfe3ea"), line=INK, width=4)
        c.box(466, 650, 42, 104, 20, "#8fb9d6")
    else:
        c.mark(480, 620, 90)
    c.shine("M306 450h40l-22 340h-40z", 0.38)


def mug(c: Canvas) -> None:
    """A glazed mug with steam; clay shows at the foot."""
    c.ground(470, 230)
    c.path("M640 480q190-30 180 110q-16 140-220 130", line=c.dark, width=52)
    c.path(
        "M640 480q190-30 180 110q-16 140-220 130", line=c.light, width=14, more=' fill-opacity=".6" stroke-opacity=".6"'
    )
    body = ("M260 400h420l-20 400q-10 46-60 50H340q-50-4-60-50z", "M250 400h440v360q-10 84-90 90H340q-80-6-90-90z",
            "M230 400h480q-10 200-70 300q20 100-40 150H340q-60-50-40-150q-60-100-70-300z")[c.style]  # fmt: skip
    c.path(body, c.round())
    with c.inside(body):
        c.path("M200 790q270 50 560 0v80H200z", c.round("#b9875b"))
        if c.style == 0:
            c.path("M200 520q60-40 120 0t120 0t120 0t120 0t120 0", line=light(c.accent, 0.2), width=20)
        elif c.style == 1:
            for row in range(4):
                for column in range(7):
                    c.oval(250 + column * 76 + (row % 2) * 38, 490 + row * 72, 12, 12, light(c.accent, 0.2))
        else:
            c.path(
                "M200 400h600v110q-40 60-80 10q-40 90-90 20q-50 60-100-6q-50 70-100-6q-60 60-110-16z",
                light(c.accent, 0.1),
            )
    c.oval(470, 400, 215 + 20 * (c.style == 2), 44, c.round(light(c.base, 0.15)))
    c.oval(470, 404, 190 + 20 * (c.style == 2), 32, c.flat("#8a5a34"))
    for x in (400, 480, 560):
        c.path(f"M{x} 340q-30-50 0-90t0-90", line="#fff", width=15, more=' fill-opacity=".75" stroke-opacity=".75"')
    c.shine("M304 440h36l6 330q-30-10-34-40z", 0.35)
    c.mark(480, 640, 80) if c.style != 1 else None


def tiffin(c: Canvas) -> None:
    """A tiffin carrier of three tiers in its frame."""
    c.ground(500, 240)
    c.path("M330 250q0-130 170-130t170 130", line=dark(STEEL, 0.25), width=24)
    c.box(440, 104, 120, 38, 18, c.round("#7a5136"))
    for tier in range(3):
        y = 300 + tier * 184
        c.box(280, y, 440, 180, 26, c.metal() if c.base == STEEL or tier % 2 == (c.style == 0) else c.round())
        c.box(272, y - 4, 456, 22, 11, c.metal())
        c.shine(f"M320 {y + 26}h30v136h-30z", 0.4)
    c.path("M290 300q20-60 210-64q190 4 210 64z", c.metal(c.base))
    c.oval(500, 232, 34, 20, c.down(INK))
    for x in (262, 714):
        c.box(x, 240, 24, 612, 10, c.metal(dark(STEEL, 0.12)))
    c.box(250, 840, 500, 20, 8, c.metal())
    c.mark(500, 580, 80, INK if is_pale(c.base) else PAPER)


def flask(c: Canvas) -> None:
    """A vacuum bottle whose cap is a cup."""
    c.ground(500, 140)
    body = ("M390 330q-30 30-30 90v390q4 40 46 42h188q42-2 46-42V420q0-60-30-90z",
            "M400 300q-10 70-40 120v390q4 40 46 42h188q42-2 46-42V420q-30-50-40-120z",
            "M366 330v480q0 40 46 42h176q46-2 46-42V330z")[c.style]  # fmt: skip
    c.path(body, c.metal(c.base) if c.base == STEEL else c.round())
    c.box(390, 150, 220, 156, 26, c.metal() if c.style != 1 else c.round(c.accent))
    c.box(380, 286, 240, 40, 10, c.down(INK))
    if c.style == 2:
        c.path("M410 160q90-110 180 0", line=INK, width=20)
    c.box(362, 740, 276, 26, 0, c.accent if c.style else c.metal())
    c.shine("M396 400q-4 30-4 80v320q14 14 28 14V380z", 0.42)
    c.mark(516, 560, 100, INK if is_pale(c.base) else PAPER)
