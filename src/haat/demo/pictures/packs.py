"""What is packed: jars, bottles, sacks, pouches, tins, soap, sprays. One shape, many contents."""

from haat.demo.palette import INK, dark, light, mix
from haat.demo.pictures.canvas import PAPER, Canvas

_GLASS = "#dfe9ea"


def _jar(c: Canvas, contents: str, lid: str, *, wide: float = 190, top: float = 330) -> None:
    """A glass jar, filled, with a screw lid and a label."""
    c.ground(500, wide)
    left, w = 500 - wide, wide * 2
    glass = f"M{left + 20} {top}q-20 24-20 70v390q2 58 60 60h{w - 120}q58-2 60-60V{top + 70}q0-46-20-70z"
    c.path(glass, c.round(_GLASS))
    with c.inside(glass):
        c.path(f"M{left + 14} {top + 70}q{wide - 14} 26 {w - 28} 0v450h-{w - 28}z", c.round(contents))
    c.box(left + 8, top - 96, w - 16, 104, 18, c.metal(lid))
    for x in range(int(left) + 24, int(left + w) - 20, 24):
        c.path(f"M{x} {top - 80}v74", line=dark(lid, 0.3), width=3, more=' fill-opacity=".5" stroke-opacity=".5"')
    c.label(left, 520, w, 230)
    c.shine(f"M{left + 22} {top + 30}h26v470q-22-10-26-40z", 0.5)


def spice_jar(c: Canvas) -> None:
    """Ground spice in a jar, a heap of it beside."""
    _jar(c, c.base, ("#c7a252", INK, "#a06c3d")[c.style], wide=160, top=300)
    c.path("M650 852q60-110 130-110t140 110z", c.down(c.base))
    for seed in range(14):
        c.oval(690 + seed * 15, 836 - (seed * 29 % 60) * (0.9 if 3 < seed < 11 else 0.25), 8, 6, light(c.base, 0.3))


def pickle_jar(c: Canvas) -> None:
    """Pickle in a fat jar with a cloth over its lid."""
    _jar(c, mix(c.base, "#8a4a20", 0.25), "#c7a252", wide=210, top=340)
    cloth = "M270 320q0-110 230-116q230 6 230 116q24 40-6 66q-220-50-448 0q-30-26-6-66z"
    c.path(cloth, c.flat(PAPER if c.style else c.accent))
    with c.inside(cloth):
        for x in range(260, 760, 60):
            c.box(x, 180, 22, 260, 0, c.accent if c.style else light(c.accent, 0.35))
        for y in range(200, 400, 60):
            c.box(230, y, 540, 18, 0, c.accent if c.style else light(c.accent, 0.35))
    c.path("M280 322q220-26 440 0", line="#b98a5b", width=14)


def honey_jar(c: Canvas) -> None:
    """Honey in a jar, with a dipper."""
    _jar(c, "#d9962b" if c.base == "#cfa647" else c.base, "#a06c3d", wide=190, top=330)
    with c.turned("rotate(28 760 400)"):
        c.box(748, 150, 24, 480, 12, c.round("#b98a5b"))
        for y in range(600, 760, 30):
            c.oval(760, y, 58 - abs(y - 680) * 0.35, 15, c.round("#a06c3d"))


def cream_jar(c: Canvas) -> None:
    """A low jar of cream, its lid leaning on it."""
    c.ground(480, 300)
    c.path("M200 540q0-40 40-44h500q40 4 40 44v240q-4 66-70 70H270q-66-4-70-70z", c.round(light(c.base, 0.1)))
    c.oval(490, 500, 270, 62, c.round(light(c.base, 0.35)))
    c.oval(490, 500, 236, 48, c.flat("#fffaf2"))
    c.path("M330 500q60-60 150-40q90-50 160 36q-150 40-310 4z", c.flat("#ffffff"))
    c.path("M470 470q30-70 70-20", line="#f3e7dc", width=16)
    c.label(320, 590, 340, 200)
    with c.turned("rotate(-24 770 720)"):
        c.oval(770, 720, 60, 150, c.metal("#c7a252" if c.style != 1 else "#c3c4ca"))
        c.oval(752, 720, 50, 140, c.flat(c.accent if c.style == 2 else "#e6d3a0"))


def _bottle(c: Canvas, fill: str, cap: str, *, shape: str, label: tuple[float, float, float, float]) -> None:
    c.path(shape, fill)
    x, y, w, h = label
    c.label(x, y, w, h)
    c.box(445, 150, 110, 100, 14, c.round(cap))


