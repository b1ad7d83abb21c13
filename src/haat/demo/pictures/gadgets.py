"""Electronics: phone, laptop, sound, cameras, power, light on the head."""

from haat.demo.palette import INK, dark, is_pale, light, mix
from haat.demo.pictures.canvas import PAPER, STEEL, Canvas


def _screen(c: Canvas, x: float, y: float, w: float, h: float, r: float) -> None:
    """A lit screen: evening sky and hills, in the brand's three ways."""
    outline = f"M{x + r} {y}h{w - 2 * r}q{r} 0 {r} {r}v{h - 2 * r}q0 {r} {-r} {r}h{2 * r - w}q{-r} 0 {-r} {-r}v{2 * r - h}q0 {-r} {r} {-r}z"
    sky = (("#2b4a7d", "#e8a06a"), ("#5e2b62", "#efb0a0"), ("#1f5a66", "#e9cf8a"))[c.style]
    c.path(outline, c.gradient("down", (0, sky[0]), (1, sky[1])))
    with c.inside(outline):
        c.oval(x + w * 0.68, y + h * 0.42, w * 0.13, w * 0.13, "#ffe9bd")
        c.path(
            f"M{x} {y + h * 0.72}q{w * 0.25} {-h * 0.2} {w * 0.5} {-h * 0.02}t{w * 0.5} {-h * 0.06}V{y + h}H{x}z",
            dark(sky[0], 0.1),
        )
        c.path(
            f"M{x} {y + h * 0.86}q{w * 0.3} {-h * 0.16} {w * 0.6} {-h * 0.03}t{w * 0.4} {-h * 0.03}V{y + h}H{x}z",
            dark(sky[0], 0.45),
        )
        c.shine(f"M{x} {y}h{w * 0.4}L{x + w * 0.1} {y + h}H{x}z", 0.08)


def phone(c: Canvas) -> None:
    """A phone from the front, its back showing behind."""
    c.ground(520, 260, 870)
    with c.turned("rotate(8 600 860)"):
        c.box(440, 150, 330, 690, 52, c.round())
        c.box(462, 180, 110, 190 if c.style else 110, 40, c.flat(c.dark))
        for lens in range(2 if c.style else 1):
            c.oval(517, 232 + lens * 86, 36, 36, INK, line=STEEL, width=6)
            c.oval(507, 222 + lens * 86, 10, 10, "#7fa9cf")
        c.mark(610, 600, 74)
    c.box(280, 150, 340, 706, 54, c.metal(mix(c.base, STEEL, 0.5)))
    c.box(288, 158, 324, 690, 48, INK)
    _screen(c, 302, 174, 296, 658, 36)
    c.oval(450, 204, 13, 13, INK)
    for row in range(2):
        for column in range(4):
            c.box(
                326 + column * 66,
                620 + row * 90,
                48,
                48,
                13,
                (PAPER, "#e6a72e", "#3f7a4d", "#b3322b")[(row + column) % 4],
            )


def smartwatch(c: Canvas) -> None:
    """A watch with a screen of rings."""
    c.ground(500, 190, 520, 390)
    for d in ("M400 80q100-26 200 0l24 240H376z", "M376 680h248l-24 240q-100 26-200 0z"):
        c.path(d, c.round())
    for y in (760, 810, 860):
        c.box(486, y, 28, 20, 9, c.deep)
    c.box(690, 440, 26, 90, 10, c.metal())
    round_case = c.style == 1
    c.box(310, 290, 380, 420, 190 if round_case else 100, c.metal(dark(STEEL, 0.35)))
    c.box(326, 306, 348, 388, 174 if round_case else 86, "#161118")
    for radius, tone, part in ((130, "#d9702b", 560), (98, "#84d49b", 400), (66, "#9bc3f6", 300)):
        c.oval(500, 500, radius, radius, "none", line=dark(tone, 0.7), width=20)
        c.path(
            f"M500 {500 - radius}a{radius} {radius} 0 1 1 -1 0",
            line=tone,
            width=20,
            more=f' stroke-dasharray="{part} 2000"',
        )
    c.mark(500, 500, 52, PAPER)
    c.shine("M350 360q30-40 90-46l-70 190q-40-60-20-144z", 0.14)


def headphones(c: Canvas) -> None:
    """Over-ear headphones, standing on their cups."""
    c.ground(500, 300)
    c.path("M240 620q-20-440 260-446q280 6 260 446", line=c.dark, width=58)
    c.path("M240 600q-16-410 260-414", line=c.light, width=15, more=' fill-opacity=".55" stroke-opacity=".55"')
    c.path("M340 232q160-84 320 0", line=c.accent, width=40)
    for side in (1, -1):
        with c.turned(f"translate(500 0) scale({side} 1)"):
            c.box(-286, 470, 40, 150, 16, c.metal())
            c.box(-240, 530, 90, 300, 45, c.round(dark(c.accent, 0.35)))
            c.path("M-330 680q0-170 96-176q50 0 50 60v230q0 60-50 60q-96-6-96-174z", c.round())
            c.oval(-270, 680, 34, 100, c.round(c.dark))
    c.mark(230, 680, 56)


