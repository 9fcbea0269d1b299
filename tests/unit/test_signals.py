"""Signals between gateways: collected, told once, bounded, and lost without harm."""

from typing import Final

import msgspec
import pytest

from imapp.broker.publishing import MessagePublisher
from imapp.errors import BrokerUnavailable
from imapp.gateway.signals import Signals
from schemas.tasks import Fanout, PresenceNotice, Typing, TypingNotice

_DECODER: Final = msgspec.msgpack.Decoder(Fanout)


class KeptMessages(MessagePublisher):
    """A publisher that keeps what it is given, or is without a broker."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.is_down = False

    def publish(self, payload: bytes, *, exchange: str, routing_key: str) -> None:
        if self.is_down:
            raise BrokerUnavailable("down")
        assert (exchange, routing_key) == ("fanout", "")
        self.taken.append(_DECODER.decode(payload))


@pytest.fixture
def publisher() -> KeptMessages:
    return KeptMessages()


@pytest.fixture
def signals(publisher: KeptMessages) -> Signals:
    return Signals(publisher, "fanout")


def typing(number: int) -> Typing:
    return Typing(channel_id="0" * 24, user_id=f"user{number}", user_name="User")


def test_somebody_who_changes_several_times_is_told_once(signals: Signals, publisher: KeptMessages) -> None:
    signals.changed(["an", "bo"])
    signals.changed(["bo", "an"])

    signals.flush()
    signals.flush()

    assert publisher.taken == [PresenceNotice(user_ids=["an", "bo"])]


def test_many_are_told_in_several_notices(signals: Signals, publisher: KeptMessages) -> None:
    people = [f"user{number}" for number in range(2_500)]
    signals.changed(people)

    signals.flush()

    notices = [notice for notice in publisher.taken if isinstance(notice, PresenceNotice)]
    assert [len(notice.user_ids) for notice in notices] == [1_000, 1_000, 500]
    assert [user for notice in notices for user in notice.user_ids] == people


@pytest.mark.limit("`typing` in one notice to the gateways")
def test_typing_of_many_is_one_notice_and_too_much_is_dropped(
    signals: Signals, publisher: KeptMessages
) -> None:
    for number in range(600):
        signals.typing(typing(number))

    signals.flush()

    assert publisher.taken == [TypingNotice(typing=[typing(number) for number in range(500)])]


@pytest.mark.limit("people in one notice of presence")
def test_too_many_people_are_dropped(signals: Signals, publisher: KeptMessages) -> None:
    for start in range(0, 25_000, 500):
        signals.changed([f"user{number}" for number in range(start, start + 500)])

    signals.flush()

    assert len(publisher.taken) == 20


def test_without_a_broker_they_are_lost_and_the_next_ones_go_out(
    signals: Signals, publisher: KeptMessages
) -> None:
    publisher.is_down = True
    signals.changed(["an"])
    signals.flush()
    publisher.is_down = False

    signals.changed(["bo"])
    signals.flush()

    assert publisher.taken == [PresenceNotice(user_ids=["bo"])]
