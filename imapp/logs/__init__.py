"""Structured logs: one line an event, a constant name, and ids as fields.

Purpose: everything that a process says goes through here to standard error, in one form, also what libraries
log. Ids are bound once (request, connection, user, batch, task) and stand in every line that follows.
What stays out: tokens, texts of messages, queries of addresses; `scrub` sees to it whatever is passed.
Threads: any. A line is one write.
Invariants: what happens for each message or each ordinary batch is a `trace`, off unless the level is debug.
Allowed imports: structlog and logging.
"""

import logging
import os
import sys
from typing import Any, Final, TextIO, cast

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from imapp.logs.libraries import LibraryHandler
from imapp.logs.scrub import scrub_fields, scrub_line
from imapp.logs.visible import show_controls, visible_traceback

LEVELS: Final = ("debug", "info", "warning", "error")

_process: Final[dict[str, str]] = {}


class Trace:
    """The steps of single messages and batches, by which one can be followed through all processes.

    Ask `on` first, so that a step costs next to nothing while nobody looks.
    """

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = False

    def __call__(self, event: str, **fields: Any) -> None:
        """Log one step."""
        _trace_log.debug(event, **fields)


trace: Final = Trace()


def configure_logs(*, human: bool, role: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Log to standard error, or to another stream: coloured lines for people, JSON lines for machines.

    `role` says what this process is: `gateway`, `writer`, `receipts` ...
    """
    renderer: list[Any] = (
        [show_controls, structlog.dev.ConsoleRenderer(exception_formatter=visible_traceback)]
        if human
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)]
    )
    structlog.configure(
        processors=[
            merge_contextvars,
            _add_process,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            scrub_fields,
            *renderer,
            scrub_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=stream is None,
    )
    trace.on = level == "debug"
    name_process(role=role)
    # Their own debug lines hold whole documents, so they stay out at every level.
    logging.root.handlers[:] = [LibraryHandler()]
    logging.root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def name_process(**names: str) -> None:
    """Put these fields into every line of this process from now on."""
    _process.update(names)


def bind(**ids: Any) -> None:
    """Put these fields into every line of this thread or greenlet from now on."""
    bind_contextvars(**ids)


def get_log(name: str) -> FilteringBoundLogger:
    """The log of one part; `name` is the field `part`."""
    return cast(FilteringBoundLogger, structlog.get_logger(part=name))


_trace_log: Final = get_log("trace")


def _add_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**event, **_process, "pid": os.getpid()}
