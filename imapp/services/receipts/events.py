"""Telling senders what became of their messages: each mark where few are, sums in big groups."""

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from imapp.domain import spans
from imapp.domain.channel import Member
from imapp.domain.entries import MESSAGES, LogEntry, wire_time
from imapp.domain.receipts import Receipt, push_states, recipients
from imapp.domain.sharing import without_reads
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.outgoing.outlet import Outlet
from imapp.services.reading.sharing import ReadSharing
from imapp.stores.channel_rows import Head
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.pushes import Flush, PushLedger
from schemas.common import ChannelType
from schemas.frames import ReceiptEvent, ReceiptsEvent
from schemas.receipts import PushStatus
from schemas.tasks import Notice

SMALL_GROUP: Final = 50  # members
SUM_EVERY_S: Final = 2.0
_RECENT: Final = 20  # entries, whose senders are told
_MAX_SUMMED: Final = 5  # senders of a big group, the latest
_MAX_CHANNELS: Final = 1_000  # big groups waiting to be summed; it is a hint, and `pushes` is the truth

_ENCODER: Final = msgspec.json.Encoder()

Place = tuple[str, int]
"""A channel's id, and up to which seq of it a mark goes."""

Audience = Mapping[Place, Sequence[Member]]
"""Who may be told of the marks that go up to a place."""


def is_small(head: Head) -> bool:
    """Whether a channel's senders hear of each mark by itself."""
    return head.channel.type is ChannelType.DIRECT or head.member_count <= SMALL_GROUP


class ReceiptTeller:
    """Words each mark of direct chats and small groups for those who sent lately."""

    def __init__(self, members: MemberStore, log: MessageLog, sharing: ReadSharing) -> None:
        self._members = members
        self._log = log
        self._sharing = sharing

    def notices(self, flushes: Iterable[Flush], heads: Mapping[str, Head]) -> list[Notice]:
        """One notice a sender and channel, with the frames of all marks that are not his own.

        Who hides what he reads hears of nothing that was read.
        """
        small = [flush for flush in flushes if is_small(heads[flush.channel_id])]
        audience = self._audience(small, heads)
        sharing = self._sharing.of({member.user_id for members in audience.values() for member in members})
        frames: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for flush in small:
            for receipt in flush.receipts:
                frame = _frame(flush, receipt)
                for member in audience[flush.channel_id, receipt.up_to_seq]:
                    hidden = flush.status is PushStatus.READ and not sharing[member.user_id].shares
                    if not hidden and _concerns(receipt, member):
                        frames[flush.channel_id, member.user_id].append(frame)
        return [Notice(user_id=user_id, frame=b"".join(told)) for (_, user_id), told in frames.items()]

    def _audience(self, flushes: Sequence[Flush], heads: Mapping[str, Head]) -> Audience:
        """In a direct chat the two of them; in a group the senders of what is newest among the marked."""
        marked = {(flush.channel_id, mark.up_to_seq) for flush in flushes for mark in flush.receipts}
        direct = {name for name, _ in marked if heads[name].channel.type is ChannelType.DIRECT}
        two: dict[str, list[Member]] = defaultdict(list)
        for row in self._members.rows_in(direct) if direct else ():
            two[row.channel_id].append(row.member)
        groups = {place for place in marked if place[0] not in direct}
        in_direct = {place: two[place[0]] for place in marked - groups}
        return {**self._senders(groups), **in_direct} if groups else in_direct

    def _senders(self, marked: Collection[Place]) -> Audience:
        """Those of the entries just up to each place; what is archived is too old to tell of."""
        recent = {(name, up_to): range(max(1, up_to - _RECENT + 1), up_to + 1) for name, up_to in marked}
        senders = self._log.senders((name, seqs[0], seqs[-1]) for (name, _), seqs in recent.items())
        rows = self._members.find_all({(name, sender) for (name, _), sender in senders.items()})
        audience: dict[Place, list[Member]] = {}
        for (name, up_to), seqs in recent.items():
            told = {senders[name, seq] for seq in seqs if (name, seq) in senders}
            audience[name, up_to] = [rows[name, sender].member for sender in told if (name, sender) in rows]
        return audience


class ReceiptSums:
    """Sums up the marks of big groups, every other second. `add` may be called by another thread."""

    def __init__(
        self,
        *,
        members: MemberStore,
        log: MessageLog,
        ledger: PushLedger,
        sharing: ReadSharing,
        outlet: Outlet,
    ) -> None:
        self._members = members
        self._log = log
        self._ledger = ledger
        self._sharing = sharing
        self._outlet = outlet
        self._lock = threading.Lock()
        self._waiting: set[str] = set()

    def add(self, channel_ids: Iterable[str]) -> None:
        """Take channels in which somebody has received or read something."""
        with self._lock:
            for channel_id in channel_ids:
                if len(self._waiting) < _MAX_CHANNELS:
                    self._waiting.add(channel_id)

    def tell(self) -> None:
        """Tell the latest senders of each waiting channel how far their newest message got.

        Raises:
            StoreUnavailable: one is not told until the next marks bring it again, the rest the next time.
        """
        with self._lock:
            channel_ids, self._waiting = self._waiting, set()
        try:
            while channel_ids:
                self._outlet.notify(self._sums(channel_ids.pop()))
        finally:
            # One that can't be summed in time must not keep the others from being told.
            self.add(channel_ids)

    def _sums(self, channel_id: str) -> list[Notice]:
        newest = self._log.page(channel_id, 1, _LAST_SEQ, limit=_RECENT, newest_first=True)
        by_sender = {entry.sender: entry for entry in newest if entry.type in MESSAGES}
        members = self._members.of_channels([channel_id]).get(channel_id, {}) if by_sender else {}
        # How it goes on is no business of who has left (I3).
        present = {user_id for user_id, member in members.items() if member.present}
        here = [entry for entry in by_sender.values() if entry.sender in present]
        return [
            Notice(
                user_id=entry.sender,
                frame=self._sum(entry, recipients(members.values(), entry.sender, entry.seq)),
            )
            for entry in sorted(here, key=lambda entry: entry.seq)[-_MAX_SUMMED:]
        ]

    def _sum(self, entry: LogEntry, receivers: Sequence[str]) -> bytes:
        receipts = self._ledger.covering(entry.channel_id, entry.seq)
        if not self._sharing.sees(entry.sender):
            receipts = without_reads(receipts)
        states = push_states(entry.seq, receivers, receipts, stored_ms=entry.time_ms)
        found = Counter(state.status for state in states.values())
        event = ReceiptsEvent(
            channel_id=entry.channel_id,
            seq=entry.seq,
            total=len(receivers),
            received=found[PushStatus.RECEIVED],
            read=found[PushStatus.READ],
        )
        return websocket_frame(_ENCODER.encode(event))


_LAST_SEQ: Final = 10**12 - 1


def _concerns(receipt: Receipt, member: Member) -> bool:
    """Whether somebody else's mark speaks of anything that a member may see, who is still there (I3)."""
    if member.user_id == receipt.receiver or not member.present:
        return False
    return any(True for _ in spans.clipped(member.spans, receipt.from_seq, receipt.up_to_seq))


def _frame(flush: Flush, receipt: Receipt) -> bytes:
    event = ReceiptEvent(
        channel_id=flush.channel_id,
        user_id=receipt.receiver,
        status=flush.status,
        from_seq=receipt.from_seq,
        up_to_seq=receipt.up_to_seq,
        at=wire_time(receipt.at_ms),
    )
    return websocket_frame(_ENCODER.encode(event))
