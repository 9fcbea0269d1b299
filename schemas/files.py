"""Files that people send up, and where they are fetched."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import FILE_ID, ClientMessageId, Timestamp, UserId

MAX_FILE_NAME_CHARS = 255

FileId = Annotated[
    str,
    Meta(
        pattern=rf"^{FILE_ID}$(?!\n)",
        min_length=1,
        max_length=64,
        description="A file's id, given by the server.",
        examples=["k3v9q2m7c1t8r5x0a6d4e"],
    ),
]
FileName = Annotated[
    str,
    Meta(
        max_length=MAX_FILE_NAME_CHARS,
        description="What the file was called where it came from: data to show, never a path to write to.",
        examples=["report.pdf"],
    ),
]
Thumbnail = Annotated[
    str,
    Meta(
        pattern=r"^(small|large)$(?!\n)",
        min_length=5,
        max_length=5,
        description="Which thumbnail of an image.",
        examples=["small"],
    ),
]
Side = Annotated[int, Meta(ge=1, description="Pixels, as shown.")]


class File(Struct, kw_only=True):
    """A file that is stored. Of an image: how large it is, and which thumbnails there are."""

    file_id: FileId
    name: FileName
    media_type: Annotated[str, Meta(description="By its content.", examples=["application/pdf"])]
    size: Annotated[int, Meta(ge=1, description="Bytes, as they are fetched.")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$(?!\n)", description="Of the bytes that are fetched.")]
    width: Side | None = None
    height: Side | None = None
    created_at: Timestamp


class UploadQuery(Struct, kw_only=True):
    """The client's own id of an upload: the same id and bytes give the same file."""

    client_message_id: ClientMessageId


class FileUrlQuery(Struct, kw_only=True):
    """What an address is wanted for."""

    thumbnail: Thumbnail | None = None


class FileUrl(Struct, kw_only=True):
    """An address that needs no token for a while; good for one person alone."""

    url: Annotated[str, Meta(description="Relative to the server.")]
    expires_at: Timestamp


class SignedQuery(Struct, kw_only=True):
    """What a signed address says of itself; made by the server, passed back as it came."""

    user: UserId
    expires: Annotated[int, Meta(ge=0, le=99_999_999_999, description="Seconds since 1970.")]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", min_length=64, max_length=64)]
    thumbnail: Thumbnail | None = None
