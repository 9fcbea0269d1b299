"""Images are decoded with care and written anew."""

import io
from typing import Any

import pytest
from PIL import Image, ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import PngInfo

from imapp.errors import RequestError
from imapp.services.files import images
from imapp.services.files.images import MAX_FRAMES, MAX_PIXELS, Picture, read_picture
from schemas.errors import ErrorCode
from tests.support.samples import animation, archive, bomb, image, photo, tiny_frames


def read(data: bytes, kind: str) -> Picture:
    return read_picture(io.BytesIO(data), kind)


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def colour_at(picture: Image.Image, x: int, y: int) -> str:
    red, _, blue = picture.convert("RGB").getpixel((x, y))  # type: ignore[misc]
    if abs(red - blue) < 150:
        return "other"
    return "red" if red > blue else "blue"


def test_a_photo_loses_its_place_its_camera_and_its_comment() -> None:
    given = photo()
    assert shown(given).getexif().get_ifd(0x8825)
    assert b"Secret" in given

    kept = read(given, "JPEG")

    for data in (kept.data, *kept.thumbnails.values()):
        assert not shown(data).getexif()
        assert b"Secret" not in data
        assert b"Exif" not in data


def test_a_photo_of_a_turned_camera_is_upright() -> None:
    kept = read(photo(orientation=6), "JPEG")

    picture = shown(kept.data)
    assert (kept.width, kept.height) == picture.size == (30, 40)
    assert (colour_at(picture, 15, 5), colour_at(picture, 15, 35)) == ("red", "blue")


def test_text_in_a_png_is_gone() -> None:
    info = PngInfo()
    info.add_text("Comment", "Secret")

    assert b"Secret" not in read(image("PNG", pnginfo=info), "PNG").data


def test_what_was_appended_to_an_image_is_gone() -> None:
    script = b"*/=1;alert('polyglot')//"

    kept = read(animation() + script, "GIF"), read(image("PNG") + archive("evil.js"), "PNG")

    assert all(b"alert" not in picture.data and b"evil.js" not in picture.data for picture in kept)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_seen_through_stays_so(kind: str) -> None:
    out = io.BytesIO()
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 10, 20))
    picture.save(out, kind)

    kept = shown(read(out.getvalue(), kind).data).convert("RGBA")

    assert kept.getpixel((15, 10))[3] == 0  # type: ignore[index]
    assert colour_at(kept, 5, 10) == "red"


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_a_photo_in_other_colours_is_taken(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 10)).save(out, "JPEG")

    assert read(out.getvalue(), "JPEG").width == 20


def test_a_png_of_16_bits_is_taken() -> None:
    out = io.BytesIO()
    Image.new("I;16", (20, 10)).save(out, "PNG")

    assert read(out.getvalue(), "PNG").width == 20


def test_a_moving_picture_moves_on() -> None:
    kept = read(animation(3), "GIF")

    picture: Any = shown(kept.data)
    assert (picture.n_frames, picture.info["duration"], picture.info.get("loop")) == (3, 80, 0)


def test_thumbnails_have_two_sizes_and_never_more_pixels_than_the_image() -> None:
    large, tiny = read(image(size=(2_000, 1_000)), "PNG"), read(image(size=(40, 30)), "PNG")

    assert {name: shown(data).size for name, data in large.thumbnails.items()} == {
        "small": (240, 120),
        "large": (960, 480),
    }
    assert {shown(data).size for data in tiny.thumbnails.values()} == {(40, 30)}


class Decoded(BaseException):
    """Somebody has begun to decode an image; no other refusal may be taken for it."""


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are not decoded, and Pillow's own guard, which would refuse some too, is off."""

    def load(_: Image.Image) -> None:
        raise Decoded

    monkeypatch.setattr(Image.Image, "load", load)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)


@pytest.mark.limit("pixels of an image")
@pytest.mark.parametrize(
    "data",
    [bomb(), bomb(10_000, MAX_PIXELS // 10_000 + 1), bomb(MAX_PIXELS + 1, 1)],
    ids=["huge", "a row too many", "one pixel too many"],
)
@pytest.mark.usefixtures("undecoded")
def test_a_bomb_is_refused_before_it_is_decoded(data: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        read(data, "PNG")

    assert refused.value.code is ErrorCode.UNSUPPORTED_MEDIA
    assert refused.value.errors == {"file": f"more than {MAX_PIXELS:,} pixels, or {MAX_FRAMES} frames"}


@pytest.mark.parametrize("data", [bomb(10_000, MAX_PIXELS // 10_000)], ids=["as many as may be"])
@pytest.mark.usefixtures("undecoded")
def test_what_is_no_bomb_is_decoded(data: bytes) -> None:
    with pytest.raises(Decoded):
        read(data, "PNG")


@pytest.mark.limit("frames of an image")
def test_too_many_frames_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_FRAMES", 5)

    read(animation(5), "GIF")
    with pytest.raises(RequestError):
        read(animation(6), "GIF")


def test_of_a_hundred_thousand_frames_no_more_are_sought_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs time in which nobody else is served, and they fit into 1.5 MB."""
    sought = []
    seek = GifImageFile._seek  # what Pillow itself counts frames with

    def counted(image: GifImageFile, frame: int, update_image: bool = True) -> None:
        sought.append(frame)
        seek(image, frame, update_image)

    monkeypatch.setattr(GifImageFile, "_seek", counted)

    with pytest.raises(RequestError) as refused:
        read(tiny_frames(100_000), "GIF")

    assert refused.value.errors == {"file": f"more than {MAX_PIXELS:,} pixels, or {MAX_FRAMES} frames"}
    assert max(sought) == MAX_FRAMES
    assert len(sought) <= MAX_FRAMES + 10


def test_frames_that_are_larger_than_the_image_count_as_large_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The image says that it has one pixel."""
    monkeypatch.setattr(images, "MAX_PIXELS", 1_000_000)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # their pixels are not all there

    read(tiny_frames(3, (600, 600)), "GIF")
    with pytest.raises(RequestError) as refused:
        read(tiny_frames(4, (600, 600)), "GIF")

    assert refused.value.errors == {"file": "more than 1,000,000 pixels, or 500 frames"}


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_moves_goes_on_moving_where_its_kind_may(kind: str) -> None:
    """An animated PNG is kept as its first picture."""
    pictures = [Image.new("RGB", (20, 10), (number * 80, 0, 0)) for number in range(3)]
    out = io.BytesIO()
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=80, lossless=True)

    kept = shown(read(out.getvalue(), kind).data)

    assert getattr(kept, "n_frames", 1) == (1 if kind == "PNG" else 3)


def test_frames_count_for_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 20 * 10 * 3)

    read(animation(3), "GIF")
    with pytest.raises(RequestError):
        read(animation(4), "GIF")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("PNG", image("PNG", (300, 300))),
        ("JPEG", image("JPEG", (300, 300))),
        ("GIF", animation()),
        ("WEBP", image("WEBP", (300, 300))),
    ],
    ids=["png", "jpeg", "gif", "webp"],
)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_image_is_refused(kind: str, data: bytes, part: float) -> None:
    with pytest.raises(RequestError) as refused:
        read(data[: int(len(data) * part)], kind)

    assert refused.value.code is ErrorCode.UNSUPPORTED_MEDIA


def test_an_image_of_another_kind_is_not_even_looked_at() -> None:
    with pytest.raises(RequestError):
        read(image("BMP"), "PNG")
