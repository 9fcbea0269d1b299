"""The one form of a stored document in which it is archived and hashed.

MongoDB's extended JSON with its types named and its keys in order: the same document always gives the same
text, wherever it was stored meanwhile, and the text gives the document back.
"""

import hashlib
from datetime import UTC
from typing import Final

from bson import json_util

from imapp.stores.mongo import Document

# With time zones as the connection gives them: a time without one would be taken for local time.
_TYPES_NAMED: Final = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)


def canonical(document: Document) -> str:
    """The document as text."""
    return json_util.dumps(
        document, json_options=_TYPES_NAMED, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )


def restored(text: str) -> Document:
    """The document of a canonical text. Its keys are in order, else it is what it was."""
    document: Document = json_util.loads(text, json_options=_TYPES_NAMED)
    return document


def content_hash(document: Document) -> str:
    """SHA-256 of the canonical text, hexadecimal: equal for equal documents alone."""
    return hash_of(canonical(document))


def hash_of(text: str) -> str:
    """The content hash of the document with this canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()
