"""Made-up data of the examples in all documents: one person, one group, one message."""

from typing import Final

from schemas import conversations, emojis, messages, presence, receipts, search, settings, users
from schemas.common import ChannelStatus, ChannelType, Membership, MessageType, Notify

CHANNEL_ID: Final = "3v1c0q8m2k5t7n9p4r6s1000"
MESSAGE_ID: Final = f"{CHANNEL_ID}.000000000042"
FILE_ID: Final = "k3v9q2m7c1t8r5x0a6d4e"
CLIENT_ID: Final = "01JD8Z5W0Q-1"
TIME: Final = "2026-11-23T08:00:00.000Z"

AN: Final = users.User(user_id="an", name="An 安", avatar="", kind=users.UserKind.EMPLOYEE)
ENTRY: Final = messages.Entry(
    message_id=MESSAGE_ID,
    channel_id=CHANNEL_ID,
    seq=42,
    sender="bo",
    sender_name="Bo 博",
    client_message_id=CLIENT_ID,
    message_type=MessageType.TEXT,
    content="The build is green.",
    reply_to=f"{CHANNEL_ID}.000000000040",
    server_time=TIME,
)
QUOTE: Final = messages.Quote(
    message_id=f"{CHANNEL_ID}.000000000040",
    sender="an",
    sender_name="An 安",
    message_type=MessageType.TEXT,
    content="How is the build?",
)
FORWARDED: Final = messages.Forwarded(sender="chen", sender_name="Chen 陈", server_time=TIME)
EMOJI: Final = emojis.Emoji(
    shortcode="grinning", pack="faces", name="grinning face", character="😀", address=""
)
PREVIEW: Final = conversations.Preview(
    message_id=MESSAGE_ID,
    seq=42,
    sender="bo",
    sender_name="Bo 博",
    message_type=MessageType.TEXT,
    content="The build is green.",
    server_time=TIME,
)
CONVERSATION: Final = conversations.Conversation(
    channel_id=CHANNEL_ID,
    channel_type=ChannelType.GROUP,
    name="Team 团队",
    avatar="",
    status=ChannelStatus.ENABLED,
    membership=Membership.NORMAL,
    member_count=4,
    last_seq=42,
    read_seq=40,
    unread=2,
    unread_label="2",
    last_message=PREVIEW,
    last_time=TIME,
    pinned=False,
    notify=Notify.ALL,
)
PRESENCE: Final = presence.UserPresence(user_id="bo", online=False, last_seen=TIME)
UNREAD_PAGE: Final = conversations.UnreadPage(
    channel_id=CHANNEL_ID,
    unread=1,
    recounted=1,
    read_seq=41,
    last_seq=42,
    entries=[
        conversations.UnreadEntry(
            seq=42,
            message_id=MESSAGE_ID,
            sender="bo",
            counts=True,
            reason=conversations.UnreadReason.UNREAD,
        )
    ],
    more=True,
)
HIT: Final = search.Hit(
    entry=ENTRY,
    content=[search.Piece("The "), search.Piece("build", marked=True), search.Piece(" is green.")],
)
HITS: Final = search.MessageHits(
    hits=[HIT],
    total=1,
    channels=[search.ChannelCount(channel_id=CHANNEL_ID, count=1)],
    coverage=search.SearchCoverage(complete_until=TIME, channels_behind=0),
    cursor=None,
)
NUDGED: Final = receipts.Nudged(message_id=MESSAGE_ID, nudged=28, at=TIME)
SETTINGS: Final = settings.Settings(share_read=False, read_receipts=settings.ReadReceipts.CHOOSE)
RECEIPT_SUMMARY: Final = receipts.ReceiptSummary(
    message_id=MESSAGE_ID,
    channel_id=CHANNEL_ID,
    seq=42,
    counts=receipts.PushCounts(total=40, unreceived=8, received=20, read=12),
)
