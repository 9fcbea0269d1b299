"""Structured logs: a constant event name, and ids as fields."""

import logging
import sys
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger


def configure_logs(*, human: bool) -> None:
    """Log to standard error: coloured lines for people, JSON lines for machines."""
    renderer: Any = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_log(name: str) -> FilteringBoundLogger:
    """The log of one part; `name` is the field `part`."""
    return cast(FilteringBoundLogger, structlog.get_logger(part=name))