def oil_bottle(c: Canvas) -> None:
    """Cooking oil in a clear bottle with shoulders."""
    c.ground(500, 190)
    glass = "M450 250v80q-130 40-130 160v300q4 56 60 60h240q56-4 60-60V490q0-120-130-160v-80z"
    _bottle(c, c.round("#f0e6c4"), INK, shape=glass, label=(330, 540, 340, 220))
    with c.inside(glass):
        c.path("M300 420q200 30 400 0v440H300z", c.round(c.base))
    c.label(330, 540, 340, 220)
    c.box(440, 236, 120, 26, 10, c.round(c.accent))
    c.shine("M352 480q10-60 50-90v420q-40 0-50-30z", 0.38)
    c.path("M740 852q40-120 60-150q40 50 50 90q6 60-50 64z", c.down(c.base))


def hair_oil(c: Canvas) -> None:
    """Hair oil in a slim bottle with a flower."""
    c.ground(500, 150)
    c.path(
        "M450 240q4 60-50 100q-40 30-40 90v360q4 56 60 60h160q56-4 60-60V430q0-60-40-90q-54-40-50-100z",
        c.round(mix(c.base, "#f4ecd0", 0.15)),
    )
    c.box(440, 120, 120, 128, 18, c.round(INK if c.style == 1 else "#a06c3d"))
    c.label(366, 500, 268, 250)
    c.shine("M384 440q6-50 36-70v440q-30 4-36-24z", 0.35)
    for petal in range(5):
        with c.turned(f"translate(770 790) rotate({petal * 72})"):
            c.path("M0 0q-44-50 0-92q44 42 0 92z", c.flat("#f6e9ef" if c.style else "#e7a0b4"))
    c.oval(770, 790, 17, 17, "#e6a72e")


def shampoo(c: Canvas) -> None:
    """A bottle with a pump or a flip cap."""
    c.ground(500, 170)
    c.path("M390 340q-50 20-54 90v360q6 56 66 60h196q60-4 66-60V430q-4-70-54-90z", c.round())
    if c.style == 0:
        c.box(478, 210, 44, 120, 6, c.metal())
        c.path("M360 190h190q20 4 20 30v20H480q-60-6-120-10z", c.down(INK))
        c.box(430, 300, 140, 44, 10, c.down(INK))
    else:
        c.path("M400 240h200l16 104H384z", c.round(c.accent if c.style == 1 else PAPER))
        c.path("M400 286h200", line=c.deep, width=5)
    c.box(392, 470, 216, 280, 108 if c.style == 2 else 16, c.flat(light(c.base, 0.55)))
    c.mark(500, 560, 84, c.deep)
    for y, w in ((650, 130), (680, 90)):
        c.box(500 - w / 2, y, w, 11, 5, c.dark)
    c.shine("M362 440q4-40 24-60v420q-20-4-24-30z", 0.4)


def spray(c: Canvas) -> None:
    """An aerosol can with a mist."""
    c.ground(480, 130)
    c.box(370, 330, 220, 522, 30, c.round())
    c.path("M376 350q10-70 104-74q94 4 104 74z", c.metal())
    c.box(420, 190, 120, 96, 22, c.round(INK if c.style != 2 else c.accent))
    c.box(446, 168, 68, 36, 12, c.round(dark(c.accent, 0.2)))
    if c.style == 1:
        c.path("M370 470l220 150v120L370 590z", c.round(c.accent))
    else:
        c.box(370, 480, 220, 150, 0, c.round(c.accent))
    c.mark(480, 555, 90, PAPER)
    c.shine("M394 380h26v440h-26z", 0.42)
    for dot in range(26):
        x, y = 570 + dot * 14, 190 + (dot * 47 % 130 - 65) * (dot / 22)
        c.oval(x, y, 5 + dot % 4, 0, light(c.base, 0.45))


def paint_can(c: Canvas) -> None:
    """A paint tin with a running drop of its colour."""
    c.ground(500, 270)
    c.path("M240 420q260-330 520 0", line=dark("#b9bec5", 0.2), width=14)
    c.path("M230 400h540v400q-20 50-270 52q-250-2-270-52z", c.metal())
    c.path("M230 500h540v240q-270 50-540 0z", c.round())
    c.mark(500, 610, 150)
    c.oval(500, 400, 270, 66, c.metal())
    c.oval(500, 402, 236, 52, c.flat())
    c.path("M690 420q60 10 70 0v170q-4 40-30 40t-26-40q0-60-14-170z", c.round())
    c.shine("M272 440h40v370q-30-8-40-20z", 0.45)


