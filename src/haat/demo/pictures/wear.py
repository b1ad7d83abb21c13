"""Clothes and shoes: boot, sneaker, sandal, jackets, shirts, kurta, trousers, helmet, watch."""

from haat.demo.palette import INK, dark, light, mix
from haat.demo.pictures.canvas import PAPER, STEEL, Canvas

_TORSO = "M380 190q120 60 240 0q130 24 172 90l82 440q6 24-18 32l-82 22q-24 6-30-16l-44-280v352q0 26-30 28H330q-30-2-30-28V482l-44 280q-6 22-30 16l-82-22q-24-8-18-32l82-440q42-66 172-90z"  # one outline
_SHORT = "M380 190q120 60 240 0q130 24 180 90l76 150q10 22-10 36l-92 54q-20 10-32-10l-42-70v394q0 26-30 28H330q-30-2-30-28V450l-42 70q-12 20-32 10l-92-54q-20-14-10-36l76-150q50-66 180-90z"


def _sole(c: Canvas, colour: str, thick: float = 46) -> None:
    d = f"M150 770q-14 {thick} 20 {thick + 14}h640q56 0 54-{thick}q-4-30-40-34q-300 40-674 20z"
    c.path(d, c.down(colour))


def boot(c: Canvas) -> None:
    """A laced ankle boot in profile, its mate behind it."""
    for shift, tone in ((70, 0.35), (0, 0.0)):
        base = dark(c.base, tone) if tone else c.base
        with c.turned(f"translate({shift} {-shift * 0.5:.0f})"):
            if not tone:
                c.ground(500, 370, 838)
            upper = "M300 190h250q30 4 30 40l6 190q90 70 200 110q70 30 66 150q0 70-60 96H190q-44-6-40-60q30-120 90-230q30-90 20-250q0-40 40-46z"
            c.path(upper, c.gradient("slope", (0, light(base, 0.25)), (0.5, base), (1, dark(base, 0.4))))
            c.path("M640 480q190 40 206 160q10 90-34 126q-110-20-150-110q-40-90-22-176z", c.down(dark(base, 0.22)))
            c.path("M160 680q60-150 120-170q40 120-10 260z", c.down(dark(base, 0.18)))
            c.path("M262 196h300l-4 50q-150 30-292 0z", c.round(dark(c.accent, 0.15)))
            for y in (290, 350, 410, 460):
                c.path(f"M{470 + (y - 290) * 0.35:.0f} {y}l110-16", line=light(c.accent, 0.3), width=13)
                c.oval(462 + (y - 290) * 0.35, y + 2, 11, 11, STEEL)
            c.stitch("M300 260q10 190-60 330q-30 60-40 130", light(base, 0.35))
            _sole(c, "#37303a" if c.style != 1 else "#c9a46b")
            for x in range(200, 820, 62):
                c.box(x, 816, 36, 22, 5, INK)
            if not tone:
                c.mark(390, 600, 66)


def sneaker(c: Canvas) -> None:
    """A low shoe with a white sole."""
    c.ground(500, 390, 800)
    c.path(
        "M170 470q40-60 110-40q60 40 140 10q60-50 110-30q90 110 250 150q90 30 88 120q0 40-50 60H170q-40-10-40-70q10-120 40-200z",
        c.down(),
    )
    c.path("M430 440q60-50 110-30q90 110 240 146q-40 70-160 60q-130-70-190-176z", c.flat(light(c.base, 0.2)))
    for step in range(4):
        x, y = 500 + step * 52, 440 + step * 40
        c.path(f"M{x - 34} {y + 26}l62-44", line=PAPER, width=14)
    c.path("M180 470q40-50 100-30q-20 90-90 120q-40-30-10-90z", c.flat(c.accent))
    if c.style == 1:
        c.path("M300 700q120-20 200-170l60 30q-60 110-130 150z", c.flat(c.accent))
    elif c.style == 0:
        c.path("M290 690l60-150M350 700l60-150M410 705l60-150", line=c.accent, width=22)
    else:
        c.mark(380, 620, 120, c.accent)
    c.path("M124 690q-6 60 30 100h670q60-10 56-80q-6-30-40-40q-320 60-716 20z", c.down("#f4efe6"))
    c.path("M134 738q360 40 742-14", line=c.accent, width=9)
    c.stitch("M560 690q120 10 250-20", dark(c.base, 0.3))


def sandal(c: Canvas) -> None:
    """A pair of flat leather sandals from above."""
    for x, turn in ((340, -7), (660, 7)):
        with c.turned(f"translate({x} 500) rotate({turn})"):
            c.ground(20, 150, 20, 360)
            sole = "M-20-330q130-10 128 170q0 90-24 190q-6 90 14 170q10 130-92 136q-112 0-104-130q10-100-10-190q-30-110-30-170q6-166 118-176z"
            c.path(sole, c.flat(dark(c.base, 0.25)))
            with c.turned("translate(-4 -6) scale(.93)"):
                c.path(sole, c.flat(mix(c.base, "#e2b98a", 0.35)))
            c.path("M-116-120q110-90 214 6l4 92q-110-70-226 10z", c.flat(c.base))
            for step in (-70, -20, 30, 80):
                c.path(f"M{step}-160l-6 110", line=c.accent if c.style else light(c.base, 0.3), width=12)
            c.path("M-6-150q-10-90 8-130", line=c.dark, width=24)
            c.stitch("M-112-40q110-70 210-4", light(c.base, 0.4))
            c.mark(-4, 240, 54, dark(c.base, 0.45))


