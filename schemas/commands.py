"""The writes that people ask for, as they go to the shard writers.

They are MessagePack arrays, so a field's position is its name: only append, and raise VERSION in
`schemas.tasks` when an older reader could misread what a newer writer sends.
"""

from typing import Any

from msgspec import Struct


class Command(Struct, array_like=True, tag=True, kw_only=True):
    """A write that somebody asked for. `actor` and `client_message_id` make it repeatable."""

    actor: str
    client_message_id: str


class SendMessage(Command, kw_only=True):
    """Append a message to a channel, or with `to` to the direct channel of actor and `to`."""

    channel_id: str | None = None
    to: str | None = None
    message_type: int = 1
    content: str = ""
    extra: dict[str, Any] = {}
    reply_to: str | None = None
    mentions: list[str] = []
    mention_all: bool = False
    forward_of: str | None = None


class CreateGroup(Command, kw_only=True):
    """Make a group; its channel id derives from actor and client id, so a retry finds it."""

    channel_id: str
    name: str
    avatar: str = ""
    user_ids: list[str] = []


class OpenDirect(Command, kw_only=True):
    """Make the direct channel of actor and `to` unless there is one. No entry."""

    to: str


class UpdateChannel(Command, kw_only=True):
    """Change a group's name, avatar or settings; None leaves it."""

    channel_id: str
    name: str | None = None
    avatar: str | None = None
    max_members: int | None = None
    join: str | None = None
    mute_all: bool | None = None
    edit: str | None = None


class AddMembers(Command, kw_only=True):
    """Add people to a channel; a direct channel becomes a group."""

    channel_id: str
    user_ids: list[str]


class RemoveMember(Command, kw_only=True):
    """End somebody's stay."""

    channel_id: str
    user_id: str


class Leave(Command, kw_only=True):
    """End one's own stay."""

    channel_id: str


class SetRole(Command, kw_only=True):
    """Make somebody an admin, or a member again."""

    channel_id: str
    user_id: str
    role: str


class TransferOwner(Command, kw_only=True):
    """Hand a group over to another member."""

    channel_id: str
    user_id: str


class SetAnnouncement(Command, kw_only=True):
    """Put up an announcement, or take it away with an empty text."""

    channel_id: str
    text: str


class SetNickname(Command, kw_only=True):
    """Give a member a name in this group, or take it away with an empty one."""

    channel_id: str
    user_id: str
    nickname: str


class MuteMember(Command, kw_only=True):
    """Let a member write nothing until a time (ms since 1970); 0 ends it."""

    channel_id: str
    user_id: str
    until_ms: int


class SetStatus(Command, kw_only=True):
    """Disable, enable or dissolve a channel.

    `by_admin` says that an admin of the system does it, whoever is in the channel: only the route that has
    checked this may set it, and nobody in the channel can undo it.
    """

    channel_id: str
    status: str
    by_admin: bool = False


class RequestJoin(Command, kw_only=True):
    """Ask to be let into a group."""

    channel_id: str
    reason: str = ""


class WithdrawJoinRequest(Command, kw_only=True):
    """Ask no longer."""

    channel_id: str


class AnswerJoinRequests(Command, kw_only=True):
    """Let in or refuse people who asked, or were proposed."""

    channel_id: str
    user_ids: list[str]
    accept: bool


class RecallMessage(Command, kw_only=True):
    """Take a message back. `by_admin`, which only the admin route sets: by right of the system."""

    channel_id: str
    seq: int
    by_admin: bool = False


class EditMessage(Command, kw_only=True):
    """Let a message say something else."""

    channel_id: str
    seq: int
    content: str
    mentions: list[str] = []


GroupCommand = CreateGroup | UpdateChannel | AddMembers | RemoveMember | Leave
OrderCommand = (
    SetRole
    | TransferOwner
    | SetAnnouncement
    | SetNickname
    | MuteMember
    | SetStatus
    | RequestJoin
    | WithdrawJoinRequest
    | AnswerJoinRequests
)
AmendCommand = RecallMessage | EditMessage
"""What changes an earlier entry."""

AnyCommand = SendMessage | OpenDirect | GroupCommand | OrderCommand | AmendCommand


PeopleCommand = CreateGroup | AddMembers | AnswerJoinRequests
"""What brings people into a group."""
