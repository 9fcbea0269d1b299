"""What a sender is answered: the same for every retry, whatever has happened since."""

from collections.abc import Iterator
from unittest.mock import patch

import msgspec
import pytest

from imapp.domain.ids import direct_channel_id, direct_key, message_id
from schemas.commands import AnyCommand
from schemas.common import ChannelType
from schemas.tasks import Result
from tests.unit.fakes.commands import (
    add,
    create,
    edit,
    leave,
    open_direct,
    recall,
    remove,
    say,
    tell,
    update,
)
from tests.unit.fakes.writers import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench("an", "bo", "chen", "dao")


@pytest.fixture
def team(bench: Bench) -> str:
    """A group of An, Bo and Chen."""
    return bench.run(create("an", "bo", "chen"))[0].channel_id


def codes(results: list[Result]) -> list[str]:
    """Why each was refused, "" for those that were not."""
    return [result.code for result in results]


def places(results: list[Result]) -> list[tuple[str, int]]:
    """Where each stands."""
    return [(result.channel_id, result.seq) for result in results]


class TestAnAnswer:
    def test_tells_where_and_when_the_entry_stands(self, bench: Bench, team: str) -> None:
        (answer,) = bench.run(say("bo", "hello", team))
        (_, entry) = bench.store.log_of(team)
        assert (answer.channel_id, answer.seq, answer.time_ms) == (team, 2, entry.time_ms)

    def test_comes_for_each_command_in_the_order_of_the_batch(self, bench: Bench, team: str) -> None:
        answers = bench.run(say("bo", "one", team), say("dao", "two", team), say("an", "three", team))
        assert [answer.index for answer in answers] == [0, 1, 2]
        assert codes(answers) == ["", "not_found", ""]
        assert [entry.content for entry in bench.store.log_of(team)] == ["", "one", "three"]

    def test_without_an_entry_names_the_channel_alone(self, bench: Bench, team: str) -> None:
        assert bench.run(add("an", team, "bo")) == [Result(index=0, channel_id=team)]

    def test_of_a_refusal_says_why(self, bench: Bench, team: str) -> None:
        (answer,) = bench.run(add("an", team, "nobody"))
        assert (answer.code, answer.data) == ("not_found", {"user_ids": ["nobody"]})