def _hanger(c: Canvas) -> None:
    c.rod(96)
    c.path("M500 186v-34q0-18 20-26q26-14 12-38t-44-8", line="#8a7e8d", width=9)
    c.path("M372 222q128-70 256 0", line="#9a7752", width=20)


def jacket(c: Canvas) -> None:
    """A hooded rain jacket on a hanger."""
    _hanger(c)
    c.path(_TORSO, c.flat())
    c.path("M372 200q128 90 256 0q10-70-40-86q-88-26-176 0q-50 16-40 86z", c.down(c.dark))
    c.path("M404 204q96 64 192 0q4-44-32-54q-64-16-128 0q-36 10-32 54z", c.down(dark(c.accent, 0.1)))
    c.path("M300 320h400v70H300z" if c.style != 2 else "M300 250h400v170H300z", c.flat(c.accent))
    c.path("M500 260v600", line=c.deep, width=11)
    c.path("M512 260v600", line=light(c.base, 0.3), width=4)
    for x in (350, 570):
        c.path(f"M{x} 620l80-30", line=c.deep, width=10)
    c.path("M302 830h396", line=c.dark, width=12)
    c.shade("M640 260l60 120v470h-70z", 0.1)
    c.mark(590, 470, 54)


def puffer(c: Canvas) -> None:
    """A quilted jacket on a hanger."""
    _hanger(c)
    c.path(_TORSO, c.down(c.dark))
    for y in range(270, 850, 76):
        c.box(304, y, 192, 70, 32, c.down())
        c.box(504, y, 192, 70, 32, c.down(dark(c.base, 0.08)))
    for side in (1, -1):
        with c.turned(f"translate({500} 0) scale({side} 1)"):
            for step in range(7):
                with c.turned(f"translate({-252 - step * 12} {314 + step * 66}) rotate(9)"):
                    c.box(-58, -31, 116, 64, 28, c.down(dark(c.base, 0.03 if side == 1 else 0.16)))
    c.path("M372 200q128 80 256 0l14 70q-142 80-284 0z", c.down(c.accent))
    c.path("M500 262v590", line=c.deep, width=10)
    c.mark(592, 386, 50)


def _collar(c: Canvas, paper: str) -> None:
    c.path("M388 196q112 60 224 0l-112 110z", dark(paper, 0.4))
    c.path("M380 186l-24 40l78 92l66-62q-80-14-120-70z", c.flat(light(paper, 0.12)))
    c.path("M620 186l24 40l-78 92l-66-62q80-14 120-70z", c.flat(dark(paper, 0.06)))


def shirt(c: Canvas) -> None:
    """A buttoned shirt on a hanger."""
    _hanger(c)
    c.path(_TORSO if c.style != 1 else _SHORT, c.flat())
    if c.style == 2:
        with c.inside(_TORSO):
            for x in range(120, 900, 44):
                c.path(f"M{x} 150v740", line=c.accent, width=5, more=' fill-opacity=".55" stroke-opacity=".55"')
    c.box(478, 290, 44, 570, 2, light(c.base, 0.2))
    c.path("M478 300v560M522 300v560", line=c.dark, width=3)
    for y in range(340, 840, 92):
        c.oval(500, y, 10, 10, PAPER, line=c.dark, width=3)
    _collar(c, c.base)
    c.path("M560 440h100v96q-50 34-100 0z", c.flat(light(c.base, 0.08)), line=c.dark, width=3)
    c.shade("M300 494v360h46q-34-190-46-360z", 0.1)
    c.shade("M700 494v360h-66q44-190 66-360z", 0.12)
    c.mark(610, 490, 36, c.accent)


def tshirt(c: Canvas) -> None:
    """A T-shirt on a hanger, with a print on the chest."""
    _hanger(c)
    c.path(_SHORT, c.flat())
    c.path("M388 192q112 58 224 0q-10 84-112 86q-102-2-112-86z", c.down(dark(c.base, 0.4)))
    c.path("M380 190q10 106 120 108t120-108", line=light(c.base, 0.2), width=20)
    if c.style == 0:
        c.mark(500, 480, 170, c.accent)
    elif c.style == 1:
        for place, share in enumerate((0, 0.3, 0.6)):
            c.box(300, 420 + place * 66, 400, 46, 0, mix(c.accent, c.base, share))
    else:
        c.path("M330 560L440 400l60 90l50-60l130 130z", c.accent)
        c.oval(600, 400, 34, 34, light(c.accent, 0.4))
    c.shade("M300 450v410h40q-34-210-40-410z", 0.12)
    c.shade("M700 450v410h-66q50-210 66-410z", 0.12)
    c.stitch("M304 838h392", c.dark)


