"""Files as people send them up, good ones and others, made when they are asked for."""

import io
import zipfile
import zlib
from typing import Any, Final

from PIL import Image

from imapp.stores.blobs import GridBlobs
from imapp.stores.files import FileRecord, FileStore
from imapp.stores.mongo import Database

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_ONE_PIXEL: Final = b"\x02\x02\x4c\x01\x00"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def image(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """An image with a red left and a blue right half."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(orientation: int = 6) -> bytes:
    """A photo that was taken with the camera turned, at a place."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return image("JPEG", exif=exif, comment=b"Secret Comment")


def animation(frames: int = 3) -> bytes:
    """A moving GIF."""
    pictures = [Image.new("RGB", (20, 10), (number * 40, 0, 0)) for number in range(frames)]
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=80, loop=0)
    return out.getvalue()


def tiny_frames(frames: int, size: tuple[int, int] = (1, 1)) -> bytes:
    """A GIF of so many frames in 15 bytes each. It says that it has one pixel, whatever their size is."""
    width, height = (side.to_bytes(2, "little") for side in size)
    first = b",\0\0\0\0\1\0\1\0\0" + _ONE_PIXEL
    other = b",\0\0\0\0" + width + height + b"\0" + _ONE_PIXEL
    head = b"GIF89a\1\0\1\0\x80\0\0" + b"\0\0\0\xff\xff\xff"
    return head + first + other * (frames - 1) + b";"


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG of some hundred bytes that says it has so many pixels."""
    good = bytearray(image("PNG", (8, 8)))
    good[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    good[29:33] = zlib.crc32(bytes(good[12:29])).to_bytes(4, "big")
    return bytes(good)


def archive(*names: str) -> bytes:
    """A zip archive with these names in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def docx(*more: str) -> bytes:
    """A document of a word processor."""
    return archive("[Content_Types].xml", "_rels/.rels", "word/document.xml", *more)


def plant_file(database: Database, file_id: str, message_id: str) -> None:
    """A file that a stored entry refers to. It is JSON, so that its bytes are an answer like others."""
    data = b"{}"
    record = FileRecord(
        file_id=file_id,
        blob=file_id,
        owner="somebody-else",
        name="empty.json",
        media_type="application/json",
        size=len(data),
        given="0" * 64,
        sha256="0" * 64,
        width=None,
        height=None,
        thumbnails={"small": len(data)},
        created_ms=1_790_000_000_000,
    )
    files, blobs = FileStore(database), GridBlobs(database)
    files.begin(record)
    blobs.write(file_id, [data])
    blobs.write(f"{file_id}.small", [data])
    files.finish(record, 60)
    with database.client.start_session() as session, session.start_transaction():
        files.claim(file_id, message_id, session)
