"""The rules of the archive: which entries may move, what is noted down of them, where a page lies."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.archive.digests import HASH_BYTES, bits_of, chunk_digest, joined, marked, parted
from imapp.domain.archive.manifests import SPAN_MS, changed, manifest_of, manifests_of
from imapp.domain.archive.pages import Borders, archived_part, is_whole
from imapp.domain.archive.prefixes import Boundary, Place, horizon_ms, last_movable
from imapp.domain.archive.tiling import Range, gaps_and_overlaps
from imapp.domain.entries import RECALLED
from tests.support.entries import log_entry

CHANNEL: Final = "c" * 24
DAY_MS: Final = 24 * 3_600_000
FULL_HASH: Final = "ab" * 32


def places(times: list[int], start: int = 1) -> list[Place]:
    return [Place(seq, time_ms) for seq, time_ms in enumerate(times, start)]


# ---- what is noted down of them


@given(st.lists(st.integers(min_value=0, max_value=3 * SPAN_MS), min_size=1, max_size=30))
def test_a_run_is_noted_down_in_parts_of_a_month_at_most_that_tell_of_each_what_the_whole_does(
    times: list[int],
) -> None:
    entries = [log_entry(CHANNEL, seq, time_ms=at) for seq, at in enumerate(sorted(times), 5)]
    hashes = [f"{seq:064x}" for seq in range(len(entries))]
    whole = manifest_of(entries, hashes)

    parts = manifests_of(entries, hashes)

    assert gaps_and_overlaps([Range(1, 4), *(part.range for part in parts)], whole.to_seq) == []
    assert [one for part in parts for one in part.hashes] == whole.hashes
    by_seq = {entry.seq: entry.time_ms for entry in entries}
    for part in parts:
        assert part.newest_ms - by_seq[part.from_seq] < SPAN_MS
        for seq in range(part.from_seq, part.to_seq + 1):
            assert part.countable_at(seq) == whole.countable_at(seq)


# ---- which entries may move


def test_an_entry_may_move_an_hour_after_its_days_are_over() -> None:
    now = 100 * DAY_MS

    assert horizon_ms(now, 30) == 70 * DAY_MS - 3_600_000


def test_a_prefix_ends_before_the_first_young_entry_even_if_a_later_one_is_old() -> None:
    assert last_movable(places([1, 2, 9, 3]), Boundary(1, 10, 10), before_ms=5) == 2


def test_a_prefix_ends_before_a_missing_seq() -> None:
    found = [Place(1, 1), Place(2, 1), Place(4, 1)]

    assert last_movable(found, Boundary(1, 10, 10), before_ms=5) == 2


def test_what_lists_show_and_what_follows_it_never_moves() -> None:
    assert last_movable(places([1] * 9), Boundary(1, 9, 7), before_ms=5) == 6
    assert last_movable(places([1] * 9), Boundary(1, 9, 0), before_ms=5) == 0


def test_what_is_not_indexed_does_not_move() -> None:
    assert last_movable(places([1] * 9), Boundary(1, 4, 9), before_ms=5) == 4


@given(
    times=st.lists(st.integers(0, 10), max_size=30),
    start=st.integers(1, 5),
    indexed=st.integers(0, 40),
    shown=st.integers(0, 40),
)
def test_whatever_moves_is_a_dense_old_indexed_prefix(
    times: list[int], start: int, indexed: int, shown: int
) -> None:
    found = places(times, start)

    last = last_movable(found, Boundary(start, indexed, shown), before_ms=5)

    assert start - 1 <= last <= max(start - 1, min(indexed, shown - 1, start + len(times) - 1))
    assert all(place.time_ms < 5 for place in found if place.seq <= last)


# ---- what is noted down of them


def test_a_manifest_answers_what_counts_up_to_any_of_its_entries() -> None:
    kinds = [1, 99, 1, 1, 101, 1]
    countables = [11, 11, 12, 13, 13, 14]
    entries = [
        log_entry(CHANNEL, seq, type=kind, countable=count)
        for seq, (kind, count) in enumerate(zip(kinds, countables, strict=True), start=20)
    ]

    manifest = manifest_of(entries, [FULL_HASH] * 6)

    assert [manifest.countable_at(seq) for seq in range(20, 26)] == countables
    assert manifest.range == Range(20, 25)


def test_a_recall_of_an_archived_entry_is_noted_and_changes_the_digest() -> None:
    entries = [log_entry(CHANNEL, seq) for seq in (1, 2, 3)]
    manifest = manifest_of(entries, [FULL_HASH] * 3)

    after = changed(manifest, log_entry(CHANNEL, 2, status=RECALLED), "cd" * 32)

    assert after.recalled == (2,)
    assert (after.recalled_between(1, 2), after.recalled_between(3, 3)) == (1, 0)
    assert after.digest != manifest.digest
    assert [one[:1] for one in after.hashes] == [b"\xab", b"\xcd", b"\xab"]


@given(st.lists(st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES), max_size=40))
def test_hashes_are_read_as_they_were_stored(hashes: list[bytes]) -> None:
    assert parted(joined(hashes)) == hashes


@given(st.lists(st.booleans(), max_size=70))
def test_bits_are_read_as_they_were_stored(flags: list[bool]) -> None:
    assert list(marked(bits_of(flags), len(flags))) == [n for n, flag in enumerate(flags) if flag]


def test_a_digest_is_of_order_place_and_channel() -> None:
    one, other = b"1" * HASH_BYTES, b"2" * HASH_BYTES
    digests = {
        chunk_digest(CHANNEL, 1, [one, other]),
        chunk_digest(CHANNEL, 1, [other, one]),
        chunk_digest(CHANNEL, 2, [one, other]),
        chunk_digest("d" * 24, 1, [one, other]),
        chunk_digest(CHANNEL, 1, [one]),
    }

    assert len(digests) == 5


# ---- whether they are complete


@given(st.lists(st.integers(1, 9), max_size=12))
def test_manifests_that_follow_each_other_have_nothing_wrong(lengths: list[int]) -> None:
    ranges, start = [], 1
    for length in lengths:
        ranges.append(Range(start, start + length - 1))
        start += length

    assert gaps_and_overlaps(reversed(ranges), start - 1) == []


@pytest.mark.parametrize(
    ("ranges", "problem"),
    [
        ([Range(1, 3), Range(5, 9)], "no manifest covers 4..4"),
        ([Range(1, 5), Range(4, 9)], "two manifests cover 4..5"),
        ([Range(2, 9)], "no manifest covers 1..1"),
        ([Range(1, 7)], "no manifest covers 8..9"),
        ([Range(1, 12)], "manifests cover 10..12, which is hot"),
        ([], "no manifest covers 1..9"),
    ],
)
def test_holes_and_overlaps_are_named(ranges: list[Range], problem: str) -> None:
    assert gaps_and_overlaps(ranges, 9) == [problem]


# ---- where a page lies


@given(
    kept=st.integers(1, 15),
    archived=st.integers(0, 15),
    low=st.integers(1, 40),
    length=st.integers(0, 40),
    limit=st.integers(1, 12),
    newest_first=st.booleans(),
)
def test_the_two_parts_of_a_page_are_what_one_log_would_give(
    *, kept: int, archived: int, low: int, length: int, limit: int, newest_first: bool
) -> None:
    borders = Borders(kept, kept + archived)
    high = low + length
    hot_range = [seq for seq in range(low, high + 1) if seq >= borders.hot_from_seq]
    hot = hot_range[-limit:] if newest_first else []

    part = archived_part(Range(low, high), borders, limit, len(hot), newest_first=newest_first)
    old = list(range(part.from_seq, part.to_seq + 1))
    page = old + (hot if newest_first else hot_range[: max(0, limit - len(old))])

    kept_range = [seq for seq in range(low, high + 1) if seq >= kept]
    assert page == (kept_range[-limit:] if newest_first else kept_range[:limit])


@pytest.mark.parametrize(
    ("seqs", "newest_first", "whole"),
    [
        ([3, 4, 5], True, True),
        ([1, 2, 3], True, False),  # not the newest
        ([4, 5], True, False),  # neither full nor to the start
        ([1, 2, 3, 4, 5], True, True),
        ([1, 2, 3], False, True),
        ([2, 3, 4], False, False),
        ([1, 3, 4], False, False),  # a hole
        ([], True, False),
    ],
)
def test_a_page_of_one_store_is_enough_only_if_it_is_dense_from_its_end(
    *, seqs: list[int], newest_first: bool, whole: bool
) -> None:
    limit = 3 if len(seqs) == 3 else 9

    assert is_whole(seqs, Range(1, 5), limit, newest_first=newest_first) is whole
