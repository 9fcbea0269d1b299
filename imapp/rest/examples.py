"""One example of each shape, for people who read the document. They are structs, so they can't be wrong."""

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
    FORWARDED,
    HIT,
    HITS,
    MESSAGE_ID,
    NUDGED,
    PRESENCE,
    PREVIEW,
    QUOTE,
    RECEIPT_SUMMARY,
    SETTINGS,
    TIME,
    UNREAD_PAGE,
)
from schemas import (
    admin,
    channels,
    conversations,
    emojis,
    errors,
    files,
    groups,
    health,
    messages,
    presence,
    receipts,
    search,
    settings,
    users,
)
from schemas.common import (
    ChannelStatus,
    ChannelType,
    EditPolicy,
    GrantableRole,
    JoinPolicy,
    Membership,
    MessageStatus,
    MessageType,
    Role,
    SettableStatus,
)

_MEMBER: Final = channels.Member(
    user_id="an", name="An 安", avatar="", role=Role.OWNER, joined_at="2026-11-20T08:00:00.000Z"
)
_ANNOUNCEMENT: Final = groups.Announcement(text="Lunch is at twelve.", by="an", at=TIME)
_SETTINGS: Final = groups.GroupSettings(join=JoinPolicy.INVITE, mute_all=False, edit=EditPolicy.ADMINS)
_ME: Final = groups.OwnMembership(role=Role.OWNER, nickname="Captain", muted_until=None)
_JOIN_REQUEST: Final = groups.JoinRequest(
    user_id="ding", name="Ding 丁", avatar="", by="ding", reason="I am new in the team.", at=TIME
)
_PUSH: Final = receipts.Push(
    receiver="an", name="An 安", status=receipts.PushStatus.READ, last_modified_time=TIME
)
_PUSH_COUNTS: Final = receipts.PushCounts(total=3, unreceived=1, received=1, read=1)

_ADMIN_USER: Final = admin.AdminUser(
    user_id="bo",
    name="Bo 波",
    avatar="",
    kind=users.UserKind.EMPLOYEE,
    status=admin.UserStatus.DISABLED,
    updated_at=TIME,
)
_ADMIN_CHANNEL: Final = admin.AdminChannel(
    channel_id=CHANNEL_ID,
    channel_type=ChannelType.GROUP,
    name="Team 团队",
    avatar="",
    creator="an",
    owner="an",
    status=ChannelStatus.ENABLED,
    max_members=500,
    member_count=4,
    last_seq=42,
    last_time=TIME,
    created_at="2026-11-20T08:00:00.000Z",
    retention_days=None,
    kept_from_seq=1,
)
_UNINDEXED: Final = admin.UnindexedEntry(message_id=MESSAGE_ID, reason="mapper_parsing_exception", since=TIME)
_ADMIN_CONNECTION: Final = admin.AdminConnection(
    connection_id="im-gateway-1-9f3c2a61.1c",
    user_id="bo",
    gateway="im-gateway-1-9f3c2a61",
    device="web",
    since=TIME,
)
_TRACE_STEP: Final = admin.TraceStep(
    step=admin.TraceStepName.DELIVERED,
    time=TIME,
    process="im-gateway-1-9f3c2a61",
    user_id=None,
    connection_id="im-gateway-1-9f3c2a61.1c",
    note="",
)
_VERSION: Final = admin.MessageVersion(
    content="Lunch at tvelve?", mentions=[], written=TIME, replaced=TIME, edit_seq=43
)
_AUDIT_RECORD: Final = admin.AuditRecord(
    audit_id="019afb1c3a4f9d0c6b2e17f85a30",
    actor="an",
    action="user.disable",
    targets=["bo"],
    details={"user_id": "bo"},
    reason="ticket 4711",
    request_id="5f0a6c1e9d3b7a42",
    address="198.51.100.7",
    time=TIME,
    outcome="ok",
    ended=TIME,
)
_DRAFT_BODY: Final = conversations.DraftBody(text="Shall we")

_FOUND_GROUP: Final = search.FoundGroup(
    channel_id=CHANNEL_ID, name="Team 团队", avatar="", member_count=4, membership=Membership.NORMAL
)

_PACK: Final = emojis.EmojiPack(pack="faces", emojis=88)

