"""What a gateway remembers of what came by, and for how long."""

import pytest

from imapp.gateway.passages import Passages
from imapp.gateway.registry import LocalChannel
from schemas.tasks import FanoutBatch, FanoutEntry, FanoutItem, FindPassages
from tests.support.waiting import eventually
from tests.unit.fakes.listeners import FakeSubscriber


def item(channel_id: str, *seqs: int) -> FanoutItem:
    entries = [FanoutEntry(index=0, seq=seq, time_ms=1, frame=b"") for seq in seqs]
    return FanoutItem(channel_id=channel_id, entries=entries)


def pass_by(
    passages: Passages, *items: FanoutItem, known: int = 0, roster: tuple[str, ...] = ("c1",)
) -> None:
    batch = FanoutBatch(
        shard=1, epoch="e", number=7, origin="", batch_id="", items=[*items], writer="w:1", published_ms=5
    )
    passages.begin(batch, None)
    for each in items:
        passages.note(each, known, roster)


def connections(passages: Passages, seq: int) -> list[list[str]]:
    return [found.connections for found in passages.find(FindPassages(channel_id="lunch", seq=seq))]


def test_it_is_known_when_an_entry_came_by_in_which_batch_and_who_was_given_it() -> None:
    passages = Passages(10, 60)
    pass_by(passages, item("dinner", 4), item("lunch", 4, 5, 6), roster=("c1", "c2"))

    (found,) = passages.find(FindPassages(channel_id="lunch", seq=5))

    assert (found.shard, found.epoch, found.number) == (1, "e", 7)
    assert (found.writer, found.published_ms, found.accepted_ms) == ("w:1", 5, 0)
    assert found.connections == ["c1", "c2"]
    assert passages.since_ms <= found.at_ms
    assert [connections(passages, seq) for seq in (3, 7)] == [[], []]


def test_what_had_passed_before_is_not_given_again() -> None:
    passages = Passages(10, 60)
    pass_by(passages, item("lunch", 4, 5))
    pass_by(passages, item("lunch", 4, 5), known=5)
    pass_by(passages, item("lunch", 4, 5, 6), known=5, roster=("c2",))

    assert [connections(passages, seq) for seq in (4, 5, 6)] == [[["c1"]], [["c1"]], [["c2"]]]


def test_where_nobody_hears_it_nothing_is_kept() -> None:
    passages = Passages(10, 60)
    pass_by(passages, item("lunch", 4), roster=())
    pass_by(passages, item("lunch"))

    assert connections(passages, 4) == []


@pytest.mark.limit("passages that a gateway remembers")
def test_the_oldest_go_first_and_it_is_said_since_when_all_is_known() -> None:
    passages = Passages(3, 60)
    began = passages.since_ms
    for seq in range(1, 6):
        pass_by(passages, item("lunch", seq))

    assert [len(connections(passages, seq)) for seq in range(1, 6)] == [0, 0, 1, 1, 1]
    assert passages.since_ms >= began


@pytest.mark.limit("age of a passage that a gateway remembers")
def test_what_is_too_old_is_forgotten_and_it_is_said_since_when_all_is_known() -> None:
    time_s = [1_000.0]
    passages = Passages(3, 60, lambda: time_s[0])
    for seq in (1, 2):
        pass_by(passages, item("lunch", seq))
        time_s[0] += 40

    assert [len(connections(passages, seq)) for seq in (1, 2)] == [0, 1], "though nothing has come since"

    pass_by(passages, item("lunch", 3))
    assert [len(connections(passages, seq)) for seq in (1, 2, 3)] == [0, 1, 1]
    assert len(passages._lines) == 2, "it takes no room any more"


def test_a_gateway_says_that_it_knows_no_more_than_it_keeps() -> None:
    passages = Passages(10, 0.001)
    began = passages.since_ms

    eventually(lambda: passages.since_ms > began, what="it has forgotten its beginning")


@pytest.mark.parametrize(("length", "kept_s"), [(0, 60), (10, 0)])
def test_without_a_length_or_an_age_nothing_is_kept(length: int, kept_s: float) -> None:
    passages = Passages(length, kept_s)
    pass_by(passages, item("lunch", 1))

    assert (connections(passages, 1), passages.since_ms) == ([], 0)


# ---- who was given it


@pytest.fixture
def local() -> LocalChannel:
    channel = LocalChannel(4)
    channel.subscribers = {FakeSubscriber("an"), FakeSubscriber("bo")}
    return channel


def test_the_list_of_a_channel_is_one_object_until_somebody_comes_or_goes(local: LocalChannel) -> None:
    first = local.roster(5)

    assert local.roster(6) is first
    assert sorted(first) == ["an's", "bo's"]
    local.subscribers.add(FakeSubscriber("chen"))
    local.changed()
    assert sorted(local.roster(7)) == ["an's", "bo's", "chen's"]
    assert sorted(first) == ["an's", "bo's"], "what was written down stays"


def test_who_hears_it_from_a_later_seq_on_is_not_in_it(local: LocalChannel) -> None:
    late = FakeSubscriber("late")
    local.subscribers.add(late)
    local.gates[late] = 6
    local.changed()

    assert "late's" not in local.roster(5)
    assert "late's" in local.roster(6)
