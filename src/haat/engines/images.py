"""Pictures from outside, decoded within bounds and written anew: nothing of the original file is kept.

JPEG, PNG and WebP of one frame and at most 20 megapixels come in; AVIF and WebP at fixed widths go out, upright, in
sRGB, without metadata (no EXIF, no GPS, no embedded profile, nothing after the end of the picture).
"""

import asyncio
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from haat.errors import Invalid, TooLarge

MAX_PIXELS: Final = 20_000_000
MAX_SIDE_PX: Final = 16_000  # a strip of 1 × 20,000,000 is within the pixels and still no picture
MAX_PICTURE_BYTES: Final = 10_000_000
WIDTHS: Final = (160, 320, 640, 1280)
FORMATS: Final = ("avif", "webp")
_DECODED: Final = ("JPEG", "PNG", "WEBP")  # the only decoders that ever see bytes from outside
THREADS: Final = 2

Format = Literal["avif", "webp"]

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Pillow only warns between once and twice the cap; raised here, it is answered like any other picture that is too large
warnings.simplefilter("error", Image.DecompressionBombWarning)


class BadPicture(Invalid):
    """These bytes are not a picture that we take. The detail says which we do take."""

    code, title = "bad-picture", "This picture cannot be used"


@dataclass(frozen=True, slots=True)
class Effort:
    """How long encoding may take for how many bytes: quality 0-100, AVIF speed 0-10, WebP method 0-6.

    The default writes 640 px in some 75 ms; `QUICK` in 40 ms with files a fifth larger.
    """

    avif_quality: int = 55
    avif_speed: int = 8
    webp_quality: int = 78
    webp_method: int = 3


QUICK: Final = Effort(avif_speed=10, webp_method=2)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture written anew. `files` by (width, format); width and height are the original's, upright."""

    width: int
    height: int
    files: Mapping[tuple[int, Format], bytes]


def reencode(content: bytes, effort: Effort = Effort()) -> Encoded:
    """Decode and write a picture anew at each width up to its own (at least one, never enlarged).

    Raises: BadPicture, TooLarge. Cost: CPU of one thread, 50 to 500 ms; up to 160 MB while it runs.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise TooLarge(f"A picture has at most {MAX_PICTURE_BYTES // 1_000_000} MB.")
    picture, width, height = _decoded(content)
    files: dict[tuple[int, Format], bytes] = {}
    for target in sorted({min(wanted, width) for wanted in WIDTHS}, reverse=True):
        if picture.width != target:  # each width from the next larger one: a quarter of the work, no visible loss
            picture = picture.resize((target, max(1, round(height * target / width))), Image.Resampling.LANCZOS)
        files[target, "webp"] = _written(
            picture, "WEBP", quality=effort.webp_quality, method=effort.webp_method, exact=False
        )
        files[target, "avif"] = _written(
            picture, "AVIF", quality=effort.avif_quality, speed=effort.avif_speed, max_threads=1
        )
    return Encoded(width, height, files)


class Reencoder:
    """`reencode` off the event loop, on a few threads of its own. `close` when done."""

    def __init__(self, effort: Effort = Effort(), threads: int = THREADS) -> None:
        self._effort = effort
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pictures")

    async def __call__(self, content: bytes) -> Encoded:
        """See reencode."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, reencode, content, self._effort)

    def close(self) -> None:
        """Let running work end and free the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _decoded(content: bytes) -> tuple[Image.Image, int, int]:
    """The picture upright in sRGB, and its size. A JPEG may come scaled down, but not below the largest width."""
    try:
        with Image.open(BytesIO(content), formats=_DECODED) as source:
            if source.width * source.height > MAX_PIXELS or max(source.size) > MAX_SIDE_PX:
                raise BadPicture(
                    f"A picture has at most {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE_PX} per side."
                )
            if getattr(source, "n_frames", 1) != 1:
                raise BadPicture("Moving pictures are not taken: send one frame.")
            turned = source.getexif().get(0x0112, 1) in (
                5,
                6,
                7,
                8,
            )  # Exif 2.32, 4.6.4: orientations that swap the sides
            width, height = source.size[::-1] if turned else source.size
            source.draft(None, (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            source.load()
            picture = _srgb(ImageOps.exif_transpose(source))
            return picture, width, height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(f"A picture has at most {MAX_PIXELS // 1_000_000} megapixels.") from error
    except UnidentifiedImageError as error:
        raise BadPicture("Send a JPEG, PNG or WebP file.") from error
    # Pillow's decoders answer broken files with any of these; all mean the same to the sender
    except (OSError, ValueError, TypeError, SyntaxError, IndexError, KeyError, EOFError, OverflowError) as error:
        raise BadPicture("The file is damaged, or not a picture.") from error


def _srgb(picture: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB. A profile that cannot be read is ignored: colours may be off, the picture is not lost."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            if converted is not None:
                picture = converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    picture = picture.convert("RGBA" if transparent else "RGB")
    if transparent and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    picture.info.clear()
    return picture


def _written(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
