"""Whether the ranges that were noted down of a channel are all of its archived part, each seq once."""

from collections.abc import Iterable

from msgspec import Struct


class Range(Struct, frozen=True, order=True):
    """Entries of a channel from one seq to another, both included."""

    from_seq: int
    to_seq: int


def overlap(part: Range, others: Iterable[Range]) -> bool:
    """Whether a range has anything in common with any of the others."""
    return any(other.from_seq <= part.to_seq and part.from_seq <= other.to_seq for other in others)


def gaps_and_overlaps(ranges: Iterable[Range], up_to_seq: int) -> list[str]:
    """What is wrong with ranges that shall cover 1 .. `up_to_seq` once; nothing if they do."""
    problems: list[str] = []
    expected = 1
    for part in sorted(ranges):
        if part.to_seq < part.from_seq:
            problems.append(f"the manifest of {part.from_seq} ends at {part.to_seq}")
            continue
        if part.from_seq > expected:
            problems.append(f"no manifest covers {expected}..{part.from_seq - 1}")
        if part.from_seq < expected:
            problems.append(f"two manifests cover {part.from_seq}..{min(part.to_seq, expected - 1)}")
        expected = max(expected, part.to_seq + 1)
    if expected <= up_to_seq:
        problems.append(f"no manifest covers {expected}..{up_to_seq}")
    if expected > up_to_seq + 1:
        problems.append(f"manifests cover {up_to_seq + 1}..{expected - 1}, which is hot")
    return problems
