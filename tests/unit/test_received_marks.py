"""How a gateway gathers received marks, by a clock that the test moves."""

import msgspec
import pytest

from imapp.domain.entries import wire_entry
from imapp.errors import BrokerUnavailable
from imapp.gateway import received
from imapp.gateway.received import ReceivedCoalescer
from schemas.tasks import ReceiptBatch, ReceivedMark
from tests.support.entries import log_entry

CHANNEL = "c" * 24


class Broker:
    """Takes tasks, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.tasks: list[list[ReceivedMark]] = []

    def publish(self, task: str, queue: object, payload: bytes, *, durable: bool) -> None:
        assert (task, queue, durable) == ("receipts.apply", "queue", True)
        if self.away:
            raise BrokerUnavailable("away")
        self.tasks.append(msgspec.msgpack.decode(payload, type=ReceiptBatch).received)

    def close(self) -> None:
        pass


class Hands:
    """A coalescer with its broker and its clock."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.now = 100.0
        self.ends: dict[str, int] = {}
        self.marks = ReceivedCoalescer(self.broker, "queue", clock=lambda: self.now)  # type: ignore[arg-type]
        self.marks.last_seq = lambda channel_id: self.ends.get(channel_id, 0)

    def flush(self, after_s: float = 0.2) -> list[tuple[str, int]]:
        """What goes out at the next flush: (user id, seq)."""
        self.now += after_s
        known = len(self.broker.tasks)
        self.marks.flush()
        return [(mark.user_id, mark.seq) for task in self.broker.tasks[known:] for mark in task]


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_of_several_marks_the_highest_goes_out_once(hands: Hands) -> None:
    for seq in (3, 5, 4):
        hands.marks.add(CHANNEL, "bo", seq)

    assert hands.flush() == [("bo", 5)]
    assert hands.flush() == []
    assert hands.marks.idle


def test_what_was_said_before_is_not_said_again(hands: Hands) -> None:
    hands.ends[CHANNEL] = 5
    hands.marks.add(CHANNEL, "bo", 5)
    hands.flush()

    hands.marks.add(CHANNEL, "bo", 5)
    hands.marks.add(CHANNEL, "bo", 2, from_seq=2)

    assert hands.flush(after_s=1) == []


def test_what_was_fetched_before_is_not_said_again_though_the_gateway_is_behind(hands: Hands) -> None:
    hands.ends[CHANNEL] = 5
    hands.marks.add_page("bo", CHANNEL, [wire_entry(log_entry(CHANNEL, seq)) for seq in range(1, 8)])
    hands.marks.add(CHANNEL, "bo", 8)
    hands.flush()

    hands.marks.add(CHANNEL, "bo", 7)

    assert hands.flush(after_s=1) == []


def test_a_page_does_not_hide_the_cumulative_mark_beside_it(hands: Hands) -> None:
    hands.marks.add(CHANNEL, "bo", 90, from_seq=41)
    hands.marks.add(CHANNEL, "bo", 7)

    assert hands.flush() == [("bo", 90), ("bo", 7)]


