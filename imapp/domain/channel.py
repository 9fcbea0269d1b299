"""The state of one channel that its writer decides by."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from imapp.domain import spans
from imapp.domain.entries import LogEntry
from imapp.domain.spans import Spans
from imapp.domain.unread import NONE_RECALLED, Recalled
from schemas.common import ChannelStatus, ChannelType, EditPolicy, JoinPolicy, Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is or was in a channel. `muted_until_ms` is 0, or when he may write again."""

    user_id: str
    role: Role
    spans: Spans
    nickname: str = ""
    muted_until_ms: int = 0

    @property
    def present(self) -> bool:
        """Whether he is in now."""
        return spans.is_open(self.spans)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a group's admins have set about its order."""

    join: JoinPolicy = JoinPolicy.INVITE
    mute_all: bool = False
    edit: EditPolicy = EditPolicy.ADMINS


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is put up in a group, by whom and when."""

    text: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody who wants in (`by` himself), or whom a member wants in. Kept for a while when refused."""

    user_id: str
    by: str
    reason: str
    at_ms: int
    refused: bool = False


@dataclass(slots=True)
class Channel:
    """A channel's members and settings, and the head of its log. Only `append` changes it in place.

    `locked` says that an admin of the system has disabled it; `requests` are by user id.
    """

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
    settings: Settings = Settings()
    announcement: Announcement | None = None
    locked: bool = False
    requests: dict[str, JoinRequest] = field(default_factory=dict)
    recalled: Recalled = NONE_RECALLED

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

    def with_requests(self, requests: Iterable[JoinRequest], settled: Iterable[str]) -> "Channel":
        """A copy with these requests to join, and without those of the people who are settled."""
        after = self.requests | {request.user_id: request for request in requests}
        for user_id in settled:
            after.pop(user_id, None)
        return replace(self, requests=after)
