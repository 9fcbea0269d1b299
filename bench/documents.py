"""Texts as the product's log stores them, for whoever puts them there by himself."""

from datetime import datetime
from typing import Any


def text_document(channel_id: str, seq: int, *, sender: str, content: str, at: datetime) -> dict[str, Any]:
    """A document of collection `messages`; `at` is in UTC."""
    return {
        "_id": f"{channel_id}.{seq:012d}",
        "channel_id": channel_id,
        "seq": seq,
        "sender": sender,
        "sender_name": sender.capitalize(),
        "sender_avatar": "",
        "client_message_id": f"0a1b2c-{sender}-{seq}",
        "body_hash": b"0123456789abcdef",
        "type": 1,
        "content": content,
        "extra": {},
        "reply_to": None,
        "mentions": [],
        "status": 0,
        "countable": seq,
        "rev": seq,
        "server_time": at,
    }