def earbuds(c: Canvas) -> None:
    """Two earbuds before their open case."""
    c.ground(500, 300)
    c.path("M270 480q0-190 230-196q230 6 230 196z", c.round(light(c.base, 0.05)))
    c.path("M310 480q0-140 190-146q190 6 190 146z", c.flat(dark(c.base, 0.5)))
    c.path("M250 490h500v150q-10 160-150 166H400q-140-6-150-166z", c.round())
    c.oval(500, 490, 250, 46, c.flat(dark(c.base, 0.35)))
    c.mark(500, 640, 84)
    c.oval(500, 740, 9, 9, "#84d49b")
    for x, turn in ((200, -18), (800, 18)):
        with c.turned(f"rotate({turn} {x} 800)"):
            c.box(x - 26, 690, 52, 164, 26, c.round())
            c.oval(x, 680, 70, 62, c.round())
            c.oval(x - 10 * (1 if x < 500 else -1), 668, 34, 30, c.flat(c.accent))
    c.shine("M290 540q4 160 90 220q-80-30-100-120z", 0.35)


def speaker(c: Canvas) -> None:
    """A speaker: a box, a barrel or a tall one."""
    c.ground(500, 270 if c.style != 1 else 380)
    if c.style == 1:
        c.box(140, 430, 720, 400, 200, c.round())
        c.box(210, 460, 580, 340, 170, c.flat(dark(c.base, 0.35)))
        for row in range(9):
            for column in range(19):
                c.oval(250 + column * 28, 500 + row * 34, 7, 7, dark(c.base, 0.62))
        c.path("M320 430q180-190 360 0", line=c.accent, width=30)
        c.mark(500, 636, 110, PAPER)
        return
    c.box(260, 160, 480, 690, 40, c.round())
    c.box(290, 190, 420, 630, 26, c.flat(dark(c.base, 0.42)))
    for y, radius in ((340, 90), (610, 160)):
        c.oval(500, y, radius + 16, radius + 16, c.metal())
        c.oval(500, y, radius, radius, c.gradient("slope", (0, "#4a434e"), (1, "#1a141c")))
        c.oval(500, y, radius * 0.62, radius * 0.62, "none", line="#5b5360", width=7)
        c.oval(500, y, radius * 0.34, radius * 0.34, c.flat(c.accent))
    c.mark(650, 220, 40, PAPER)
    c.shine("M280 190h14v630h-14z", 0.3)


def laptop(c: Canvas) -> None:
    """An open laptop."""
    c.ground(500, 430, 800, 50)
    c.path("M190 240q0-30 30-30h560q30 0 30 30v420H190z", c.metal(c.base))
    c.box(206, 226, 588, 420, 12, INK)
    _screen(c, 222, 242, 556, 386, 6)
    c.box(260, 300, 170, 150, 10, PAPER)
    for line in range(4):
        c.box(280, 326 + line * 28, 130 - line * 18, 11, 5, c.accent if line == 0 else "#b8acbd")
    c.path("M190 656h620l110 120q6 26-30 28H110q-36-2-30-28z", c.down(light(c.base, 0.15)))
    c.path("M224 672h552l52 64H172z", c.flat(dark(c.base, 0.45)))
    for row in range(4):
        y = 678 + row * 15
        for key in range(15):
            x = 230 - row * 12 + key * (36.2 + row * 1.6)
            c.box(x, y, 30, 11, 3, light(dark(c.base, 0.6), 0.06))
    c.box(420, 744, 160, 34, 5, c.flat(light(c.base, 0.06)))
    c.path("M82 786h836", line=dark(c.base, 0.4), width=9)
    c.oval(500, 234, 5, 5, "#5b5360")


def keyboard(c: Canvas) -> None:
    """A keyboard, and a mouse on two of the brands."""
    c.ground(500, 430, 690, 60)
    wide = 820 if c.style == 2 else 640
    with c.turned("rotate(-4 500 600)"):
        c.box(80, 420, wide, 290, 30, c.down(c.dark))
        c.box(80, 410, wide, 280, 30, c.flat())
        for row in range(5):
            count = 14 if c.style == 2 else 11
            size = (wide - 50) / count
            for key in range(count):
                special = (row == 0 and key == 0) or (row == 3 and key == count - 1)
                tone = c.accent if special else light(c.base, 0.55 if is_pale(c.base) else 0.18)
                if row == 4 and 3 <= key <= 7:
                    if key == 3:
                        c.box(106 + key * size, 432 + row * 49, size * 5 - 8, 40, 8, c.down(tone))
                    continue
                c.box(106 + key * size, 432 + row * 49, size - 8, 40, 8, c.down(tone))
    if c.style != 2:
        c.path("M780 470q0-90 75-90t75 90v150q-6 70-75 72t-75-72z", c.round())
        c.path("M855 382v110M782 500h146", line=c.dark, width=5)
        c.box(845, 420, 20, 50, 10, c.accent)


