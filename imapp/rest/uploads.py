"""Reading one file out of a multipart body, as it arrives."""

from typing import IO, Any, Final

from flask import request
from gunicorn.http.errors import ParseException
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser

from imapp.errors import RequestError
from imapp.rest.arguments import is_packed
from imapp.rest.schemas import invalid
from imapp.services.files.taking import Arriving
from schemas.errors import ErrorCode

FIELD: Final = "file"
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "additionalProperties": False,
                "properties": {
                    FIELD: {
                        "type": "string",
                        "contentMediaType": "application/octet-stream",
                        "description": "The file, with its name and its type.",
                    }
                },
            }
        }
    },
}
"""The body in the document."""

# What a form needs beside its file: boundaries, a name, a type.
_FORM_BYTES: Final = 16_384
# What the parser may hold at once; it reads 64 KiB at a time.
_PARSER_BYTES: Final = 262_144


def read_upload(arriving: Arriving, max_bytes: int) -> FileStorage:
    """The one file of the body, with its name and declared type; its bytes are in `arriving`.

    Raises:
        RequestError: `unsupported_media`, `too_large`, or `invalid`: no form, no file, more than one.
        BadRequest: it did not arrive whole.
    """
    request.max_content_length = max_bytes + _FORM_BYTES
    if request.mimetype != "multipart/form-data":
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA, content_type="send multipart/form-data")
    if is_packed(request):
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA, content_encoding="send it as it is")
    files = _parse(arriving)
    if len(files) != 1 or files[0].name != FIELD:
        raise invalid(FIELD, "one file a call, in this field")
    return files[0]


def _parse(arriving: Arriving) -> list[FileStorage]:
    parser = FormDataParser(
        stream_factory=_only_once(arriving),
        max_form_memory_size=_PARSER_BYTES,
        max_form_parts=2,
        silent=False,
    )
    try:
        _, form, files = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except ParseException as error:
        raise BadRequest from error  # chunks that are none; the connection is closed
    except (ValueError, UnicodeError) as error:
        raise invalid(FIELD, "not a form, or one that was cut off") from error
    if form:
        raise invalid(next(iter(form))[:100], "unknown")
    return [file for _, file in files.items(multi=True)]


def _only_once(arriving: Arriving) -> Any:
    taken: list[Arriving] = []

    def open_stream(**_: Any) -> IO[bytes]:
        if taken:
            raise invalid(FIELD, "one file a call")
        taken.append(arriving)
        return arriving  # type: ignore[return-value]  # the parser writes and seeks, and no more

    return open_stream
