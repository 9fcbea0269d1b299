"""Addresses that need no token, for `<img>`: good for a few minutes, for one file and one person.

They prove who asks, as a token does, and nothing else: whether he may see the file is looked at when it is
fetched. The key is derived from the store's own, so all gateways have the same without a setting.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final

from imapp.services.identity.identities import active_person, unauthorized
from imapp.stores.users import UserStore
from schemas.files import SignedQuery

GOOD_FOR_S: Final = 300


class UrlSigner:
    """Makes such addresses and knows them again."""

    def __init__(self, store_key: bytes, users: UserStore, clock: Callable[[], float] = time.time) -> None:
        self._users = users
        self._key = hmac.digest(store_key, b"imapp file addresses", "sha256")
        self._clock = clock

    def sign(self, user_id: str, file_id: str, thumbnail: str | None) -> SignedQuery:
        """What makes an address good from now on."""
        expires = int(self._clock()) + GOOD_FOR_S
        signature = self._signature(user_id, file_id, thumbnail, expires)
        return SignedQuery(user=user_id, expires=expires, signature=signature, thumbnail=thumbnail)

    def check(self, file_id: str, query: SignedQuery) -> None:
        """Nothing if an address is as it was made and not too old, and its person may still be here.

        Raises:
            RequestError: `unauthorized`.
        """
        wanted = self._signature(query.user, file_id, query.thumbnail, query.expires)
        if not hmac.compare_digest(wanted, query.signature) or query.expires < self._clock():
            raise unauthorized()
        active_person(self._users, query.user)

    def _signature(self, user_id: str, file_id: str, thumbnail: str | None, expires: int) -> str:
        parts = "\n".join((file_id, thumbnail or "", user_id, str(expires)))  # no part can hold a line break
        return hmac.new(self._key, parts.encode(), hashlib.sha256).hexdigest()
