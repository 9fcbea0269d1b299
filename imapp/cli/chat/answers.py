"""Answers to what a person asked, in lines."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from imapp.cli.chat.layout import fit
from imapp.cli.chat.saying import Lexicon
from imapp.cli.chat.wording import local
from schemas.channels import Channel, Member, MemberPage
from schemas.common import Role
from schemas.conversations import UnreadPage, UnreadReason
from schemas.groups import JoinRequestPage
from schemas.receipts import PushCounts, PushPage, PushStatus, ReceiptSummaries
from schemas.search import Hit, MessageHits
from schemas.settings import ReadReceipts, Settings
from schemas.users import User

_NAMES: Final = 20  # people in one line
_PER_LINE: Final = 6  # emoji
_EMOJI_LINES: Final = 20

_REASONS: Final = {
    UnreadReason.REMOVED: "it is kept no longer",
    UnreadReason.CLEARED: "you have cleared it",
    UnreadReason.NOT_THERE: "you were not there",
    UnreadReason.SYSTEM: "what happened, no message",
    UnreadReason.CHANGE: "a recall or an edit",
    UnreadReason.OWN: "your own",
    UnreadReason.RECALLED: "recalled",
    UnreadReason.READ: "read",
    UnreadReason.UNREAD: "counts: unread",
}


def hit_lines(page: MessageHits, lexicon: Lexicon, place: Callable[[str], str]) -> list[str]:
    """What was found, the newest first: when, where, who, and the part around the match, that in stars."""
    rows = [
        f"{local(hit.entry.server_time):%Y-%m-%d %H:%M}  {place(hit.entry.channel_id)} #{hit.entry.seq}  "
        f"{lexicon.name_of(hit.entry.sender)}: {_marked(hit)}"
        for hit in page.hits
    ]
    count = f"{page.total or 0} found" + (", the newest of them here" if page.cursor else "")
    behind = f"what was sent after {local(page.coverage.complete_until):%H:%M:%S} may be missing"
    return [*rows, count, *([behind] if page.coverage.channels_behind else [])]


def _marked(hit: Hit) -> str:
    return "".join(
        f"*{piece.text}*" if piece.marked else piece.text for piece in [*hit.content, *hit.file_name]
    )


def unread_lines(page: UnreadPage, lexicon: Lexicon) -> list[str]:
    """The number, whether the log agrees, and each entry with its reason."""
    agrees = "the log agrees" if page.recounted == page.unread else f"counted in the log: {page.recounted}"
    head = f"{page.unread} unread, {agrees}; you have read up to #{page.read_seq} of #{page.last_seq}"
    rows = [
        f"{fit(f'#{entry.seq}', 6)}  {_REASONS[entry.reason]}"
        + (f" ({lexicon.name_of(entry.sender)})" if entry.sender and entry.counts else "")
        for entry in page.entries
    ]
    older = [f"/why #{page.entries[-1].seq} shows older ones"] if page.more and page.entries else []
    return [head, *rows, *older]


def receipt_lines(page: ReceiptSummaries, _lexicon: Lexicon) -> list[str]:
    """How far messages got."""
    return [f"#{one.seq}: {_counts(one.counts)}" for one in page.messages] or ["the server does not tell"]


def recipient_lines(page: PushPage, _lexicon: Lexicon) -> list[str]:
    """Who received and who read a message."""
    names = {status: [push.name for push in page.pushes if push.status is status] for status in PushStatus}
    lines = [f"#{page.seq}: {_counts(page.counts)}"]
    for status, words in (
        (PushStatus.READ, "read by"),
        (PushStatus.RECEIVED, "received by"),
        (PushStatus.UNRECEIVED, "not received by"),
    ):
        lines += [f"{words} {_people(names[status])}"] if names[status] else []
    return lines


def settings_lines(settings: Settings, _lexicon: Lexicon) -> list[str]:
    """What one has set for oneself."""
    shares = "others learn what you have read" if settings.share_read else "nobody learns what you have read"
    decided = "" if settings.read_receipts is ReadReceipts.CHOOSE else "; your organisation decides it"
    return [f"{shares}, nor you what they have{decided}" if not settings.share_read else shares + decided]


def picture_lines(me: User, _lexicon: Lexicon) -> list[str]:
    """By what one is shown now."""
    return [f"you have {'a new' if me.avatar else 'no'} picture"]


def channel_lines(channel: Channel, lexicon: Lexicon) -> list[str]:
    """What a conversation is, and what one is in it."""
    lines = [f"{channel.name or channel.channel_id}, {channel.status}, id {channel.channel_id}"]
    if channel.owner is not None:
        lines.append(
            f"{channel.member_count} of at most {channel.max_members} members; "
            f"owner {lexicon.name_of(channel.owner)}"
        )
    if channel.settings is not None:
        settings = channel.settings
        quiet = "on" if settings.mute_all else "off"
        lines.append(f"join={settings.join} edit={settings.edit} quiet={quiet}")
    if channel.announcement is not None:
        put_up = f"{lexicon.name_of(channel.announcement.by)}, {_time(channel.announcement.at)}"
        lines.append(f"announced by {put_up}: {channel.announcement.text}")
    return [*lines, *_me(channel)]


def _me(channel: Channel) -> list[str]:
    if channel.me is None:
        return ["you have left"]
    called = f", called {channel.me.nickname}" if channel.me.nickname else ""
    muted = f", muted until {_time(channel.me.muted_until)}" if channel.me.muted_until else ""
    return [f"you are {_ROLES[channel.me.role]}{called}{muted}"]


_ROLES: Final = {Role.MEMBER: "a member", Role.ADMIN: "an admin", Role.OWNER: "the owner"}


def member_lines(page: MemberPage, _lexicon: Lexicon) -> list[str]:
    """Members, one a line."""
    more = ["/members more shows the next"] if page.cursor is not None else []
    return [*map(_member, page.members), *more]


def _member(member: Member) -> str:
    role = "" if member.role is Role.MEMBER else f"  {member.role}"
    called = f"  called {member.nickname}" if member.nickname else ""
    muted = f"  muted until {_time(member.muted_until)}" if member.muted_until else ""
    return f"{fit(member.user_id, 16)}  {fit(member.name, 16)}{role}{called}{muted}"


def request_lines(page: JoinRequestPage, lexicon: Lexicon) -> list[str]:
    """Those who wait, one a line."""
    lines = []
    for request in page.requests:
        by = "" if request.by == request.user_id else f"  proposed by {lexicon.name_of(request.by)}"
        reason = f"  “{request.reason}”" if request.reason else ""
        lines.append(f"{fit(request.user_id, 16)}  {fit(request.name, 16)}  {_time(request.at)}{by}{reason}")
    more = ["there are more: answer these first"] if page.cursor is not None else []
    return [*lines, *more] or ["nobody waits"]


def emoji_lines(signs: Mapping[str, str], part: str) -> list[str]:
    """Emoji with their shortcodes, some to a line; those with this part in theirs."""
    cells = [fit(f"{sign} {code}", 20) + "  " for code, sign in sorted(signs.items()) if part in code]
    lines = ["".join(cells[at : at + _PER_LINE]).rstrip() for at in range(0, len(cells), _PER_LINE)]
    rest = lines[_EMOJI_LINES:]
    return [*lines[:_EMOJI_LINES], *(["there are more: /emojis PART"] if rest else [])]


def _counts(counts: PushCounts) -> str:
    return (
        f"read by {counts.read} of {counts.total}, received by {counts.received} more, "
        f"not received by {counts.unreceived}"
    )


def _people(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _NAMES} more" if len(known) > _NAMES else ""
    return ", ".join(known[:_NAMES]) + more


def _time(time: str) -> str:
    return f"{local(time):%Y-%m-%d %H:%M}"