def kurta(c: Canvas) -> None:
    """A long kurta on a hanger."""
    _hanger(c)
    body = "M392 190q108 50 216 0q110 20 150 80l96 300q6 22-16 32l-70 24q-20 4-28-16l-60-140l40 390q2 24-24 28H304q-26-4-24-28l40-390l-60 140q-8 20-28 16l-70-24q-22-10-16-32l96-300q40-60 150-80z"
    c.path(body, c.flat())
    with c.inside(body):
        if c.style == 1:
            for row in range(9):
                for column in range(12):
                    x, y = 120 + column * 70 + (row % 2) * 35, 330 + row * 66
                    c.mark(x, y, 22, c.accent)
        c.box(240, 820, 520, 26, 0, c.accent)
        c.box(240, 786, 520, 8, 0, c.accent)
    c.path("M440 200q60 40 120 0l-26 300h-68z", c.flat(light(c.base, 0.12)), line=c.accent, width=8)
    c.path("M500 226v270", line=c.dark, width=4)
    for y in (290, 360, 430):
        c.oval(500, y, 9, 9, light(c.accent, 0.4))
    c.path("M330 860l-8-170M670 860l8-170", line=c.dark, width=5)
    c.shade("M660 460l60 400h-76z", 0.12)
    c.shade("M340 460l-60 400h60z", 0.08)


def trousers(c: Canvas) -> None:
    """Folded-front trousers, hanging straight."""
    c.rod(96)
    for x in (380, 620):
        c.box(x - 16, 84, 32, 84, 6, c.round("#9a7752"))
    c.path("M330 160h340l50 690q0 16-20 16H560q-18 0-20-16L500 420l-40 430q-2 16-20 16H300q-20 0-20-16z", c.round())
    c.box(326, 150, 348, 56, 6, c.flat(c.dark))
    c.oval(500, 178, 13, 13, c.accent)
    c.path("M500 206v150q0 40-26 50", line=c.deep, width=6)
    for d in ("M342 214q60 10 80 96", "M658 214q-60 10-80 96"):
        c.path(d, line=c.deep, width=6)
        c.stitch(d, c.accent)
    c.path("M404 330l-34 520M596 330l34 520", line=c.light, width=5, more=' fill-opacity=".5" stroke-opacity=".5"')
    c.stitch("M290 836h160M552 836h160", c.accent)
    c.box(600, 240, 46, 30, 3, "#8a5a34")


def helmet(c: Canvas) -> None:
    """A vented cycling helmet from the side."""
    c.ground(500, 340, 780)
    c.path("M360 640q30 120 140 140M620 640q-20 110-110 140", line=INK, width=15)
    c.box(470, 760, 70, 40, 10, INK)
    c.path("M150 620q-10-330 330-360q350-6 386 300q6 60-50 76q-220 50-430 44q-140-4-236-60z", c.down())
    for step in range(4):
        x = 270 + step * 140
        c.path(
            f"M{x} {520 - (step in (1, 2)) * 30}q30-140 90-190q30 40 24 190q-50 24-114 0z", c.down(dark(c.base, 0.7))
        )
    c.path("M160 600q340 110 690-10", line=c.accent, width=22)
    c.path("M860 580q90 10 100 50q-90 20-150 6z", c.down(c.dark))
    c.shine("M230 430q80-130 220-144q-120 60-160 150z", 0.4)
    c.mark(700, 610, 40, PAPER)


def watch(c: Canvas) -> None:
    """A wrist watch, lying open."""
    c.ground(510, 210, 520, 380)
    strap = c.base if c.style != 1 else STEEL
    for d in ("M400 90q100-30 200 0l34 260H366z", "M366 650h268l-34 270q-100 30-200 0z"):
        c.path(d, c.round(strap))
    if c.style == 1:
        for y in (130, 190, 250, 310, 700, 760, 820, 880):
            c.path(f"M386 {y}h228", line=dark(strap, 0.35), width=6)
    else:
        c.stitch("M416 110l-24 226M584 110l24 226M392 664l24 232M608 664l-24 232", light(strap, 0.4))
    c.box(728, 474, 46, 52, 10, c.metal())
    c.oval(500, 500, 244, 244, c.metal("#c3c4ca" if c.style != 2 else "#c7a252"))
    c.oval(500, 500, 208, 208, c.flat(PAPER if c.style else dark(c.accent, 0.45)))
    ink = INK if c.style else PAPER
    for hour in range(12):
        with c.turned(f"rotate({hour * 30} 500 500)"):
            c.box(494 if hour % 3 else 489, 312, 12 if hour % 3 else 22, 32 if hour % 3 else 46, 3, ink)
    c.path("M500 500L424 392", line=ink, width=20)
    c.path("M500 500l118-96", line=ink, width=13)
    c.path("M500 540L500 350", line=c.accent if c.style else "#d9702b", width=6)
    c.oval(500, 500, 17, 17, ink)
    c.mark(500, 600, 44, ink)
    c.shine("M340 420q60-110 170-120q-100 60-120 190z", 0.28)
