"""The state of one channel that its writer decides by."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from imapp.domain import spans
from imapp.domain.entries import LogEntry
from imapp.domain.spans import Spans
from schemas.common import ChannelStatus, ChannelType, Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is or was in a channel."""

    user_id: str
    role: Role
    spans: Spans

    @property
    def present(self) -> bool:
        """Whether he is in now."""
        return spans.is_open(self.spans)


@dataclass(slots=True)
class Channel:
    """A channel's members and settings, and the head of its log. Only `append` changes it in place."""

    channel_id: str
    type: ChannelType
    name: str
    avatar: str
    creator: str
    owner: str | None
    max_members: int
    status: ChannelStatus
    created_ms: int
    members: dict[str, Member]
    last_seq: int = 0
    last_countable: int = 0

    def append(self, entry: LogEntry) -> None:
        """Move the head to a new entry."""
        self.last_seq = entry.seq
        self.last_countable = entry.countable

    def present(self) -> list[Member]:
        """The members who are in now, longest stay first."""
        members = [member for member in self.members.values() if member.present]
        return sorted(members, key=lambda member: (member.spans[-1][0], member.user_id))

    def with_members(self, changed: Iterable[Member]) -> "Channel":
        """A copy in which these members stand as given."""
        return replace(self, members=self.members | {member.user_id: member for member in changed})
