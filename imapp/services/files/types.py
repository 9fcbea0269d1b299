"""Which types of files are taken: what a file says of itself must be what its bytes are.

A name's last extension decides what a file claims to be; the declared type and the first bytes must say the
same. What a browser would run or show as a page (HTML, SVG, XML, scripts) is no type here, so it is refused.
"""

import codecs
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import puremagic

from imapp.errors import RequestError
from imapp.services.files.names import extension_of
from schemas.errors import ErrorCode

HEAD_BYTES: Final = 8_192

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_MAX_ZIP_NAMES: Final = 10_000
_MAX_ZIP_DIRECTORY_BYTES: Final = 2_000_000
# The record at the end of an archive, of which the size of the directory and that of the comment matter.
_END: Final = struct.Struct("<12xL4xH")
_END_MARK: Final = b"PK\x05\x06"
_NAME_MARK: Final = b"PK\x01\x02"
_ZIP64_MARK: Final = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES: Final = 20
_ZIP_COMMENT_BYTES: Final = 65_535  # the most that its field can say
_PIECE_BYTES: Final = 256 * 1024
_UNDECLARED: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_MARKUP: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<[!?/a-zA-Z]")
# What no text of any language holds.
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_ENCODINGS: Final = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """One type of file. `also` are other names by which browsers declare it, or that its bytes go by."""

    media_type: str
    also: frozenset[str] = frozenset()
    looks_like: frozenset[str] = frozenset()
    """What its bytes may be called, by extension; empty for plain text, which has no mark."""
    part: str = ""
    """How a name begins that an archive of this type has inside."""
    image: str = ""
    """What Pillow calls it."""


def _type(media_type: str, *looks_like: str, also: tuple[str, ...] = (), part: str = "") -> FileType:
    return FileType(media_type=media_type, also=frozenset(also), looks_like=frozenset(looks_like), part=part)


def _image(media_type: str, name: str, *looks_like: str, also: tuple[str, ...] = ()) -> FileType:
    return FileType(media_type=media_type, also=frozenset(also), looks_like=frozenset(looks_like), image=name)


_JPEG: Final = _image("image/jpeg", "JPEG", ".jpg", ".jpeg", ".jfif", also=("image/jpg", "image/pjpeg"))
_TEXT: Final = _type("text/plain")
_MP3: Final = _type("audio/mpeg", ".mp3", ".mpga", also=("audio/mp3",))

TYPES: Final = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _image("image/png", "PNG", ".png"),
    ".gif": _image("image/gif", "GIF", ".gif"),
    ".webp": _image("image/webp", "WEBP", ".webp"),
    ".pdf": _type("application/pdf", ".pdf"),
    ".docx": _type(f"{_OOXML}wordprocessingml.document", ".docx", part="word/"),
    ".xlsx": _type(f"{_OOXML}spreadsheetml.sheet", ".xlsx", part="xl/"),
    ".pptx": _type(f"{_OOXML}presentationml.presentation", ".pptx", part="ppt/"),
    ".doc": _type("application/msword", ".doc"),
    ".xls": _type("application/vnd.ms-excel", ".xls"),
    ".ppt": _type("application/vnd.ms-powerpoint", ".ppt"),
    ".zip": _type("application/zip", ".zip", also=("application/x-zip-compressed",)),
    ".7z": _type("application/x-7z-compressed", ".7z"),
    ".rar": _type("application/vnd.rar", ".rar", also=("application/x-rar-compressed", "application/x-rar")),
    ".gz": _type("application/gzip", ".gz", also=("application/x-gzip",)),
    ".tar": _type("application/x-tar", ".tar"),
    ".mp4": _type("video/mp4", ".mp4"),
    ".mov": _type("video/quicktime", ".mov"),
    ".webm": _type("video/webm", ".webm"),
    ".mp3": _MP3,
    ".m4a": _type("audio/mp4", ".m4a", also=("audio/x-m4a",)),
    ".wav": _type("audio/wav", ".wav", also=("audio/x-wav", "audio/wave")),
    ".ogg": _type("audio/ogg", ".ogg", also=("application/ogg",)),
    ".flac": _type("audio/flac", ".flac", also=("audio/x-flac",)),
    ".txt": _TEXT,
    ".log": _TEXT,
    ".md": _type("text/markdown", also=("text/plain", "text/x-markdown")),
    ".csv": _type("text/csv", also=("text/plain", "application/vnd.ms-excel")),
    ".json": _type("application/json", also=("text/plain",)),
}
"""By extension."""


def type_of(name: str, declared: str, file: BinaryIO) -> FileType:
    """The type of a file by its name, its declared type and its bytes, which agree.

    Raises:
        RequestError: `unsupported_media`; says which of the three is not as it should be.
    """
    claimed = TYPES.get(extension_of(name))
    if claimed is None:
        raise unsupported("files with this extension are not taken")
    stated = declared.partition(";")[0].strip().lower()
    if stated not in _UNDECLARED and stated not in {claimed.media_type, *claimed.also}:
        raise unsupported(f"declared as {stated[:100]!r}, but its name says {claimed.media_type}")
    if not _is(claimed, file):
        raise unsupported(f"its content is not {claimed.media_type}")
    return claimed


def unsupported(reason: str) -> RequestError:
    """The refusal of a file for its type."""
    refused = RequestError(ErrorCode.UNSUPPORTED_MEDIA)
    refused.errors = {"file": reason}
    return refused


def _is(claimed: FileType, file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not claimed.looks_like:
        return not _MARKUP.match(head) and any(_is_text(file, encoding) for encoding in _ENCODINGS)
    if not claimed.looks_like & _looks_of(head):
        return False
    return not claimed.part or _is_document(file, claimed.part)


def _looks_of(head: bytes) -> set[str]:
    """The extensions of what such bytes are at the beginning of: those the library is most sure of."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return set()
    best = max(match.confidence for match in found)
    return {match.extension for match in found if match.confidence == best}


def _is_document(file: BinaryIO, part: str) -> bool:
    """Whether an archive is an office document of this kind, without macros."""
    if not _has_few_names(file):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return False
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return False
    return "[Content_Types].xml" in names and any(name.startswith(part) for name in names)


def _has_few_names(file: BinaryIO) -> bool:
    """Whether the directory that the library will read whole, name by name, is known to be short.

    The directory ends where the file's last record begins. What that record says of the number of names
    binds nobody, so they are counted by the mark that each has. With a ZIP64 record the directory would be
    looked for by that, and no office document is of that size.
    """
    length = file.seek(0, io.SEEK_END)
    start = max(0, length - _ZIP_COMMENT_BYTES - _END.size - _ZIP64_LOCATOR_BYTES)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        return False
    size, comment_bytes = _END.unpack_from(tail, at)
    has_zip64 = tail[:at][-_ZIP64_LOCATOR_BYTES:].startswith(_ZIP64_MARK)
    if has_zip64 or at + _END.size + comment_bytes != len(tail) or size > _MAX_ZIP_DIRECTORY_BYTES:
        return False
    file.seek(max(0, start + at - size))
    return file.read(size).count(_NAME_MARK) <= _MAX_ZIP_NAMES


def _is_text(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        texts = [_NO_TEXT.search(decoder.decode(piece)) for piece in _pieces(file)]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not any(texts)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield piece
