"""Changes that others make at the same moment: tried again, and `busy` if that goes on."""

from collections.abc import Callable
from typing import Final, TypeVar

from imapp.errors import LogConflict, RequestError
from schemas.errors import ErrorCode

_TRIES: Final = 5
_RETRY_AFTER_S: Final = 1.0

_Done = TypeVar("_Done")


def tried(change: Callable[[], _Done]) -> _Done:
    """What comes of a change that looks anew each time and may find that somebody was faster (`LogConflict`).

    Raises:
        RequestError: `busy`: somebody always was.
    """
    for _ in range(_TRIES):
        try:
            return change()
        except LogConflict:
            continue
    raise RequestError(ErrorCode.BUSY, retry_after=_RETRY_AFTER_S)