def camera(c: Canvas) -> None:
    """A camera with a large lens."""
    c.ground(500, 370, 800)
    c.path("M130 430Q60 300 250 250M870 430q70-130-120-180", line="#7a5136", width=22)
    c.path("M360 330l40-100h200l40 100z", c.down("#4a434e"))
    c.box(220, 286, 110, 60, 14, c.metal())
    c.oval(740, 320, 60, 34, c.metal())
    c.oval(740, 306, 34, 20, "#b3322b" if c.style else INK)
    c.box(130, 330, 740, 460, 50, c.metal("#c3c4ca" if c.style == 1 else "#4a434e"))
    c.box(130, 430, 740, 270, 0, c.round())
    for x in range(150, 860, 20):
        c.path(f"M{x} 436v258", line=c.dark, width=3, more=' fill-opacity=".35" stroke-opacity=".35"')
    for radius, fill in (
        (216, c.metal(dark(STEEL, 0.4))), (190, c.flat("#2b2430")), (150, c.metal("#3a3340")), (118, c.flat("#161118")),
        (92, c.gradient("slope", (0, "#3b5d8a"), (0.5, "#1b2340"), (1, "#5e2b62"))), (40, "#0d0a10"),
    ):  # fmt: skip
        c.oval(500, 560, radius, radius, fill)
    c.oval(462, 518, 26, 18, "#cfe0f2")
    c.oval(540, 604, 11, 8, "#e6a0c0")
    c.box(440, 256, 120, 46, 8, c.gradient("slope", (0, "#7fa9cf"), (1, "#233450")))
    c.mark(230, 384, 50, INK if c.style == 1 else PAPER)
    c.oval(790, 384, 17, 17, "#e6a72e")


def power_bank(c: Canvas) -> None:
    """A power bank and its short cable."""
    c.ground(480, 190)
    c.box(330, 220, 300, 632, 56, c.round())
    c.box(346, 236, 268, 600, 44, c.flat(light(c.base, 0.06)))
    c.mark(480, 470, 130)
    for place in range(4):
        c.oval(420 + place * 40, 760, 9, 9, "#84d49b" if place < 3 else c.dark)
    for x in (400, 500):
        c.box(x, 214, 62, 20, 6, INK)
    if c.style == 1:
        for y in range(560, 700, 22):
            c.path(f"M370 {y}h220", line=c.accent, width=7)
    c.path("M530 220q0-110 120-100q130 10 130 160v340q0 90-60 110", line=c.accent, width=20)
    c.box(690, 700, 66, 96, 12, c.round("#f2f0ee"))
    c.box(704, 790, 38, 44, 4, c.metal())


def charger(c: Canvas) -> None:
    """A wall charger with a braided cable."""
    c.ground(450, 240)
    for x in (360, 500):
        c.box(x, 180, 36, 120, 16, c.metal("#c7a252"))
    c.box(440, 150, 22, 130, 10, c.metal("#c7a252")) if c.style == 1 else None
    c.box(270, 280, 360, 560, 70, c.round())
    c.box(292, 302, 316, 516, 52, c.flat(light(c.base, 0.08)))
    c.mark(450, 440, 110, "#8a7e8d")
    for place in range(2 + c.style):
        c.box(390, 560 + place * 74, 120, 36, 16, INK)
        c.box(402, 570 + place * 74, 96, 14, 7, "#5b5360")
    c.path("M500 580h150q130 0 130 120t-90 130", line=c.accent, width=24)
    c.path("M500 580h150q130 0 130 120t-90 130", line=light(c.accent, 0.4), width=8, more=' stroke-dasharray="8 10"')


def headlamp(c: Canvas) -> None:
    """A lamp on its strap, throwing light to the left."""
    c.ground(520, 300, 820)
    c.path(
        "M360 560L60 380v400z",
        c.gradient("across", (0, "#fff6d8"), (1, "#ffe49a")),
        more=' fill-opacity=".75" stroke-opacity=".75"',
    )
    c.path("M440 470q20-240 240-250q230 10 240 260q-4 220-200 300", line=c.dark, width=74)
    c.path("M440 470q20-240 240-250q230 10 240 260q-4 220-200 300", line=c.accent, width=20)
    if c.style == 1:
        c.path("M470 430q160-150 430-40", line=c.deep, width=40)
    c.box(360, 430, 290, 330, 60, c.round())
    c.box(620, 470, 60, 250, 26, c.round(c.deep))
    c.oval(390, 595, 96, 140, c.metal())
    c.oval(374, 595, 76, 116, c.gradient("slope", (0, "#fffbe8"), (1, "#f6cf72")))
    for ray in range(8):
        with c.turned(f"rotate({ray * 45} 374 595)"):
            c.path("M374 570l-12-80h24z", "#fff", more=' fill-opacity=".8" stroke-opacity=".8"')
    c.box(500, 410, 90, 30, 14, "#d9702b")
    c.mark(560, 600, 72)
