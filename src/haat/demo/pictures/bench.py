"""Tools and small cases: hammer, spanner, drill; lipstick and kajal stand here too: turned, capped, precise."""

from haat.demo.palette import INK, dark, light
from haat.demo.pictures.canvas import PAPER, STEEL, Canvas


def hammer(c: Canvas) -> None:
    """A hammer leaning, with nails."""
    c.ground(520, 200)
    with c.turned("rotate(18 500 850)"):
        c.path("M468 300h64l16 530q-4 24-48 24t-48-24z", c.round("#b98a5b" if c.style == 1 else c.base))
        c.path("M458 600h84l8 230q-4 24-50 24t-50-24z", c.round(c.base if c.style == 1 else INK))
        for y in range(630, 830, 26):
            c.path(f"M462 {y}h76", line=dark(c.base, 0.5) if c.style == 1 else "#5b5360", width=6)
        c.path("M330 210h260q30 0 30 30v40q0 30-30 30H330z", c.down(STEEL))
        c.path("M600 200h70q20 0 20 20v80q0 20-20 20h-70z", c.metal(dark(STEEL, 0.15)))
        c.path("M340 210q-110 0-170 120l40 20q50-50 130-40z", c.down(STEEL))
        c.box(452, 196, 96, 130, 10, c.down(dark(STEEL, 0.25)))
        c.mark(500, 450, 56, PAPER)
    for x, turn in ((700, 70), (760, 96), (830, 64)):
        with c.turned(f"rotate({turn} {x} 830)"):
            c.box(x - 6, 730, 12, 100, 3, c.metal())
            c.oval(x, 730, 19, 7, c.metal())


def spanner(c: Canvas) -> None:
    """Three spanners in order of size, or a screwdriver among them."""
    c.ground(500, 340)
    for place, (x, scale) in enumerate(((260, 1.0), (500, 0.86), (720, 0.72))):
        tone = STEEL if c.base == STEEL or place != c.style else c.base
        with c.turned(f"translate({x} 852) scale({scale}) translate(0 -720)"):
            if c.style == 2 and place == 1:
                c.box(-16, 60, 32, 360, 6, c.metal())
                c.path("M-52 420h104l18 260q-20 40-70 40t-70-40z", c.round(c.base))
                for line in (-34, 0, 34):
                    c.path(f"M{line} 440l{line * 0.2:.0f} 240", line=c.dark, width=9)
                continue
            c.path("M-36 190h72l14 350h-100z", c.metal(tone))
            c.path("M-90 40q-40 90 20 150q70 50 140 0q60-60 20-150l-40 20v70l-50 30l-50-30V60z", c.metal(tone))
            c.oval(0, 620, 100, 100, c.metal(tone))
            c.path("M0 560l52 30v60l-52 30l-52-30v-60z", "#f1eef0")
            c.mark(0, 370, 44, dark(tone, 0.5))
    c.box(120, 560, 760, 70, 16, c.flat(c.accent if c.base == STEEL else dark(c.base, 0.2)))
    c.stitch("M134 576h732M134 616h732", PAPER)


def drill(c: Canvas) -> None:
    """A cordless drill standing on its battery."""
    c.ground(450, 230)
    c.path("M380 440h170l-20 270H350z", c.round(dark(c.base, 0.25)))
    c.path("M400 520h120M394 570h122M388 620h124", line=c.deep, width=13)
    c.path("M230 260h390q50 10 50 50v120q-10 50-60 54H270q-90-6-100-110q10-100 60-114z", c.down())
    c.box(640, 290, 96, 160, 20, c.round("#4a434e"))
    c.path("M736 310h60l50 40v40l-50 40h-60z", c.round("#332c38"))
    c.box(836, 358, 120, 22, 4, c.metal())
    c.path("M190 330q20-50 70-54v190q-60-10-70-60z", c.round("#4a434e"))
    c.path("M560 470q40 10 40 70l-50 20z", c.flat("#d9702b" if c.style != 1 else INK))
    c.box(300, 700, 290, 140, 24, c.round("#332c38"))
    c.box(300, 740, 290, 40, 0, c.accent)
    c.mark(440, 372, 110)
    c.path("M300 296h300", line=c.light, width=13, more=' fill-opacity=".6" stroke-opacity=".6"')
    c.oval(600, 500, 15, 15, "#ffe49a")


def lipstick(c: Canvas) -> None:
    """An open lipstick beside its cap, a stroke of its colour behind."""
    c.path(
        "M560 300q200-70 300 30q-60 40-20 80q-120 70-250 40q-60 20-120-10q40-60 90-140z",
        c.flat(light(c.base, 0.08)),
        more=' fill-opacity=".8" stroke-opacity=".8"',
    )
    c.ground(420, 250)
    shell = ("#cfa647", INK, "#e7dccf")[c.style]
    c.path("M350 470V300q0-70 90-130q30-10 30 30v270z", c.round())
    c.path("M440 170q30-10 30 30v60q-50-20-80-40q20-30 50-50z", light(c.base, 0.3))
    c.box(336, 440, 148, 120, 6, c.metal("#d8c9a0" if c.style != 1 else STEEL))
    c.box(316, 540, 188, 312, 14, c.metal(shell) if c.style != 2 else c.round(shell))
    c.box(316, 560, 188, 20, 0, c.accent)
    c.mark(410, 720, 74, PAPER if c.style == 1 else INK)
    c.box(560, 520, 176, 332, 18, c.metal(shell) if c.style != 2 else c.round(shell))
    c.box(560, 800, 176, 18, 0, c.accent)


def kajal(c: Canvas) -> None:
    """A pencil, its cap, and a line it drew."""
    c.path("M150 640q160-190 340-150t360-30", line=c.base, width=34)
    c.path(
        "M150 640q160-190 340-150t360-30",
        line=light(c.base, 0.2),
        width=8,
        more=' fill-opacity=".5" stroke-opacity=".5"',
    )
    c.ground(480, 330, 790, 40)
    with c.turned("rotate(-24 500 700)"):
        c.box(330, 664, 470, 76, 8, c.down(dark(c.accent, 0.25) if c.style else "#2b2230"))
        c.path("M330 664l-120 38l120 38z", c.down("#dcb98a"))
        c.path("M246 690l-46 12l46 13z", c.base)
        c.box(720, 664, 80, 76, 8, c.down("#cfa647" if c.style != 1 else STEEL))
        c.mark(560, 702, 46, PAPER)
    with c.turned("rotate(16 760 840)"):
        c.box(650, 800, 190, 70, 16, c.down(dark(c.accent, 0.25) if c.style else "#2b2230"))
        c.box(650, 800, 30, 70, 6, c.down("#cfa647" if c.style != 1 else STEEL))
