"""Where a picture is drawn: a square of 1,000 units, light from the upper left, everything standing on one ground line.

No text and no fonts: what a label says is a brand's mark and a few bars, so a picture is the same on every machine.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from haat.demo.model import Look
from haat.demo.palette import COLOURS, INK, MAT, dark, is_pale, light, mix, partner

GROUND: Final = 850
PAPER: Final = "#fbf7ef"
STEEL: Final = "#b9bec5"
WOOD: Final = "#b98a5b"
LEATHER: Final = "#7a5136"

_Stops = Sequence[tuple[float, str]]


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Canvas:
    """Collects shapes for one look. `base` is the variant's colour, `accent` its partner in this brand's style."""

    def __init__(self, look: Look) -> None:
        self.style = look.style
        self.base = COLOURS[look.colour]
        self.accent = partner(self.base, look.style)
        self.light = light(self.base, 0.28)
        self.dark = dark(self.base, 0.32)
        self.deep = dark(self.base, 0.55)
        self._gradients: dict[tuple[str, _Stops], str] = {}
        self._shapes: list[str] = []

    def svg(self) -> str:
        """The whole picture."""
        gradients = "".join(
            f'<linearGradient id="{name}" {_DIRECTIONS[way]}>{_stops(stops)}</linearGradient>'
            for (way, stops), name in self._gradients.items()
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000"><defs>'
            f'<radialGradient id="s"><stop offset="0" stop-color="{INK}" stop-opacity=".42"/>'
            f'<stop offset=".6" stop-color="{INK}" stop-opacity=".14"/>'
            f'<stop offset="1" stop-color="{INK}" stop-opacity="0"/></radialGradient>{gradients}</defs>'
            f'<rect width="1000" height="1000" fill="{MAT}"/>{"".join(self._shapes)}</svg>'
        )

    def gradient(self, way: str, *stops: tuple[float, str]) -> str:
        """A fill that runs `across`, `down` or along the `slope`, over (offset, colour) stops."""
        name = self._gradients.setdefault((way, stops), f"g{len(self._gradients)}")
        return f"url(#{name})"

    def round(self, colour: str = "") -> str:
        """A standing cylinder of this colour: a soft light on the left, shade on the right."""
        colour = colour or self.base
        stops = (0, dark(colour, 0.12)), (0.24, light(colour, 0.34)), (0.5, colour), (1, dark(colour, 0.42))
        return self.gradient("across", *stops)

    def flat(self, colour: str = "") -> str:
        """A plane of this colour, a little lighter at the upper left."""
        colour = colour or self.base
        return self.gradient("slope", (0, light(colour, 0.2)), (0.55, colour), (1, dark(colour, 0.2)))

    def down(self, colour: str = "") -> str:
        """A surface that turns away below."""
        colour = colour or self.base
        return self.gradient("down", (0, light(colour, 0.26)), (0.45, colour), (1, dark(colour, 0.34)))

    def metal(self, colour: str = STEEL) -> str:
        """Polished metal: bands of sky and ground."""
        return self.gradient(
            "across", (0, dark(colour, 0.3)), (0.12, light(colour, 0.7)), (0.28, colour), (0.5, light(colour, 0.45)),
            (0.72, dark(colour, 0.18)), (0.88, light(colour, 0.3)), (1, dark(colour, 0.42)),
        )  # fmt: skip

    def path(self, d: str, fill: str = "none", *, line: str = "", width: float = 0, more: str = "") -> None:
        """A path; `line` and `width` draw its outline with round joints."""
        stroke = f' stroke="{line}" stroke-width="{_number(width)}" stroke-linecap="round" stroke-linejoin="round"'
        self._shapes.append(f'<path d="{d}" fill="{fill}"{stroke if width else ""}{more}/>')

    def box(
        self, x: float, y: float, w: float, h: float, r: float = 0, fill: str = "", *, line: str = "", width: float = 0
    ) -> None:
        """A rectangle with round corners."""
        stroke = f' stroke="{line}" stroke-width="{_number(width)}"' if width else ""
        place = f'x="{_number(x)}" y="{_number(y)}" width="{_number(w)}" height="{_number(h)}" rx="{_number(r)}"'
        self._shapes.append(f'<rect {place} fill="{fill or self.base}"{stroke}/>')

    def oval(
        self, x: float, y: float, rx: float, ry: float = 0, fill: str = "", *, line: str = "", width: float = 0
    ) -> None:
        """An ellipse, or a circle when ry is left out."""
        stroke = f' stroke="{line}" stroke-width="{_number(width)}"' if width else ""
        place = f'cx="{_number(x)}" cy="{_number(y)}" rx="{_number(rx)}" ry="{_number(ry or rx)}"'
        self._shapes.append(f'<ellipse {place} fill="{fill or self.base}"{stroke}/>')

    def shade(self, d: str, opacity: float = 0.16) -> None:
        """A shadow of this outline on what lies below it."""
        self._shapes.append(f'<path d="{d}" fill="{INK}" fill-opacity="{opacity:.2f}" stroke-opacity="{opacity:.2f}"/>')

    def shine(self, d: str, opacity: float = 0.3) -> None:
        """A light of this outline."""
        self._shapes.append(f'<path d="{d}" fill="#fff" fill-opacity="{opacity:.2f}" stroke-opacity="{opacity:.2f}"/>')

    def stitch(self, d: str, colour: str = "", width: float = 4) -> None:
        """A seam: short dashes."""
        self.path(
            d,
            line=colour or self.light,
            width=width,
            more=' stroke-dasharray="13 11" fill-opacity=".75" stroke-opacity=".75"',
        )

    def ground(self, x: float, rx: float, y: float = GROUND, ry: float = 0) -> None:
        """The soft shadow something throws on the ground it stands on. Draw it first."""
        place = f'cx="{_number(x)}" cy="{_number(y)}" rx="{_number(rx * 1.18)}" ry="{_number(ry or rx * 0.13 + 10)}"'
        self._shapes.append(f'<ellipse {place} fill="url(#s)"/>')

    def rod(self, y: float = 130) -> None:
        """The line that cloth hangs from."""
        self.box(90, y - 7, 820, 14, 7, self.gradient("down", (0, "#6b4a63"), (1, INK)))
        for x in (90, 910):
            self.oval(x, y, 15, 15, INK)

    @contextmanager
    def turned(self, transform: str) -> Iterator[None]:
        """Shapes drawn inside are moved, turned or mirrored by an SVG transform."""
        self._shapes.append(f'<g transform="{transform}">')
        yield
        self._shapes.append("</g>")

    @contextmanager
    def inside(self, d: str) -> Iterator[None]:
        """Shapes drawn inside are cut to this outline."""
        name = f"c{len(self._shapes)}"
        self._shapes.append(f'<clipPath id="{name}"><path d="{d}"/></clipPath><g clip-path="url(#{name})">')
        yield
        self._shapes.append("</g>")

    def mark(self, x: float, y: float, size: float, colour: str = "") -> None:
        """The brand's mark in its house style: a sun, a hanging leaf, or two hills."""
        ink = colour or (INK if is_pale(self.base) else PAPER)
        half = size / 2
        if self.style == 0:
            self.path(_ring(x, y, half * 0.92), line=ink, width=size * 0.14)
            self.oval(x, y, half * 0.4, half * 0.4, ink)
        elif self.style == 1:
            self.path(f"M{x - half} {y - half}h{size}", line=ink, width=size * 0.15)
            self.path(f"M{x} {y - half}q{half} {half} 0 {size}q{-half} {-half} 0 {-size}z", ink)
        else:
            self.path(
                f"M{x - half} {y + half * 0.7}L{x - half * 0.3} {y - half * 0.6}L{x + half * 0.15} {y + half * 0.2}"
                f"L{x + half * 0.45} {y - half * 0.2}L{x + half} {y + half * 0.7}z", ink,
            )  # fmt: skip

    def label(self, x: float, y: float, w: float, h: float, paper: str = PAPER, band: str = "") -> None:
        """A paper label: mark, name, small print, in one of three arrangements."""
        band = band or self.base
        ink = INK if is_pale(paper) else PAPER
        self.box(x, y, w, h, min(w, h) * 0.05, self.flat(paper))
        if self.style == 0:
            self.box(x, y + h * 0.62, w, h * 0.2, 0, band)
            self.mark(x + w / 2, y + h * 0.3, min(w, h) * 0.3, ink)
        elif self.style == 1:
            self.box(x, y, w, h * 0.3, min(w, h) * 0.05, band)
            self.mark(x + w / 2, y + h * 0.53, min(w, h) * 0.26, ink)
        else:
            self.box(x + w * 0.08, y + h * 0.08, w * 0.84, h * 0.84, 4, "none", line=band, width=min(w, h) * 0.035)
            self.mark(x + w / 2, y + h * 0.36, min(w, h) * 0.3, band)
        for place, share in ((0.7, 0.5), (0.86, 0.34)) if self.style != 0 else ((0.9, 0.44),):
            self.box(x + w * (1 - share) / 2, y + h * place, w * share, h * 0.035 + 2, 3, mix(ink, paper, 0.25))

    def grain(self, x: float, y: float, w: float, h: float, colour: str = WOOD, lines: int = 5) -> None:
        """A few lines of wood grain along a board."""
        for place in range(1, lines + 1):
            at = y + h * place / (lines + 1)
            bend = (8, -6, 5, -9, 7)[place % 5]
            d = f"M{x + 8} {at:.0f}q{w * 0.25:.0f} {bend} {w * 0.5:.0f} 0t{w * 0.5 - 16:.0f} 0"
            self.path(d, line=dark(colour, 0.25), width=2.5, more=' fill-opacity=".45" stroke-opacity=".45"')


def _ring(x: float, y: float, radius: float) -> str:
    return f"M{x - radius} {y}a{radius} {radius} 0 1 0 {radius * 2} 0a{radius} {radius} 0 1 0 {-radius * 2} 0z"


def _stops(stops: _Stops) -> str:
    return "".join(f'<stop offset="{offset}" stop-color="{colour}"/>' for offset, colour in stops)


_DIRECTIONS: Final = {"across": 'x2="1"', "down": 'x2="0" y2="1"', "slope": 'x2=".8" y2="1"'}
