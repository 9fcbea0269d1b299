"""Files that are two things at once: what is served of them can do no harm as the other one."""

import io
import zipfile
from typing import Any, Final

import pytest
from PIL.PngImagePlugin import PngInfo

from tests.support.rest import RestClient
from tests.support.samples import HTML, PDF, archive, docx, image
from tests.support.scene import Scene
from tests.support.uploads import kept, orphans, refusal, upload

ARCHIVE: Final = archive("evil.js")
SCRIPT: Final = b"*/=1;alert('polyglot')//"


def png_with_text(text: bytes) -> bytes:
    info = PngInfo()
    info.add_text("Comment", text.decode())
    return image("PNG", pnginfo=info)


def gif_script() -> bytes:
    """A GIF that is a script, too: its width, 10,799 pixels, begins a comment that ends behind the image."""
    return b"GIF89a" + image("GIF", (int.from_bytes(b"/*", "little"), 2))[6:] + SCRIPT


@pytest.fixture
def an(scene: Scene) -> RestClient:
    return scene.rest(scene.people("an")[0])


def fetch(client: RestClient, file_id: str, path: str = "") -> Any:
    return client.call("GET", f"/files/{file_id}{path}")


def runs_nothing(answer: Any) -> bool:
    """Whether a browser takes it for what it is said to be, and gives it no rights."""
    sandboxed = "sandbox" in answer.headers["Content-Security-Policy"]
    return answer.headers["X-Content-Type-Options"] == "nosniff" and sandboxed


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("jpeg", image("JPEG") + ARCHIVE, id="an archive behind a photo"),
        pytest.param("jpeg", image("JPEG", comment=HTML), id="a page in the comment of a photo"),
        pytest.param("gif", gif_script(), id="an animation that is a script"),
        pytest.param("png", png_with_text(HTML), id="a page in the text of an image"),
        pytest.param("png", image("PNG") + HTML, id="a page behind an image"),
        pytest.param("webp", image("WEBP", xmp=HTML), id="a page in the metadata of an image"),
    ],
)
def test_nothing_is_served_of_an_image_but_the_image(an: RestClient, kind: str, data: bytes) -> None:
    assert b"alert" in data or zipfile.is_zipfile(io.BytesIO(data))
    file_id = kept(an, data, name=f"a.{kind}", declared=f"image/{kind}")

    served = [fetch(an, file_id, path) for path in ("", "/thumbnails/small", "/thumbnails/large")]

    assert [answer.headers["Content-Type"] for answer in served] == [f"image/{kind}"] + ["image/webp"] * 2
    assert all(runs_nothing(answer) for answer in served)
    for answer in served:
        assert b"alert" not in answer.content
        assert b"evil.js" not in answer.content
        assert not zipfile.is_zipfile(io.BytesIO(answer.content))


@pytest.mark.parametrize("behind", [ARCHIVE, docx(), HTML], ids=["an archive", "a document", "a page"])
def test_what_is_behind_a_document_is_kept_and_only_ever_saved(an: RestClient, behind: bytes) -> None:
    """Whoever opens it elsewhere opens what was sent: only images are written anew."""
    file_id = kept(an, PDF + behind)

    answer = fetch(an, file_id)

    assert answer.content == PDF + behind
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert runs_nothing(answer)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("a.zip", PDF + ARCHIVE, id="a PDF as an archive"),
        pytest.param("a.docx", PDF + docx(), id="a PDF as a text document"),
        pytest.param("a.zip", image("JPEG") + ARCHIVE, id="a photo as an archive"),
        pytest.param("a.pdf", HTML + PDF, id="a page as a PDF"),
        pytest.param("a.gif", b"GIF89a" + SCRIPT, id="a script as an animation"),
        pytest.param("a.txt", b"\n" + HTML + PDF, id="a page as a text"),
    ],
)
def test_a_file_is_what_it_begins_as_and_nothing_else(
    scene: Scene, an: RestClient, name: str, data: bytes
) -> None:
    refused = upload(an, data, name=name, declared="application/octet-stream")

    assert (refusal(refused), refused.status_code) == ("unsupported_media", 415)
    assert orphans(scene.cluster.database) == set()
