"""The queue of a shard: everybody has a turn before anybody has another, and nobody's order is changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imapp.errors import RequestError
from imapp.gateway.batcher import MAX_COMMANDS, MAX_PENDING, MAX_PENDING_OF_ONE, Batcher, Flight, Timing
from imapp.gateway.limits import Limits, Rate
from imapp.gateway.pending import Pending
from imapp.gateway.turns import TURN, Turns
from schemas.commands import AddMembers, AnyCommand, SendMessage
from schemas.errors import ErrorCode
from schemas.tasks import Result
from tests.unit.fakes.broker import FakeTasks

BYTES = 100_000


class Connection:
    """Takes answers in."""

    def __init__(self) -> None:
        self.answers: list[Result] = []
        self.subscriber: Any = self

    def resolve(self, result: Result) -> None:
        self.answers.append(result)

    def flush(self) -> None:
        pass


def send(actor: str, number: int, *, size: int = 1) -> SendMessage:
    return SendMessage(actor=actor, client_message_id=str(number), channel_id="c", content="x" * size)


def add(actor: str, number: int, people: int) -> AddMembers:
    names = [f"u{each}" for each in range(people)]
    return AddMembers(actor=actor, client_message_id=str(number), channel_id="c", user_ids=names)


def queue(turns: Turns, *commands: AnyCommand, key: str = "c", connection: Connection | None = None) -> None:
    for command in commands:
        turns.append(command.actor, Pending(command, connection or Connection(), key))


def names(taken: list[Pending]) -> list[str]:
    return [f"{pending.command.actor}{pending.command.client_message_id}" for pending in taken]


def batcher(limits: Limits | None = None) -> Batcher:
    return Batcher(
        shard=0,
        publisher=FakeTasks(),
        queue="queue",
        reply_queue=lambda: "replies",
        timing=Timing(timeout_s=5, redrive_s=1),
        limits=limits or Limits({}),
    )


def test_who_asks_one_thing_is_in_the_next_batch_however_much_another_waits_for() -> None:
    turns = Turns()
    queue(turns, *(send("an", number) for number in range(2_000)))
    queue(turns, send("bo", 1))

    assert "bo1" in names(turns.take(MAX_COMMANDS, BYTES))


def test_in_a_full_batch_nobody_has_much_more_than_his_share() -> None:
    turns = Turns()
    for actor in ("an", "bo", "chen", "ding"):
        queue(turns, *(send(actor, number) for number in range(1_000)))

    taken = names(turns.take(MAX_COMMANDS, BYTES))

    assert {sum(name.startswith(actor) for name in taken) for actor in ("an", "bo", "chen", "ding")} == {128}


def test_heavy_commands_leave_the_batch_to_others() -> None:
    turns = Turns()
    queue(turns, *(add("an", number, 500) for number in range(20)))
    queue(turns, *(send("bo", number) for number in range(5)))

    taken = names(turns.take(MAX_COMMANDS, BYTES))

    assert taken == ["an0", "bo0", "bo1", "bo2", "bo3", "bo4"]


def test_a_command_heavier_than_any_batch_goes_alone() -> None:
    turns = Turns()
    queue(turns, add("an", 1, 3_000), send("an", 2))

    assert names(turns.take(MAX_COMMANDS, BYTES)) == ["an1"]
    assert names(turns.take(MAX_COMMANDS, BYTES)) == ["an2"]


def test_a_batch_is_no_longer_than_the_broker_likes() -> None:
    turns = Turns()
    queue(turns, *(send("an", number, size=40_000) for number in range(3)))

    assert names(turns.take(MAX_COMMANDS, BYTES)) == ["an0", "an1"]


@given(
    arrivals=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40)), max_size=120),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=30),
)
def test_everything_comes_out_once_and_each_persons_in_order(
    arrivals: list[tuple[str, int]], sizes: list[int]
) -> None:
    turns, put, got = Turns(), [], []
    for number, (actor, people) in enumerate(arrivals):
        command: Any = send(actor, number) if people < TURN else add(actor, number, people)
        queue(turns, command)
        put.append(f"{actor}{number}")
    for size in sizes * (len(put) + 1):
        got += names(turns.take(size, BYTES))

    assert len(turns) == 0
    assert sorted(got) == sorted(put)
    for actor in "abc":
        assert [name for name in got if name[0] == actor] == [name for name in put if name[0] == actor]


def test_what_one_connection_waits_for_in_a_channel_is_taken_out_together() -> None:
    turns, phone, desk = Turns(), Connection(), Connection()
    queue(turns, send("an", 1), connection=phone)
    queue(turns, send("an", 2), connection=desk)
    queue(turns, send("an", 3), connection=phone, key="other")
    queue(turns, send("an", 4), connection=phone)

    assert names(turns.take_out("an", phone, "c")) == ["an1", "an4"]
    assert names(turns.take(MAX_COMMANDS, BYTES)) == ["an2", "an3"]
    assert len(turns) == 0


# ---- in the batcher


@pytest.mark.limit("writes of a person under way")
def test_one_person_can_not_fill_the_queue() -> None:
    shard = batcher()
    for number in range(MAX_PENDING_OF_ONE):
        shard.submit(send("an", number), Connection(), "c")

    with pytest.raises(RequestError, match="busy"):
        shard.submit(send("an", MAX_PENDING_OF_ONE), Connection(), "c")
    shard.submit(send("bo", 1), Connection(), "c")


@pytest.mark.limit("commands waiting in a gateway, per shard")
def test_all_together_can_fill_it_and_then_nobody_is_taken() -> None:
    shard = batcher()
    for number in range(MAX_PENDING):
        shard.submit(send(f"u{number // MAX_PENDING_OF_ONE}", number), Connection(), "c")

    with pytest.raises(RequestError, match="busy"):
        shard.submit(send("an", 1), Connection(), "c")


@pytest.mark.limit("wait for a turn")
def test_who_would_wait_too_long_is_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shard = batcher()
    shard.submit(send("an", 1), Connection(), "c")
    shard.submit(send("an", 2), Connection(), "c")

    monkeypatch.setattr("imapp.gateway.batcher.MAX_QUEUED_S", 0.0)

    with pytest.raises(RequestError, match="busy"):
        shard.submit(send("an", 3), Connection(), "c")


def test_after_a_refusal_for_the_rate_the_channel_waits_for_that_command() -> None:
    shard, phone = batcher(Limits({"sends": Rate(0.001, 1)})), Connection()
    shard.submit(send("an", 1), phone, "c")
    with pytest.raises(RequestError, match="rate_limited") as refused:
        shard.submit(send("an", 2), phone, "c")
    assert refused.value.retry_after == pytest.approx(1_000, abs=1)

    with pytest.raises(RequestError) as behind:
        shard.submit(add("an", 3, 1), phone, "c")  # another limit, and it has room

    assert behind.value.code is ErrorCode.RATE_LIMITED
    shard.submit(add("an", 4, 1), phone, "another channel")
    shard.submit(add("an", 5, 1), Connection(), "c")


def test_who_is_held_back_spends_nothing() -> None:
    limits = Limits({"sends": Rate(0.001, 2)})
    shard, phone = batcher(limits), Connection()
    shard.hold_back(send("an", 1), phone, "c")

    for number in range(2, 20):
        with pytest.raises(RequestError, match="busy"):
            shard.submit(send("an", number), phone, "c")

    shard.submit(send("an", 1), phone, "c")
    shard.submit(send("an", 2), phone, "c")


def test_who_would_wait_long_at_the_pace_of_the_last_batch_is_refused_at_once() -> None:
    crowd = batcher()
    for number in range(250):
        for who in ("an", "bo", "chen", "ding"):
            crowd.submit(send(who, number), Connection(), f"{who}-chat")
    crowd._flight_s = 1.1

    with pytest.raises(RequestError) as refusal:
        crowd.submit(send("an", 250), Connection(), "an-chat")

    assert refusal.value.code is ErrorCode.BUSY
    crowd.submit(send("fei", 0), Connection(), "fei-chat")  # who has nothing waiting has his turn soon


def test_a_batch_that_is_out_is_given_up_by_the_oldest_of_its_commands() -> None:
    pending = [Pending(send("an", number), Connection(), "c") for number in range(2)]
    pending[1].since -= 4.0
    assert Flight(pending).since == pending[1].since
