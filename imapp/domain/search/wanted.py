"""What a search asks for, checked: typed values and nothing else."""

from dataclasses import dataclass
from typing import NamedTuple

from imapp.domain.search.words import Phrase


class Place(NamedTuple):
    """Where a message stands among the newest: they are sorted by it, and no two share one."""

    time_ms: int
    channel_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages; None stands for any.

    `since_ms` is the first time that counts, `until_ms` the first that does not any more.
    """

    phrases: tuple[Phrase, ...]
    sender: str | None = None
    type: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
