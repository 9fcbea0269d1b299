"""What a device holds of each channel, and up to where it knows that it holds all that is its own."""

import threading
from collections import defaultdict
from collections.abc import Iterable

from tests.support.history import Entry


class Holdings:
    """Entries by channel and seq; any thread. A hole stops `covered` until it is filled."""

    def __init__(self) -> None:
        self._held: dict[str, dict[int, Entry]] = defaultdict(dict)
        self._covered: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Hold an entry; a known seq is dropped."""
        with self._lock:
            self._held[entry.channel].setdefault(entry.seq, entry)
            self._advance(entry.channel, self.covered(entry.channel))

    def add_range(self, channel: str, entries: Iterable[Entry], *, after: int, to: int) -> None:
        """Hold a page that covers all from `after` to `to`: what it left out is not ours."""
        with self._lock:
            for entry in entries:
                self._held[channel].setdefault(entry.seq, entry)
            if after <= self.covered(channel):
                self._advance(channel, max(to, self.covered(channel)))

    def covered(self, channel: str) -> int:
        """Up to this seq nothing is missing."""
        return self._covered.get(channel, 0)

    def channels(self) -> list[str]:
        """Channels of which anything is held."""
        with self._lock:
            return list(self._held)

    def last(self, channel: str) -> int:
        """The newest seq held, 0 for none."""
        with self._lock:
            return max(self._held[channel], default=0)

    def entries(self, channel: str) -> list[Entry]:
        """All that is held of a channel, by seq."""
        with self._lock:
            return [entry for _, entry in sorted(self._held[channel].items())]

    def _advance(self, channel: str, covered: int) -> None:
        while covered + 1 in self._held[channel]:
            covered += 1
        self._covered[channel] = covered
