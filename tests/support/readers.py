"""The rules for what members read: live, by history, in lists, and in the end (I3, I5)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.history import (
    Answered,
    Closed,
    Entry,
    Opened,
    Paged,
    Previewed,
    Resynced,
    Seen,
    Sent,
    after,
    contains,
)
from tests.support.ledger import Ledger
from tests.support.report import Finding


def check_readers(ledger: Ledger) -> None:
    """Judge every frame and page of a history, then what readers who stayed lack."""
    reading = _Reading(ledger)
    for index, step in enumerate(ledger.history.steps):
        reading.take(index, step)
    _check_missing(ledger, reading)
    for user, channel in ledger.history.final_reads:
        _check_final_read(ledger, reading, user, channel)


@dataclass(slots=True)
class _Device:
    """What one reader holds, over all his connections."""

    user: str
    opened_at: int
    open_connections: set[str] = field(default_factory=set)
    held: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    first_live: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Line:
    """One connection: what came on it since it was opened or told to resync."""

    name: str
    device: _Device
    live: bool
    latest: dict[str, int] = field(default_factory=dict)
    shown: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    pending: dict[str, Sent] = field(default_factory=dict)
    out_of_line: set[str] = field(default_factory=set)  # requests whose answer may come at any place


class _Reading:
    """One pass over the steps."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.devices: dict[str, _Device] = {}
        self.lines: dict[str, _Line] = {}
        self._tried: set[tuple[str, str, str]] = set()
        self._takers: Final[Mapping[type, Callable[[int, Any], None]]] = {
            Opened: self._opened,
            Closed: self._closed,
            Resynced: self._resynced,
            Sent: self._sent,
            Answered: self._answered,
            Seen: self._seen,
            Paged: self._paged,
            Previewed: self._previewed,
        }

    def take(self, index: int, step: object) -> None:
        """Judge one step."""
        self._takers[type(step)](index, step)

    def _opened(self, index: int, step: Opened) -> None:
        device = self.devices.setdefault(step.reader, _Device(step.user, index))
        self.lines[step.connection] = _Line(step.connection, device, step.live)
        if step.live:
            device.open_connections.add(step.connection)

    def _closed(self, _: int, step: Closed) -> None:
        line = self.lines.get(step.connection)
        if line is not None:
            line.device.open_connections.discard(step.connection)

    def _resynced(self, _: int, step: Resynced) -> None:
        line = self.lines[step.connection]
        # What is pending may have been in the lost frames: then its answer comes by another way.
        line.out_of_line.update(line.pending)
        line.latest.clear()
        line.shown.clear()

    def _sent(self, _: int, step: Sent) -> None:
        line = self.lines[step.connection]
        line.pending[step.request] = step
        key = (step.user, step.destination, step.client_message_id)
        if key in self._tried:  # a repeat is answered when it is found, not where its entry stands
            line.out_of_line.update(
                request
                for request, sent in line.pending.items()
                if sent.client_message_id == step.client_message_id
            )
        self._tried.add(key)

    def _answered(self, _: int, step: Answered) -> None:
        line = self.lines[step.connection]
        sent = line.pending.pop(step.request, None)
        trusted = (step.connection, step.request) not in self.ledger.distrusted
        if sent is None or not step.seq or not trusted:
            return
        line.device.held[step.channel].add(step.seq)
        if not self._allowed(sent.user, step.channel, step.seq):
            self._leak(line, step.channel, step.seq, "wrote")
        elif line.live and step.request not in line.out_of_line:
            self._in_line(line, step.channel, step.seq)

    def _seen(self, _: int, step: Seen) -> None:
        entry, line = step.entry, self.lines[step.connection]
        if self.show(line, entry, "saw live"):
            line.device.first_live.setdefault(entry.channel, entry.seq)
            self._in_line(line, entry.channel, entry.seq)

    def _paged(self, _: int, step: Paged) -> None:
        line = self.lines[step.connection]
        self.check_page(line.name, step.entries)
        for entry in step.entries:
            self.show(line, entry, "read")

    def _previewed(self, _: int, step: Previewed) -> None:
        line = self.lines[step.connection]
        stored = self.ledger.at.get((step.channel, step.seq))
        if not self._allowed(line.device.user, step.channel, step.seq):
            self._leak(line, step.channel, step.seq, "got a preview")
        elif stored is None or step.sender not in (stored.sender, _told_sender(stored)):
            self._phantom(line, step.channel, step.seq, "got a preview")

    def show(self, line: _Line, entry: Entry, how: str) -> bool:
        """Judge an entry that a reader was shown; whether it is his to hold."""
        position = (entry.channel, entry.seq)
        if not self._is_stored(entry) and position not in self.ledger.excused:
            self._phantom(line, entry.channel, entry.seq, how)
            return False
        if not self._allowed(line.device.user, entry.channel, entry.seq):
            self._leak(line, entry.channel, entry.seq, how)
            return False
        line.device.held[entry.channel].add(entry.seq)
        return True

    def _is_stored(self, entry: Entry) -> bool:
        """Whether an entry was shown as it is stored, or as it was until it was edited or recalled."""
        stored = self.ledger.at.get((entry.channel, entry.seq))
        if stored is None:
            return False
        if self._may_differ(entry):
            entry = entry._replace(body=stored.body)
        return entry in (stored, stored._replace(sender=_told_sender(stored)))

    def _may_differ(self, entry: Entry) -> bool:
        """Whether it may have said something else than it does now; an edit shows what its message says."""
        position = (entry.channel, entry.seq)
        if position in self.ledger.recalled:
            return True
        if entry.changes:
            texts = self.ledger.edited.get((entry.channel, entry.changes), [])
            return entry.body in ("", *texts)
        return position in self.ledger.edited and self.ledger.may_say(entry)

    def _in_line(self, line: _Line, channel: str, seq: int) -> None:
        """Live frames of a channel rise, without a double."""
        report, shown = self.ledger.report, line.shown[channel]
        if seq in shown:
            report.dup.append(Finding(channel, seq, line.name, "shown twice live"))
        elif seq < line.latest.get(channel, 0):
            report.reorder.append(Finding(channel, seq, line.name, f"shown after {line.latest[channel]}"))
        else:
            line.latest[channel] = seq
        shown.add(seq)

    def check_page(self, who: str, entries: Iterable[Entry]) -> None:
        """Entries of a page rise, without a double."""
        latest: dict[str, int] = {}
        for entry in entries:
            before = latest.get(entry.channel, 0)
            if entry.seq == before:
                self.ledger.report.dup.append(Finding(entry.channel, entry.seq, who, "twice in one page"))
            elif entry.seq < before:
                self.ledger.report.reorder.append(
                    Finding(entry.channel, entry.seq, who, f"in a page after {before}")
                )
            latest[entry.channel] = max(before, entry.seq)

    def _allowed(self, user: str, channel: str, seq: int) -> bool:
        return contains(self.ledger.history.stays.get(channel, {}).get(user, ()), seq)

    def _leak(self, line: _Line, channel: str, seq: int, how: str) -> None:
        who = f"{line.device.user} on {line.name}"
        self.ledger.report.leak.append(Finding(channel, seq, who, f"{how} what is outside his stays"))

    def _phantom(self, line: _Line, channel: str, seq: int, how: str) -> None:
        stored = self.ledger.at.get((channel, seq))
        what = f"{how} what is not stored" if stored is None else f"{how} another entry than is stored"
        self.ledger.report.phantom.append(Finding(channel, seq, f"{line.device.user} on {line.name}", what))


