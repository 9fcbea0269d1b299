"""What the core answers to a command, and what it must be told to decide.

What is made for every message is a `Struct`, which costs a fifth of a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct, field

from imapp.domain.channel import Channel, JoinRequest, Member
from imapp.domain.entries import RECALLED, LogEntry
from imapp.domain.files import FileFacts
from imapp.domain.spans import Spans
from schemas.errors import ErrorCode


class Profile(Struct, frozen=True, gc=False):
    """A person as the log quotes him."""

    user_id: str
    name: str
    avatar: str
    active: bool


class References(Struct, frozen=True):
    """What the commands of a batch refer to, where any does.

    The entries that they name and that are there, by message id; and the stays of who forwards in the channel
    of what he forwards, by channel id and user id.
    """

    entries: Mapping[str, LogEntry] = {}
    stays: Mapping[tuple[str, str], Spans] = {}


NO_REFERENCES: Final = References()


class Windows(Struct, frozen=True):
    """For how long after a message was sent its sender may recall and edit it."""

    recall_ms: int
    edit_ms: int


DEFAULT_WINDOWS: Final = Windows(recall_ms=120_000, edit_ms=900_000)


class Facts(Struct, frozen=True):
    """What was looked up for a command: whom and what it names, its time and the hash of its body.

    For one that changes an earlier entry also that entry (None: there is none), and the one that lists show
    of the channel now.
    """

    now_ms: int
    users: Mapping[str, Profile]
    body_hash: bytes
    references: References = NO_REFERENCES
    target: LogEntry | None = None
    shown: LogEntry | None = None
    windows: Windows = DEFAULT_WINDOWS
    files: Mapping[str, FileFacts] = {}


@dataclass(frozen=True, slots=True)
class Amendment:
    """An earlier entry before and after a command changed it, and the one that lists show afterwards."""

    before: LogEntry
    after: LogEntry
    shown: LogEntry | None

    @property
    def is_recall(self) -> bool:
        """Whether what it said is gone, so that nothing may keep it."""
        return self.after.status == RECALLED


@dataclass(frozen=True, slots=True)
class Change:
    """What a command with effects does beside its entry; stored with it in one transaction."""

    after: Channel
    members: tuple[Member, ...]
    joins: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    created: bool = False
    requests: tuple[JoinRequest, ...] = ()
    """Requests to join that are new or answered; `settled` are the people whose request is gone."""
    settled: tuple[str, ...] = ()
    amendment: Amendment | None = None
    picture: str | None = None
    """The file that the channel is shown by from now on, "" for none of ours; None where that stays."""


class Accepted(Struct, frozen=True):
    """The entry to store (None: nothing to say) and its effects (None: a plain send).

    `file_id` is the file that the entry refers to: the reference is stored with it, so that the file stays.
    """

    channel_id: str
    entry: LogEntry | None
    change: Change | None = None
    file_id: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether everything is already as the command wants it."""
        return self.entry is None and self.change is None


class Rejected(Struct, frozen=True):
    """A refusal; not remembered, so a later try may succeed.

    `absent` is the id of a message that is refused because it was not there, and for no other reason.
    """

    code: ErrorCode
    data: dict[str, Any] = field(default_factory=dict)
    absent: str | None = None


Decision = Accepted | Rejected
