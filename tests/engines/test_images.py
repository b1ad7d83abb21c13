"""Pictures from outside: what is taken, what comes out, and the bounds."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from haat.engines.images import MAX_PICTURE_BYTES, QUICK, BadPicture, Reencoder, reencode
from haat.errors import TooLarge


def a_picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    picture = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (picture, picture.transpose(Image.Transpose.ROTATE_180), picture)).convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def a_png_that_says(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_width_up_to_the_original_in_both_formats(kind: str) -> None:
    encoded = reencode(saved(a_picture(700, 350), kind), QUICK)
    assert (encoded.width, encoded.height) == (700, 350)
    assert sorted(encoded.files) == [(w, f) for w in (160, 320, 640, 700) for f in ("avif", "webp")]
    for (width, name), content in encoded.files.items():
        with Image.open(BytesIO(content)) as written:
            assert written.format == name.upper()
            assert written.size == (width, round(width / 2))


def test_a_small_picture_is_not_enlarged() -> None:
    assert sorted(reencode(saved(a_picture(90, 40), "PNG"), QUICK).files) == [(90, "avif"), (90, "webp")]


def test_no_metadata_survives_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "where I live"
    exif.get_ifd(0x8825)[2] = (18.0, 31.0, 13.0)  # GPS latitude
    encoded = reencode(saved(a_picture(400, 200), "JPEG", exif=exif, comment=b"secret"), QUICK)
    assert (encoded.width, encoded.height) == (200, 400)
    for content in encoded.files.values():
        assert b"where I live" not in content
        assert b"secret" not in content
        with Image.open(BytesIO(content)) as written:
            assert not written.getexif()
            assert "icc_profile" not in written.info
            assert written.height == 2 * written.width


def test_what_hides_behind_or_inside_a_picture_is_gone() -> None:
    notes = PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    hostile = saved(a_picture(64, 64), "PNG", pnginfo=notes) + b"<?php system($_GET['c']); ?>"
    for content in reencode(hostile, QUICK).files.values():
        assert b"script" not in content
        assert b"php" not in content


def test_transparency_stays_and_needless_transparency_goes() -> None:
    clear = a_picture(64, 64, "RGBA")
    clear.putalpha(0)
    for picture, mode in ((clear, "RGBA"), (a_picture(64, 64, "RGBA"), "RGB")):
        content = reencode(saved(picture, "PNG"), QUICK).files[64, "webp"]
        with Image.open(BytesIO(content)) as written:
            assert written.mode == mode


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "LA"])
def test_every_mode_becomes_colour(mode: str) -> None:
    picture = a_picture(32, 32, "L" if mode == "I;16" else mode)
    if mode == "I;16":
        picture = Image.new("I;16", (32, 32), 40_000)
    content = saved(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert reencode(content, QUICK).files[32, "avif"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        b"SIMPLE  =                    T / FITS" + b" " * 2_880,
        saved(a_picture(8, 8), "GIF"),
        saved(a_picture(8, 8), "BMP"),
        saved(a_picture(8, 8), "TIFF"),
        saved(a_picture(64, 64), "PNG")[:-40],
        saved(a_picture(64, 64), "JPEG")[:300],
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadPicture):
        reencode(content)


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (5_000, 4_001), (20_000, 1), (30_000, 600)])
def test_too_many_pixels_are_refused_before_they_are_decoded(width: int, height: int) -> None:
    with pytest.raises(BadPicture, match="megapixels"):
        reencode(a_png_that_says(width, height))


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_moving_pictures_are_refused(kind: str) -> None:
    frames = [a_picture(16, 16), a_picture(16, 16).transpose(Image.Transpose.ROTATE_90)]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(BadPicture, match="Moving"):
        reencode(content)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge):
        reencode(bytes(MAX_PICTURE_BYTES + 1))


async def test_it_runs_off_the_event_loop_and_closes() -> None:
    reencoder = Reencoder(QUICK)
    try:
        assert (await reencoder(saved(a_picture(40, 40), "PNG"))).width == 40
        with pytest.raises(BadPicture):
            await reencoder(b"x")
    finally:
        reencoder.close()
