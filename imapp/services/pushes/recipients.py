"""Who received and who read a message, for people who may read it."""

from collections import Counter
from collections.abc import Mapping

from imapp.domain import spans
from imapp.domain.entries import LogEntry, told_sender, wire_time
from imapp.domain.ids import split_message_id
from imapp.domain.receipts import PushState, push_states, recipients
from imapp.domain.sharing import without_reads
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService
from imapp.services.reading.cursors import after_id
from imapp.services.reading.sharing import ReadSharing
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.pushes import PushLedger
from imapp.stores.users import UserStore
from schemas.common import UserId
from schemas.errors import ErrorCode
from schemas.receipts import Push, PushCounts, PushFilter, PushPage, PushQuery, PushStatus


class PushService:
    """Reads the push records of a message."""

    def __init__(
        self,
        *,
        access: AccessService,
        members: MemberStore,
        log: MessageLog,
        ledger: PushLedger,
        users: UserStore,
        sharing: ReadSharing,
    ) -> None:
        self._access = access
        self._members = members
        self._log = log
        self._ledger = ledger
        self._users = users
        self._sharing = sharing

    def page(self, user_id: str, message_id: str, query: PushQuery) -> PushPage:
        """A page of the recipients of a message, and how many there are of each state.

        Raises:
            RequestError: `not_found`: no such message, or not his to read; `not_member` for somebody who
                has left; `invalid` for a cursor that is not ours.
        """
        after = after_id(query.cursor, UserId)
        entry = self.readable_entry(user_id, message_id)
        states = self.states(user_id, entry)
        shown = [name for name in states if _is_wanted(states[name].status, query.status)]
        page = [name for name in shown if name > after][: query.limit + 1]
        names = page[: query.limit]
        return PushPage(
            message_id=message_id,
            channel_id=entry.channel_id,
            seq=entry.seq,
            counts=_counts(states),
            pushes=self._rows(names, states),
            cursor=names[-1] if len(page) > len(names) else None,
        )

    def counts(self, user_id: str, entry: LogEntry) -> PushCounts:
        """How many recipients of an entry are in each state, as this person may know it."""
        return _counts(self.states(user_id, entry))

    def states(self, user_id: str, entry: LogEntry) -> Mapping[str, PushState]:
        """The state of each recipient as this person may know it, by user id and in that order."""
        members = self._members.of_channels([entry.channel_id]).get(entry.channel_id, {})
        # Who is told to have sent it: to leave out anybody else would tell who it was.
        receivers = recipients(members.values(), told_sender(entry)[0], entry.seq)
        receipts = self._ledger.covering(entry.channel_id, entry.seq)
        if not self._sharing.sees(user_id):
            receipts = without_reads(receipts)
        return push_states(entry.seq, receivers, receipts, stored_ms=entry.time_ms)

    def readable_entry(self, user_id: str, message_id: str) -> LogEntry:
        """An entry, for a present member who may read it.

        Raises:
            RequestError: `not_found`, or `not_member`.
        """
        channel_id, seq = split_message_id(message_id)
        readable = self._access.present(user_id, channel_id)
        if not spans.contains(readable.row.member.spans, seq):
            raise RequestError(ErrorCode.NOT_FOUND)
        entry = self._log.at([(channel_id, seq)]).get(message_id)
        if entry is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return entry

    def _rows(self, names: list[str], states: Mapping[str, PushState]) -> list[Push]:
        profiles = self._users.profiles(names)
        return [
            Push(
                receiver=name,
                name=profiles[name].name if name in profiles else name,
                status=states[name].status,
                last_modified_time=wire_time(states[name].since_ms),
            )
            for name in names
        ]


def _is_wanted(status: PushStatus, wanted: PushFilter | None) -> bool:
    if wanted is PushFilter.UNREAD:
        return status is not PushStatus.READ
    return wanted is None or wanted.value == status.value


def _counts(states: Mapping[str, PushState]) -> PushCounts:
    found = Counter(state.status for state in states.values())
    return PushCounts(
        total=len(states),
        unreceived=found[PushStatus.UNRECEIVED],
        received=found[PushStatus.RECEIVED],
        read=found[PushStatus.READ],
    )
