"""What a sender and the listeners notice when MongoDB, RabbitMQ or a writer fails: nothing, at most later."""

from collections.abc import Callable

import pytest

from imapp.domain.ids import direct_channel_id, direct_key
from schemas.commands import AddMembers, Leave, RemoveMember
from schemas.tasks import Result, WriteBatch
from tests.unit.fakes.commands import add, create, leave, open_direct, remove, say, tell
from tests.unit.fakes.faults import Died, broker_fails, process_dies, store_fails
from tests.unit.fakes.writers import Bench, WriterProcess

PAIR = direct_channel_id(direct_key("an", "bo"), 0)


@pytest.fixture
def bench() -> Bench:
    return Bench("an", "bo", "chen", "dao")


@pytest.fixture
def team(bench: Bench) -> str:
    """A group of An, Bo and Chen."""
    return bench.run(create("an", "bo", "chen"))[0].channel_id


def contents(bench: Bench, channel_id: str) -> list[str]:
    """What was said in a channel."""
    return [entry.content for entry in bench.store.log_of(channel_id) if entry.type == 1]


def dies(bench: Bench, batch: WriteBatch, *, redelivered: bool = False) -> list[Result]:
    """The answers of the next writer, once this one has died over a batch."""
    with pytest.raises(Died):
        bench.deliver(batch, redelivered=redelivered)
    bench.process = bench.new_process()
    return bench.deliver(batch, redelivered=True)


