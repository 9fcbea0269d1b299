"""The conversation with one client, without I/O: text in, a request or a refusal out; replies to bytes."""

import enum
from typing import Any, Final

import msgspec

from imapp import metrics
from imapp.domain.entries import wire_time
from imapp.domain.ids import message_id
from imapp.errors import RequestError
from imapp.services.operating.uniqueness import check_frame_names
from imapp.services.outgoing.frames import websocket_frame
from schemas.errors import MESSAGES, ErrorCode
from schemas.frames import ClientFrame, ErrorReply, Hello, WrittenReply
from schemas.tasks import Result

_FRAME: Final = msgspec.json.Decoder(ClientFrame)
_ENCODER: Final = msgspec.json.Encoder()


class _Envelope(msgspec.Struct):
    id: Any = None


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


class State(enum.Enum):
    """How far the conversation has come."""

    EXPECTS_HELLO = "expects hello"
    OPEN = "open"


class Dialogue:
    """Decodes what a client asks, given how far the conversation has come."""

    def __init__(self) -> None:
        self.state = State.EXPECTS_HELLO

    def receive(self, text: str) -> ClientFrame:
        """The request in a message.

        Raises:
            Refusal: it is not one, or may not come now; holds the reply.
        """
        try:
            request: ClientFrame = _FRAME.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            metrics.frames_received["invalid"] += 1
            refused = RequestError(ErrorCode.INVALID, frame=str(error)[:200])
            raise Refusal(_id_of(text), refused) from error
        metrics.frames_received[_tag(request)] += 1
        try:
            check_frame_names(text, request)
        except RequestError as error:
            raise Refusal(request.id, error) from error
        if self.state is State.EXPECTS_HELLO and not isinstance(request, Hello):
            raise Refusal(request.id, RequestError(ErrorCode.UNAUTHORIZED, frame="expected hello"))
        return request


class Refusal(Exception):
    """A request is refused, and the frame that says so."""

    def __init__(self, request_id: str | None, error: RequestError) -> None:
        super().__init__(error.code.value)
        self.frame = error_frame(request_id, error)


def encode(reply: msgspec.Struct) -> bytes:
    """A reply, or an event for one connection, as a finished frame; counted as sent."""
    metrics.frames_sent[_tag(reply)] += 1
    return websocket_frame(_ENCODER.encode(reply))


def error_frame(request_id: str | None, error: RequestError) -> bytes:
    """The frame that refuses a request."""
    metrics.refusals[error.code.value] += 1
    return encode(
        ErrorReply(
            id=request_id,
            code=error.code.value,
            message=error.message,
            retry_after=error.retry_after,
            errors=error.errors,
        )
    )


def written_frame(request_id: str, result: Result, retry_after: float) -> bytes:
    """The frame that answers a command."""
    if result.code:
        code = ErrorCode(result.code)
        metrics.refusals[code.value] += 1
        return encode(
            ErrorReply(
                id=request_id,
                code=result.code,
                message=MESSAGES[code],
                retry_after=retry_after if code is ErrorCode.BUSY else None,
                errors=result.data or None,
            )
        )
    if not result.seq:
        return encode(WrittenReply(id=request_id, channel_id=result.channel_id))
    return encode(
        WrittenReply(
            id=request_id,
            channel_id=result.channel_id,
            message_id=message_id(result.channel_id, result.seq),
            seq=result.seq,
            server_time=wire_time(result.time_ms),
            extra=result.extra or None,
        )
    )


def _tag(frame: msgspec.Struct) -> str:
    """The word that stands for a frame's type on the wire."""
    return frame.__struct_config__.tag  # type: ignore[return-value]  # a struct may be tagged by numbers, ours are not


def _id_of(text: str) -> str | None:
    try:
        found = _ENVELOPE.decode(text).id
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, str) and len(found) <= 64 else None  # as RequestId
