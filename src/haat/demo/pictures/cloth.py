"""Woven things: saree, stole, shawl, towel, rug, bed sheet, cushion, curtain, mattress."""

from haat.demo.palette import dark, light, mix
from haat.demo.pictures.canvas import GROUND, Canvas

_GOLD = "#cfa647"


def _fold(c: Canvas, y: float, h: float, tone: float, x: float = 170, w: float = 660) -> None:
    """One fold of a pile, round at the left, open at the right."""
    colour = light(c.base, tone) if tone > 0 else dark(c.base, -tone)
    c.path(f"M{x + w} {y}H{x + h / 2}q{-h * 0.62} {h / 2} 0 {h}H{x + w}z", c.down(colour))


def saree(c: Canvas) -> None:
    """A folded saree whose border and pallu hang over the front."""
    c.ground(500, 390)
    for place in range(4):
        _fold(c, 560 + place * 70, 72, 0.1 if place % 2 else -0.08)
        c.box(720, 562 + place * 70, 110, 68, 0, c.round(_GOLD if c.style != 1 else c.accent))
    front = "M250 380q250-50 500 0l30 420q-280 70-560 0z"
    c.path("M190 470q310-130 620 0l20 100H170z", c.down(light(c.base, 0.12)))
    c.path(front, c.flat())
    with c.inside(front):
        zari = _GOLD if c.style != 1 else c.accent
        c.box(200, 640, 600, 44, 0, c.flat(zari))
        c.box(200, 700, 600, 16, 0, zari)
        c.box(200, 730, 600, 120, 0, c.flat(dark(zari, 0.12)))
        for x in range(220, 800, 58):
            if c.style == 0:  # a row of temples
                c.path(f"M{x} 640l29-56l29 56z", zari)
            elif c.style == 1:
                c.path(f"M{x} 612l29-28l29 28l-29 28z", zari)
            else:
                c.oval(x + 29, 612, 17, 17, zari)
            c.path(f"M{x} 800q29-70 58 0", line=c.base, width=9)
        for row in range(3):
            for column in range(8):
                x, y = 262 + column * 70 + (row % 2) * 35, 420 + row * 56
                c.mark(x, y, 20, light(zari, 0.25))
    for x in range(240, 780, 27):
        c.path(f"M{x} {812 + (x % 2) * 4}v34", line=dark(c.base, 0.1), width=6)
    c.shade("M690 370q40 4 60 10l30 420q-30 8-66 12z", 0.12)
    c.shine("M290 380q50-14 90-16l-20 450q-60-6-110-16z", 0.12)


def stole(c: Canvas) -> None:
    """A long stole hanging from the line, fringe below."""
    c.rod(120)
    for x, w, length, tone in ((300, 190, 610, 0.16), (440, 250, 690, 0.0)):
        cloth = f"M{x} 112h{w}l10 {length}q{-w / 2 - 5} 26 {-w - 16} 0z"
        c.path(
            cloth, c.gradient("across", (0, light(c.base, 0.2)), (0.4, dark(c.base, tone)), (0.7, c.base), (1, c.dark))
        )
        with c.inside(cloth):
            for row in range(5):
                y = 160 + row * 130
                if c.style == 0:
                    c.box(x - 20, y, w + 60, 26, 0, c.accent)
                elif c.style == 1:
                    for dot in range(7):
                        c.oval(x + 20 + dot * 38, y + (dot % 2) * 30, 11, 11, light(c.accent, 0.2))
                else:
                    c.path(f"M{x - 20} {y}l40 40l40-40l40 40l40-40l40 40l40-40l40 40", line=c.accent, width=12)
            c.box(x - 30, 112 + length - 100, w + 80, 60, 0, c.accent)
        for fringe in range(x, x + w, 16):
            c.path(f"M{fringe + 2} {112 + length}l2 58", line=c.dark, width=6)
    c.shade("M440 112h30l-14 690l-20-4z", 0.16)
    c.path("M290 104h410v26H290z", c.down(light(c.base, 0.1)))


