"""Ids: derived, constant in length, and sorted as the log is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.domain.ids import (
    SLOTS,
    direct_channel_id,
    direct_key,
    generation_of,
    group_channel_id,
    message_id,
    shard_of,
    split_message_id,
    stable_part,
)

user_ids = st.from_regex(r"\A[A-Za-z0-9_.@-]{1,64}\Z")
client_ids = st.from_regex(r"\A[!-~]{1,64}\Z")
generations = st.integers(0, 36**3 - 1)
shard_counts = st.integers(1, SLOTS)
WELL_FORMED = re.compile(r"[0-9a-z]{24}")


class TestDirectChannels:
    @given(user_ids, user_ids)
    def test_are_the_same_whoever_starts(self, one: str, other: str) -> None:
        assert direct_key(one, other) == direct_key(other, one)

    def test_differ_from_pair_to_pair(self) -> None:
        people = ["an", "bo", "chen", "a", "nbo", "anb", "o", "ANBO", "an.bo", "an@bo"]
        keys = [direct_key(one, other) for i, one in enumerate(people) for other in people[i + 1 :]]
        assert len(set(keys)) == len(keys)

    def test_are_not_fooled_by_where_one_name_ends(self) -> None:
        assert direct_key("ab", "c") != direct_key("a", "bc")

    @given(user_ids, user_ids, generations, shard_counts)
    def test_of_one_pair_live_on_one_shard(self, one: str, other: str, generation: int, shards: int) -> None:
        key = direct_key(one, other)
        channel_id = direct_channel_id(key, generation)
        assert stable_part(channel_id) == key
        assert shard_of(channel_id, shards) == shard_of(key, shards)

    @given(user_ids, user_ids, generations)
    def test_know_their_generation(self, one: str, other: str, generation: int) -> None:
        assert generation_of(direct_channel_id(direct_key(one, other), generation)) == generation

    @given(st.lists(generations, min_size=2, max_size=5))
    def test_sort_by_generation(self, numbers: list[int]) -> None:
        ids = [direct_channel_id(direct_key("an", "bo"), number) for number in numbers]
        assert sorted(ids) == [
            direct_channel_id(direct_key("an", "bo"), number) for number in sorted(numbers)
        ]


class TestGroups:
    @given(user_ids, client_ids)
    def test_of_a_retried_create_are_the_same(self, creator: str, client_id: str) -> None:
        assert group_channel_id(creator, client_id) == group_channel_id(creator, client_id)

    def test_differ_by_creator_and_by_client_id(self) -> None:
        ids = {group_channel_id(*who) for who in [("an", "c1"), ("an", "c2"), ("bo", "c1"), ("anc", "1")]}
        assert len(ids) == 4

    def test_are_never_a_pairs_channel(self) -> None:
        assert stable_part(group_channel_id("an", "bo")) != direct_key("an", "bo")


class TestAllIds:
    @given(user_ids, client_ids, generations)
    def test_are_24_characters_of_a_small_alphabet(self, name: str, client_id: str, generation: int) -> None:
        assert WELL_FORMED.fullmatch(group_channel_id(name, client_id))
        assert WELL_FORMED.fullmatch(direct_channel_id(direct_key(name, "bo"), generation))

    def test_stay_what_they_are(self) -> None:
        # They are stored: another hash or another alphabet would lose every channel.
        assert direct_channel_id(direct_key("an", "bo"), 0) == "ge9v0j9d09sd6v3fi564o000"
        assert group_channel_id("an", "c1") == "c5gmhsh5ak3f47itah5gi000"

    @given(user_ids, client_ids, shard_counts)
    def test_lie_on_a_shard_that_there_is(self, name: str, client_id: str, shards: int) -> None:
        assert 0 <= shard_of(group_channel_id(name, client_id), shards) < shards

    @pytest.mark.parametrize("shards", [2, 7, 64])
    def test_spread_over_all_shards(self, shards: int) -> None:
        used = {shard_of(group_channel_id("an", f"c{number}"), shards) for number in range(40 * shards)}
        assert used == set(range(shards))


class TestMessageIds:
    @given(st.integers(1, 10**12 - 1))
    def test_tell_channel_and_seq(self, seq: int) -> None:
        channel_id = direct_channel_id(direct_key("an", "bo"), 0)
        assert split_message_id(message_id(channel_id, seq)) == (channel_id, seq)

    @given(st.integers(1, 10**12 - 1), st.integers(1, 10**12 - 1))
    def test_sort_like_the_log(self, one: int, other: int) -> None:
        channel_id = direct_channel_id(direct_key("an", "bo"), 0)
        assert (message_id(channel_id, one) < message_id(channel_id, other)) == (one < other)

    @given(st.integers(1, 10**12 - 1))
    def test_have_one_length(self, seq: int) -> None:
        assert len(message_id("0" * 24, seq)) == 37
