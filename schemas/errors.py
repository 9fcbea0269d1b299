"""The codes of all errors a client can meet, the same over WebSocket and REST."""

import enum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct


class ErrorCode(enum.StrEnum):
    """Why a request was refused."""

    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    NOT_MEMBER = "not_member"
    MUTED = "muted"
    CHANNEL_FULL = "channel_full"
    QUOTA_EXCEEDED = "quota_exceeded"
    CHANNEL_DISABLED = "channel_disabled"
    RECALL_WINDOW_PASSED = "recall_window_passed"
    EDIT_WINDOW_PASSED = "edit_window_passed"
    MESSAGE_RECALLED = "message_recalled"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    RATE_LIMITED = "rate_limited"
    SEARCH_UNAVAILABLE = "search_unavailable"
    BUSY = "busy"
    INTERNAL = "internal"


STATUS: Final = {
    ErrorCode.INVALID: 422,
    ErrorCode.UNSUPPORTED: 422,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.NOT_MEMBER: 403,
    ErrorCode.MUTED: 403,
    ErrorCode.CHANNEL_FULL: 409,
    ErrorCode.QUOTA_EXCEEDED: 409,
    ErrorCode.CHANNEL_DISABLED: 403,
    ErrorCode.RECALL_WINDOW_PASSED: 409,
    ErrorCode.EDIT_WINDOW_PASSED: 409,
    ErrorCode.MESSAGE_RECALLED: 409,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA: 415,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.SEARCH_UNAVAILABLE: 503,
    ErrorCode.BUSY: 503,
    ErrorCode.INTERNAL: 500,
}

MESSAGES: Final = {
    ErrorCode.INVALID: "The request is not valid.",
    ErrorCode.UNSUPPORTED: "This is not supported.",
    ErrorCode.UNAUTHORIZED: "Who you are could not be established.",
    ErrorCode.FORBIDDEN: "You may not do this.",
    ErrorCode.NOT_FOUND: "There is no such thing, or it is not yours.",
    ErrorCode.CONFLICT: "This client_message_id was used for a different write.",
    ErrorCode.NOT_MEMBER: "You are no longer a member of this channel.",
    ErrorCode.MUTED: "You may not write in this channel now.",
    ErrorCode.CHANNEL_FULL: "The channel would have more members than it may; nothing was changed.",
    ErrorCode.QUOTA_EXCEEDED: "There may be no more of these; nothing was changed.",
    ErrorCode.CHANNEL_DISABLED: "This channel is disabled or dissolved.",
    ErrorCode.RECALL_WINDOW_PASSED: "It was sent too long ago to be recalled.",
    ErrorCode.EDIT_WINDOW_PASSED: "It was sent too long ago to be edited.",
    ErrorCode.MESSAGE_RECALLED: "This message was recalled.",
    ErrorCode.TOO_LARGE: "This is too large.",
    ErrorCode.UNSUPPORTED_MEDIA: "This kind of content is not taken here.",
    ErrorCode.RATE_LIMITED: "Too many requests.",
    ErrorCode.SEARCH_UNAVAILABLE: "Search and old messages can't be reached now.",
    ErrorCode.BUSY: "Not done, or not confirmed in time; repeat it with the same client_message_id.",
    ErrorCode.INTERNAL: "This could not be processed and was set aside.",
}


ADVICE: Final = {
    ErrorCode.INVALID: "Mend the request; `errors` says where.",
    ErrorCode.UNSUPPORTED: "This server does not do it (yet).",
    ErrorCode.UNAUTHORIZED: "Get a new token.",
    ErrorCode.FORBIDDEN: "Ask somebody with the right.",
    ErrorCode.NOT_FOUND: "Do not ask again: there is none, or it is not yours to know.",
    ErrorCode.CONFLICT: "Choose another `client_message_id`; this one was used for something else.",
    ErrorCode.NOT_MEMBER: "You are no longer in this channel.",
    ErrorCode.MUTED: "Wait; `errors.until` says how long, unless all but the admins are muted.",
    ErrorCode.CHANNEL_FULL: "Add fewer, or set a higher limit; nothing was changed.",
    ErrorCode.QUOTA_EXCEEDED: "Somebody has as many as one may have; `errors` says of what, and who.",
    ErrorCode.CHANNEL_DISABLED: "It takes no messages now; never again, if `errors.status` is `dissolved`.",
    ErrorCode.RECALL_WINDOW_PASSED: "`errors` says how many seconds one has; a group's admins have longer.",
    ErrorCode.EDIT_WINDOW_PASSED: "`errors` says how many seconds one has; send another message instead.",
    ErrorCode.MESSAGE_RECALLED: "It says nothing any more, and stays so.",
    ErrorCode.TOO_LARGE: "Send less.",
    ErrorCode.UNSUPPORTED_MEDIA: "Send it as another kind; `errors` says what is wrong with a file.",
    ErrorCode.RATE_LIMITED: "Wait `retry_after` seconds, then repeat with the same `client_message_id`.",
    ErrorCode.SEARCH_UNAVAILABLE: "Try again after `retry_after` seconds; all else works as ever.",
    ErrorCode.BUSY: "Not done, or nobody knows: repeat with the same `client_message_id`, which settles it.",
    ErrorCode.INTERNAL: "It was set aside for the operators; repeating does not help.",
}
"""What a client can do about it."""

# A client meets codes of later versions too, so the field is a string; this says which there are now.
CodeName = Annotated[
    str,
    Meta(
        description="What it is: act on this.",
        examples=["not_found"],
        extra_json_schema={"title": "ErrorCode", "enum": [code.value for code in ErrorCode]},
    ),
]


class ErrorBody(Struct, kw_only=True, omit_defaults=True):
    """The body of every REST error."""

    code: CodeName
    status: Annotated[int, Meta(description="The HTTP status, again.", examples=[404])]
    message: Annotated[str, Meta(description="One sentence for the developer of the client.")]
    request_id: Annotated[str, Meta(description="Under which it is in the server's log.")]
    errors: Annotated[
        dict[str, Any] | None, Meta(description="What is wrong where: by field, or the data of the refusal.")
    ] = None
    retry_after: Annotated[float | None, Meta(description="Seconds to wait before the same try.")] = None