class TestAnUnconfirmedWrite:
    @pytest.mark.parametrize("after", [False, True], ids=["not stored", "stored"])
    def test_of_a_message_is_settled_by_looking(self, bench: Bench, team: str, after: bool) -> None:
        bench.store.faults.arm_at("log.append", store_fails, after=after)
        (answer,) = bench.run(say("bo", "hello", team))
        assert (answer.code, answer.seq) == ("", 2)
        assert contents(bench, team) == ["hello"]

    @pytest.mark.parametrize("after", [False, True], ids=["not stored", "stored"])
    def test_of_a_change_is_settled_by_looking(self, bench: Bench, team: str, after: bool) -> None:
        bench.store.faults.arm_at("changes.commit", store_fails, after=after)
        (answer,) = bench.run(add("an", team, "dao"))
        assert (answer.code, answer.seq) == ("", 2)
        assert bench.store.members[team, "dao"].member.spans == ((2, None),)

    def test_of_a_head_is_done_again(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("channels.move_heads", store_fails)
        bench.run(say("bo", "hello", team))
        assert bench.store.channels[team].channel.last_seq == 2

    def test_in_the_middle_of_a_batch_keeps_the_order(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm(store_fails, in_steps=1, after=True)
        bench.run(say("bo", "one", team), say("bo", "two", team), say("bo", "three", team))
        assert contents(bench, team) == ["one", "two", "three"]

    @pytest.mark.parametrize("after", [False, True], ids=["not stored", "stored"])
    def test_of_a_message_does_not_keep_it_from_being_heard(
        self, bench: Bench, team: str, after: bool
    ) -> None:
        bench.store.faults.arm_at("log.append", store_fails, after=after)
        bench.run(say("bo", "hello", team))
        assert (team, 2) in bench.published()

    @pytest.mark.parametrize("after", [False, True], ids=["not stored", "stored"])
    def test_of_an_opened_chat_does_not_keep_its_two_from_hearing_it(self, bench: Bench, after: bool) -> None:
        bench.store.faults.arm_at("changes.commit", store_fails, after=after)
        bench.run(open_direct("an", "bo"))
        assert joined(bench) == {"an", "bo"}

    def test_that_goes_on_too_long_ends_the_process(self, bench: Bench, team: str) -> None:
        impatient = bench.new_process(patience_s=-1.0)
        bench.store.faults.arm_at("log.append", store_fails)
        with pytest.raises(Died, match="store unavailable"):
            bench.deliver(bench.batch(say("bo", "hello", team)), process=impatient)


class TestARepeatAmongNewMessages:
    """Its key is taken, so the whole batch is looked at again."""

    def test_is_answered_as_before_and_the_others_are_stored(self, bench: Bench, team: str) -> None:
        old = say("bo", "old", team)
        bench.run(old)
        answers = bench.run(say("an", "new", team), old, say("chen", "newer", team))
        assert [answer.seq for answer in answers] == [3, 2, 4]
        assert contents(bench, team) == ["old", "new", "newer"]

    def test_does_not_keep_the_others_from_being_heard(self, bench: Bench, team: str) -> None:
        old = say("bo", "old", team)
        bench.run(old)
        bench.run(say("an", "new", team), old)
        assert (team, 3) in bench.published()

    def test_does_not_keep_a_removal_from_being_heard(self, bench: Bench, team: str) -> None:
        old = say("chen", "old", team)
        bench.run(old)
        bench.run(remove("an", team, "bo"), old)
        assert left(bench) == {"bo"}

    def test_does_not_change_the_order_in_which_the_others_are_heard(self, bench: Bench) -> None:
        # The chat is no group yet when the leave is first decided on, and is one when it is decided again.
        old = tell("an", "chen", "old")
        bench.run(old)
        bench.run(tell("an", "bo", "hello"))
        bench.run(leave("an", PAIR), add("an", PAIR, "chen"), old)
        heard = [seq for channel_id, seq in bench.published() if channel_id == PAIR]
        assert heard == [entry.seq for entry in bench.store.log_of(PAIR)]


class TestAWriterThatDies:
    @pytest.mark.parametrize("step", ["log.append", "channels.move_heads", "fanout", "reply"])
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_leaves_one_entry_one_answer_and_something_to_hear(
        self, bench: Bench, team: str, step: str, after: bool
    ) -> None:
        bench.store.faults.arm_at(step, process_dies, after=after)
        answers = dies(bench, bench.batch(say("bo", "hello", team)))
        assert [answer.seq for answer in answers] == [2]
        assert contents(bench, team) == ["hello"]
        assert bench.published()[-1] == (team, 2)
        assert bench.store.channels[team].channel.last_seq == 2

    @pytest.mark.parametrize(
        "command",
        [add("an", "TEAM", "dao"), remove("an", "TEAM", "chen"), leave("an", "TEAM")],
        ids=["add", "remove", "leave"],
    )
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_while_it_changes_members_leaves_all_of_it_or_nothing(
        self, bench: Bench, team: str, command: AddMembers | RemoveMember | Leave, after: bool
    ) -> None:
        command.channel_id = team
        bench.store.faults.arm_at("changes.commit", process_dies, after=after)
        with pytest.raises(Died):
            bench.run(command)
        changed = (
            bench.store.channels[team].member_count != 3 or bench.store.channels[team].channel.owner != "an"
        )
        assert (len(bench.store.log_of(team)) == 2) == changed == after

    def test_lets_those_join_whom_it_had_no_time_to_announce(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("fanout", process_dies)
        dies(bench, bench.batch(add("an", team, "dao")))
        assert joined(bench) == {"an", "bo", "chen", "dao"}

    def test_lets_the_two_of_an_opened_chat_hear_it(self, bench: Bench) -> None:
        bench.store.faults.arm_at("fanout", process_dies)
        dies(bench, bench.batch(open_direct("an", "bo")))
        assert joined(bench) == {"an", "bo"}

    def test_is_followed_by_one_with_a_new_epoch(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("reply", process_dies)
        dies(bench, bench.batch(say("bo", "hello", team)))
        _, first, second = bench.broker.batches
        assert first.epoch != second.epoch
        assert (first.number, second.number) == (2, 1)

    def test_leaves_the_sender_with_his_own_message_read(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("members.move_marks", process_dies)
        dies(bench, bench.batch(say("bo", "hello", team)))
        assert bench.store.members[team, "bo"].read_seq == 2

    def test_makes_nothing_heard_twice_in_one_batch(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        bench.store.faults.arm_at("fanout", process_dies)
        dies(bench, bench.batch(hello, hello))
        assert bench.published()[1:] == [(team, 2)]


class TestTheStream:
    def test_has_dense_numbers(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "one", team))
        bench.run(say("bo", "two", team))
        assert [batch.number for batch in bench.broker.batches] == [1, 2, 3]
        assert len({batch.epoch for batch in bench.broker.batches}) == 1

    def test_spends_no_number_on_a_batch_with_nothing_to_hear(self, bench: Bench, team: str) -> None:
        bench.run(say("dao", "hello", team))
        assert bench.broker.replies[-1].number == 0
        bench.run(say("bo", "hello", team))
        assert [batch.number for batch in bench.broker.batches] == [1, 2]

    def test_is_tried_until_the_broker_confirms_with_the_same_number(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("fanout", broker_fails, after=True)
        bench.store.faults.arm_at("fanout", broker_fails)
        bench.run(say("bo", "hello", team))
        bench.run(say("bo", "bye", team))
        assert [batch.number for batch in bench.broker.batches] == [1, 2, 2, 3]

    def test_tells_the_sender_which_batch_carries_his_entries(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "hello", team))
        reply, batch = bench.broker.replies[-1], bench.broker.batches[-1]
        assert (reply.epoch, reply.number, reply.batch_id) == (batch.epoch, batch.number, batch.batch_id)
        assert batch.origin == "gateway"

    def test_goes_on_when_an_answer_is_lost(self, bench: Bench, team: str) -> None:
        bench.store.faults.arm_at("reply", broker_fails)
        bench.run(say("bo", "hello", team))
        assert (team, 2) in bench.published()

    def test_does_not_repeat_what_a_client_repeats(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        bench.run(hello)
        bench.run(hello)
        assert bench.published().count((team, 2)) == 1

    def test_repeats_what_a_gateway_drives_again(self, bench: Bench, team: str) -> None:
        hello = say("bo", "hello", team)
        bench.run(hello)
        bench.deliver(bench.batch(hello, attempt=2))
        assert bench.published().count((team, 2)) == 2


class TestTwoWriters:
    def test_number_one_log(self, bench: Bench, team: str) -> None:
        other = bench.new_process()
        bench.deliver(bench.batch(say("bo", "one", team)), process=other)
        bench.run(say("bo", "two", team))
        bench.deliver(bench.batch(say("bo", "three", team)), process=other)
        assert contents(bench, team) == ["one", "two", "three"]

    def test_agree_on_who_has_been_removed(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "one", team))
        bench.deliver(bench.batch(remove("an", team, "bo")), process=bench.new_process())
        assert [answer.code for answer in bench.run(say("bo", "two", team))] == ["not_member"]

    def test_agree_on_who_has_been_added(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "one", team))
        bench.deliver(bench.batch(add("an", team, "dao")), process=bench.new_process())
        assert [answer.seq for answer in bench.run(say("dao", "two", team))] == [4]

    def test_agree_on_what_there_is_still_to_do(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "one", team))
        bench.deliver(bench.batch(remove("an", team, "bo")), process=bench.new_process())
        assert [answer.seq for answer in bench.run(add("an", team, "bo"))] == [4]

    def test_store_a_batch_once_that_both_got(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team), say("bo", "two", team))
        other = bench.new_process()
        bench.store.faults.arm_at("log.append", meanwhile(other, batch), after=True)
        bench.deliver(batch)
        assert contents(bench, team) == ["one", "two"]
        first, second = bench.broker.replies[-2:]
        assert first.results == second.results

    @pytest.mark.parametrize("step", ["channels.heads", "members.of_channels", "log.existing"])
    def test_agree_even_if_one_loads_while_the_other_commits(
        self, bench: Bench, team: str, step: str
    ) -> None:
        removal = bench.batch(remove("an", team, "bo"))
        bench.store.faults.arm_at(step, meanwhile(bench.process, removal), after=True)
        late = bench.new_process()
        assert [a.code for a in bench.deliver(bench.batch(say("bo", "hi", team)), process=late)] == [
            "not_member"
        ]


def meanwhile(process: WriterProcess, batch: WriteBatch) -> Callable[[], None]:
    """The other writer runs a batch at just this moment."""
    return lambda: process.runner.run(batch, redelivered=True)


def joined(bench: Bench) -> set[str]:
    """Everybody whom the stream lets in."""
    return {name for batch in bench.broker.batches for item in batch.items for name in item.joins}


def left(bench: Bench) -> set[str]:
    """Everybody whom the stream lets go."""
    return {name for batch in bench.broker.batches for item in batch.items for name in item.leaves}


class TestAFailover:
    """Fast writes are rolled back, and their writer dies before it repeats them: the log is right."""

    def test_takes_no_watermark_of_a_sender_with_the_head(self, bench: Bench, team: str) -> None:
        bench.run(tell("an", "bo", "so we talk"))
        channels, members = dict(bench.store.channels), dict(bench.store.members)
        bench.run(say("an", "one", team), say("bo", "two", team), say("an", "three", team))
        bench.run(tell("an", "bo", "one"), tell("bo", "an", "two"))
        bench.store.channels, bench.store.members = channels, members

        bench.new_process().cache.load([team, PAIR])

        assert {name: bench.store.row_of(team, name).read_seq for name in ("an", "bo")} == {"an": 4, "bo": 3}
        assert {name: bench.store.row_of(PAIR, name).read_seq for name in ("an", "bo")} == {"an": 2, "bo": 3}

    def test_takes_no_watermark_without_the_head(self, bench: Bench, team: str) -> None:
        """It takes back the latest writes, so a mark is written before the head that tells of its loss."""
        bench.run(say("an", "hello", team))

        steps = bench.store.faults.steps
        assert last(steps, "members.move_marks") < last(steps, "channels.move_heads")


def last(steps: list[str], name: str) -> int:
    return len(steps) - 1 - steps[::-1].index(name)
