"""What the core hands out: actions for the link and changes for the screen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imapp.cli.chat.asks import Ask
from imapp.cli.chat.connection import State
from schemas import frames, group_frames
from schemas.messages import Entry

Write = (
    frames.Send
    | frames.Recall
    | frames.Edit
    | frames.Nudge
    | frames.CreateGroup
    | frames.OpenDirect
    | frames.UpdateChannel
    | frames.AddMembers
    | frames.RemoveMember
    | frames.Leave
    | group_frames.SetRole
    | group_frames.TransferOwner
    | group_frames.SetAnnouncement
    | group_frames.SetNickname
    | group_frames.MuteMember
    | group_frames.UnmuteMember
    | group_frames.SetStatus
    | group_frames.Dissolve
    | group_frames.RequestJoin
    | group_frames.WithdrawJoinRequest
    | group_frames.AnswerJoinRequests
)
"""A request that changes something, repeatable by its client_message_id."""

Clock = Callable[[], float]
"""Seconds from any fixed point, never going back."""


# ---- for the link


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send one text frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the connection; nothing of it is wanted any more."""

    code: int


Action = Connect | Transmit | Disconnect


# ---- for the screen


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The connection is in another state."""

    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The next entry of a channel: each once, in seq order."""

    channel_id: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Older:
    """A wanted page of older entries came (or can't come): it is at the bottom of the timeline now."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A row of the conversation list is new or different."""

    channel_id: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """Something that I set about a conversation is different: here, or on another device of mine."""

    channel_id: str
    what: str
    here: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The final answer to a write: where it is now, or why it was refused."""

    request: Write
    channel_id: str = ""
    seq: int | None = None
    error: frames.ErrorReply | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to what the person asked, or why there is none."""

    question: Ask
    reply: Any


@dataclass(frozen=True, slots=True)
class Synced:
    """The conversation list is complete."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The server's store is another one: all that was held is dropped and being loaded again."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know."""

    text: str


Change = LinkChanged | Arrived | Older | Changed | Tuned | Answered | Told | Synced | Reloaded | Notice


class Outputs:
    """Where the parts of the core leave what they want done and shown."""

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self._changes: list[Change] = []

    def do(self, *actions: Action) -> None:
        """Leave actions for the link."""
        self._actions += actions

    def show(self, *changes: Change) -> None:
        """Leave changes for the screen."""
        self._changes += changes

    def take_actions(self) -> list[Action]:
        """The actions since the last call, in order."""
        actions, self._actions = self._actions, []
        return actions

    def take_changes(self) -> list[Change]:
        """The changes since the last call, in order."""
        changes, self._changes = self._changes, []
        return changes
