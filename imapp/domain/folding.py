"""Receipts of a channel folded: fewer rows that give the same answer for every entry.

The answer for an entry is the earliest receipt that covers it, so of a receipt only what no earlier one
covers counts. What is left of a reader's cumulative marks are neighbours: 1..5, 6..9, 10..12. Each entry is
then found in a few of them, wherever it lies.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from imapp.domain.receipts import Receipt
from schemas.receipts import PushStatus

Range = tuple[int, int]
"""From one seq to another, both included."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known of what was folded before: 1..up_to_seq is covered, by nothing later than this time."""

    up_to_seq: int
    at_ms: int


def folded(
    receipts: Iterable[Receipt], before: Mapping[str, Reach]
) -> tuple[list[Receipt], dict[str, Reach]]:
    """The receipts of one status without what others of them, or those folded before, say earlier.

    Gives them by where they begin, and how far each receiver reaches now.
    """
    by_receiver: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        by_receiver[receipt.receiver].append(receipt)
    kept: list[Receipt] = []
    reaches: dict[str, Reach] = {}
    for receiver, own in by_receiver.items():
        reach = before.get(receiver, Reach(0, 0))
        kept += _folded_of_one(own, reach)
        reaches[receiver] = _reach(own, reach)
    return sorted(kept, key=lambda receipt: (receipt.from_seq, receipt.up_to_seq)), reaches


def says_nothing_new(receipt: Receipt, known: Iterable[Receipt], reaches: Mapping[PushStatus, Reach]) -> bool:
    """Whether every answer stays the same without a receipt, given others of its receiver.

    `reaches` is what was folded before. What was read has been received, whenever.
    """
    ranges = [(one.from_seq, one.up_to_seq) for one in known if _says_as_much(one.status, one.at_ms, receipt)]
    ranges += [
        (1, reach.up_to_seq)
        for status, reach in reaches.items()
        if _says_as_much(status, reach.at_ms, receipt)
    ]
    return not any(True for _ in _beyond((receipt.from_seq, receipt.up_to_seq), _joined(ranges)))


def _says_as_much(status: PushStatus, at_ms: int, receipt: Receipt) -> bool:
    if status is PushStatus.READ and receipt.status is PushStatus.RECEIVED:
        return True
    return status is receipt.status and at_ms <= receipt.at_ms


def _folded_of_one(receipts: list[Receipt], reach: Reach) -> Iterable[Receipt]:
    covered: list[Range] = []
    for receipt in sorted(receipts, key=lambda receipt: (receipt.at_ms, -receipt.up_to_seq)):
        # A clock that went back: this one may say earlier what was said before.
        known = covered if receipt.at_ms < reach.at_ms else _joined([*covered, (1, reach.up_to_seq)])
        for start, end in _beyond((receipt.from_seq, receipt.up_to_seq), known):
            yield replace(receipt, from_seq=start, up_to_seq=end)
        covered = _joined([*covered, (receipt.from_seq, receipt.up_to_seq)])


def _reach(receipts: list[Receipt], before: Reach) -> Reach:
    ranges = [(receipt.from_seq, receipt.up_to_seq) for receipt in receipts]
    start, end = _joined([(1, before.up_to_seq), *ranges])[0]
    latest = max(before.at_ms, *(receipt.at_ms for receipt in receipts))
    return Reach(end, latest) if start == 1 else before


def _joined(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers as few ranges in order, without empty ones."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if end < start:
            continue
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _beyond(wanted: Range, covered: Iterable[Range]) -> Iterable[Range]:
    """What of a range lies in none of these, which are in order."""
    start, last = wanted
    for low, high in covered:
        if start > last or low > last:
            break
        if start < low:
            yield start, low - 1
        start = max(start, high + 1)
    if start <= last:
        yield start, last
