"""The order of one connection in one channel across a refusal (I5), by a clock that the test moves."""

import pytest

from imapp.gateway import ordering
from imapp.gateway.ordering import OrderGate
from schemas.errors import ErrorCode


class Connection:
    """Somebody's; a gate keeps no hold of it."""


class Gate:
    """A gate and its clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.gate = OrderGate(clock=lambda: self.now)

    def must_wait(self, connection: object, client_id: str, channel: str = "c") -> ErrorCode | None:
        return self.gate.must_wait(connection, channel, client_id)


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_after_a_refusal_only_what_was_refused_may_come(gate: Gate) -> None:
    an = Connection()
    gate.gate.refused(an, "c", "1")

    assert gate.must_wait(an, "2") is ErrorCode.BUSY
    assert gate.must_wait(an, "1") is None
    assert gate.must_wait(an, "2") is None


def test_of_several_refused_the_first_comes_first(gate: Gate) -> None:
    an = Connection()
    for client_id in ("1", "2", "3"):
        gate.gate.refused(an, "c", client_id)

    assert gate.must_wait(an, "2") is ErrorCode.BUSY
    assert gate.must_wait(an, "1") is None


def test_other_channels_and_other_connections_go_on(gate: Gate) -> None:
    an, other = Connection(), Connection()
    gate.gate.refused(an, "c", "1")

    assert gate.must_wait(an, "2", channel="d") is None
    assert gate.must_wait(other, "2") is None


def test_what_does_not_come_again_is_given_up_after_a_while(gate: Gate) -> None:
    an = Connection()
    gate.gate.refused(an, "c", "1", code=ErrorCode.RATE_LIMITED, wait_s=5.0)

    gate.now += 14.0
    assert gate.must_wait(an, "2") is ErrorCode.RATE_LIMITED
    gate.now += 2.0
    assert gate.must_wait(an, "2") is None


def test_what_was_stored_all_the_same_need_not_come_again(gate: Gate) -> None:
    an = Connection()
    gate.gate.refused(an, "c", "1")

    gate.gate.stored(an, "c", "1")

    assert gate.must_wait(an, "2") is None


def test_what_was_refused_behind_it_must_still_come_first(gate: Gate) -> None:
    """Else what An had sent before she saw the refusals would overtake them."""
    an = Connection()
    gate.gate.refused(an, "c", "1")
    gate.gate.refused(an, "c", "2")
    assert gate.must_wait(an, "3") is ErrorCode.BUSY

    gate.gate.stored(an, "c", "2")
    gate.gate.stored(an, "c", "1")

    assert gate.must_wait(an, "4") is ErrorCode.BUSY
    assert gate.must_wait(an, "3") is None
    assert gate.must_wait(an, "4") is None


@pytest.mark.limit("refused writes of a connection that a gateway remembers, in each channel")
def test_behind_more_than_is_remembered_the_first_must_come_again(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "_MAX_REFUSED", 2)
    an = Connection()
    for client_id in ("1", "2", "3"):
        gate.gate.refused(an, "c", client_id)

    gate.gate.stored(an, "c", "1")
    gate.gate.stored(an, "c", "2")

    assert gate.must_wait(an, "4") is ErrorCode.BUSY
    assert gate.must_wait(an, "1") is None


def test_rest_has_no_order(gate: Gate) -> None:
    gate.gate.refused(None, "c", "1")
    gate.gate.stored(None, "c", "1")

    assert gate.must_wait(None, "2") is None


def test_a_connection_that_has_gone_is_forgotten(gate: Gate) -> None:
    an = Connection()
    gate.gate.refused(an, "c", "1")

    gate.gate.forget(an)

    assert gate.must_wait(an, "2") is None
