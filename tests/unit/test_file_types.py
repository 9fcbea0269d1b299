"""What a file says of itself must be what it is."""

import io
import struct
import zipfile
from typing import Any

import pytest

from imapp.errors import RequestError
from imapp.services.files.names import clean_name
from imapp.services.files.types import TYPES, type_of
from schemas.errors import ErrorCode
from tests.support.samples import HTML, PDF, SVG, animation, archive, docx, image

GOOD = [
    ("a.png", "image/png", image("PNG")),
    ("a.JPG", "image/jpeg", image("JPEG")),
    ("a.gif", "image/gif", animation()),
    ("a.webp", "image/webp", image("WEBP")),
    ("a.pdf", "application/pdf", PDF),
    ("a.pdf", "application/octet-stream", PDF),
    ("a.pdf", "", PDF),
    ("a.b.pdf", "application/pdf", PDF),
    ("a.zip", "application/x-zip-compressed", archive("a.txt")),
    ("a.docx", TYPES[".docx"].media_type, docx()),
    ("a.txt", "text/plain; charset=utf-8", "Hello 你好\n".encode()),
    ("a.txt", "text/plain", "你好,世界".encode("gb18030")),
    ("a.csv", "application/vnd.ms-excel", b"a,b\r\n1,2\r\n"),
    ("a.json", "application/json", b'{"a": 1}'),
    ("a.mp4", "video/mp4", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 100),
    ("a.wav", "audio/wav", b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 30),
]

BAD = [
    ("picture.svg", "image/svg+xml", SVG),
    ("picture.png", "image/png", SVG),
    ("picture.png", "image/svg+xml", image("PNG")),
    ("page.html", "text/html", HTML),
    ("page.txt", "text/plain", HTML),
    ("page.txt", "text/plain", b"\xef\xbb\xbf \n<svg onload=alert(1)>"),
    ("page.pdf", "application/pdf", HTML),
    ("page.json", "application/json", HTML),
    ("report.pdf", "image/png", PDF),
    ("report.pdf.exe", "application/pdf", PDF),
    ("report.exe", "application/octet-stream", b"MZ" + b"\0" * 200),
    ("report.pdf", "application/pdf", b"MZ" + b"\0" * 200),
    ("report.txt", "text/plain", b"MZ" + b"\0" * 200),
    ("photo.png", "image/png", image("JPEG")),
    ("photo.zip", "application/zip", image("PNG") + archive("a.txt")),
    ("report", "application/pdf", PDF),
    (".pdf", "application/pdf", PDF),
    ("a.docx", "", archive("a.txt")),
    ("a.docx", "", docx("word/vbaProject.bin")),
    ("a.xlsx", "", docx()),
    ("a.js", "text/javascript", b"alert(1)"),
    ("a.wav", "audio/wav", image("WEBP")),
]


@pytest.mark.parametrize(("name", "declared", "data"), GOOD, ids=lambda value: str(value)[:30])
def test_a_file_that_agrees_with_itself_is_taken(name: str, declared: str, data: bytes) -> None:
    kind = type_of(name, declared, io.BytesIO(data))

    assert kind in TYPES.values()


@pytest.mark.parametrize(("name", "declared", "data"), BAD, ids=lambda value: str(value)[:30])
def test_a_file_that_is_something_else_is_refused(name: str, declared: str, data: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        type_of(name, declared, io.BytesIO(data))

    assert refused.value.code is ErrorCode.UNSUPPORTED_MEDIA


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\an\\a.pdf", "a.pdf"),
        ("a/../b.pdf", "b.pdf"),
        (" 报告 2026.pdf ", "报告 2026.pdf"),
    ],
)
def test_of_a_path_the_name_alone_is_kept(given: str, name: str) -> None:
    assert clean_name(given) == name