def tea_tin(c: Canvas) -> None:
    """A square tea tin with a lid, tea leaves before it."""
    c.ground(500, 230)
    c.box(290, 300, 420, 552, 22, c.round())
    c.box(276, 236, 448, 92, 18, c.round(dark(c.base, 0.2) if c.style else "#c7a252"))
    c.box(440, 206, 120, 36, 16, c.metal("#c7a252"))
    if c.style == 1:
        for x in range(300, 700, 50):
            c.path(f"M{x} 340q25 40 50 0v60q-25 40-50 0z", c.accent, more=' fill-opacity=".8" stroke-opacity=".8"')
    c.label(350, 430, 300, 300, PAPER, c.accent)
    for leaf in range(9):
        with c.turned(f"translate({600 + leaf * 34} {842 - (leaf * 23) % 22}) rotate({leaf * 47})"):
            c.path("M-24 0q24-20 48 0q-24 20-48 0z", c.flat("#4c5a3f" if leaf % 2 else "#3b2a22"))
    c.shine("M318 346h30v470h-30z", 0.3)


def _sack(c: Canvas, cloth: str, *, tie: str) -> None:
    c.ground(500, 270)
    c.path("M270 300q-60 250-50 500q4 48 56 52h448q52-4 56-52q10-250-50-500q-220-50-460 0z", c.round(cloth))
    c.path("M280 310q-20-90 20-130q100 30 200 0q100 30 200 0q40 40 20 130q-220-40-440 0z", c.round(light(cloth, 0.1)))
    c.path("M274 312q226-46 452 0", line=tie, width=18)
    for x in (330, 420, 580, 670):
        c.path(f"M{x} 330q-14 40-6 90", line=dark(cloth, 0.25), width=5, more=' fill-opacity=".5" stroke-opacity=".5"')


def rice_bag(c: Canvas) -> None:
    """A jute sack of rice, a bowl's worth before it."""
    cloth = "#d9c39a" if c.style == 0 else PAPER
    _sack(c, cloth, tie=c.base)
    c.label(310, 450, 380, 310, light(cloth, 0.5), c.base)
    c.path("M640 854q70-100 140-100t140 100z", c.down("#fbf6ea"))
    for grain in range(22):
        with c.turned(f"translate({670 + grain * 10} {838 - (grain * 31) % 64}) rotate({grain * 40})"):
            c.oval(0, 0, 12, 4.5, "#fffdf6", line="#d8ccb0", width=2)


def flour_bag(c: Canvas) -> None:
    """A paper bag of flour, folded at the top."""
    c.ground(500, 240)
    c.path("M280 290h440l24 500q-2 58-60 62H316q-58-4-60-62z", c.round("#ead9b8" if c.style != 1 else PAPER))
    c.path("M276 210h448v96q-224 30-448 0z", c.down("#dcc9a6"))
    c.stitch("M290 270h420", c.base, 8)
    c.label(330, 420, 340, 320, PAPER, c.base)
    c.path("M560 852q70-80 150-84q90 6 170 84z", c.down("#fffaf0"))


def soil_bag(c: Canvas) -> None:
    """A printed bag of soil with a seedling on it."""
    c.ground(500, 280)
    c.path("M240 240q260-40 520 0l10 560q-10 46-60 52H290q-50-6-60-52z", c.round())
    c.path("M240 240q260-40 520 0v70q-260-40-520 0z", c.down(c.accent))
    c.box(320, 400, 360, 360, 180, c.flat(PAPER))
    c.path("M500 700v-150", line="#3f7a4d", width=18)
    c.path("M500 600q-110 0-120-100q110 0 120 100zM500 570q100-10 110-110q-110 10-110 110z", c.flat("#3f7a4d"))
    c.path("M360 700q140-50 280 0q-60 60-140 60t-140-60z", c.down("#5b3d2b"))
    c.mark(500, 345, 60)


def _pouch(c: Canvas, *, window: str = "") -> None:
    """A standing pouch with a zip line and a notch."""
    c.ground(500, 230)
    body = "M280 190h440q-10 120 0 240q26 220 10 380q-4 38-50 42H320q-46-4-50-42q-16-160 10-380q10-120 0-240z"
    c.path(body, c.round())
    c.box(280, 180, 440, 54, 4, c.flat(c.dark))
    for x in range(292, 716, 17):
        c.path(f"M{x} 186v42", line=c.light, width=2.5, more=' fill-opacity=".5" stroke-opacity=".5"')
    c.path("M284 300h432", line=light(c.base, 0.4), width=7)
    if window:
        c.path("M350 640q150-90 300 0v130q-150 50-300 0z", c.down(window))
        for seed in range(30):
            c.oval(
                372 + (seed * 61) % 260,
                650 + (seed * 37) % 118,
                12,
                10,
                light(window, 0.3) if seed % 2 else dark(window, 0.2),
            )
    c.shine("M300 320q10 200-8 470q30-200 40-470z", 0.28)


