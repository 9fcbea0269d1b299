"""What a moved range is known by: a short hash of each entry, and one of the whole."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

HASH_BYTES: Final = 16
"""Of each entry's SHA-256: enough to tell any two apart, and a thousand of them are 16 KB."""


def short_hash(content_hash: str) -> bytes:
    """What a manifest keeps of an entry's content hash (hexadecimal SHA-256)."""
    return bytes.fromhex(content_hash)[:HASH_BYTES]


def chunk_digest(channel_id: str, from_seq: int, hashes: Sequence[bytes]) -> str:
    """The digest of a range that begins at a seq: of its place as well as of its entries' hashes."""
    digest = hashlib.sha256(f"{channel_id}.{from_seq}.{len(hashes)}.".encode())
    for one in hashes:
        digest.update(one)
    return digest.hexdigest()


def joined(hashes: Iterable[bytes]) -> bytes:
    """Short hashes as they are stored: one after the other."""
    return b"".join(hashes)


def parted(stored: bytes) -> list[bytes]:
    """Short hashes as they were before they were stored."""
    return [stored[start : start + HASH_BYTES] for start in range(0, len(stored), HASH_BYTES)]


def with_hash(hashes: Sequence[bytes], offset: int, value: bytes) -> list[bytes]:
    """The hashes of a range in which one entry has changed."""
    return [*hashes[:offset], value, *hashes[offset + 1 :]]


def marked(bits: bytes, count: int) -> Iterator[int]:
    """The offsets whose bit is set, of so many."""
    return (offset for offset in range(count) if bits[offset >> 3] >> (offset & 7) & 1)


def bits_of(flags: Sequence[bool]) -> bytes:
    """A bit for each flag, the first in the lowest place of the first byte."""
    packed = bytearray((len(flags) + 7) // 8)
    for offset, flag in enumerate(flags):
        packed[offset >> 3] |= flag << (offset & 7)
    return bytes(packed)
