"""Images, decoded and written anew: what comes out holds pixels and a colour profile, and nothing else.

So place and time of a photo (EXIF), comments, previews and whatever was appended to a file are gone, and a
file that is an image and something else is only an image. Decoding is for a thread: it takes up to a second.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from PIL import Image, ImageOps, ImageSequence

from imapp.errors import RequestError
from imapp.services.files.types import unsupported

THUMBNAILS: Final = {"small": 240, "large": 960}
"""The longer side of each, in pixels."""
MAX_PIXELS: Final = 50_000_000
"""Of all frames together; decoded, each is 4 bytes."""
MAX_FRAMES: Final = 500

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow's own guard behind ours, also for frames within a file
_SAVING: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 90, "progressive": True},
    "PNG": {},
    "GIF": {"comment": b""},
    "WEBP": {"quality": 90, "exif": b"", "xmp": b""},
}
_MODES: Final = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "RGBA", "L", "LA", "P"), "WEBP": ("RGB", "RGBA")}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is kept, with its thumbnails (WebP) by name."""

    data: bytes
    width: int
    height: int
    thumbnails: dict[str, bytes]


def read_picture(file: BinaryIO, kind: str) -> Picture:
    """An image of a kind, as Pillow calls it, upright and without anything that is not seen.

    Raises:
        RequestError: `unsupported_media`: too many pixels, or it is broken.
    """
    with _mistakes_refused():
        file.seek(0)
        with Image.open(file, formats=[kind]) as image:
            # A WebP says how many frames it has. For a GIF Pillow would walk through them all to know.
            frames = getattr(image, "n_frames", 1) if kind == "WEBP" else 1
            _check_size(image.width * image.height * frames, frames)
            image.load()
            moves = kind in {"GIF", "WEBP"} and getattr(image, "is_animated", False)
            return _animation(image, kind) if moves else _still(image, kind)


def _check_size(pixels: int, frames: int) -> None:
    if pixels > MAX_PIXELS or frames > MAX_FRAMES:
        raise unsupported(f"more than {MAX_PIXELS:,} pixels, or {MAX_FRAMES} frames")


@contextmanager
def _mistakes_refused() -> Iterator[None]:
    try:
        yield
    except RequestError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise unsupported("too many pixels") from error
    except Exception as error:  # its decoders raise whatever a broken file makes them: struct.error, KeyError
        raise unsupported("a broken image") from error


def _still(image: Image.Image, kind: str) -> Picture:
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    plain = upright if upright.mode in _MODES.get(kind, (upright.mode,)) else upright.convert(_plain(upright))
    if kind == "JPEG" and plain.mode not in _MODES["JPEG"]:
        plain = plain.convert("RGB")
    keeps_profile = profile if plain.mode == image.mode else None
    pixels = plain.copy()
    pixels.info = {name: plain.info[name] for name in ("transparency",) if name in plain.info}
    written = _written(pixels, kind, icc_profile=keeps_profile)
    return Picture(written, plain.width, plain.height, _thumbnails(pixels))


def _animation(image: Image.Image, kind: str) -> Picture:
    """All its frames, each as it is seen: Pillow puts them together.

    A frame of a GIF may be larger than the image says it is, so they are counted as they come.
    """
    frames = []
    durations = []
    pixels = 0
    for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
        pixels += frame.width * frame.height
        _check_size(pixels, number)
        durations.append(frame.info.get("duration", 100))
        frames.append(frame.convert("RGBA"))
    for frame in frames:
        frame.info = {}
    more = {"save_all": True, "append_images": frames[1:], "duration": durations, "disposal": 2}
    if kind == "WEBP":
        del more["disposal"]
    loop = image.info.get("loop")
    data = _written(frames[0], kind, **more, **({} if loop is None else {"loop": loop}))
    return Picture(data, image.width, image.height, _thumbnails(frames[0]))


def _plain(image: Image.Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"


def _thumbnails(image: Image.Image) -> dict[str, bytes]:
    made = {}
    for name, side in THUMBNAILS.items():
        small = image.convert(_plain(image))
        small.thumbnail((side, side))
        small.info = {}
        made[name] = _written(small, "WEBP")
    return made


def _written(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(
        out, kind, **_SAVING[kind], **{name: value for name, value in more.items() if value is not None}
    )
    return out.getvalue()
