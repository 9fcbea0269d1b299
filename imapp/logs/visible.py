"""What clients send must not steer a terminal, turn a line around or begin one: it is shown as an escape.

JSON lines escape it anyway; this is for the lines that people read.
"""

import io
import re
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

# Control characters, but tab and newline, which the renderer shows as such; line and paragraph separators;
# marks that change the direction of what follows.
_STEERING: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def visible(text: str) -> str:
    """The text with what would steer the terminal as an escape of Python's."""
    return _STEERING.sub(_escape, text)


def show_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make every text of a line visible."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = visible(value)
    return event


def visible_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    """A traceback as the interpreter prints it, whose error texts steer nothing."""
    lines = io.StringIO()
    structlog.dev.plain_traceback(lines, exc_info)
    stream.write(visible(lines.getvalue()))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
