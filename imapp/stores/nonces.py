"""Numbers used once, of requests that the company's API gateway signed: collection `nonces`."""

from imapp.errors import LogConflict
from imapp.stores.mongo import Database, mapped_errors


class NonceStore:
    """Remembers nonces for longer than a signature is good for, for all gateways together."""

    def __init__(self, database: Database) -> None:
        self._nonces = database["nonces"]

    def take(self, nonce: str) -> bool:
        """Whether this is its first use, which a failover does not forget.

        Raises:
            StoreUnavailable: it can't be known.
        """
        try:
            with mapped_errors():
                # By the database's clock, since the index that forgets them goes by it.
                written = self._nonces.update_one({"_id": nonce}, {"$currentDate": {"at": True}}, upsert=True)
        except LogConflict:
            return False  # two at the same moment: the other one was faster
        return written.upserted_id is not None
