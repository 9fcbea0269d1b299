"""Where a search goes on: a position that holds for the same search alone, and that only we can make."""

import hashlib
import hmac
from typing import Final

import msgspec

from imapp.domain.search.wanted import Place
from imapp.errors import RequestError
from imapp.services.reading.cursors import decode_cursor, encode_cursor
from imapp.stores.archive.searching import Key
from schemas.errors import ErrorCode
from schemas.search import MessageSearch

_SIGNATURE_BYTES: Final = 16


class SearchCursor(msgspec.Struct, array_like=True):
    """The key of the last hit, and a signature of it, of who asks and of what he asks for."""

    key: Key
    signature: bytes


class SearchCursors:
    """Makes cursors and knows them again. All gateways have the same key: it is derived from the store's."""

    def __init__(self, store_key: bytes) -> None:
        self._key = hmac.digest(store_key, b"imapp search cursors", "sha256")

    def encode(self, user_id: str, search: MessageSearch, key: Key) -> str:
        """The cursor behind a hit."""
        return encode_cursor(SearchCursor(key, self._signature(user_id, search, key)))

    def decode(self, user_id: str, search: MessageSearch) -> Key | None:
        """Behind which hit this page begins, None for the first page.

        Raises:
            RequestError: `invalid`: not a cursor of this search.
        """
        if search.cursor is None:
            return None
        cursor = decode_cursor(search.cursor, SearchCursor)
        if not hmac.compare_digest(cursor.signature, self._signature(user_id, search, cursor.key)):
            raise RequestError(ErrorCode.INVALID, cursor="not a cursor of this search")
        score, length, place = cursor.key
        return score, length, Place(*place)

    def _signature(self, user_id: str, search: MessageSearch, key: Key) -> bytes:
        # Pages may have different sizes; all else is the search.
        same = msgspec.structs.replace(search, cursor=None, limit=1)
        signed = msgspec.msgpack.encode((user_id, same, key))
        return hmac.new(self._key, signed, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
