"""What stays known of a range of a log once its entries have left MongoDB."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from imapp.domain.archive.digests import bits_of, chunk_digest, marked, short_hash, with_hash
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import MESSAGES, RECALLED, LogEntry

ARCHIVED: Final = "archived"
REMOVED: Final = "removed"
SPAN_MS: Final = 31 * 24 * 3_600_000
"""Retention removes whole manifests: so none holds entries that were written further apart than this."""


class Manifest(Struct, frozen=True, kw_only=True):
    """A range of a channel's log that is archived, or that retention has removed.

    `hashes` are short hashes of its entries in their order, as the archive has them (none once removed).
    `countable_before` and the bits in `counted` say how many entries count as unread up to any of them, and
    `recalled` which were recalled: so what is unread never has to be asked of the archive.
    """

    channel_id: str
    from_seq: int
    count: int
    hashes: list[bytes]
    countable_before: int
    counted: bytes
    recalled: tuple[int, ...]
    newest_ms: int
    state: str = ARCHIVED
    noted_digest: str = ""
    """The digest that is stored beside the hashes; empty for a manifest that is not stored yet."""

    @property
    def to_seq(self) -> int:
        """The last seq of the range."""
        return self.from_seq + self.count - 1

    @property
    def range(self) -> Range:
        """The range."""
        return Range(self.from_seq, self.to_seq)

    @property
    def digest(self) -> str:
        """What the range is known by."""
        return chunk_digest(self.channel_id, self.from_seq, self.hashes)

    def countable_at(self, seq: int) -> int:
        """How many entries of the channel count as unread up to this one, which is in the range."""
        return self.countable_before + sum(1 for _ in marked(self.counted, seq - self.from_seq + 1))

    def recalled_between(self, first: int, last: int) -> int:
        """How many of the range with first <= seq <= last were recalled."""
        return sum(first <= seq <= last for seq in self.recalled)


def manifest_of(entries: Sequence[LogEntry], content_hashes: Sequence[str]) -> Manifest:
    """The manifest of a dense, non-empty run of entries with these content hashes."""
    first, last = entries[0], entries[-1]
    assert last.seq - first.seq + 1 == len(entries) == len(content_hashes), "a run without holes"
    return Manifest(
        channel_id=first.channel_id,
        from_seq=first.seq,
        count=len(entries),
        hashes=[short_hash(one) for one in content_hashes],
        countable_before=first.countable - (first.type in MESSAGES),
        counted=bits_of([entry.type in MESSAGES for entry in entries]),
        recalled=tuple(entry.seq for entry in entries if entry.status == RECALLED),
        newest_ms=max(entry.time_ms for entry in entries),
    )


def manifests_of(entries: Sequence[LogEntry], content_hashes: Sequence[str]) -> list[Manifest]:
    """The manifests of a dense run of entries with these content hashes, one behind the other."""
    found: list[Manifest] = []
    start = 0
    for end in range(1, len(entries) + 1):
        if end == len(entries) or entries[end].time_ms >= entries[start].time_ms + SPAN_MS:
            found.append(manifest_of(entries[start:end], content_hashes[start:end]))
            start = end
    return found


def changed(manifest: Manifest, entry: LogEntry, content_hash: str) -> Manifest:
    """The manifest after the archived copy of one of its entries has changed."""
    offset = entry.seq - manifest.from_seq
    recalled = set(manifest.recalled) | ({entry.seq} if entry.status == RECALLED else set())
    return structs.replace(
        manifest,
        hashes=with_hash(manifest.hashes, offset, short_hash(content_hash)),
        recalled=tuple(sorted(recalled)),
    )


def removed(manifest: Manifest) -> Manifest:
    """The manifest once its entries are gone for good: only what the numbers need."""
    return structs.replace(manifest, state=REMOVED, hashes=[])
