"""The poison rule: what brings down its writer is set aside, answered for good, and the shard goes on."""

import msgspec
import pytest

from schemas.commands import SendMessage
from schemas.tasks import WriteBatch
from tests.unit.fakes.commands import add, create, remove, say
from tests.unit.fakes.faults import Died, code_fails, process_dies, store_fails
from tests.unit.fakes.store import Curse
from tests.unit.fakes.writers import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench("an", "bo", "chen", "dao")


@pytest.fixture
def team(bench: Bench) -> str:
    """A group of An, Bo and Chen."""
    return bench.run(create("an", "bo", "chen"))[0].channel_id


def cursed(bench: Bench, curse: Curse, channel_id: str) -> SendMessage:
    """A message that does harm."""
    command = say("an", "harm", channel_id)
    bench.store.curses[command.client_message_id] = curse
    return command


POISON = Curse(code_fails, after=False)
LATE_POISON = Curse(code_fails, after=True)
KILLER = Curse(process_dies, after=False)


def deliveries_until_done(bench: Bench, batch: WriteBatch) -> int:
    """How often a batch has to be delivered until a writer survives it."""
    for count in range(1, 10):
        try:
            bench.deliver(batch, redelivered=count > 1)
        except Died:
            bench.process = bench.new_process()
            continue
        return count
    raise AssertionError("it went on for ever")


def contents(bench: Bench, channel_id: str) -> list[str]:
    """What was said."""
    return [entry.content for entry in bench.store.log_of(channel_id) if entry.type == 1]


class TestACommandThatRaises:
    def test_is_answered_for_good_and_the_others_are_stored_in_order(self, bench: Bench, team: str) -> None:
        bad = cursed(bench, POISON, team)
        answers = bench.run(say("bo", "one", team), bad, say("chen", "two", team))
        assert [answer.code for answer in answers] == ["", "internal", ""]
        assert contents(bench, team) == ["one", "two"]

    def test_is_kept_for_the_operators(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team), cursed(bench, POISON, team))
        bench.deliver(batch)
        assert bench.store.parked == {(batch.batch_id, 1): "RuntimeError: nobody expected this"}

    def test_is_not_tried_again(self, bench: Bench, team: str) -> None:
        bad = cursed(bench, POISON, team)
        batch = bench.batch(bad)
        bench.deliver(batch)
        bench.store.curses.clear()
        for _ in range(2):
            bench.deliver(batch, redelivered=True)
        assert contents(bench, team) == []

    def test_does_not_keep_the_others_from_being_heard(self, bench: Bench, team: str) -> None:
        bench.run(say("bo", "one", team), cursed(bench, POISON, team), say("chen", "two", team))
        assert bench.published()[1:] == [(team, 2), (team, 3)]

    def test_does_not_keep_a_removal_from_being_heard(self, bench: Bench, team: str) -> None:
        bench.run(remove("an", team, "bo"), add("an", team, "dao"), cursed(bench, POISON, team))
        began, *later = bench.broker.batches
        gone = {name for batch in later for item in batch.items for name in item.leaves}
        assert gone == {"bo"} or later[0].epoch != began.epoch

    def test_after_it_was_stored_is_answered_as_stored(self, bench: Bench, team: str) -> None:
        (answer,) = bench.run(cursed(bench, LATE_POISON, team))
        assert contents(bench, team) == ["harm"]
        assert (answer.code, answer.seq) == ("", 2)


class TestACommandThatKillsItsWriter:
    def test_dies_four_times_and_is_set_aside_by_the_fifth(self, bench: Bench, team: str) -> None:
        # Twice with the whole batch, twice alone to be sure who it is; the next writer sets it aside.
        batch = bench.batch(say("bo", "one", team), cursed(bench, KILLER, team), say("chen", "two", team))
        assert deliveries_until_done(bench, batch) == 5
        assert [result.code for result in bench.broker.replies[-1].results] == ["", "internal", ""]
        assert bench.store.parked == {(batch.batch_id, 1): "its writer died whenever it ran alone"}

    def test_does_not_take_the_others_with_it(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team), cursed(bench, KILLER, team), say("chen", "two", team))
        deliveries_until_done(bench, batch)
        assert contents(bench, team) == ["one", "two"]
        assert {(team, 2), (team, 3)} <= set(bench.published())

    def test_two_of_them_are_both_set_aside(self, bench: Bench, team: str) -> None:
        bad = [cursed(bench, KILLER, team) for _ in range(2)]
        batch = bench.batch(bad[0], say("bo", "one", team), bad[1])
        deliveries_until_done(bench, batch)
        assert {index for _, index in bench.store.parked} == {0, 2}
        assert contents(bench, team) == ["one"]

    def test_stays_set_aside_when_the_last_acknowledgement_is_lost(self, bench: Bench, team: str) -> None:
        batch = bench.batch(cursed(bench, KILLER, team), say("bo", "one", team))
        deliveries_until_done(bench, batch)
        bench.store.curses.clear()
        answers = bench.deliver(batch, redelivered=True)
        assert [answer.code for answer in answers] == ["internal", ""]
        assert contents(bench, team) == ["one"]

    def test_after_it_was_stored_is_answered_as_stored(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for step in ("reply", "reply", "channels.move_heads"):
            bench.store.faults.arm_at(step, process_dies)
        assert deliveries_until_done(bench, batch) == 4
        (answer,) = bench.broker.replies[-1].results
        assert (answer.code, answer.seq) == ("", 2)
        assert bench.published()[-1] == (team, 2)

    def test_however_often_after_it_was_stored_is_answered_as_stored(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for _ in range(4):
            bench.store.faults.arm_at("members.move_marks", process_dies)
        assert deliveries_until_done(bench, batch) == 5
        (answer,) = bench.broker.replies[-1].results
        assert (answer.code, answer.seq) == ("", 2)
        assert bench.published()[-1] == (team, 2)


class TestSuspicion:
    def test_falls_on_nothing_that_a_gateway_merely_sent_again(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for attempt in range(1, 8):
            bench.deliver(msgspec.structs.replace(batch, attempt=attempt))
        assert "attempts.begin" not in bench.store.faults.steps

    def test_falls_on_nothing_at_the_second_delivery(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        bench.deliver(batch, redelivered=True)
        assert "attempts.begin" not in bench.store.faults.steps

    def test_notes_beforehand_what_runs_alone(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for _ in range(2):
            bench.deliver(batch, redelivered=True)
        steps = bench.store.faults.steps
        assert steps.index("attempts.begin") < len(steps) - steps[::-1].index("log.find_repeats")

    def test_clears_a_batch_that_went_well(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for _ in range(4):
            bench.deliver(batch, redelivered=True)
        assert bench.store.attempts[batch.batch_id].begun == {}
        assert bench.store.parked == {}

    def test_spares_a_command_that_a_database_failed(self, bench: Bench, team: str) -> None:
        batch = bench.batch(say("bo", "one", team))
        for _ in range(2):
            bench.deliver(batch, redelivered=True)
        bench.store.faults.arm_at("log.find_repeats", store_fails)
        with pytest.raises(Died, match="store unavailable"):
            bench.deliver(batch, redelivered=True, process=bench.new_process(patience_s=-1.0))
        assert bench.store.parked == {}