@pytest.mark.parametrize(
    "given",
    ["", "   ", "..", "a/", "../..", "a\0.pdf", "a\r\nX: y.pdf", "\x1b[31m.pdf", "\x85.pdf", "龍" * 1_400],
)
def test_a_name_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(RequestError) as refused:
        clean_name(given)

    assert refused.value.code is ErrorCode.INVALID


@pytest.mark.limit("name of a file")
def test_a_name_has_255_characters_at_most() -> None:
    assert clean_name("龍" * 251 + ".pdf")

    with pytest.raises(RequestError, match="invalid"):
        clean_name("龍" * 252 + ".pdf")


@pytest.mark.limit("names in an office file or archive that is looked into")
def test_an_office_file_of_too_many_parts_is_not_looked_through() -> None:
    few, many = (docx(*(f"word/media/{number}" for number in range(count))) for count in (9_997, 9_998))

    assert type_of("a.docx", "", io.BytesIO(few)) is TYPES[".docx"]
    with pytest.raises(RequestError, match="unsupported_media"):
        type_of("a.docx", "", io.BytesIO(many))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that have been read from the directories of archives, one by one."""
    names: list[str] = []

    class Counted(zipfile.ZipInfo):
        def __init__(self, filename: str = "", **more: Any) -> None:
            names.append(filename)
            super().__init__(filename, **more)

    monkeypatch.setattr(zipfile, "ZipInfo", Counted)
    return names


def test_it_is_not_read_name_by_name_whatever_it_says_of_itself(parsed: list[str]) -> None:
    many = docx(*(f"word/{number}" for number in range(20_000)))
    told_few = many[:-14] + struct.pack("<HH", 3, 3) + many[-10:]
    # The old record says that there is next to nothing; the one before it, which counts, how it is.
    size, offset = struct.unpack("<LL", many[-10:-2])
    there = len(many) - 22
    with_64 = (
        many[:-22]
        + struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 20_003, 20_003, size, offset)
        + struct.pack("<4sLQL", b"PK\6\7", 0, there, 1)
    )
    small = with_64 + struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 3, 3, 0, 0, 0)
    small_with_comment = small[:-2] + struct.pack("<H", 65_535) + b"x" * 65_535
    hidden = many[:-2] + struct.pack("<H", 22) + b"PK\5\6" + b"\0" * 18
    parsed.clear()

    for archived in (many, told_few, small, small_with_comment, hidden, many[:-1]):
        with pytest.raises(RequestError, match="unsupported_media"):
            type_of("a.docx", "", io.BytesIO(archived))

    assert parsed == []
    with zipfile.ZipFile(io.BytesIO(small_with_comment)) as archive_itself:
        assert len(archive_itself.namelist()) == 20_003, "the library would have read it"


@pytest.mark.parametrize("comment", [b"", b"made by hand", b"x" * 65_535], ids=len)
def test_an_office_file_may_have_a_comment(comment: bytes) -> None:
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as made:
        made.comment = comment

    assert type_of("a.docx", "", out) is TYPES[".docx"]


@pytest.mark.limit("directory of an office file or archive that is looked into")
def test_an_office_file_with_a_long_directory_is_not_looked_through(parsed: list[str]) -> None:
    few, many = (_with_comments(bytes_of_all) for bytes_of_all in (1_950_000, 2_000_000))
    parsed.clear()

    with pytest.raises(RequestError, match="unsupported_media"):
        type_of("a.docx", "", io.BytesIO(many))
    assert parsed == []
    assert type_of("a.docx", "", io.BytesIO(few)) is TYPES[".docx"]


def _with_comments(bytes_of_all: int) -> bytes:
    """A document whose names have comments of so many bytes together."""
    out = io.BytesIO(docx())
    with zipfile.ZipFile(out, "a") as made:
        for number in range(bytes_of_all // 50_000):
            part = zipfile.ZipInfo(f"word/{number}")
            part.comment = b"x" * 50_000
            made.writestr(part, b"x")
    return out.getvalue()
