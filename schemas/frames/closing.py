"""Why a socket is closed, and what a client does then."""

import enum
from collections.abc import Mapping
from typing import Final

from schemas.requests import Request as Request  # noqa: PLC0414  # other modules take it from here


class CloseCode(enum.IntEnum):
    """Close codes of the socket. 45xx: do not reconnect by yourself."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    OUTBOX_FULL = 1013
    TRY_LATER = 1013  # for whatever reason: the word says which
    PING_TIMEOUT = 4000
    RESYNC = 4001
    RESTART = 4003
    UNAUTHORIZED = 4501
    KICKED = 4502
    PROTOCOL_VERSION = 4503


CLOSE_REASONS: Final[Mapping[CloseCode, str]] = {
    CloseCode.NORMAL: "You closed; your own code comes back.",
    CloseCode.GOING_AWAY: "The other side goes away. Reconnect.",
    CloseCode.PROTOCOL_ERROR: "Broken framing, or a message unfinished after 30 s.",
    CloseCode.UNSUPPORTED_DATA: "A kind of data that is not taken. Reserved.",
    CloseCode.INVALID_DATA: "Text that is not UTF-8.",
    CloseCode.POLICY_VIOLATION: "Too many pings, pongs, pieces or empty messages.",
    CloseCode.TOO_BIG: "A message of more than 64 KiB: sending it again does not help.",
    CloseCode.INTERNAL_ERROR: "A mistake in the server. Reconnect.",
    CloseCode.OUTBOX_FULL: "You read too slowly, or were refused too often. Reconnect later, then sync.",
    CloseCode.PING_TIMEOUT: "You were silent for 60 s. Reconnect.",
    CloseCode.RESYNC: "The server could not greet you in time. Reconnect, then sync.",
    CloseCode.RESTART: "The gateway restarts; the `closing` event before it says when to come back.",
    CloseCode.UNAUTHORIZED: "No hello, no valid token, or the token has expired: get a new one first.",
    CloseCode.KICKED: "You were disabled, or opened too many connections: do not reconnect by yourself.",
    CloseCode.PROTOCOL_VERSION: "This server does not speak your version of the protocol: update the client.",
}
"""Why the server closes with a code, and what to do then."""