class TestAMarkBeyondTheEnd:
    """The gateway may be behind, so a true mark is not cut; one that is none hides nothing said later."""

    @pytest.mark.parametrize("end", [0, 10], ids=["end not known", "end known"])
    def test_is_handed_on_as_it_is(self, hands: Hands, end: int) -> None:
        hands.ends[CHANNEL] = end
        hands.marks.add(CHANNEL, "bo", 12)
        hands.marks.add(CHANNEL, "chen", 12, from_seq=11)
        assert hands.flush() == [("bo", 12), ("chen", 12)]

    def test_does_not_shorten_a_page_that_was_fetched_just_before(self, hands: Hands) -> None:
        """After a gap in the stream a client fetches what is new, and acknowledges it."""
        hands.ends[CHANNEL] = 10
        hands.marks.add_page("bo", CHANNEL, [wire_entry(log_entry(CHANNEL, seq)) for seq in range(1, 13)])
        hands.marks.add(CHANNEL, "bo", 12)
        assert hands.flush() == [("bo", 12)]

    @pytest.mark.parametrize("end", [0, 5], ids=["end not known", "end known"])
    def test_hides_nothing_that_is_said_once_it_is_sent(self, hands: Hands, end: int) -> None:
        hands.ends[CHANNEL] = end
        hands.marks.add(CHANNEL, "bo", 8)
        hands.flush()

        hands.ends[CHANNEL] = 8
        for seq in (6, 8):
            hands.marks.add(CHANNEL, "bo", seq)
            assert hands.flush(after_s=1) == [("bo", seq)]

    def test_waits_together_with_a_true_one_that_it_covers(self, hands: Hands) -> None:
        """The worker cuts it when it is applied; by then the true one has been sent."""
        hands.ends[CHANNEL] = 6
        hands.marks.add(CHANNEL, "bo", 10_000)
        hands.marks.add(CHANNEL, "bo", 6)
        assert hands.flush() == [("bo", 10_000)]

    def test_hides_no_page_either(self, hands: Hands) -> None:
        hands.ends[CHANNEL] = 5
        hands.marks.add(CHANNEL, "bo", 10_000)
        hands.flush()
        hands.marks.add_page("bo", CHANNEL, [wire_entry(log_entry(CHANNEL, seq)) for seq in (6, 7)])
        assert hands.flush(after_s=1) == [("bo", 7)]


def test_a_crowd_is_gathered_for_longer_after_its_first_flush(hands: Hands) -> None:
    for name in ("bo", "chen", "ding"):
        hands.marks.add(CHANNEL, name, 1)
    assert len(hands.flush()) == 3

    for name in ("bo", "chen", "ding", "eva"):
        hands.marks.add(CHANNEL, name, 2)

    assert hands.flush() == []
    assert len(hands.flush(after_s=2)) == 4


def test_the_first_of_a_chat_goes_out_at_once_and_then_once_a_second(hands: Hands) -> None:
    sent = []
    for seq in range(1, 11):
        hands.marks.add(CHANNEL, "an", seq)
        hands.marks.add(CHANNEL, "bo", seq)
        sent += hands.flush(after_s=0.2)

    assert sent == [("an", 1), ("bo", 1), ("an", 6), ("bo", 6)]


def test_a_busy_chat_does_not_hold_up_another(hands: Hands) -> None:
    hands.marks.add(CHANNEL, "an", 1)
    hands.flush()

    hands.marks.add(CHANNEL, "an", 2)
    hands.marks.add("d" * 24, "chen", 1)

    assert hands.flush() == [("chen", 1)]


def test_what_the_broker_did_not_take_goes_out_later_with_what_came_meanwhile(hands: Hands) -> None:
    hands.broker.away = True
    hands.marks.add(CHANNEL, "bo", 5)
    hands.marks.add(CHANNEL, "chen", 5)
    assert hands.flush() == []
    assert not hands.marks.idle

    hands.broker.away = False
    hands.marks.add(CHANNEL, "bo", 6)

    assert sorted(hands.flush(after_s=1)) == [("bo", 6), ("chen", 5)]


@pytest.mark.limit("received marks waiting in a gateway")
def test_a_full_coalescer_says_so(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "_MAX_WAITING", 2)
    assert hands.marks.add(CHANNEL, "bo", 1)
    assert hands.marks.add(CHANNEL, "chen", 1)

    assert not hands.marks.add(CHANNEL, "ding", 1)


def test_everything_goes_out_at_the_end(hands: Hands) -> None:
    for seq in (1, 2):
        for name in ("bo", "chen", "ding"):
            hands.marks.add(CHANNEL, name, seq)
        hands.flush(after_s=0.2)
    assert not hands.marks.idle

    hands.marks.stop()

    assert len(hands.flush()) == 3
    assert hands.marks.idle
