"""An entry as a document of Elasticsearch: what it is found by, and the whole of what MongoDB stored."""

from typing import Any, Final

from imapp.domain.entries import AMENDMENTS, RECALLED, LogEntry, wire_fields
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
        Exception: of whatever kind, it is none that this program stored.
    """
    stored = entry_of(document)
    _check_readable(stored, document["_id"])
    entry = canonical(document)
    text = indexed_text(stored)
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


def _check_readable(entry: LogEntry, name: str) -> None:
    """See that it is the entry it is kept as, can be shown, and says what it changes, if it does so."""
    if entry.message_id != name:
        raise ValueError("it says that it is another")
    wire_fields(entry)
    target_seq = entry.extra["target_seq"] if entry.type in AMENDMENTS else entry.seq
    if not (isinstance(target_seq, int) and isinstance(entry.rev, int)):
        raise TypeError("a number is none")
