"""What belongs to the store itself: collection `meta`."""

import secrets
from dataclasses import dataclass

import pymongo
from pymongo import ReturnDocument

from imapp.stores.mongo import Database, mapped_errors


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """The epoch of this store and the key of its body hashes.

    A store that was wiped or restored must get a new epoch, so that clients reload instead of taking new
    messages for known ones. The key lives with the hashes it made, so a repeat stays a repeat.
    """

    epoch: str
    body_key: bytes


def load_identity(database: Database) -> StoreIdentity:
    """The identity of this store, made when it is first asked for."""
    fresh = {"epoch": secrets.token_hex(8), "body_key": secrets.token_bytes(32)}
    with mapped_errors():
        row = database["meta"].find_one_and_update(
            {"_id": "store"}, {"$setOnInsert": fresh}, upsert=True, return_document=ReturnDocument.AFTER
        )
    assert row is not None, "an upsert returns its document"
    return StoreIdentity(epoch=row["epoch"], body_key=bytes(row["body_key"]))


def ping(database: Database, *, within_s: float) -> None:
    """Return if MongoDB's primary answers.

    Raises:
        StoreUnavailable: it does not, or not in time.
    """
    with mapped_errors(), pymongo.timeout(within_s):
        database.client.admin.command("ping")
