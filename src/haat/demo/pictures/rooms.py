"""Furniture and the room: chair, stool, table, shelf, lamp, fan, bulb, plant pot, watering can."""

from haat.demo.palette import INK, dark, light, mix
from haat.demo.pictures.canvas import PAPER, WOOD, Canvas


def chair(c: Canvas) -> None:
    """A chair with a cane or cushioned seat."""
    c.ground(500, 260)
    wood = c.base if c.base in ("#a06c3d", "#6b3f2b") else "#a06c3d"
    seat = c.base if wood != c.base else c.accent
    for d in ("M640 600L660 840", "M390 590L384 800"):
        c.path(d, line=dark(wood, 0.4), width=28)
    c.path("M330 150q-10 220 0 420M640 150q14 220 4 420", line=wood, width=34)
    c.path("M322 150q164-40 326 0v70q-164-30-326 0z", c.down(wood))
    if c.style == 0:
        for y in (270, 340, 410):
            c.path(f"M338 {y}q150-24 300 0", line=wood, width=22)
    elif c.style == 1:
        c.path("M345 240q140-24 286 0l-6 250H350z", c.flat("#dcc08c"))
        for step in range(0, 280, 26):
            c.path(f"M{348 + step} 236l-{step // 4} 250M346 {244 + step * 0.9:.0f}h284", line="#a8824e", width=4)
    else:
        c.path("M345 230q140-24 286 0l-6 250H350z", c.flat(seat))
        c.mark(488, 350, 80, PAPER)
    c.path("M290 560q200-50 400 0l30 60q-230 60-460 0z", c.down(seat if c.style != 1 else "#dcc08c"))
    c.path("M260 618q230 60 460 0v34q-230 60-460 0z", c.down(wood))
    for d in ("M290 650L260 850", "M690 650L730 850"):
        c.path(d, line=wood, width=36)
    c.path("M280 760h420", line=dark(wood, 0.2), width=20)


def stool(c: Canvas) -> None:
    """A cane stool bound with rope, or a wooden one."""
    c.ground(500, 240)
    if c.style == 0:
        c.path("M290 420q120 200-40 410h500q-160-210-40-410z", c.round("#dcc08c"))
        for step in range(-5, 6):
            c.path(f"M{500 + step * 40} 430q{-step * 30} 200 {step * 10} 400", line="#9c7642", width=9)
        c.path("M360 610q140 40 280 0", line=c.base, width=34)
        c.path("M240 820q260 60 520 0", line=c.base, width=36)
    else:
        for x, lean in ((330, -60), (670, 60), (430, -20), (570, 20)):
            c.path(
                f"M{x} 440L{x + lean} {846 if abs(lean) > 30 else 800}",
                line=dark(WOOD, 0.1 if abs(lean) > 30 else 0.4),
                width=34,
            )
        c.path("M300 680h400", line=dark(WOOD, 0.25), width=20)
    c.path("M250 400v40q20 60 250 62t250-62v-40z", c.round(c.dark))
    c.oval(500, 396, 250, 66, c.flat())
    for radius in (190, 130, 70):
        c.oval(500, 396, radius, radius * 0.26, "none", line=c.accent, width=9)


def table(c: Canvas) -> None:
    """A table with a drawer."""
    c.ground(500, 420)
    wood = c.base
    for x in (250, 720):
        c.box(x, 440, 34, 350, 4, c.round(dark(wood, 0.4)))
    c.path("M90 400L190 300h620l100 100z", c.gradient("down", (0, light(wood, 0.12)), (1, light(wood, 0.35))))
    for step in range(4):
        c.path(
            f"M{120 + step * 20} {380 - step * 22}h{760 - step * 40}",
            line=dark(wood, 0.2),
            width=2.5,
            more=' fill-opacity=".4" stroke-opacity=".4"',
        )
    c.box(90, 400, 820, 36, 6, c.down(wood))
    c.box(150, 436, 700, 100, 0, c.down(dark(wood, 0.15)))
    if c.style != 2:
        for x in (190, 520) if c.style else (330,):
            c.box(x, 450, 300, 72, 6, c.flat(light(wood, 0.1)), line=dark(wood, 0.4), width=4)
            c.oval(x + 150, 486, 17, 13, "#c7a252")
    for x in (120, 836):
        c.path(f"M{x} 436h46l-8 416h-30z", c.round(wood))
    if c.style == 2:
        c.path("M150 760h700", line=wood, width=24)
    c.box(640, 250, 110, 60, 6, c.flat(c.accent))
    c.box(630, 228, 116, 26, 5, c.flat("#b3322b"))
    c.path("M250 320q0-70 50-70t50 70z", c.round("#b9633f"))
    c.path("M300 250q-40-60-10-110M300 250q40-50 20-90M300 250q0-60-40-80", line="#3f7a4d", width=12)


