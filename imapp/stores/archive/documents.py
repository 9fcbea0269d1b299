"""An entry as a document of Elasticsearch: what it is found by, and the whole of what MongoDB stored."""

from typing import Any, Final

from imapp.domain.entries import RECALLED, TEXT
from imapp.domain.search.tokens import indexed
from imapp.stores.canonical import canonical, hash_of
from imapp.stores.mongo import Document

MAPPING: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "properties": {
        "channel_id": {"type": "keyword"},
        "seq": {"type": "long"},
        "sender": {"type": "keyword"},
        "type": {"type": "byte"},
        "server_time": {"type": "date", "format": "epoch_millis"},
        "recalled": {"type": "boolean"},
        "text": {"type": "text", "analyzer": "whitespace"},
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
    return {
        "channel_id": document["channel_id"],
        "seq": document["seq"],
        "sender": document["sender"],
        "type": document["type"],
        "server_time": round(document["server_time"].timestamp() * 1000),
        "recalled": document["status"] == RECALLED,
        "text": _searchable(document),
        "entry": entry,
        "hash": hash_of(entry),
    }


def _searchable(document: Document) -> str:
    """What it says, as tokens; nothing any more once it is recalled."""
    if document["status"] == RECALLED or document["type"] != TEXT:
        return ""
    return indexed(document["content"])
