"""Reading the arguments of a request, strictly: what is not declared is refused."""

import math
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from flask import Request, request
from gunicorn.http.errors import ParseException
from marshmallow import fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from imapp.errors import RequestError
from imapp.rest.schemas import StructSchema, invalid
from schemas.errors import ErrorCode

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")


class StructParser(FlaskParser):
    """Hands bodies and parameters to a `StructSchema`, which makes the struct of them."""

    def load_json(self, req: Request, schema: Any) -> bytes:
        """The bytes of the body.

        Raises:
            RequestError: `unsupported_media` or `too_large`.
            BadRequest: it did not arrive whole.
        """
        del schema
        if not req.is_json:
            raise RequestError(ErrorCode.UNSUPPORTED_MEDIA, content_type="send application/json")
        if is_packed(req):
            raise RequestError(ErrorCode.UNSUPPORTED_MEDIA, content_encoding="send it as it is")
        try:
            body = req.get_data(cache=False)
        except ParseException as error:
            raise BadRequest from error  # chunks that are none; the connection is closed
        # A body that does not say how long it is has been cut off there without a word.
        if req.content_length is None and len(body) >= (req.max_content_length or math.inf):
            raise RequestError(ErrorCode.TOO_LARGE)
        return body

    def load_querystring(self, req: Request, schema: Any) -> dict[str, str | int]:
        """The parameters by name, whole numbers as such where one is wanted.

        Raises:
            RequestError: `invalid` for a parameter that is unknown or given twice.
        """
        assert isinstance(schema, StructSchema)
        check_parameters(schema.fields)
        return {name: _number(value, schema.fields[name]) for name, value in req.args.items()}


def check_parameters(known: Collection[str]) -> None:
    """Nothing if this request has only known query parameters, each once.

    Raises:
        RequestError: `invalid`.
    """
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise invalid("query", "not UTF-8") from error
    for name, values in request.args.lists():
        if name not in known:
            raise invalid(name, "unknown")
        if len(values) > 1:
            raise invalid(name, "given twice")


def is_packed(req: Request) -> bool:
    """Whether the body has to be unpacked: then it may be larger than it looks."""
    encodings = req.headers.get("Content-Encoding", ""), req.headers.get("Transfer-Encoding", "")
    return any(encoding.lower() not in ("", "identity", "chunked") for encoding in encodings)


def _number(value: str, field: "fields.Field[Any]") -> str | int:
    wanted = isinstance(field, fields.Integer) and _WHOLE_NUMBER.fullmatch(value)
    return int(value) if wanted else value
