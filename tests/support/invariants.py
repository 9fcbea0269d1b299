"""The invariant checker: judges a recorded history against what the system promises.

Purpose: `check` is a pure function; it runs after every fault test and after every load run. The promises
are I1-I5 of the architecture, and that nothing is shown which is not stored.
What stays out: recording (`recorder`) and waiting. A history must be complete: recorded until it is quiet.
Invariants: one fault gives one finding where it lies; what merely follows from it is not reported again.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from tests.support.archived import check_archive
from tests.support.history import Answered, Entry, History
from tests.support.ledger import Attempt, Ledger, Write, says
from tests.support.readers import check_readers
from tests.support.report import Finding, Report

OUTCOME_OPEN: Final = "busy"
"""The one refusal after which the write may have happened all the same."""

_REFUSED_AS_KNOWN: Final = "conflict"


def check(history: History) -> Report:
    """Every broken promise of a history."""
    ledger = Ledger.of(history)
    for write in ledger.writes.values():
        _check_write(ledger, write)
    _check_places(ledger)
    _check_logs(ledger)
    _check_order_of_connections(ledger)
    _check_order_in_time(ledger)
    check_readers(ledger)
    check_archive(ledger)
    return ledger.report


# ---- I1, I4: what was answered is so


def _check_write(ledger: Ledger, write: Write) -> None:
    ack = write.ack
    if ack is None:
        _check_refused(ledger, write)
        return
    if ack.seq:
        ledger.report.acked += 1
    for attempt in write.attempts:
        if attempt.answer is not None and attempt.acked:
            _check_answer(ledger, attempt, attempt.answer, ack)


def _check_answer(ledger: Ledger, attempt: Attempt, answer: Answered, first: Answered) -> None:
    sent = attempt.sent
    if (answer.channel, answer.seq, answer.message_id) != (first.channel, first.seq, first.message_id):
        what = f"{sent.client_message_id} answered {answer.message_id} after {first.message_id}"
        ledger.report.dup.append(Finding(answer.channel, answer.seq, sent.user, what))
        ledger.distrusted.add((sent.connection, sent.request))
        return
    problem = _problem(ledger, attempt, answer) if answer.seq else ""
    if problem:
        finding = Finding(answer.channel, answer.seq, sent.user, f"{sent.client_message_id} acked, {problem}")
        seqs = ledger.places.get((answer.channel, sent.user, sent.client_message_id), [])
        if ledger.report.lost[-1:] != [finding]:  # a repeat may have got the same answer
            ledger.report.lost.append(finding)
        ledger.excused.update((answer.channel, seq) for seq in (answer.seq, *seqs))
        ledger.distrusted.add((sent.connection, sent.request))


def _problem(ledger: Ledger, attempt: Attempt, answer: Answered) -> str:
    """What is wrong with an answer, empty if the entry is where it says."""
    sent, entry = attempt.sent, ledger.at.get((answer.channel, answer.seq))
    if entry is None or (entry.sender, entry.client_message_id) != (sent.user, sent.client_message_id):
        seqs = ledger.places.get((answer.channel, sent.user, sent.client_message_id))
        return f"but stored at {seqs}" if seqs else "but not stored"
    problem = _otherwise(ledger, entry, sent.body)
    if problem:
        return problem
    if answer.message_id != f"{answer.channel}.{answer.seq:012d}":
        return f"but the answer names {answer.message_id}"
    return ""


def _otherwise(ledger: Ledger, entry: Entry, text: str | None) -> str:
    """In what an entry differs from what was sent, or from the last edit of it; empty if in nothing."""
    position = (entry.channel, entry.seq)
    if text is None or entry.changes or position in ledger.recalled:
        return ""  # what an edit says its message says; `kept` tells of what was recalled
    edits = ledger.edited.get(position)
    if edits:
        return "" if says(entry.body, edits[-1]) else f"but stored as {entry.body[:60]!r}, not as last edited"
    return "" if entry.body == text else f"but stored as {entry.body[:60]!r}, not {text[:60]!r}"


def _check_refused(ledger: Ledger, write: Write) -> None:
    """What was refused for good must not be stored."""
    codes = {attempt.answer.code if attempt.answer else OUTCOME_OPEN for attempt in write.attempts}
    if codes & {OUTCOME_OPEN, _REFUSED_AS_KNOWN}:
        return
    sent = write.sent
    for channel in ledger.channels_of(write):
        for seq in ledger.places.get((channel, sent.user, sent.client_message_id), []):
            what = f"{sent.client_message_id} refused ({', '.join(sorted(codes))}), but stored"
            _report_stored(ledger, Finding(channel, seq, sent.user, what))


def _report_stored(ledger: Ledger, finding: Finding) -> None:
    ledger.report.phantom.append(finding)
    ledger.excused.add((finding.channel, finding.seq))


# ---- I1, I2: the logs


def _check_places(ledger: Ledger) -> None:
    """One write, one entry; and no entry that nobody wrote."""
    writers = {user for user, _, _ in ledger.writes}
    written = {(user, client_id) for user, _, client_id in ledger.writes}
    for (channel, sender, client_id), seqs in ledger.places.items():
        if len(seqs) > 1:
            ledger.report.dup.append(Finding(channel, seqs[1], sender, f"{client_id} stored at {seqs}"))
            ledger.excused.update((channel, seq) for seq in seqs[1:])
        if sender in writers and (sender, client_id) not in written:
            _report_stored(ledger, Finding(channel, seqs[0], sender, f"{client_id} stored, but never sent"))
    for write in ledger.writes.values():
        channels = ledger.channels_of(write)
        if write.sent.destination.startswith("to:") and len(channels) > 1:
            sent = write.sent
            what = f"{sent.client_message_id} {sent.destination} stored in {channels}"
            ledger.report.dup.append(Finding(channels[1], 0, sent.user, what))


def _check_logs(ledger: Ledger) -> None:
    for channel, entries in ledger.history.logs.items():
        for one, other in pairwise(entries):
            if other.seq <= one.seq:
                ledger.report.dup.append(
                    Finding(channel, other.seq, other.sender, "this seq is in the log twice")
                )
        seqs = {entry.seq for entry in entries}
        for seq in set(range(1, max(seqs, default=0) + 1)) - seqs:
            if (channel, seq) not in ledger.excused:
                ledger.report.gap.append(Finding(channel, seq, "log", "a hole in the log"))
                ledger.excused.add((channel, seq))


# ---- I5: order


def _check_order_of_connections(ledger: Ledger) -> None:
    """Stored order is the order of sending, connection by connection; after a refusal, of the retries."""
    lines: dict[tuple[str, str], list[tuple[int, list[Attempt], Write]]] = defaultdict(list)
    for answer, write in _trusted_acks(ledger):
        origins = _origins(write)
        connections = {attempt.sent.connection for attempt in origins}
        if len(connections) == 1:
            lines[connections.pop(), answer.channel].append((answer.seq, origins, write))
    for (connection, channel), line in lines.items():
        line.sort(key=lambda item: item[0])
        latest = -1
        for seq, origins, write in line:
            later = [attempt.sent_at for attempt in origins if attempt.sent_at > latest]
            if later:
                latest = later[0]
            else:
                _report_order(
                    ledger, channel, seq, f"{connection}: {write.sent.client_message_id} was sent earlier"
                )


def _origins(write: Write) -> list[Attempt]:
    """The attempts that may have made the entry: the first, or those right after a refusal.

    Only `busy` leaves open whether the refused attempt was stored; any other refusal rules it out.
    """
    origins: list[Attempt] = []
    renewed = True
    for attempt in write.attempts:
        code = attempt.answer.code if attempt.answer else ""
        if renewed and code in ("", OUTCOME_OPEN):
            origins.append(attempt)
        renewed = code != ""
    return origins


def _check_order_in_time(ledger: Ledger) -> None:
    """Whoever sends after somebody's ack comes after him: a log has one writer."""
    logs: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
    for answer, write in _trusted_acks(ledger):
        acked_at = min(attempt.answered_at for attempt in write.attempts if attempt.acked)
        origins = _origins(write)
        if origins:
            logs[answer.channel].append(
                (answer.seq, origins[0].sent_at, acked_at, write.sent.client_message_id)
            )
    for channel, rows in logs.items():
        newest_sent = -1
        for seq, sent_at, acked_at, client_id in sorted(rows):
            if acked_at < newest_sent:
                _report_order(ledger, channel, seq, f"{client_id} was acked before an earlier entry was sent")
            newest_sent = max(newest_sent, sent_at)


def _trusted_acks(ledger: Ledger) -> Iterator[tuple[Answered, Write]]:
    for write in ledger.writes.values():
        ack = write.ack
        if ack is not None and ack.seq and (ack.connection, ack.request) not in ledger.distrusted:
            yield ack, write


def _report_order(ledger: Ledger, channel: str, seq: int, what: str) -> None:
    if (channel, seq) not in ledger.reordered:
        ledger.reordered.add((channel, seq))
        ledger.report.reorder.append(Finding(channel, seq, "log", what))