def shawl(c: Canvas) -> None:
    """A thick shawl in three folds with a woven end."""
    c.ground(500, 380)
    for place in range(3):
        _fold(c, 520 + place * 110, 112, 0.08 if place % 2 else -0.05, 160, 690)
    c.path("M160 540q10-130 150-140h380q150 8 160 130q-340-60-690 10z", c.down(light(c.base, 0.1)))
    end = "M300 404h400v420q-200 40-400 0z"
    c.path(end, c.flat())
    with c.inside(end):
        for y, h in ((560, 16), (590, 90), (694, 16), (730, 30)):
            c.box(300, y, 400, h, 0, c.flat(c.accent))
        for x in range(300, 700, 66):
            c.path(f"M{x} 635l33-36l33 36l-33 36z", light(c.base, 0.2))
    for x in range(306, 700, 18):
        c.path(f"M{x} 826q4 20-2 44", line=dark(c.base, 0.15), width=7)


def towel(c: Canvas) -> None:
    """A stack of folded towels."""
    c.ground(500, 350)
    pieces = (3, 4, 2)[c.style]
    height = 480 / pieces
    for place in range(pieces):
        y = GROUND - (place + 1) * height
        colour = c.base if place % 2 == 0 else mix(c.base, c.accent, 0.3)
        c.path(
            f"M190 {y}h600q40 0 40 {height / 2}t-40 {height / 2 - 4}H190q-40 0-40-{height / 2}t40-{height / 2}z",
            c.down(colour),
        )
        c.path(f"M176 {y + height / 2}h640", line=dark(colour, 0.3), width=5)
        for x in (620, 660, 700):
            c.box(x, y + 3, 15, height / 2 - 6, 0, light(c.accent, 0.15))
        for x in range(200, 590, 22):
            c.path(
                f"M{x} {y + 16}v{height / 2 - 30:.0f}",
                line=light(colour, 0.3),
                width=4,
                more=' fill-opacity=".4" stroke-opacity=".4"',
            )
    c.label(300, 880 - height - 20, 90, 70)


def rug(c: Canvas) -> None:
    """A flat-weave rug hanging from the line."""
    c.rod(110)
    cloth = "M230 110h540v680H230z"
    c.path(cloth, c.flat())
    with c.inside(cloth):
        c.box(230, 110, 540, 680, 0, "none", line=c.accent, width=46)
        if c.style == 0:
            for place, y in enumerate(range(180, 730, 62)):
                c.box(270, y, 460, 30, 0, (c.accent, light(c.base, 0.35), c.dark)[place % 3])
        else:
            for row in range(4):
                for column in range(3):
                    x, y = 350 + column * 150, 230 + row * 148
                    c.path(
                        f"M{x} {y - 70}l70 70l-70 70l-70-70z", c.accent if (row + column) % 2 else light(c.base, 0.3)
                    )
                    c.path(f"M{x} {y - 34}l34 34l-34 34l-34-34z", c.dark if c.style == 1 else c.base)
    for y in range(130, 790, 12):
        c.path(f"M230 {y}h540", line=dark(c.base, 0.3), width=1.5, more=' fill-opacity=".35" stroke-opacity=".35"')
    for x in range(238, 770, 18):
        c.path(f"M{x} 790l-2 56", line="#e6dcc8", width=7)
    c.shade("M700 110h70v680h-70z", 0.08)
    c.path("M222 98h556v26H222z", c.down(light(c.base, 0.15)))


def bedsheet(c: Canvas) -> None:
    """A made bed: printed sheet and two pillows."""
    c.ground(500, 440, 850)
    c.path("M130 400q0-150 60-160h620q60 10 60 160z", c.down("#a06c3d"))
    sheet = "M110 470q20-80 110-84h560q90 4 110 84l40 300q4 60-50 60H120q-54 0-50-60z"
    c.path(sheet, c.flat(light(c.base, 0.45)))
    with c.inside(sheet):
        for row in range(6):
            for column in range(13):
                x, y = 90 + column * 74 + (row % 2) * 37, 500 + row * 60
                c.mark(x, y, 34, c.base)
        c.path("M60 790h900", line=c.base, width=34)
        c.shade("M70 700q430 60 870 0v140H70z", 0.12)
    for x in (190, 530):
        c.path(f"M{x} 330q140-36 280 0q36 60 0 130q-140 34-280 0q-36-70 0-130z", c.down(light(c.base, 0.55)))
        c.path(f"M{x + 18} 350q122-30 244 0q26 44 0 92q-122 26-244 0q-26-48 0-92z", line=c.base, width=7)
        c.mark(x + 140, 395, 60, c.base)
    for x in (100, 880):
        c.box(x, 820, 30, 50, 4, "#7a5136")