def shelf(c: Canvas) -> None:
    """A shelf with a few of the things that live on one."""
    c.ground(500, 290)
    wood = c.base
    c.box(230, 150, 540, 702, 8, c.flat(dark(wood, 0.35) if c.style != 1 else "#e6e0e4"))
    for place in range(4):
        y = 160 + place * 168
        tones = ("#b3322b", "#2b4a7d", "#e6a72e", "#3f7a4d", "#5e2b62", "#d9702b")
        if place % 2 == c.style % 2:
            for book in range(6):
                h = 96 + (book * 37 + place * 20) % 44
                c.box(270 + book * 36, y + 152 - h, 32, h, 3, c.round(tones[(book + place) % 6]))
            c.path(f"M610 {y + 152}q-30-80 30-84t70 0q20 60-20 84z", c.round("#b9633f"))
        else:
            c.box(280, y + 70, 170, 82, 8, c.round("#dcc08c"))
            c.path(f"M520 {y + 152}v-50q0-30 60-30t60 30v50z", c.round(PAPER))
            c.path(f"M580 {y + 74}q-50-30-50-66q50 0 50 66q0-60 54-70q0 50-54 70z", c.flat("#3f7a4d"))
        c.box(236, y + 152, 528, 22, 2, c.down(wood))
    for x in (222, 752):
        c.box(x, 140, 28, 720, 6, c.round(wood))
    c.box(214, 124, 572, 44, 6, c.down(light(wood, 0.1)))
    c.mark(500, 146, 30)


def lamp(c: Canvas) -> None:
    """A table lamp, lit."""
    c.ground(500, 170)
    c.path("M300 470q200 60 400 0l60 330q-260 110-520 0z", "#fbe3a0", more=' fill-opacity=".18" stroke-opacity=".18"')
    base = ("M470 480h60v220q90 20 100 100q0 44-60 50H430q-60-6-60-50q10-80 100-100z",
            "M470 480h60q0 60 60 110q70 90 20 200q-20 60-70 60h-80q-50 0-70-60q-50-110 20-200q60-50 60-110z",
            "M478 480h44v300h-44zM370 800q0-40 130-44q130 4 130 44v30q-10 22-130 22t-130-22z")[c.style]  # fmt: skip
    c.path(base, c.metal(c.base) if c.base == "#c7a252" else c.round())
    c.path("M380 180h240l110 300q-230 50-460 0z", c.gradient("down", (0, "#fff3cf"), (0.7, "#ffe3a1"), (1, "#f7c963")))
    if c.style == 1:
        for x in range(-4, 5):
            c.path(
                f"M{500 + x * 27} 184L{500 + x * 52} 494",
                line="#d9a441",
                width=4,
                more=' fill-opacity=".6" stroke-opacity=".6"',
            )
    elif c.style == 2:
        c.path("M352 260h296M296 420q204 40 408 0", line=c.base, width=16)
    c.path("M380 180q120 24 240 0", line=dark("#ffe3a1", 0.3), width=8)
    c.path("M600 840q160 10 270-16", line=INK, width=8)


def fan(c: Canvas) -> None:
    """A pedestal fan behind its guard."""
    c.ground(500, 220)
    c.box(478, 600, 44, 220, 8, c.metal())
    c.path("M300 850q10-60 200-60t200 60z", c.round(dark(c.base, 0.1)))
    c.oval(500, 400, 290, 290, c.flat(mix(c.base, "#ffffff", 0.75)), line=c.dark, width=14)
    for blade in range(3 + c.style):
        with c.turned(f"rotate({blade * 360 / (3 + c.style) + 20:.0f} 500 400)"):
            c.path("M480 380q-90-150 20-230q130 60 30 240z", c.flat(c.accent if c.style == 1 else c.base))
            c.shade("M500 390q60-120 20-236q90 90 10 240z", 0.14)
    for ring in (80, 140, 200, 250):
        c.oval(500, 400, ring, ring, "none", line=dark("#b9bec5", 0.25), width=4)
    for spoke in range(12):
        with c.turned(f"rotate({spoke * 30} 500 400)"):
            c.path("M500 350V118", line=dark("#b9bec5", 0.25), width=4)
    c.oval(500, 400, 62, 62, c.metal())
    c.mark(500, 400, 56, INK)


