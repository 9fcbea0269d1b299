"""Opaque cursors: a position in a list, packed so that nobody is tempted to read it."""

import base64
import binascii
from typing import Any, Final, TypeVar

import msgspec

from imapp.errors import RequestError
from schemas.errors import ErrorCode

_START: Final = ""
"""Sorts before every id."""

Position = TypeVar("Position", bound=msgspec.Struct)


def encode_cursor(position: msgspec.Struct) -> str:
    """The cursor that stands for a position."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(position)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[Position]) -> Position:
    """The position that a cursor stands for.

    Raises:
        RequestError: `invalid`, if it is none of ours.
    """
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.msgpack.decode(data, type=kind)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise RequestError(ErrorCode.INVALID, cursor="not a cursor of this server") from error


def after_id(cursor: str | None, kind: Any) -> str:
    """The id after which a page of a list by ids begins; `kind` is what an id of that list looks like.

    Raises:
        RequestError: `invalid`, if it is none.
    """
    if cursor is None:
        return _START
    try:
        return str(msgspec.convert(cursor, kind))
    except msgspec.ValidationError as error:
        raise RequestError(ErrorCode.INVALID, cursor="not a cursor of this server") from error
