"""Entries of a log, as a writer would make them."""

from typing import Any

from msgspec.structs import replace

from imapp.domain.entries import LogEntry


def log_entry(channel_id: str, seq: int, **fields: Any) -> LogEntry:
    """A text of An at this seq, with other fields as given."""
    entry = LogEntry(
        channel_id=channel_id,
        seq=seq,
        sender="an",
        sender_name="An",
        sender_avatar="",
        client_message_id=f"id-{seq}",
        body_hash=None,
        type=1,
        content=f"text {seq}",
        extra={},
        reply_to=None,
        mentions=[],
        status=0,
        countable=seq,
        rev=seq,
        time_ms=1_000 + seq,
    )
    return replace(entry, **fields)
