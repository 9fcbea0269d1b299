"""The one form of a stored document in which it is archived and hashed.

MongoDB's extended JSON with its types named and its keys in order: the same document always gives the same
text, wherever it was stored meanwhile, and the text gives the document back.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from bson import json_util

from imapp.stores.mongo import Document, to_ms

# With time zones as the connection gives them: a time without one would be taken for local time.
_TYPES_NAMED: Final = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)
_INT: Final = range(-(2**31), 2**31)  # what MongoDB stores in 32 bits
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(document: Document) -> str:
    """The document as text."""
    return _ENCODER.encode(_typed(document))


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


def _typed(value: Any) -> Any:
    """A value with its types named. `json_util` can do all of it, but each entry comes here several times."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return {"$numberInt" if value in _INT else "$numberLong": str(value)}
    if kind is dict:
        return {name: _typed(one) for name, one in value.items()}
    if kind is list:
        return [_typed(one) for one in value]
    if kind is datetime and not value.utcoffset():
        return {"$date": {"$numberLong": str(to_ms(value))}}
    return json.loads(json_util.dumps(value, json_options=_TYPES_NAMED))
