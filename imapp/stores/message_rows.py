"""Entries as the documents of collection `messages` [t_im_message, chat_message], and back."""

from imapp.domain.entries import LogEntry, Origin
from imapp.stores.mongo import Document, to_datetime, to_ms


def document_of(entry: LogEntry) -> Document:
    """The document that an entry is stored as."""
    document: Document = {
        "_id": entry.message_id,
        "channel_id": entry.channel_id,
        "seq": entry.seq,
        "sender": entry.sender,
        "sender_name": entry.sender_name,
        "sender_avatar": entry.sender_avatar,
        "client_message_id": entry.client_message_id,
        "body_hash": entry.body_hash,
        "type": entry.type,
        "content": entry.content,
        "extra": entry.extra,
        "reply_to": entry.reply_to,
        "mentions": entry.mentions,
        "status": entry.status,
        "countable": entry.countable,
        "rev": entry.rev,
        "server_time": to_datetime(entry.time_ms),
    }
    if entry.mention_all:
        document["mention_all"] = True
    if entry.forwarded is not None:
        document["forwarded"] = _forwarded(entry.forwarded)
    if entry.edited_ms is not None:
        document["edited_at"] = to_datetime(entry.edited_ms)
    return document


def entry_of(document: Document) -> LogEntry:
    """The entry that a stored document is."""
    return LogEntry(
        channel_id=document["channel_id"],
        seq=document["seq"],
        sender=document["sender"],
        sender_name=document["sender_name"],
        sender_avatar=document["sender_avatar"],
        client_message_id=document["client_message_id"],
        body_hash=document["body_hash"],
        type=document["type"],
        content=document["content"],
        extra=document["extra"],
        reply_to=document["reply_to"],
        mentions=document["mentions"],
        status=document["status"],
        countable=document["countable"],
        rev=document["rev"],
        time_ms=to_ms(document["server_time"]),
        mention_all=document.get("mention_all", False),
        forwarded=_origin(document["forwarded"]) if "forwarded" in document else None,
        edited_ms=to_ms(document["edited_at"]) if "edited_at" in document else None,
    )


def _forwarded(origin: Origin) -> Document:
    return {
        "sender": origin.sender,
        "sender_name": origin.sender_name,
        "server_time": to_datetime(origin.time_ms),
    }


def _origin(row: Document) -> Origin:
    return Origin(row["sender"], row["sender_name"], to_ms(row["server_time"]))