def _told_sender(entry: Entry) -> str:
    """Whom readers are told to have made an entry: what an outsider wants, the system says."""
    return "system" if entry.by_outsider else entry.sender


# ---- what is missing


def _check_missing(ledger: Ledger, reading: _Reading) -> None:
    """A device that is connected in the end lacks nothing that came since it first connected."""
    floors = _floors(ledger)
    for name, device in reading.devices.items():
        if not device.open_connections:
            continue
        for channel, stays in ledger.history.stays.items():
            mine = stays.get(device.user)
            floor = min(_floor(floors[channel], device.opened_at), device.first_live.get(channel, _NEVER))
            if mine and floor < _NEVER:
                held = device.held.get(channel, set())
                wanted = (entry.seq for entry in ledger.history.logs.get(channel, ()) if entry.seq >= floor)
                lacking = [seq for seq in wanted if seq not in held and contains(mine, seq)]
                _report_missing(ledger, channel, lacking, f"{device.user} on {name}")


_NEVER: Final = 10**18

_Floors = tuple[list[int], list[int]]
"""Indexes of first sends, rising, and for each the lowest seq stored by it or a later one."""


def _floors(ledger: Ledger) -> dict[str, _Floors]:
    """Per channel: from which seq on somebody who connected at an index must have everything."""
    stored: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for write in ledger.writes.values():
        for channel in ledger.channels_of(write):
            for seq in ledger.places.get((channel, write.sent.user, write.sent.client_message_id), []):
                stored[channel].append((write.attempts[0].sent_at, seq))
    floors: dict[str, _Floors] = defaultdict(lambda: ([], []))
    for channel, rows in stored.items():
        rows.sort()
        lowest, seqs = _NEVER, []
        for _, seq in reversed(rows):
            lowest = min(lowest, seq)
            seqs.append(lowest)
        floors[channel] = ([sent_at for sent_at, _ in rows], seqs[::-1])
    return floors


def _floor(floors: _Floors, opened_at: int) -> int:
    indexes, seqs = floors
    place = bisect_right(indexes, opened_at)
    return seqs[place] if place < len(seqs) else _NEVER


def _check_final_read(ledger: Ledger, reading: _Reading, user: str, channel: str) -> None:
    """The history API gives exactly what the stays allow."""
    entries = ledger.history.final_reads[user, channel]
    reader = _Line("final read", _Device(user, 0), live=False)
    reading.check_page(f"{user} in the end", entries)
    cleared = ledger.history.cleared.get((user, channel), 0)
    for entry in entries:
        if reading.show(reader, entry, "read in the end"):
            _check_gone(ledger, entry, user, cleared)
    mine = after(ledger.history.stays.get(channel, {}).get(user, ()), cleared)
    held = {entry.seq for entry in entries}
    wanted = (entry.seq for entry in ledger.history.logs.get(channel, ()))
    lacking = [seq for seq in wanted if seq not in held and contains(mine, seq)]
    _report_missing(ledger, channel, lacking, f"{user} in the end")


def _check_gone(ledger: Ledger, entry: Entry, user: str, cleared: int) -> None:
    """What is read in the end was neither cleared by its reader, nor does it say what was recalled."""
    if entry.seq <= cleared:
        ledger.report.leak.append(Finding(entry.channel, entry.seq, user, "read what he has cleared"))
    if entry.body and not ledger.recalled.isdisjoint(
        {(entry.channel, entry.seq), (entry.channel, entry.changes)}
    ):
        ledger.report.kept.append(Finding(entry.channel, entry.seq, user, "read what was recalled"))


def _report_missing(ledger: Ledger, channel: str, seqs: Iterable[int], who: str) -> None:
    for seq in seqs:
        if (channel, seq) not in ledger.excused:
            ledger.report.gap.append(Finding(channel, seq, who, "was never shown this entry"))