_ALL: Final[tuple[msgspec.Struct, ...]] = (
    AN,
    ENTRY,
    messages.OneEntry(**msgspec.structs.asdict(ENTRY), quote=QUOTE),
    PREVIEW,
    CONVERSATION,
    _MEMBER,
    users.UserPage(users=[AN], cursor=None),
    users.MeBody(avatar=FILE_ID),
    HITS,
    HIT,
    *HIT.content[1:2],
    *HITS.channels,
    HITS.coverage,
    _FOUND_GROUP,
    search.ContactPage(groups=[_FOUND_GROUP], people=[AN], cursor=None),
    PRESENCE,
    presence.PresenceList(users=[PRESENCE]),
    channels.Channel(
        channel_id=CHANNEL_ID,
        channel_type=ChannelType.GROUP,
        name="Team 团队",
        avatar="",
        creator="an",
        owner="an",
        status=ChannelStatus.ENABLED,
        max_members=500,
        member_count=4,
        last_seq=42,
        created_at="2026-11-20T08:00:00.000Z",
        announcement=_ANNOUNCEMENT,
        settings=_SETTINGS,
        me=_ME,
    ),
    _ANNOUNCEMENT,
    _SETTINGS,
    _ME,
    _JOIN_REQUEST,
    groups.OwnJoinRequest(
        channel_id=CHANNEL_ID,
        by="an",
        reason="I am new in the team.",
        status=groups.JoinRequestStatus.WAITING,
        at=TIME,
        until=TIME,
    ),
    groups.JoinRequestPage(channel_id=CHANNEL_ID, requests=[_JOIN_REQUEST], cursor=None),
    groups.SetRoleBody(client_message_id=CLIENT_ID, role=GrantableRole.ADMIN),
    groups.TransferOwnerBody(client_message_id=CLIENT_ID, user_id="bo"),
    groups.SetAnnouncementBody(client_message_id=CLIENT_ID, text="Lunch is at twelve."),
    groups.SetNicknameBody(client_message_id=CLIENT_ID, nickname="Captain"),
    groups.MuteMemberBody(client_message_id=CLIENT_ID, until=TIME),
    groups.SetStatusBody(client_message_id=CLIENT_ID, status=SettableStatus.DISABLED),
    groups.DissolveBody(client_message_id=CLIENT_ID),
    groups.RequestJoinBody(client_message_id=CLIENT_ID, reason="I am new in the team."),
    groups.AnswerJoinRequestsBody(client_message_id=CLIENT_ID, user_ids=["ding"], accept=True),
    channels.MemberPage(members=[_MEMBER], cursor=None),
    channels.CreateGroupBody(client_message_id=CLIENT_ID, name="Team 团队", user_ids=["bo", "chen"]),
    channels.OpenDirectBody(client_message_id=CLIENT_ID, to="bo"),
    channels.UpdateChannelBody(client_message_id=CLIENT_ID, name="Team Blue"),
    channels.AddMembersBody(client_message_id=CLIENT_ID, user_ids=["ding"]),
    channels.Written(channel_id=CHANNEL_ID, message_id=MESSAGE_ID, seq=42, server_time=TIME),
    messages.SendBody(client_message_id=CLIENT_ID, content="The build is green."),
    messages.RecallBody(client_message_id=CLIENT_ID),
    messages.EditBody(client_message_id=CLIENT_ID, content="The build is red."),
    messages.HistoryPage(
        channel_id=CHANNEL_ID,
        entries=[ENTRY],
        from_seq=42,
        to_seq=42,
        more_before=True,
        more_after=False,
        quotes=[QUOTE],
    ),
    QUOTE,
    FORWARDED,
    EMOJI,
    emojis.EmojiPage(emojis=[EMOJI], cursor=None),
    emojis.EmojiPackPage(packs=[_PACK], cursor=None),
    _PACK,
    emojis.AddEmojiBody(
        shortcode="party_cat", pack="ours", name="Party cat", address="https://im.example/cat.png"
    ),
    emojis.ChangeEmojiBody(name="Dancing cat"),
    conversations.ConversationPage(conversations=[CONVERSATION], cursor=None),
    conversations.SyncPage(
        epoch="b41f0c7e", conversations=[CONVERSATION], cursor="lKhiNDFmMGM3ZQAAoA", more=False
    ),
    UNREAD_PAGE,
    *UNREAD_PAGE.entries,
    RECEIPT_SUMMARY,
    receipts.ReceiptSummaries(messages=[RECEIPT_SUMMARY]),
    NUDGED,
    receipts.NudgeBody(client_message_id=CLIENT_ID),
    SETTINGS,
    settings.SettingsBody(share_read=False),
    conversations.SetConversationBody(pinned=True, draft=_DRAFT_BODY),
    _DRAFT_BODY,
    conversations.Draft(text="Shall we", reply_to=None, updated_at=TIME),
    conversations.ReadBody(seq=42),
    conversations.ReadState(channel_id=CHANNEL_ID, read_seq=42, unread=0, unread_label=""),
    receipts.PushPage(
        message_id=MESSAGE_ID,
        channel_id=CHANNEL_ID,
        seq=42,
        counts=_PUSH_COUNTS,
        pushes=[_PUSH],
        cursor=None,
    ),
    _PUSH,
    _PUSH_COUNTS,
    _ADMIN_USER,
    admin.AdminUserPage(users=[_ADMIN_USER], cursor=None),
    _ADMIN_CHANNEL,
    admin.AdminChannelPage(channels=[_ADMIN_CHANNEL], cursor=None),
    _ADMIN_CONNECTION,
    admin.AdminConnectionPage(connections=[_ADMIN_CONNECTION], cursor=None),
    admin.KickBody(connection_id="im-gateway-1-9f3c2a61.1c", reason="a lost device"),
    admin.Kicked(closed=["im-gateway-1-9f3c2a61.1c"], silent=[]),
    _TRACE_STEP,
    admin.MessageTrace(
        message_id=MESSAGE_ID,
        sender="an",
        client_message_id=CLIENT_ID,
        message_type=MessageType.TEXT,
        status=MessageStatus.NORMAL,
        steps=[_TRACE_STEP],
        cursor=None,
        unknown=["gateway im-gateway-2-51d07b3e: remembers from 2026-11-23T08:30:00.000Z on"],
    ),
    admin.AdminStatusBody(client_message_id=CLIENT_ID, status=ChannelStatus.DISABLED, reason="ticket 4711"),
    admin.RetentionBody(retention_days=365, reason="ticket 4711"),
    admin.AdminRecallBody(client_message_id=CLIENT_ID, reason="ticket 4711"),
    _VERSION,
    admin.VersionPage(versions=[_VERSION], cursor=None),
    admin.AdminBody(reason="ticket 4711"),
    _UNINDEXED,
    admin.UnindexedPage(entries=[_UNINDEXED], total=1, cursor=None),
    admin.RetryBody(reason="the index has room again"),
    admin.RetriedEntries(indexed=49, left=[_UNINDEXED], cursor=None),
    _AUDIT_RECORD,
    admin.AuditPage(records=[_AUDIT_RECORD], cursor=None),
    files.File(
        file_id=FILE_ID,
        name="lunch.jpg",
        media_type="image/jpeg",
        size=48_213,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        width=1_280,
        height=960,
        created_at=TIME,
    ),
    files.FileUrl(
        url=f"/api/v1/files/{FILE_ID}/signed?user=an&expires=1795420800&signature={'5c' * 32}",
        expires_at=TIME,
    ),
    health.Liveness(),
    health.Dependency(ok=True),
    health.Readiness(
        ready=False,
        mongodb=health.Dependency(ok=True),
        rabbitmq=health.Dependency(ok=True),
        writers=health.Dependency(ok=False, reason="no writer for 1 of 2 shards for 12 s"),
        receipts=health.Dependency(ok=True),
        pushes=health.Dependency(ok=True),
        elasticsearch=health.Dependency(ok=True),
        archive=health.Dependency(ok=True),
        degraded=False,
        draining=False,
    ),
)

EXAMPLES: Final[Mapping[type, Any]] = {type(shape): msgspec.to_builtins(shape) for shape in _ALL}
"""An example of each shape, as JSON, by its struct."""


def error_example(code: errors.ErrorCode, status: int) -> Any:
    """What a refusal with this code looks like."""
    details = {"content": "a text has at least one character"} if code is errors.ErrorCode.INVALID else None
    body = errors.ErrorBody(
        code=code.value,
        status=status,
        message=errors.MESSAGES[code],
        request_id="5f0a6c1e9d3b7a42",
        errors=details,
        retry_after=1.0 if code is errors.ErrorCode.BUSY else None,
    )
    return msgspec.to_builtins(body)