def cushion(c: Canvas) -> None:
    """A square cushion, plump, with a pattern of its brand."""
    c.ground(500, 330)
    body = (
        "M220 240q280-70 560 0q24 4 30 30q50 270 0 530q-6 26-30 30q-280 60-560 0q-24-4-30-30q-50-260 0-530q6-26 30-30z"
    )
    c.path(body, c.flat())
    with c.inside(body):
        if c.style == 0:
            for radius in (230, 180, 130, 80):
                c.oval(500, 535, radius, radius, "none", line=c.accent, width=16)
            for petal in range(12):
                with c.turned(f"rotate({petal * 30} 500 535)"):
                    c.path("M500 320q34 40 0 84q-34-44 0-84z", light(c.accent, 0.3))
        elif c.style == 1:
            for x in range(180, 860, 84):
                c.box(x, 180, 40, 720, 0, c.accent)
        else:
            for row in range(5):
                for column in range(5):
                    x, y = 232 + column * 134, 270 + row * 134
                    c.path(f"M{x} {y - 50}l50 50l-50 50l-50-50z", line=c.accent, width=10)
                    c.oval(x, y, 13, 13, light(c.accent, 0.4))
        c.shade("M640 180q180 200 100 660q120 0 140-60V200z", 0.12)
        c.shine("M200 260q140-40 260-40q-180 120-220 420q-60-190-40-380z", 0.16)
    c.stitch("M236 262q264-60 528 0q44 270 0 540q-264 50-528 0q-44-270 0-540z", light(c.base, 0.4))
    for x, y in ((206, 240), (794, 240), (206, 834), (794, 834)):
        c.oval(x, y, 17, 17, c.accent)


def curtain(c: Canvas) -> None:
    """A pair of curtains, half drawn."""
    c.rod(120)
    for side in (1, -1):
        with c.turned(f"translate(500 0) scale({side} 1)"):
            cloth = "M-380 120H-40q-60 360-150 470q20 120 10 270q-100 20-200 0z"
            c.path(cloth, c.flat())
            with c.inside(cloth):
                for x in range(-370, -20, 58):
                    c.shade(f"M{x} 110h24l-{30 + (x + 370) * 0.3:.0f} 780h-24z", 0.13)
                    c.shine(f"M{x + 28} 110h12l-{30 + (x + 370) * 0.3:.0f} 780h-10z", 0.16)
                if c.style:
                    c.box(-400, 740, 400, 26, 0, c.accent)
                    c.box(-400, 780, 400, 10, 0, c.accent)
            c.path("M-380 590q100 40 196 0", line=c.accent, width=24)
            for x in range(-350, -40, 58):
                c.oval(x, 124, 19, 19, "none", line="#8a7e8d", width=8)


def mattress(c: Canvas) -> None:
    """A thick mattress seen from its corner."""
    c.ground(500, 430, 760)
    c.path("M90 470L620 330l300 120v120L400 740L90 590z", c.dark)
    c.path("M90 470L400 610v140L90 600z", c.down(light(c.accent, 0.3)))
    c.path("M400 610L920 450v130L400 750z", c.down(c.accent))
    top = "M90 470L620 330l300 120L400 610z"
    c.path(top, c.flat(light(c.base, 0.3)))
    with c.inside(top):
        for step in range(-4, 14):
            c.path(
                f"M{90 + step * 60} 470l310 140M{620 + step * 44 - 300} {330 + step * 17}l-540 145",
                line=c.base,
                width=6,
            )
    c.path("M90 470L400 610L920 450", line=c.dark, width=10)
    c.path("M90 596L400 746L920 576", line=dark(c.accent, 0.3), width=10)
    c.label(220, 560, 92, 78)
