"""The three states of a message with each of its recipients, worked out from what was noted down.

A receipt says that somebody received or read everything from one seq to another. They come in any order and
any number of times; the answer is the same, because each state is the earliest receipt that says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from imapp.domain import spans
from imapp.domain.channel import Member
from schemas.receipts import PushStatus


@dataclass(frozen=True, slots=True)
class Receipt:
    """Somebody received or read what he may see of from_seq..up_to_seq, at a time stamped where it happened.

    A mark of a client is cumulative and begins at 1; a page of history that was fetched begins at its start.
    """

    receiver: str
    status: PushStatus
    up_to_seq: int
    at_ms: int
    from_seq: int = 1
    process: str = field(default="", compare=False)
    """Which gateway took it, for those who trace a message; "" where that is not known."""


@dataclass(frozen=True, slots=True)
class PushState:
    """A recipient's state, and since when."""

    status: PushStatus
    since_ms: int


def recipients(members: Iterable[Member], sender: str, seq: int) -> list[str]:
    """To whom the entry at `seq` went: those whose stay covers it, without its sender; by id."""
    return sorted(
        member.user_id for member in members if member.user_id != sender and spans.contains(member.spans, seq)
    )


def push_states(
    seq: int, receivers: Iterable[str], receipts: Iterable[Receipt], *, stored_ms: int
) -> dict[str, PushState]:
    """The state of the entry at `seq` for each receiver. Read implies received.

    Clocks of two machines may differ, so nothing is received before it was stored.
    """
    earliest = _earliest(seq, receipts)
    return {receiver: _state(receiver, earliest, stored_ms) for receiver in receivers}


def clamped(receipt: Receipt, stays: spans.Spans, last_seq: int) -> Receipt | None:
    """The receipt cut to what its receiver may see, so a late one of who has left counts; None: nothing."""
    up_to = min(receipt.up_to_seq, spans.visible_last(stays, last_seq))
    if up_to < receipt.from_seq or up_to < 1:
        return None
    return replace(receipt, up_to_seq=up_to)


def _earliest(seq: int, receipts: Iterable[Receipt]) -> dict[tuple[str, PushStatus], int]:
    earliest: dict[tuple[str, PushStatus], int] = {}
    for receipt in receipts:
        if receipt.from_seq <= seq <= receipt.up_to_seq:
            key = (receipt.receiver, receipt.status)
            earliest[key] = min(receipt.at_ms, earliest.get(key, receipt.at_ms))
    return earliest


def _state(receiver: str, earliest: Mapping[tuple[str, PushStatus], int], stored_ms: int) -> PushState:
    for status in (PushStatus.READ, PushStatus.RECEIVED):
        at_ms = earliest.get((receiver, status))
        if at_ms is not None:
            return PushState(status, max(at_ms, stored_ms))
    return PushState(PushStatus.UNRECEIVED, stored_ms)
