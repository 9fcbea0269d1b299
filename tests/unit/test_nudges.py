"""The hand-over from a writer to the push workers."""

import msgspec
import pytest

from imapp.errors import BrokerUnavailable
from imapp.services.writing import nudges
from imapp.services.writing.nudges import Nudger
from schemas.tasks import FanoutEntry, FanoutItem, PushBatch

PAUSE_S = 0.9


class Broker:
    """Takes tasks, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.tasks: list[dict[str, int]] = []

    def publish(self, payload: bytes) -> None:
        if self.away:
            raise BrokerUnavailable("away")
        batch = msgspec.msgpack.decode(payload, type=PushBatch)
        self.tasks.append({nudge.channel_id: nudge.at_ms for nudge in batch.nudges})


def item(channel: str, *times: int) -> FanoutItem:
    entries = [FanoutEntry(index=0, seq=1, time_ms=time_ms, frame=b"") for time_ms in times]
    return FanoutItem(channel_id=channel, entries=entries)


@pytest.fixture
def broker() -> Broker:
    return Broker()


def test_a_channel_is_told_once_with_the_time_of_its_first_entry(broker: Broker) -> None:
    nudger = Nudger(broker.publish, pause_s=PAUSE_S)
    nudger.add([item("a", 10, 11), item("b", 12)])
    nudger.add([item("a", 13), item("c")])

    nudger.flush()
    nudger.flush()

    assert broker.tasks == [{"a": 10, "b": 12}]


@pytest.mark.parametrize(
    ("pause_s", "told"),
    [pytest.param(0.9, [1, 2, 4], id="once a second"), pytest.param(0.4, [1, 2, 3, 4, 5], id="each time")],
)
def test_a_channel_that_goes_on_growing_is_told_after_a_pause(
    broker: Broker, pause_s: float, told: list[int]
) -> None:
    now = 100.0
    nudger = Nudger(broker.publish, pause_s=pause_s, clock=lambda: now)
    for time_ms in range(1, 6):
        nudger.add([item("a", time_ms)])
        nudger.flush()
        now += 0.5

    assert broker.tasks == [{"a": time_ms} for time_ms in told]


def test_at_the_end_all_that_waits_is_told(broker: Broker) -> None:
    nudger = Nudger(broker.publish, pause_s=PAUSE_S)
    for time_ms in (1, 2):
        nudger.add([item("a", time_ms)])
        nudger.flush(last=True)

    assert broker.tasks == [{"a": 1}, {"a": 2}]


def test_what_the_broker_does_not_take_waits(broker: Broker) -> None:
    nudger = Nudger(broker.publish, pause_s=PAUSE_S)
    broker.away = True
    nudger.add([item("a", 10)])
    nudger.flush()

    broker.away = False
    nudger.add([item("a", 11), item("b", 12)])
    nudger.flush()

    assert broker.tasks == [{"a": 10, "b": 12}]


def test_many_channels_are_several_tasks_and_too_many_are_left_to_the_sweep(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudges, "_MAX_NUDGES", 2)
    monkeypatch.setattr(nudges, "_MAX_CHANNELS", 3)
    nudger = Nudger(broker.publish, pause_s=PAUSE_S)
    broker.away = True
    nudger.add([item(name, 1) for name in "abcde"])
    nudger.flush()

    broker.away = False
    nudger.flush()

    assert [set(task) for task in broker.tasks] == [{"a", "b"}, {"c"}]
