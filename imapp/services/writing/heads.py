"""Heads and own watermarks of plain sends: written fast, and again until they can be trusted.

A fast write is not journalled for some 100 ms and may be rolled back in a failover. The log is right in any
case, but a reader is shown a channel up to its head, so a lost head would hide an acknowledged message until
the next one. So what was moved lately is moved again every few seconds; where nothing was lost, nothing
happens.
"""

import threading
import time
from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from imapp.domain.entries import LogEntry
from imapp.services.periodic import keep_doing
from imapp.stores.channels import ChannelStore
from imapp.stores.members import Mark, MemberStore, mark_of

_AGAIN_S: Final = 5.0
_KEPT_S: Final = 60.0  # longer than an election and the restart of a server
_MAX_KEPT: Final = 50_000


class _Moved(Struct, frozen=True):
    """A sender's newest entry in a channel, and when (monotonic) it was shown."""

    entry: LogEntry
    direct: bool
    at: float


class HeadKeeper:
    """Moves heads and watermarks, and moves them again. `move` belongs to the writer's thread."""

    def __init__(self, channels: ChannelStore, members: MemberStore) -> None:
        self._channels = channels
        self._members = members
        self._lock = threading.Lock()
        self._recent: dict[tuple[str, str], _Moved] = {}

    def move(self, entries: Iterable[LogEntry], direct: Collection[str]) -> None:
        """Show these entries; by seq within a channel. Heads and watermarks never move back.

        `direct` names the direct channels: their senders' watermarks ride in the head.

        Raises:
            StoreUnavailable: unknown which are moved.
        """
        entries = list(entries)
        self.mark_mentions(entries)  # before the heads: who sees these shall see that he is addressed
        now = time.monotonic()
        moved = {
            (entry.channel_id, entry.sender): _Moved(entry, entry.channel_id in direct, now)
            for entry in entries
        }
        newest, own, marks = _parts(moved.values())
        # Heads last: a failover takes back the latest writes, so where a mark was lost, a head was too, and
        # whoever loads the channel sees by its head that something is missing.
        self._members.move_own_marks(marks)
        self._channels.move_heads(newest, own)
        with self._lock:
            for key, what in moved.items():
                self._recent.pop(key, None)  # so that the dict stays in order of age
                self._recent[key] = what

    def mark_mentions(self, entries: Iterable[LogEntry]) -> None:
        """Note down for those whom these entries address that they do.

        Raises:
            StoreUnavailable: unknown for whom it is noted.
        """
        addressing = [entry for entry in entries if entry.mentions or entry.mention_all]
        if addressing:
            one_by_one = {(each.channel_id, name): each.seq for each in addressing for name in each.mentions}
            self._members.mark_mentioned(one_by_one)
            self._channels.mark_all_mentioned(
                {each.channel_id: each.seq for each in addressing if each.mention_all}
            )

    def keep(self) -> None:
        """Begin to move them again, in a thread of its own, for as long as the process lives."""
        keep_doing(self.move_again, name="heads", every_s=_AGAIN_S)

    def move_again(self) -> None:
        """Move what was moved lately once more.

        Raises:
            StoreUnavailable: try it again.
        """
        newest, own, marks = _parts(self._lately())
        self._members.move_own_marks(marks)
        self._channels.mend_heads(newest, own)  # last, as in `move`

    def _lately(self) -> list[_Moved]:
        oldest = time.monotonic() - _KEPT_S
        with self._lock:
            while self._recent:
                key, what = next(iter(self._recent.items()))
                if what.at > oldest and len(self._recent) <= _MAX_KEPT:
                    break
                del self._recent[key]
            return list(self._recent.values())


def _parts(moved: Iterable[_Moved]) -> tuple[list[LogEntry], list[Mark], list[Mark]]:
    """The newest entry of each channel; watermarks that ride with it; watermarks of members' rows."""
    by_sender = sorted(moved, key=_seq)
    newest = {what.entry.channel_id: what.entry for what in by_sender}
    own = [mark_of(what.entry) for what in by_sender if what.direct]
    marks = [mark_of(what.entry) for what in by_sender if not what.direct]
    return list(newest.values()), own, marks


def _seq(moved: _Moved) -> int:
    return moved.entry.seq
