"""Changes that others make at the same moment as somebody asks for one: `busy` if that goes on."""

from collections.abc import Callable
from typing import Final, TypeVar

from imapp.errors import LogConflict, RequestError
from imapp.stores.contention import once_free
from schemas.errors import ErrorCode

_RETRY_AFTER_S: Final = 1.0

_Done = TypeVar("_Done")


def tried(change: Callable[[], _Done]) -> _Done:
    """What comes of a change that looks anew each time and may find that somebody was faster (`LogConflict`).

    Raises:
        RequestError: `busy`: somebody always was.
    """
    try:
        return once_free(change)
    except LogConflict as error:
        raise RequestError(ErrorCode.BUSY, retry_after=_RETRY_AFTER_S) from error
