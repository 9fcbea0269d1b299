"""The entries of one channel, gapless: what is held is whole, what came too early waits."""

from collections.abc import Callable, Iterable, Sequence

from schemas.messages import Entry


class Timeline:
    """Entries by seq. Every seq in low..high is held, or known not to be this reader's.

    `head` is the newest seq known to exist; while it is above `high` there is a hole to fill.
    """

    def __init__(self, at: int) -> None:
        self.low = at + 1
        self.high = at
        self.head = at
        self.entries: list[Entry] = []
        self._early: dict[int, Entry] = {}

    @property
    def has_hole(self) -> bool:
        """Whether something newer exists than what is held."""
        return self.high < self.head

    @property
    def at_start(self) -> bool:
        """Whether there is nothing older for this reader."""
        return self.low <= 1

    def expect(self, seq: int) -> None:
        """Know that this seq exists."""
        self.head = max(self.head, seq)

    def add(self, entry: Entry) -> list[Entry]:
        """Take one entry; returns what is next in order now, nothing for one that is known."""
        self.expect(entry.seq)
        if entry.seq > self.high:
            self._early[entry.seq] = entry
        return self._settle(self.high)

    def cover(self, entries: Iterable[Entry], start: int, end: int) -> list[Entry]:
        """Take all there is between two seqs; returns what is next in order now.

        A range that does not touch what is held is ignored: taking it would make a hole.
        """
        if end < start or start > self.high + 1 or end < self.low - 1:
            return []
        page = {entry.seq: entry for entry in entries}
        self.entries[:0] = [page[seq] for seq in sorted(page) if seq < self.low]
        self.low = min(self.low, start)
        self._early |= {seq: entry for seq, entry in page.items() if seq > self.high}
        self.expect(end)
        return self._settle(max(self.high, end))

    def begin_here(self) -> None:
        """Know that there is nothing older for this reader."""
        self.low = min(self.low, 1)

    def skip(self) -> list[Entry]:
        """Take the hole for not this reader's; returns what is next in order now."""
        return self._settle(min(self._early, default=self.head))

    def jump(self, seq: int) -> list[Entry]:
        """Start over above this seq, unless it is known; returns what is next in order now."""
        if seq <= self.high:
            return []
        early = {at: entry for at, entry in self._early.items() if at > seq}
        self.low, self.high, self.head = seq + 1, seq, max(self.head, seq)
        self.entries, self._early = [], early
        return self._settle(seq)

    def amend(self, seq: int, change: Callable[[Entry], Entry]) -> None:
        """Change the entry at this seq, if it is held."""
        for place, entry in enumerate(self.entries):
            if entry.seq == seq:
                self.entries[place] = change(entry)

    def clear(self, up_to: int) -> None:
        """Drop the entries up to this seq: they are not this reader's any more."""
        self.entries = [entry for entry in self.entries if entry.seq > up_to]

    def find(self, message_id: str) -> Entry | None:
        """The entry with this id, if it is held."""
        return next((entry for entry in reversed(self.entries) if entry.message_id == message_id), None)

    def before(self, seq: int, limit: int) -> Sequence[Entry]:
        """The newest held entries that are older than this seq."""
        return [entry for entry in self.entries if entry.seq < seq][-limit:]

    def _settle(self, known_to: int) -> list[Entry]:
        ready = []
        while self.high < known_to or self.high + 1 in self._early:
            self.high += 1
            if self.high in self._early:
                ready.append(self._early.pop(self.high))
        self.entries += ready
        return ready
