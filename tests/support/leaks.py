"""Finding processes that a test run started and left behind."""

import os
import secrets
from contextlib import suppress
from typing import Final

import psutil

MARK: Final = "IM_TEST_RUN"
"""Environment variable that everything started by this run inherits."""

_SERVER: Final = "IMAPP_DEVSTACK"
"""What `devstack` marks its servers with; it ends them itself, unless somebody keeps them up."""


def mark_this_run() -> str:
    """Mark whatever is started from now on; gives the mark."""
    return os.environ.setdefault(MARK, secrets.token_hex(8))


def left_behind(mark: str) -> list[psutil.Process]:
    """Running processes with the mark, but for this one and its parents."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _has(process, mark)]


def _has(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error):
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and process.environ().get(MARK) == mark
            and _SERVER not in process.environ()
        )
    return False
