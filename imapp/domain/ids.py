"""Ids that are derived, so that whoever needs one computes the same.

A channel id is 21 characters of a hash (its stable part) and 3 of a generation. All direct channels of one
pair share the stable part, so they live on one shard and the pair's commands have one writer.
"""

import base64
import hashlib
import zlib
from typing import Final

SLOTS: Final = 1024  # fixed for ever: slots are mapped to shards, so the number of shards can change
_STABLE: Final = 21
_GENERATION: Final = 3
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def direct_key(one: str, other: str) -> str:
    """The stable part shared by all direct channels of two people, whoever starts."""
    return _hash("direct", *sorted((one, other)))


def direct_channel_id(key: str, generation: int) -> str:
    """The id of a pair's n-th direct channel, counted from 0."""
    return key + _base36(generation)


def group_channel_id(creator: str, client_message_id: str) -> str:
    """The id of the group that this create command makes, however often it is repeated."""
    return _hash("group", creator, client_message_id) + _base36(0)


def file_id_of(owner: str, client_message_id: str) -> str:
    """The id of the file that this upload makes, however often it is repeated."""
    return _hash("file", owner, client_message_id)


def stable_part(channel_id: str) -> str:
    """What all generations of a channel share."""
    return channel_id[:_STABLE]


def generation_of(channel_id: str) -> int:
    """Which of a pair's direct channels this is."""
    return int(channel_id[_STABLE:], 36)


def shard_of(key: str, shards: int) -> int:
    """The shard (0 .. shards-1) of a channel id or of a pair's key."""
    return zlib.crc32(key[:_STABLE].encode()) % SLOTS * shards // SLOTS


def message_id(channel_id: str, seq: int) -> str:
    """The id of the entry at `seq`; sorts like the log."""
    return f"{channel_id}.{seq:012d}"


def split_message_id(value: str) -> tuple[str, int]:
    """The channel and the seq of a well-formed message id."""
    channel_id, _, seq = value.partition(".")
    return channel_id, int(seq)


def _hash(kind: str, *parts: str) -> str:
    # Lengths go in too, so that ("ab", "c") and ("a", "bc") differ. 13 bytes are 21 base32 characters.
    digest = hashlib.blake2b(digest_size=13, person=kind.encode())
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return base64.b32hexencode(digest.digest()).decode().rstrip("=").lower()


def _base36(number: int) -> str:
    text = ""
    for _ in range(_GENERATION):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
