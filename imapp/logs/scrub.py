"""What must not stand in a log, taken out of every line, whoever wrote it."""

import re
from typing import Any, Final

from structlog.typing import EventDict, WrappedLogger

_FORBIDDEN: Final = frozenset(
    {
        "authorization",
        "body",
        "content",
        "cookie",
        "frame",
        "headers",
        "password",
        "payload",
        "text",
        "token",
        "url",
    }
)
_REMOVED: Final = "[removed]"
# What stands before a secret is kept (group 1); the secret itself is not.
_SECRETS: Final = (
    re.compile(r"(\b[Bb]earer\s+)[^\s\"',]+"),
    re.compile(r"()eyJ[\w-]{8,}[\w.-]*"),  # a JSON web token, wherever it stands and wherever it was cut off
    re.compile(r"(://[^\s:/@\"']*:)[^\s/@\"']+(?=@)"),  # the password in an address
    re.compile(r"(?<=[\w/])(\?)[\w.%~-]+=[^\s\"'\\]*"),  # the query of an address
)


def scrub_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out the fields whose very name says that they do not belong here."""
    for name in _FORBIDDEN & event.keys():
        event[name] = _REMOVED
    return event


def scrub_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Take tokens, passwords and queries of addresses out of a finished line, tracebacks included."""
    text = str(line)
    for secret in _SECRETS:
        text = secret.sub(rf"\1{_REMOVED}", text)
    return text
