"""An entry as a document of Elasticsearch: what it is found by, and the whole of what MongoDB stored."""

from typing import Any, Final

from imapp.domain.entries import RECALLED
from imapp.domain.search.messages import indexed_text
from imapp.stores.canonical import canonical, hash_of
from imapp.stores.message_rows import entry_of
from imapp.stores.mongo import Document, to_ms

MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "properties": {
        "channel_id": {"type": "keyword"},
        "seq": {"type": "long"},
        "sender": {"type": "keyword"},
        "type": {"type": "byte"},
        "server_time": {"type": "date", "format": "epoch_millis"},
        "recalled": {"type": "boolean"},
        # Tokens with blanks between, made by `domain.search`: what matches is decided there and nowhere else.
        "text": {"type": "text", "analyzer": "whitespace", "norms": False},
        "length": {"type": "integer"},  # in tokens
        # The stored entry itself is only ever read back as a whole.
        "entry": {"type": "keyword", "index": False, "doc_values": False},
        "hash": {"type": "keyword", "index": False, "doc_values": False},
    },
}


def indexed_form(document: Document) -> Document:
    """The document of Elasticsearch for a stored entry.

    Raises:
        TypeError, ValueError, KeyError: it is none that this program stored.
    """
    entry = canonical(document)
    text = indexed_text(entry_of(document))
    return {
        "channel_id": document["channel_id"],
        "seq": document["seq"],
        "sender": document["sender"],
        "type": document["type"],
        "server_time": to_ms(document["server_time"]),
        "recalled": document["status"] == RECALLED,
        "text": text,
        "length": len(text.split()),
        "entry": entry,
        "hash": hash_of(entry),
    }