def pulse_pouch(c: Canvas) -> None:
    """Dal in a pouch with a window."""
    _pouch(c, window=("#e0a93a", "#c4612f", "#8f9a52")[c.style])
    c.label(350, 350, 300, 230)


def coffee_pouch(c: Canvas) -> None:
    """Coffee in a pouch, beans before it."""
    _pouch(c)
    c.label(350, 400, 300, 330, PAPER, c.accent)
    c.oval(500, 350, 17, 17, c.dark)
    for bean in range(7):
        with c.turned(f"translate({640 + bean * 42} {836 - bean % 3 * 20}) rotate({bean * 50})"):
            c.oval(0, 0, 30, 21, c.down("#5b3526"))
            c.path("M-26 0q26-12 52 0", line="#2f1a14", width=5)


def snack_pack(c: Canvas) -> None:
    """A pillow pack of snacks."""
    c.ground(500, 260)
    body = "M270 170h460q-16 80 6 150q40 190 0 380q-20 70-6 150H270q14-80-6-150q-40-190 0-380q22-70 6-150z"
    c.path(body, c.round())
    for y in (170, 806):
        c.box(270, y, 460, 46, 3, c.flat(c.dark))
        for x in range(282, 726, 16):
            c.path(f"M{x} {y + 4}v38", line=c.light, width=3, more=' fill-opacity=".5" stroke-opacity=".5"')
    if c.style == 0:
        c.oval(500, 510, 180, 180, c.flat(PAPER))
        c.mark(500, 470, 130, c.base)
    else:
        c.path("M262 420q240-90 476 0v190q-240 90-476 0z", c.flat(PAPER if c.style == 1 else c.accent))
        c.mark(500, 500, 120, c.base if c.style == 1 else PAPER)
    c.box(420, 592 if c.style == 0 else 600, 160, 17, 8, c.dark)
    c.shine("M300 260q40 240-4 520q60-240 50-520z", 0.3)


def pouch_beauty(c: Canvas) -> None:
    """Powder in a pouch with a wooden spoon."""
    _pouch(c)
    c.oval(500, 560, 150, 190, c.flat(PAPER))
    c.mark(500, 510, 110, c.base)
    c.box(430, 630, 140, 13, 6, c.dark)
    with c.turned("rotate(70 760 770)"):
        c.box(748, 560, 24, 200, 12, c.round("#b98a5b"))
        c.oval(760, 790, 42, 60, c.round("#a06c3d"))
        c.oval(760, 790, 30, 46, c.flat(light(c.base, 0.2)))


def seed_packet(c: Canvas) -> None:
    """A paper packet with a flower on it, a second one behind."""
    c.ground(500, 230)
    with c.turned("rotate(9 500 850)"):
        c.box(310, 250, 380, 590, 8, c.flat(c.dark))
    c.box(300, 260, 400, 592, 8, c.flat(PAPER))
    c.box(300, 260, 400, 84, 8, c.flat())
    c.stitch("M312 344h376", c.dark)
    for petal in range(10):
        with c.turned(f"translate(500 530) rotate({petal * 36})"):
            c.path("M0-40q-40-70 0-116q40 46 0 116z", c.flat(c.base if petal % 2 else c.accent))
    c.oval(500, 530, 52, 52, c.flat("#7a5136"))
    c.path("M500 700v70", line="#3f7a4d", width=14)
    c.path("M500 750q-70 0-80-50q70-6 80 50z", "#3f7a4d")
    c.mark(500, 302, 50)
    c.box(400, 796, 200, 14, 7, INK)


def soap(c: Canvas) -> None:
    """A bar of soap on its wrapper, pressed with the mark."""
    c.ground(500, 350, 800)
    with c.turned("translate(90 -190) rotate(-5 500 600)"):
        c.path("M220 480h520q30 0 30 30v190q0 30-30 30H220q-30 0-30-30V510q0-30 30-30z", c.flat(c.accent))
        c.box(300, 480, 150, 250, 0, c.flat(PAPER))
        c.mark(375, 600, 90, c.base)
    c.path("M180 610q0-70 80-74h420q80 4 80 74v120q-4 76-84 80H264q-80-4-84-80z", c.down(c.dark))
    c.path("M180 600q0-80 80-84h420q80 4 80 84v90q-4 76-84 80H264q-80-4-84-80z", c.down(light(c.base, 0.15)))
    c.box(280, 556, 380, 170, 80, "none", line=c.dark, width=6)
    c.mark(470, 640, 110, c.dark)
    for x, y, radius in ((800, 780, 34), (850, 730, 20), (150, 790, 26), (200, 826, 15), (868, 806, 15)):
        c.oval(x, y, radius, radius, "#fff", line="#cfd8dc", width=3)
