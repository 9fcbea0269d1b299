"""A JSON object that names a field twice means two things: it is refused, instead of the last one winning.

Parsers differ in which of the two they take, so what stands in front of us may have checked the other one.
"""

import json
from typing import Any, Final

from imapp.errors import RequestError
from schemas.errors import ErrorCode
from schemas.frames import ClientFrame, Send

# type, id, client_message_id, content, and one of channel_id and to: five names, five texts, two quotes each.
_PLAIN_SEND_QUOTES: Final = 20
_TYPED_SEND_QUOTES: Final = _PLAIN_SEND_QUOTES + 4
# With its colon: only a name has one behind its quote, a text that reads so has none.
_TYPE_NAME: Final = '"message_type":'


def check_frame_names(text: str, frame: ClientFrame) -> None:
    """Nothing if no object in this JSON, which has become the frame, names a field twice.

    Nearly all frames are sends with nothing optional. Those five fields are there once for sure (or the send
    is refused for what it lacks), so if there are no more quotes than they need, there is no other name. That
    costs a tenth of a microsecond; any other frame is read again, which costs some microseconds.

    Raises:
        RequestError: `invalid`; says which.
    """
    # Without content it may be one that needs none, which leaves room for another name.
    if type(frame) is Send and frame.content:
        quotes = text.count('"')
        if quotes == _PLAIN_SEND_QUOTES:
            return
        if quotes == _TYPED_SEND_QUOTES and _TYPE_NAME in text:
            return
    check_names(text)


def check_names(text: str | bytes) -> None:
    """Nothing if no object in this JSON names a field twice.

    Raises:
        RequestError: `invalid`; says which.
    """
    try:
        # Only names matter. Numbers stay text, so that none is too large.
        json.loads(text, object_pairs_hook=_unique, parse_int=str, parse_float=str)
    except RecursionError as error:
        raise RequestError(ErrorCode.INVALID, frame="nested too deep") from error


def _unique(pairs: list[tuple[str, Any]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            refused = RequestError(ErrorCode.INVALID)
            refused.errors = {name[:100]: "given twice"}
            raise refused
        names.add(name)