def bulb(c: Canvas) -> None:
    """A bulb, warm inside."""
    c.ground(500, 110, 860)
    c.oval(500, 400, 330, 330, "#fbe3a0")
    c.oval(500, 400, 330, 330, "#f4f1f2" if c.base == "#f2f0ee" else "#fbeec8")
    c.path(
        "M500 140q220 10 220 230q0 110-80 190q-40 50-40 100H400q0-50-40-100q-80-80-80-190q0-220 220-230z",
        c.round("#fff6dc" if c.base == "#f2f0ee" else "#f6cf72"),
    )
    if c.style == 0:
        c.path("M450 640l-20-180l36 60l34-80l34 80l36-60l-20 180", line="#c9702b", width=9)
    else:
        c.path("M360 560q-60-60-70-170h420q-10 110-70 170q-40 50-40 100H400q0-50-40-100z", c.round("#f3efe9"))
        c.mark(500, 560, 70, INK)
    c.box(396, 654, 208, 170, 18, c.metal())
    for y in (690, 734, 778):
        c.path(f"M398 {y}q100 20 204-10", line=dark("#b9bec5", 0.45), width=9)
    c.box(450, 818, 100, 34, 12, c.down(INK))
    c.shine("M340 300q40-90 120-104q-70 60-80 170z", 0.7)


def plant_pot(c: Canvas) -> None:
    """A pot with a plant; the brand chooses which."""
    c.ground(500, 230)
    green = "#3f7a4d"
    if c.style == 0:
        for turn in (-52, -26, 0, 26, 52):
            with c.turned(f"rotate({turn} 500 540)"):
                c.path("M500 540q-70-200 0-400q70 200 0 400z", c.flat(mix(green, "#9fcdb3", 0.2 if turn % 52 else 0)))
                c.path("M500 540V180", line=dark(green, 0.3), width=5)
    elif c.style == 1:
        for step in range(11):
            x, y = 330 + (step * 97) % 350, 190 + (step * 67) % 280
            c.path(f"M500 560Q{(x + 500) / 2:.0f} {y + 40} {x} {y}", line=dark(green, 0.2), width=8)
            c.path(f"M{x} {y}q-60-50-10-100q60 30 10 100z", c.flat(green if step % 2 else "#5f9a5a"))
    else:
        for x, top in ((400, 260), (500, 150), (600, 250)):
            c.path(f"M{x - 46} 560V{top + 46}q0-46 46-46t46 46V560z", c.round("#4f8a58"))
            for y in range(top + 60, 540, 50):
                c.path(f"M{x - 20} {y}l-12-8M{x + 20} {y}l12-8M{x} {y + 20}v-14", line="#e9e2c8", width=4)
    c.path("M300 560h400l-50 250q-10 38-50 42H400q-40-4-50-42z", c.round())
    c.box(276, 520, 448, 84, 14, c.round(light(c.base, 0.06)))
    c.path("M312 640h376", line=c.accent, width=18)
    c.mark(500, 730, 80)


def watering_can(c: Canvas) -> None:
    """A watering can with a long spout."""
    c.ground(520, 280)
    c.path("M380 700L130 400", line=c.dark, width=44)
    c.path("M90 400l90-66l26 50l-90 70z", c.round("#c7a252"))
    c.path("M640 470q250 0 190 300q-20 50-110 50", line=c.dark, width=34)
    c.path("M360 480h330l40 330q0 36-44 42H370q-44-6-44-42z", c.metal(c.base) if c.base == "#b86b45" else c.round())
    c.oval(525, 480, 166, 44, c.flat(c.dark))
    c.path("M370 480q150-200 310 0", line=c.dark, width=28)
    for y in (580, 780):
        c.path(f"M346 {y}q180 24 364 0", line=c.accent if c.style else c.light, width=13)
    c.mark(530, 680, 96)
    for step in range(7):
        c.path(f"M{96 - step * 6 + (step % 3) * 24} {470 + step * 48}q-12 20 0 30q12-10 0-30z", "#7fa9cf")
