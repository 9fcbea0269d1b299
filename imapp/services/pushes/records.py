"""A message as it is pushed to somebody."""

from collections.abc import Mapping

from imapp.domain.entries import LogEntry, wire_time
from imapp.domain.pushes import News
from imapp.services.pushes.previews import preview
from imapp.stores.channel_rows import Head
from schemas.common import ChannelType
from schemas.notifications import PushRecord


def push_record(
    user_id: str, news: News, head: Head, *, signs: Mapping[str, str], nudge: bool = False
) -> PushRecord:
    """What somebody is told of what is new to him; `signs` as of `previews.Signs`.

    Its badge is counted when it goes out (`delivery`): until then it may change.
    """
    entry = news.entry
    direct = head.channel.type is ChannelType.DIRECT
    return PushRecord(
        user_id=user_id,
        channel_id=entry.channel_id,
        message_id=entry.message_id,
        title=_sender(entry) if direct else head.channel.name,
        preview=shown(entry, signs, direct=direct),
        badge=0,
        mentioned=news.mentioned,
        messages=news.messages,
        time=wire_time(entry.time_ms),
        nudge=nudge,
    )


def shown(entry: LogEntry, signs: Mapping[str, str], *, direct: bool) -> str:
    """The preview of an entry: in a group it begins with who says it."""
    return preview(entry, signs, sender="" if direct else _sender(entry))


def _sender(entry: LogEntry) -> str:
    return entry.sender_name or entry.sender
