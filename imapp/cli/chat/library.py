"""Lists that only REST has, asked for in threads of their own, so that the conversation goes on meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from imapp.cli.chat.rest import Rest, why


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look up: a path under /api/v1, the shape of the answer, and what it is for."""

    path: str
    shape: Any
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a lookup."""

    lookup: Lookup
    page: Any


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no answer, and why."""

    lookup: Lookup
    why: str


Looked = Found | NotFound


class Library:
    """Looks things up; `report` hears what was found, on another thread."""

    def __init__(self, rest: Rest, report: Callable[[Looked], None]) -> None:
        self._rest = rest
        self._report = report

    def look_up(self, lookup: Lookup) -> None:
        """Begin; one `Found` or `NotFound` is reported."""
        threading.Thread(
            target=lambda: self._report(self._look_up(lookup)), name="library", daemon=True
        ).start()

    def _look_up(self, lookup: Lookup) -> Looked:
        try:
            answer = self._rest.get(lookup.path, lookup.params)
            if not answer.ok:
                return NotFound(lookup, why(answer))
            return Found(lookup, msgspec.json.decode(answer.content, type=lookup.shape))
        except (OSError, ValueError) as error:  # those of requests and msgspec are such, too
            return NotFound(lookup, str(error))
