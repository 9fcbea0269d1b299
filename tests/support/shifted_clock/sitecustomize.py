"""A wall clock that a test can step, for a process that is started with this folder in PYTHONPATH.

libfaketime 0.9.10 would be deeper, but Python 3.11 sleeps until a moment of the monotonic clock
(`clock_nanosleep`), and that call fails under it. So Python's own functions are replaced, before anything is
imported; the monotonic clock, which all waits use, goes on. `datetime.now` is not shifted.
"""

import os
import time
from pathlib import Path
from typing import Final

_FILE: Final = Path(os.environ["SHIFTED_CLOCK"])
_time, _time_ns = time.time, time.time_ns


def _shift() -> int:
    text = _FILE.read_text()
    return int(text) if text.strip() else 0  # it may be just written


time.time = lambda: _time() + _shift()
time.time_ns = lambda: _time_ns() + _shift() * 10**9
