"""Places in the code where a test can make a process die, hang, fail or skip what it was about to do.

`IM_FAILPOINTS` holds `name=action` pairs with commas between. Actions: `kill` ends the process as `kill -9`
would, `stop` makes it hang as SIGSTOP does, `slow` waits a second, `raise` raises RuntimeError, `skip` tells
the caller to leave something out. `3:skip` acts at the third pass only. A name may carry the matter at hand,
`writer.command~poison=kill`. Production refuses them all.
"""

import os
import signal
import threading
import time
from typing import Final

_SLOW_S: Final = 1.0
_armed: Final[dict[str, str]] = {}
_passes: Final[dict[str, int]] = {}


def arm(specification: str) -> None:
    """Arm what the specification names, and nothing else."""
    _armed.clear()
    _passes.clear()
    for pair in filter(None, specification.split(",")):
        name, _, action = pair.partition("=")
        _armed[name] = action


def is_armed() -> bool:
    """Whether anything is: for whoever has many matters at a place that is passed often."""
    return bool(_armed)


def point(name: str, matter: str = "") -> bool:
    """Do what is armed for this place; whether the caller shall skip what comes next."""
    if not _armed:
        return False
    skips = [_pass(key) for key in (name, f"{name}~{matter}") if key in _armed]
    return True in skips


def _pass(key: str) -> bool:
    _passes[key] = _passes.get(key, 0) + 1
    number, _, action = _armed[key].rpartition(":")
    if number and int(number) != _passes[key]:
        return False
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "stop":
        # Sent to the process, it would be for whichever thread takes it, and this one would go on meanwhile.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    if action == "slow":
        time.sleep(_SLOW_S)
    if action == "raise":
        raise RuntimeError(f"failpoint {key}")
    return action == "skip"
