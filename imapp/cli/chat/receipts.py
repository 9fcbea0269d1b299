"""Who received and read what: what this device must say, and what the others said of my messages."""

from collections import defaultdict
from typing import Final

from imapp.cli.chat.timeline import Timeline
from schemas.frames import NudgeEvent, ReceiptEvent, Received
from schemas.messages import Entry
from schemas.receipts import PushStatus

SAY_EVERY_S: Final = 0.5  # per channel: the server asks for at most two a second
_MAX_RANGES: Final = 20  # of one channel and status; the older ones are known to be covered or long past

Range = tuple[int, int]


class Receipts:
    """Marks in both directions. What the others said is what was heard while connected."""

    def __init__(self) -> None:
        self._unsaid: dict[str, None] = {}
        self._said: dict[str, float] = {}
        self._heard: dict[tuple[str, PushStatus], list[Range]] = defaultdict(list)
        self._nudged_at: dict[str, str] = {}

    # ---- what this device says

    def arrived(self, entry: Entry, me: str) -> None:
        """An entry is held now. Whose it is has received and read what came before it."""
        if entry.sender == me:
            return
        self._unsaid[entry.channel_id] = None
        self._hear(entry.channel_id, PushStatus.READ, (1, entry.seq))

    def due(self, now: float) -> list[str]:
        """Channels of which to say now what is held; it counts as said then."""
        due = [channel for channel in self._unsaid if self._due_at(channel, now) <= now]
        for channel in due:
            del self._unsaid[channel]
            self._said[channel] = now
        return due

    def deadline(self, now: float) -> float | None:
        """When `due` is worth asking again."""
        return min((self._due_at(channel, now) for channel in self._unsaid), default=None)

    def disconnected(self) -> None:
        """What was said may be lost: it is said again."""
        self._unsaid |= dict.fromkeys(self._said)
        self._said.clear()

    # ---- what the others said

    def apply(self, event: ReceiptEvent) -> None:
        """Somebody received or read something."""
        self._hear(event.channel_id, event.status, (event.from_seq, event.up_to_seq))

    def reached(self, channel_id: str, seq: int) -> PushStatus:
        """How far a message got, with whoever got it first."""
        for status in (PushStatus.READ, PushStatus.RECEIVED):
            if any(start <= seq <= end for start, end in self._heard.get((channel_id, status), ())):
                return status
        return PushStatus.UNRECEIVED

    def is_new_nudge(self, event: NudgeEvent) -> bool:
        """Whether this reminder was not shown yet: the server may send one twice."""
        known = self._nudged_at.get(event.message_id, "")
        self._nudged_at[event.message_id] = max(known, event.at)
        return event.at > known

    def _hear(self, channel_id: str, status: PushStatus, heard: Range) -> None:
        start, end = heard
        ranges = self._heard[channel_id, status]
        ranges[:] = [one for one in ranges if not (start <= one[0] and one[1] <= end)]
        if not any(one[0] <= start and end <= one[1] for one in ranges):
            ranges.append(heard)
        del ranges[:-_MAX_RANGES]

    def _due_at(self, channel_id: str, now: float) -> float:
        return self._said.get(channel_id, now - SAY_EVERY_S) + SAY_EVERY_S


def held(channel_id: str, timeline: Timeline, request_id: str) -> Received:
    """What a device says that holds this timeline: it claims nothing older than what it has."""
    start = max(1, timeline.low)
    return Received(id=request_id, channel_id=channel_id, seq=timeline.high, from_seq=start)
