"""The demo's colours by name, and what the drawings need of them: lighter, darker, a quiet partner.

They sit beside the market's own tones (aubergine, leaf, turmeric, chilli, indigo, limewash), a little greyed, so that a
grid of pictures stays calm.
"""

import colorsys
from typing import Final

COLOURS: Final[dict[str, str]] = {
    "indigo": "#2b4a7d", "navy": "#233450", "sky": "#7fa9cf", "teal": "#2c7a78", "leaf": "#3f7a4d", "olive": "#6d7140",
    "moss": "#4c5a3f", "turmeric": "#e6a72e", "mustard": "#c9962f", "orange": "#d9702b", "rust": "#a8512c",
    "chilli": "#b3322b", "maroon": "#74242f", "rose": "#d98a92", "pink": "#dd6f96", "aubergine": "#5e2b62",
    "lilac": "#a592c4", "charcoal": "#3c3a42", "black": "#26242b", "graphite": "#55545c", "grey": "#9a97a0",
    "silver": "#c3c4ca", "white": "#f2f0ee", "ivory": "#ece2cf", "sand": "#d3bd97", "stone": "#b5aa9b",
    "tan": "#b98a5b", "walnut": "#7a5136", "teak": "#a06c3d", "sheesham": "#6b3f2b", "steel": "#b9bec5",
    "copper": "#b86b45", "brass": "#c7a252", "terracotta": "#b9633f", "mint": "#9fcdb3", "peach": "#efb48f",
    "gold": "#cfa647", "red": "#c43a35", "blue": "#2f6bb0", "green": "#3b8a4e", "yellow": "#edc23f",
    "natural": "#dcc9a6",
    "clear": "#d9e6ea",
}  # fmt: skip
"""Name on the wire → sRGB."""

MAT: Final = "#f1eef0"
"""The ground of every picture: the storefront's mat, so that a picture melts into it."""

INK: Final = "#2a1a2c"


def rgb(colour: str) -> tuple[float, float, float]:
    """A hex colour as three shares of 1."""
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in (red, green, blue))


def mix(one: str, other: str, share: float) -> str:
    """One colour with `share` (0 to 1) of the other in it."""
    return _hex(*(a + (b - a) * share for a, b in zip(rgb(one), rgb(other), strict=True)))


def light(colour: str, share: float = 0.25) -> str:
    """The lit side of a surface: towards warm white."""
    return mix(colour, "#fffaf2", share)


def dark(colour: str, share: float = 0.3) -> str:
    """The side in the shade: towards aubergine black, not grey."""
    return mix(colour, "#1b1020", share)


def partner(colour: str, style: int = 0) -> str:
    """A second colour that goes with the first: cloth trims, labels, lids."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*rgb(colour))
    if saturation < 0.14:  # greys have no hue to turn: they take a market tone
        return ("#d9702b", "#2c7a78", "#c9962f")[style % 3]
    turned = (hue + (0.45, 0.08, 0.6)[style % 3]) % 1.0
    away = 0.78 if lightness < 0.45 else 0.28
    return _hex(*colorsys.hls_to_rgb(turned, away, min(0.5, saturation)))


def is_pale(colour: str) -> bool:
    """Whether dark ink reads better on it than white."""
    red, green, blue = rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.62