class TestARetry:
    def test_gets_the_first_answer_and_makes_no_second_entry(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        assert bench.run(hello) == bench.run(hello)
        assert len(bench.store.log_of(team)) == 2

    def test_gets_it_after_the_sender_was_removed(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        first = bench.run(hello)
        bench.run(remove("an", team, "bo"))
        assert bench.run(hello) == first

    def test_gets_it_from_a_writer_that_was_not_there(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        first = bench.run(hello)
        assert bench.deliver(bench.batch(hello), process=bench.new_process()) == first

    @pytest.mark.parametrize("what", ["create", "add", "remove", "leave", "update"])
    def test_of_any_command_has_one_effect(self, bench: Bench, team: str, what: str) -> None:
        commands: dict[str, AnyCommand] = {
            "create": create("an", "bo"),
            "add": add("an", team, "dao"),
            "remove": remove("an", team, "bo"),
            "leave": leave("an", team),
            "update": update("an", team, name="Crew"),
        }
        command = commands[what]
        first, before = bench.run(command), dict(bench.store.entries)
        assert bench.run(command) == first
        assert bench.store.entries == before

    def test_in_the_same_batch_meets_its_first_try(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        assert places(bench.run(hello, hello)) == [(team, 2), (team, 2)]

    def test_with_another_body_is_a_conflict_and_the_first_stays(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        bench.run(hello)
        other = msgspec.structs.replace(hello, content="bye")
        assert codes(bench.run(other)) == ["conflict"]
        assert [entry.content for entry in bench.store.log_of(team)] == ["", "hello"]

    def test_with_another_body_in_the_same_batch_is_a_conflict(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        assert codes(bench.run(hello, msgspec.structs.replace(hello, content="bye"))) == ["", "conflict"]

    def test_of_a_create_with_another_body_is_a_conflict(self, bench: Bench) -> None:
        first = create("an", "bo", client_id="c1")
        bench.run(first)
        assert codes(bench.run(create("an", "chen", client_id="c1"))) == ["conflict"]
        assert codes(bench.run(first)) == [""]

    def test_of_another_kind_is_a_conflict(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "hello", team, client_id="c1"))
        assert codes(bench.run(leave("bo", team, client_id="c1"))) == ["conflict"]

    def test_of_a_refusal_may_succeed(self, bench: Bench, team: str) -> None:
        hello = say("dao", "hello", team)
        assert codes(bench.run(hello)) == ["not_found"]
        bench.run(add("an", team, "dao"))
        assert places(bench.run(hello)) == [(team, 3)]

    def test_twice_in_one_batch_gets_it_twice(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        first = bench.run(hello)
        bench.run(remove("an", team, "bo"))
        assert places(bench.run(hello, hello)) == places(first) * 2

    def test_by_the_gateway_alone_does_not_carry_out_what_was_refused(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("dao", "hello", team))
        bench.deliver(batch)
        bench.run(add("an", team, "dao"))
        bench.deliver(msgspec.structs.replace(batch, attempt=2))
        assert [entry.content for entry in bench.store.log_of(team)] == ["", ""]


class TestTheSameClientId:
    def test_of_another_sender_is_another_message(self, bench: Bench, team: str) -> None:
        answers = bench.run(
            say("an", "hello", team, client_id="c1"), say("bo", "hello", team, client_id="c1")
        )
        assert places(answers) == [(team, 2), (team, 3)]

    def test_in_another_channel_is_another_message(self, bench: Bench, team: str) -> None:
        answers = bench.run(
            say("an", "hello", team, client_id="c1"), tell("an", "bo", "hello", client_id="c1")
        )
        assert [seq for _, seq in places(answers)] == [2, 1]


class TestMessagesToAPerson:
    PAIR = direct_channel_id(direct_key("an", "bo"), 0)
    NEXT = direct_channel_id(direct_key("an", "bo"), 1)

    def test_of_both_sides_meet_in_one_channel(self, bench: Bench) -> None:
        assert places(bench.run(tell("an", "bo", "hello"))) == [(self.PAIR, 1)]
        assert places(bench.run(tell("bo", "an", "hi"))) == [(self.PAIR, 2)]

    def test_of_both_sides_in_one_batch_meet_too(self, bench: Bench) -> None:
        answers = bench.run(tell("bo", "an", "hi"), tell("an", "bo", "hello"))
        assert places(answers) == [(self.PAIR, 1), (self.PAIR, 2)]

    def test_follow_an_opened_chat(self, bench: Bench) -> None:
        assert places(bench.run(open_direct("an", "bo"))) == [(self.PAIR, 0)]
        assert places(bench.run(tell("bo", "an", "hi"))) == [(self.PAIR, 1)]

    def test_may_be_retried_with_the_channel_that_was_learnt(self, bench: Bench) -> None:
        hello = tell("an", "bo", "hello")
        first = bench.run(hello)
        assert bench.run(msgspec.structs.replace(hello, to=None, channel_id=self.PAIR)) == first

    def test_open_a_fresh_chat_once_the_old_one_is_a_group(self, bench: Bench) -> None:
        bench.run(tell("an", "bo", "hello"))
        bench.run(add("an", self.PAIR, "chen"))
        assert places(bench.run(tell("an", "bo", "just us"))) == [(self.NEXT, 1)]

    def test_do_so_within_one_batch(self, bench: Bench) -> None:
        answers = bench.run(
            tell("an", "bo", "hello"), add("an", self.PAIR, "chen"), tell("bo", "an", "just us")
        )
        assert places(answers) == [(self.PAIR, 1), (self.PAIR, 2), (self.NEXT, 1)]

    def test_when_retried_are_found_where_they_were(self, bench: Bench) -> None:
        hello = tell("an", "bo", "hello")
        first = bench.run(hello)
        bench.run(add("an", self.PAIR, "chen"))
        bench.run(tell("bo", "an", "just us"))
        assert bench.run(hello) == first

    def test_when_retried_beside_the_upgrade_are_found_too(self, bench: Bench) -> None:
        hello = tell("an", "bo", "hello")
        first = bench.run(hello)
        assert places(bench.run(add("an", self.PAIR, "chen"), hello))[1:] == places(first)

    def test_after_another_writer_made_a_group_open_a_fresh_chat(self, bench: Bench) -> None:
        bench.run(tell("an", "bo", "hello"))
        bench.run(tell("an", "bo", "hello again"))
        bench.deliver(bench.batch(add("an", self.PAIR, "chen")), process=bench.new_process())
        assert places(bench.run(tell("an", "bo", "just us"))) == [(self.NEXT, 1)]

    @pytest.mark.usefixtures("one_state_cached")
    def test_do_so_when_the_state_was_forgotten_and_the_pair_was_not(self, bench: Bench) -> None:
        bench.run(tell("an", "bo", "hello"))
        bench.run(tell("an", "bo", "hello again"))
        bench.run(create("chen", "dao"))
        bench.deliver(bench.batch(add("an", self.PAIR, "chen")), process=bench.new_process())
        assert places(bench.run(tell("an", "bo", "just us"))) == [(self.NEXT, 1)]

    def test_opening_a_chat_after_another_writer_made_a_group_names_the_fresh_one(self, bench: Bench) -> None:
        bench.run(open_direct("an", "bo"))
        bench.run(open_direct("an", "bo"))
        bench.deliver(bench.batch(add("an", self.PAIR, "chen")), process=bench.new_process())
        assert places(bench.run(open_direct("an", "bo"))) == [(self.NEXT, 0)]
        assert bench.store.channels[self.PAIR].channel.type is ChannelType.GROUP


class TestWatermarks:
    def test_the_sender_has_read_what_he_sent(self, bench: Bench, team: str) -> None:
        bench.run(say("an", "one", team), say("bo", "two", team), say("an", "three", team))
        assert {name: read(bench, team, name) for name in ("an", "bo", "chen")} == {
            "an": (4, 3),
            "bo": (3, 2),
            "chen": (0, 0),
        }

    def test_who_joins_has_read_everything_before(self, bench: Bench, team: str) -> None:
        bench.run(say("an", "one", team), say("an", "two", team), add("an", team, "dao"))
        assert read(bench, team, "dao") == (3, 2)

    def test_who_comes_back_has_read_what_he_was_not_to_see(self, bench: Bench, team: str) -> None:
        bench.run(remove("an", team, "bo"), say("an", "one", team), add("an", team, "bo"))
        assert read(bench, team, "bo") == (3, 1)


def read(bench: Bench, channel_id: str, user_id: str) -> tuple[int, int]:
    """How far somebody has read, as seq and as count."""
    row = bench.store.row_of(channel_id, user_id)
    return row.read_seq, row.read_countable


@pytest.fixture
def one_state_cached() -> Iterator[None]:
    """A writer that remembers one channel."""
    with patch("imapp.services.writing.channel_cache._MAX_CHANNELS", 1):
        yield


class TestAMessageThatIsArchivedSinceItWasLookedFor:
    """It is looked for before a command goes to its writer; then the nightly move takes it."""

    @pytest.fixture
    def old(self, bench: Bench, team: str) -> str:
        bench.run(say("bo", "long ago", team))
        name = message_id(team, 2)
        del bench.store.entries[name]
        bench.store.archived.add(name)
        return name

    def test_is_asked_for_again_and_nothing_is_stored(self, bench: Bench, team: str, old: str) -> None:
        commands: list[AnyCommand] = [
            recall("bo", team, 2),
            recall("root", team, 2, by_admin=True),
            edit("bo", team, 2, "changed"),
            say("an", "to that", team, reply_to=old),
            say("an", "", team, forward_of=old),
        ]

        assert codes([bench.run(command)[0] for command in commands]) == ["busy"] * 5
        assert codes(bench.run(*commands)) == ["busy"] * 5
        assert [entry.seq for entry in bench.store.log_of(team)] == [1]

    def test_is_none_to_whoever_may_not_read_it(self, bench: Bench, team: str, old: str) -> None:
        bench.run(add("an", team, "dao"))
        commands: list[AnyCommand] = [
            recall("dao", team, 2),
            edit("dao", team, 2, "changed"),
            say("dao", "to that", team, reply_to=old),
            say("dao", "", team, forward_of=old),
        ]

        assert codes([bench.run(command)[0] for command in commands]) == ["not_found"] * 4
