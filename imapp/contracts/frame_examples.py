"""One example of each frame. They are structs, so they can't be wrong; a test asks for those that lack."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from imapp.contracts.samples import (
    AN,
    CHANNEL_ID,
    CLIENT_ID,
    CONVERSATION,
    EMOJI,
    ENTRY,
    FILE_ID,
    HITS,
    MESSAGE_ID,
    NUDGED,
    PRESENCE,
    QUOTE,
    RECEIPT_SUMMARY,
    SETTINGS,
    TIME,
    UNREAD_PAGE,
)
from schemas import frames, group_frames
from schemas.common import GrantableRole, SettableStatus
from schemas.conversations import SyncPage
from schemas.errors import MESSAGES, ErrorCode
from schemas.receipts import PushStatus

_ID: Final = "7"
_WRITE: Final[dict[str, str]] = {"id": _ID, "client_message_id": CLIENT_ID, "channel_id": CHANNEL_ID}
_EPOCH: Final = "b41f0c7e"
_TOKEN: Final = "eyJhbGciOi..."  # noqa: S105  # the beginning of every JWT, and no more of it
_CURSOR: Final = "lKhiNDFmMGM3ZQAAoA"
_SYNC: Final = SyncPage(epoch=_EPOCH, conversations=[CONVERSATION], cursor=_CURSOR, more=False)

_REQUESTS: Final[tuple[frames.Request, ...]] = (
    frames.Hello(id="1", token=_TOKEN, device="an-phone", cursor=_CURSOR),
    frames.Send(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID, content="The build is green."),
    frames.Recall(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID, message_id=MESSAGE_ID),
    frames.Edit(
        id=_ID,
        client_message_id=CLIENT_ID,
        channel_id=CHANNEL_ID,
        message_id=MESSAGE_ID,
        content="The build is red.",
    ),
    frames.Read(id=_ID, channel_id=CHANNEL_ID, seq=42),
    frames.SetConversation(id=_ID, channel_id=CHANNEL_ID, pinned=True),
    frames.ChangeMe(id=_ID, avatar=FILE_ID),
    frames.GetSettings(id=_ID),
    frames.SetSettings(id=_ID, share_read=False),
    frames.Unread(id=_ID, channel_id=CHANNEL_ID),
    frames.SearchMessages(id=_ID, words="build", limit=20),
    frames.MessageReceipts(id=_ID, message_ids=[MESSAGE_ID]),
    frames.Nudge(id=_ID, client_message_id=CLIENT_ID, message_id=MESSAGE_ID),
    frames.Received(id=_ID, channel_id=CHANNEL_ID, seq=42),
    frames.Sync(id=_ID, cursor=_CURSOR),
    frames.History(id=_ID, channel_id=CHANNEL_ID, before=43),
    frames.CreateGroup(id=_ID, client_message_id=CLIENT_ID, name="Team 团队", user_ids=["bo", "chen"]),
    frames.OpenDirect(id=_ID, client_message_id=CLIENT_ID, to="bo"),
    frames.UpdateChannel(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID, name="Team Blue"),
    frames.AddMembers(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID, user_ids=["ding"]),
    frames.RemoveMember(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID, user_id="ding"),
    frames.Leave(id=_ID, client_message_id=CLIENT_ID, channel_id=CHANNEL_ID),
    frames.Emojis(id=_ID, pack="faces"),
    group_frames.SetRole(**_WRITE, user_id="bo", role=GrantableRole.ADMIN),
    group_frames.TransferOwner(**_WRITE, user_id="bo"),
    group_frames.SetAnnouncement(**_WRITE, text="Lunch is at twelve."),
    group_frames.SetNickname(**_WRITE, nickname="Captain"),
    group_frames.MuteMember(**_WRITE, user_id="bo", until=TIME),
    group_frames.UnmuteMember(**_WRITE, user_id="bo"),
    group_frames.SetStatus(**_WRITE, status=SettableStatus.DISABLED),
    group_frames.Dissolve(**_WRITE),
    group_frames.RequestJoin(**_WRITE, reason="I am new in the team."),
    group_frames.WithdrawJoinRequest(**_WRITE),
    group_frames.AnswerJoinRequests(**_WRITE, user_ids=["ding"], accept=True),
    frames.Watch(id=_ID, user_ids=["bo"]),
    frames.Typing(id=_ID, channel_id=CHANNEL_ID),
    frames.Ping(id=_ID),
)

_REPLIES: Final[tuple[msgspec.Struct, ...]] = (
    frames.HelloReply(
        id="1",
        user="an",
        connection="gateway-1.7f97cb434c90",
        epoch=_EPOCH,
        server_time=TIME,
        protocol=1,
        heartbeat_s=25,
        limits={"frame_bytes": 65_536, "text_chars": 5_000, "under_way": 256},
        settings=SETTINGS,
        sync=_SYNC,
    ),
    frames.WrittenReply(id=_ID, channel_id=CHANNEL_ID, message_id=MESSAGE_ID, seq=42, server_time=TIME),
    frames.ReadReply(id=_ID, channel_id=CHANNEL_ID, read_seq=42, unread=0, unread_label=""),
    frames.ConversationReply(id=_ID, **msgspec.structs.asdict(CONVERSATION)),
    frames.ChangeMeReply(id=_ID, user_id=AN.user_id, name=AN.name, avatar=FILE_ID, kind=AN.kind),
    frames.SettingsReply(id=_ID, **msgspec.structs.asdict(SETTINGS)),
    frames.UnreadReply(id=_ID, **msgspec.structs.asdict(UNREAD_PAGE)),
    frames.SearchMessagesReply(id=_ID, **{name: getattr(HITS, name) for name in HITS.__struct_fields__}),
    frames.MessageReceiptsReply(id=_ID, messages=[RECEIPT_SUMMARY]),
    frames.NudgeReply(id=_ID, **msgspec.structs.asdict(NUDGED)),
    frames.SyncReply(id=_ID, epoch=_EPOCH, conversations=[CONVERSATION], cursor=_CURSOR, more=False),
    frames.HistoryReply(
        id=_ID,
        channel_id=CHANNEL_ID,
        entries=[ENTRY],
        from_seq=42,
        to_seq=42,
        more_before=True,
        more_after=False,
        quotes=[QUOTE],
    ),
    frames.EmojisReply(id=_ID, emojis=[EMOJI], cursor=None),
    frames.WatchReply(id=_ID, users=[PRESENCE]),
    frames.Pong(id=_ID),
    frames.ErrorReply(id=_ID, code=ErrorCode.BUSY.value, message=MESSAGES[ErrorCode.BUSY], retry_after=1.0),
)

_EVENTS: Final[tuple[msgspec.Struct, ...]] = (
    frames.MessageEvent(**msgspec.structs.asdict(ENTRY)),
    frames.ConversationEvent(channel_id=CHANNEL_ID, read_seq=42, unread=0, unread_label=""),
    frames.SettingsEvent(**msgspec.structs.asdict(SETTINGS)),
    frames.PresenceEvent(users=[PRESENCE]),
    frames.TypingEvent(channel_id=CHANNEL_ID, user_id="bo", user_name="Bo 博"),
    frames.ReceiptEvent(
        channel_id=CHANNEL_ID,
        user_id="bo",
        status=PushStatus.READ,
        up_to_seq=42,
        at=TIME,
    ),
    frames.ReceiptsEvent(channel_id=CHANNEL_ID, seq=42, total=499, received=310, read=120),
    frames.NudgeEvent(
        channel_id=CHANNEL_ID, message_id=MESSAGE_ID, seq=42, user_id="an", user_name="An 安", at=TIME
    ),
    frames.ResyncEvent(),
    frames.ClosingEvent(reconnect_in_ms=2_536),
)


def _shown(frame: msgspec.Struct) -> dict[str, Any]:
    """As it is on the wire; a request as people write it, without what has its default."""
    wire: dict[str, Any] = msgspec.to_builtins(frame)
    if not isinstance(frame, frames.Request):
        return wire
    defaults = {field.encode_name: field for field in msgspec.structs.fields(type(frame))}
    return {name: value for name, value in wire.items() if not _is_default(defaults.get(name), value)}


def _is_default(field: msgspec.structs.FieldInfo | None, value: Any) -> bool:
    if field is None or field.required:
        return False
    if field.default_factory is not msgspec.NODEFAULT:
        return bool(field.default_factory() == value)
    return bool(field.default == value)


FRAME_EXAMPLES: Final[Mapping[type, dict[str, Any]]] = {
    type(frame): _shown(frame) for frame in (*_REQUESTS, *_REPLIES, *_EVENTS)
}
"""An example of each frame, as JSON, by its struct."""
