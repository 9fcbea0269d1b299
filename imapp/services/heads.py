"""Heads and own watermarks of plain sends: written fast, and again until they can be trusted.

A fast write is not journalled for some 100 ms and may be rolled back in a failover. The log is right in any
case, but a reader is shown a channel up to its head, so a lost head would hide an acknowledged message until
the next one. So what was moved lately is moved again every few seconds; where nothing was lost, nothing
happens.
"""

import threading
import time
from collections.abc import Iterable
from typing import Final

from imapp.domain.entries import LogEntry
from imapp.errors import StoreUnavailable
from imapp.logs import get_log
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore, mark_of

_AGAIN_S: Final = 5.0
_KEPT_S: Final = 60.0  # longer than an election and the restart of a server
_MAX_KEPT: Final = 50_000

log = get_log("heads")


class HeadKeeper:
    """Moves heads and watermarks, and moves them again. `move` belongs to the writer's thread."""

    def __init__(self, channels: ChannelStore, members: MemberStore) -> None:
        self._channels = channels
        self._members = members
        self._lock = threading.Lock()
        self._recent: dict[tuple[str, str], tuple[LogEntry, float]] = {}

    def move(self, entries: Iterable[LogEntry]) -> None:
        """Show these entries; by seq within a channel. Heads and watermarks never move back.

        Raises:
            StoreUnavailable: unknown which are moved.
        """
        newest = {(entry.channel_id, entry.sender): entry for entry in entries}
        self._write(newest.values())
        now = time.monotonic()
        with self._lock:
            for key, entry in newest.items():
                self._recent.pop(key, None)  # so that the dict stays in order of age
                self._recent[key] = (entry, now)

    def keep(self) -> None:
        """Begin to move them again, in a thread of its own, for as long as the process lives."""
        threading.Thread(target=self._run, name="heads", daemon=True).start()

    def move_again(self) -> None:
        """Move what was moved lately once more.

        Raises:
            StoreUnavailable: try it again.
        """
        self._write(self._lately())

    def _run(self) -> None:
        while True:
            time.sleep(_AGAIN_S)
            try:
                self.move_again()
            except StoreUnavailable as error:
                log.warning("heads_not_moved", error=str(error)[:200])

    def _lately(self) -> list[LogEntry]:
        oldest = time.monotonic() - _KEPT_S
        with self._lock:
            while self._recent:
                key, (_, at) = next(iter(self._recent.items()))
                if at > oldest and len(self._recent) <= _MAX_KEPT:
                    break
                del self._recent[key]
            return sorted((entry for entry, _ in self._recent.values()), key=lambda entry: entry.seq)

    def _write(self, entries: Iterable[LogEntry]) -> None:
        by_sender = list(entries)
        newest = {entry.channel_id: entry for entry in sorted(by_sender, key=lambda entry: entry.seq)}
        self._channels.move_heads(newest.values())
        self._members.move_marks(map(mark_of, by_sender))
