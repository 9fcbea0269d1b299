"""What Celery, gunicorn, pymongo and others log, in the form of our own lines."""

import logging
from contextlib import suppress
from typing import Any, Final

import structlog

_MAX_CHARS: Final = 300


class LibraryHandler(logging.Handler):
    """Logs the records of the standard library's loggers as events `library`.

    Only the first line of a text is kept: in the others Celery shows the bodies of tasks it can't read.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        with suppress(Exception):  # as with every handler: a record that can't be written must do no harm
            log = structlog.get_logger(part=record.name.partition(".")[0]).bind(logger=record.name)
            details: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
            log.log(record.levelno, "library", message=_first_line(record.getMessage()), **details)


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next(filter(None, lines), "")[:_MAX_CHARS]
