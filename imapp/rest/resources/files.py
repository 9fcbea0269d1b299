"""Files: sent up alone, then referred to by a message, and fetched by whoever may read that message."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from flask import Response, request, url_for

from imapp.domain.entries import wire_time
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.downloads import send_content
from imapp.rest.schemas import schema_of
from imapp.rest.uploads import BODY, read_upload
from imapp.services.files.keeping import wire_file
from schemas.errors import ErrorCode
from schemas.files import File, FileUrl, FileUrlQuery, SignedQuery, UploadQuery

blueprint = Blueprint("files", __name__, description="Files of messages: sent up, fetched, shown.")

_ONE: Final = "/files/<file:file_id>"
_BYTES: Final[dict[str, Any]] = {"type": "string", "contentMediaType": "application/octet-stream"}
_ANY: Final = "application/octet-stream"
_PARTS: Final[dict[int, dict[str, Any]]] = {
    206: {"description": "The part that `Range` asked for.", "content": {_ANY: {"schema": _BYTES}}},
    304: {"description": "What you have (`If-None-Match`) is what there is."},
    416: {"description": "There is no such part."},
}


@blueprint.post(
    "/files",
    refuses=[
        ErrorCode.TOO_LARGE,
        ErrorCode.UNSUPPORTED_MEDIA,
        ErrorCode.CONFLICT,
        ErrorCode.QUOTA_EXCEEDED,
    ],
)
@blueprint.doc(requestBody=BODY)
@blueprint.arguments(schema_of(UploadQuery, query=True), location="query")
@blueprint.response(201, schema_of(File))
def upload_file(query: UploadQuery) -> Response:
    """Send up one file.

    Its name's last extension, its declared type and its content must agree, on a type that is taken.
    Images are written anew, upright and without EXIF, so their size and bytes may differ from what you sent.
    Then send a message of type `image` or `file` with `{"file_id": ...}` as its `extra`; a file that no
    message refers to is gone after a day. Repeat an upload with the same `client_message_id`: the file is
    kept once.
    """
    keeping, owner = services().keeping, caller_id()
    services().door.limits.uploads.check(owner)
    with keeping.receiving(owner, query.client_message_id, request.content_length or 0) as arriving:
        part = read_upload(arriving, keeping.max_bytes)
        kept = keeping.keep(
            owner,
            query.client_message_id,
            arriving,
            name=part.filename or "",
            declared=part.content_type or "",
        )
    return answer(kept, 201)


@blueprint.get(_ONE)
@blueprint.doc(responses=_PARTS)
@blueprint.response(200, _BYTES, content_type=_ANY)
def download_file(file_id: str) -> Response:
    """The bytes of a file.

    For its uploader until a message refers to it, then for whoever may read such a message at this moment.
    Takes `Range`, `If-Range` and `If-None-Match`. Images may be shown in place; all else is an attachment.
    """
    return send_content(services().fetching.content(caller_id(), file_id))


@blueprint.get(f"{_ONE}/thumbnails/<thumbnail:thumbnail>")
@blueprint.doc(responses=_PARTS)
@blueprint.response(200, _BYTES, content_type=_ANY)
def download_thumbnail(file_id: str, thumbnail: str) -> Response:
    """A small picture of an image, as WebP: `small` is at most 240 pixels a side, `large` 960."""
    return send_content(services().fetching.content(caller_id(), file_id, thumbnail))


@blueprint.get(f"{_ONE}/meta")
@blueprint.response(200, schema_of(File))
def get_file(file_id: str) -> Response:
    """What is known of a file."""
    return answer(wire_file(services().fetching.file(caller_id(), file_id)))


@blueprint.get(f"{_ONE}/url")
@blueprint.arguments(schema_of(FileUrlQuery, query=True), location="query")
@blueprint.response(200, schema_of(FileUrl))
def get_file_url(query: FileUrlQuery, file_id: str) -> Response:
    """An address for `<img>`, which can't send a token: good for 5 minutes and for you alone.

    Whether you may still see the file is looked at each time it is fetched.
    """
    services().fetching.content(caller_id(), file_id, query.thumbnail)
    signed = services().signer.sign(caller_id(), file_id, query.thumbnail)
    given = {name: value for name, value in msgspec.to_builtins(signed).items() if value is not None}
    path = url_for("files.download_signed", file_id=file_id)
    expires = datetime.fromtimestamp(signed.expires, UTC)
    return answer(
        FileUrl(url=f"{path}?{urlencode(given)}", expires_at=wire_time(round(expires.timestamp() * 1000)))
    )


@blueprint.get(f"{_ONE}/signed", refuses=[ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED, ErrorCode.BUSY])
@blueprint.doc(responses=_PARTS)
@blueprint.arguments(schema_of(SignedQuery, query=True), location="query")
@blueprint.response(200, _BYTES, content_type=_ANY)
def download_signed(query: SignedQuery, file_id: str) -> Response:
    """The bytes of a file or a thumbnail, by an address of `GET /files/{file_id}/url`."""
    services().signer.check(file_id, query)
    services().door.limits.requests.check(query.user)
    services().door.limits.history.check(query.user)
    return send_content(services().fetching.content(query.user, file_id, query.thumbnail))
