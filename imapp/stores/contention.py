"""What several write at the same moment is tried again."""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from imapp.errors import LogConflict

_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4, 0.8, 0.8)
"""At most, each: a transaction of others takes some hundredths of a second, and 30 may meet."""
TRIES: Final = len(_PAUSES_S) + 1

_Done = TypeVar("_Done")


def once_free(
    change: Callable[[], _Done],
    *,
    pause: Callable[[float], None] = time.sleep,
    jitter: Callable[[float, float], float] = random.uniform,
) -> _Done:
    """What comes of a change that looks anew each time, tried again while others are writing the same.

    The pauses are random, so that those who met once do not meet again.

    Raises:
        LogConflict: somebody still was after two seconds or so, or it can't be for another reason.
    """
    for pause_s in _PAUSES_S:
        try:
            return change()
        except LogConflict:
            pause(jitter(0.0, pause_s))
    return change()
