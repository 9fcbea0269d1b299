"""Every frame of the WebSocket: what a client may ask, what it is answered, what it is told.

A frame is one JSON object in a text message of at most 64 KiB, told apart by `type`. Unknown fields are
ignored; an unknown type is answered with an error and the socket stays open.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from schemas.frames.closing import CLOSE_REASONS, CloseCode
from schemas.frames.events import (
    ClosingEvent,
    ConversationEvent,
    MessageEvent,
    NudgeEvent,
    PresenceEvent,
    ReceiptEvent,
    ReceiptsEvent,
    ResyncEvent,
    SettingsEvent,
    TypingEvent,
)
from schemas.frames.replies import (
    ChangeMeReply,
    ConversationReply,
    EmojisReply,
    ErrorReply,
    HelloReply,
    HistoryReply,
    MessageReceiptsReply,
    NudgeReply,
    Pong,
    ReadReply,
    SearchMessagesReply,
    SettingsReply,
    SyncReply,
    UnreadReply,
    WatchReply,
    WrittenReply,
)
from schemas.frames.requests import (
    MAX_DEVICE_CHARS,
    AddMembers,
    ChangeMe,
    CreateGroup,
    Edit,
    Emojis,
    GetSettings,
    Hello,
    History,
    Leave,
    MessageReceipts,
    Nudge,
    OpenDirect,
    Ping,
    Read,
    Recall,
    Received,
    RemoveMember,
    SearchMessages,
    Send,
    SetConversation,
    SetSettings,
    Sync,
    Typing,
    Unread,
    UpdateChannel,
    Watch,
)
from schemas.group_frames import (
    AnswerJoinRequests,
    Dissolve,
    MuteMember,
    RequestJoin,
    SetAnnouncement,
    SetNickname,
    SetRole,
    SetStatus,
    TransferOwner,
    UnmuteMember,
    WithdrawJoinRequest,
)
from schemas.requests import Request as Request  # other modules take it from here

__all__ = [
    "CLOSE_REASONS",
    "EVENTS",
    "MAX_DEVICE_CHARS",
    "REPLIES",
    "AddMembers",
    "ChangeMe",
    "ChangeMeReply",
    "ClientFrame",
    "CloseCode",
    "ClosingEvent",
    "ConversationEvent",
    "ConversationReply",
    "CreateGroup",
    "Edit",
    "Emojis",
    "EmojisReply",
    "ErrorReply",
    "GetSettings",
    "Hello",
    "HelloReply",
    "History",
    "HistoryReply",
    "Leave",
    "MessageEvent",
    "MessageReceipts",
    "MessageReceiptsReply",
    "Nudge",
    "NudgeEvent",
    "NudgeReply",
    "OpenDirect",
    "Ping",
    "Pong",
    "PresenceEvent",
    "Read",
    "ReadReply",
    "Recall",
    "ReceiptEvent",
    "ReceiptsEvent",
    "Received",
    "RemoveMember",
    "Request",
    "ResyncEvent",
    "SearchMessages",
    "SearchMessagesReply",
    "Send",
    "SetConversation",
    "SetSettings",
    "SettingsEvent",
    "SettingsReply",
    "Sync",
    "SyncReply",
    "Typing",
    "TypingEvent",
    "Unread",
    "UnreadReply",
    "UpdateChannel",
    "Watch",
    "WatchReply",
    "WrittenReply",
]


ClientFrame = (
    Hello
    | Send
    | Recall
    | Edit
    | Read
    | SetConversation
    | ChangeMe
    | GetSettings
    | SetSettings
    | Unread
    | SearchMessages
    | MessageReceipts
    | Nudge
    | Received
    | Sync
    | History
    | CreateGroup
    | OpenDirect
    | UpdateChannel
    | AddMembers
    | RemoveMember
    | Leave
    | SetRole
    | TransferOwner
    | SetAnnouncement
    | SetNickname
    | MuteMember
    | UnmuteMember
    | SetStatus
    | Dissolve
    | RequestJoin
    | WithdrawJoinRequest
    | AnswerJoinRequests
    | Watch
    | Emojis
    | Typing
    | Ping
)


REPLIES: Final[Mapping[type[Request], type[Struct] | None]] = {
    Hello: HelloReply,
    Send: WrittenReply,
    Recall: WrittenReply,
    Edit: WrittenReply,
    Read: ReadReply,
    SetConversation: ConversationReply,
    ChangeMe: ChangeMeReply,
    GetSettings: SettingsReply,
    SetSettings: SettingsReply,
    Unread: UnreadReply,
    SearchMessages: SearchMessagesReply,
    MessageReceipts: MessageReceiptsReply,
    Nudge: NudgeReply,
    Received: None,
    Sync: SyncReply,
    History: HistoryReply,
    CreateGroup: WrittenReply,
    OpenDirect: WrittenReply,
    UpdateChannel: WrittenReply,
    AddMembers: WrittenReply,
    RemoveMember: WrittenReply,
    Leave: WrittenReply,
    SetRole: WrittenReply,
    TransferOwner: WrittenReply,
    SetAnnouncement: WrittenReply,
    SetNickname: WrittenReply,
    MuteMember: WrittenReply,
    UnmuteMember: WrittenReply,
    SetStatus: WrittenReply,
    Dissolve: WrittenReply,
    RequestJoin: WrittenReply,
    WithdrawJoinRequest: WrittenReply,
    AnswerJoinRequests: WrittenReply,
    Watch: WatchReply,
    Emojis: EmojisReply,
    Typing: None,
    Ping: Pong,
}
"""What each request is answered with when it is not refused; None: with nothing."""

EVENTS: Final[tuple[type[Struct], ...]] = (
    MessageEvent,
    ConversationEvent,
    SettingsEvent,
    PresenceEvent,
    TypingEvent,
    ReceiptEvent,
    ReceiptsEvent,
    NudgeEvent,
    ResyncEvent,
    ClosingEvent,
)
"""What a client is told without having asked."""
