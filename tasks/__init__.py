"""Celery task bodies: parse the payload, call one service, nothing else.

What they call is handed in once, when the worker process starts.
"""

from imapp.wiring import TaskServices

_services: TaskServices | None = None


def provide(services: TaskServices) -> None:
    """Give the tasks of this process what they call."""
    global _services  # noqa: PLW0603  # one per worker process, set once at its start
    _services = services


def services() -> TaskServices:
    """What the tasks of this process call."""
    assert _services is not None, "the worker has not started"
    return _services
