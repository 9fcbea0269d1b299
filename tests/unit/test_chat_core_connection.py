"""The connection: made again by itself, given up when silent, left when the server forbids to come back."""

import pytest

from imapp.cli.chat.changes import LinkChanged, Notice
from imapp.cli.chat.connection import Connection, State, backoff
from tests.unit.fakes.phone import Phone, row


@pytest.fixture
def phone() -> Phone:
    phone = Phone()
    phone.start(row())
    return phone


class TestBackOff:
    def test_it_has_full_jitter_between_half_a_second_and_20(self) -> None:
        assert backoff(0, lambda low, _high: low) == 0.5
        assert backoff(0, lambda _low, high: high) == 1.0
        assert backoff(3, lambda _low, high: high) == 4.5
        assert backoff(50, lambda low, _high: low) == 0.5
        assert backoff(50, lambda _low, high: high) == 20.0

    def test_it_grows_while_nobody_answers(self) -> None:
        phone = Phone()
        delays = []
        for _ in range(8):
            phone.core.tick()
            phone.lose_connection(reason="refused")
            deadline = phone.core.deadline()
            assert deadline is not None
            delays.append(deadline - phone.now)
            phone.now = deadline
        assert delays == [1.0, 1.5, 2.5, 4.5, 8.5, 16.5, 20.0, 20.0]

    def test_it_starts_small_after_a_connection_that_held(self, phone: Phone) -> None:
        for _ in range(5):
            phone.lose_connection()
            phone.wait(20.0)
            phone.connect()
        phone.wait(10.0)
        phone.lose_connection()
        assert phone.core.deadline() == phone.now + 1.0

    def test_it_grows_while_each_connection_breaks_at_once(self, phone: Phone) -> None:
        for _ in range(5):
            phone.lose_connection()
            phone.wait(20.0)
            phone.connect()
        phone.lose_connection()
        assert phone.core.deadline() == phone.now + 16.5


class TestClosing:
    @pytest.mark.parametrize("code", [None, 1001, 1006, 1011, 1013, 4000, 4001, 4003])
    def test_it_comes_back_after_most_codes(self, phone: Phone, code: int | None) -> None:
        phone.lose_connection(code)
        phone.wait(20.0)
        assert phone.connects == 2

    @pytest.mark.parametrize("code", [4501, 4502, 4503, 4599])
    def test_it_stays_away_after_45xx(self, phone: Phone, code: int) -> None:
        phone.lose_connection(code)
        phone.wait(3600.0)
        assert phone.connects == 1
        assert phone.core.state is State.STOPPED
        assert phone.core.deadline() is None

    def test_it_says_why_it_stays_away(self, phone: Phone) -> None:
        phone.lose_connection(4501, "token expired")
        assert "token" in phone.core.detail
        assert phone.core.detail.endswith("(token expired)")

    def test_it_comes_back_when_a_closing_server_said(self, phone: Phone) -> None:
        phone.hear({"type": "closing", "reconnect_in_ms": 3000})
        phone.lose_connection(4003)
        phone.wait(2.9)
        assert phone.connects == 1
        phone.wait(0.1)
        assert phone.connects == 2

    def test_the_hint_holds_for_one_close_only(self, phone: Phone) -> None:
        phone.hear({"type": "closing", "reconnect_in_ms": 3000})
        phone.lose_connection(4003)
        phone.wait(3.0)
        phone.lose_connection()
        assert phone.core.deadline() == phone.now + 1.5


class TestSilence:
    def test_it_pings_when_idle_for_a_heartbeat(self, phone: Phone) -> None:
        phone.wait(24.9)
        assert phone.sends("ping") == []
        phone.wait(0.1)
        assert len(phone.sends("ping")) == 1

    def test_it_pings_once(self, phone: Phone) -> None:
        phone.wait(25.0)
        phone.wait(5.0)
        assert len(phone.sends("ping")) == 1

    def test_it_gives_up_ten_seconds_later(self, phone: Phone) -> None:
        phone.wait(25.0)
        phone.wait(9.9)
        assert phone.disconnects == 0
        phone.wait(0.1)
        assert phone.disconnects == 1
        assert phone.core.state is State.WAITING

    def test_any_frame_shows_that_the_server_lives(self, phone: Phone) -> None:
        phone.wait(25.0)
        phone.hear({"type": "pong", "id": phone.sends("ping")[0]["id"]})
        phone.wait(24.9)
        assert (phone.disconnects, phone.sends("ping")) == (0, [])

    def test_an_unanswered_hello_is_given_up(self) -> None:
        phone = Phone()
        phone.core.tick()
        phone.core.opened()
        phone.wait(10.0)
        assert phone.disconnects == 1


class TestHello:
    def test_it_carries_token_and_device_and_no_cursor_at_first(self) -> None:
        hello = Phone().connect()
        assert (hello["token"], hello["device"], hello["cursor"]) == ("an's token", "phone", None)

    def test_a_refused_token_is_the_end(self) -> None:
        phone = Phone()
        phone.core.tick()
        phone.core.opened()
        phone.refuse(phone.sends("hello")[0], "unauthorized")
        assert phone.core.state is State.STOPPED

    def test_a_busy_server_is_asked_again_when_it_says(self) -> None:
        phone = Phone()
        phone.core.tick()
        phone.core.opened()
        phone.refuse(phone.sends("hello")[0], "busy", retry_after=7.0)
        assert phone.core.deadline() == phone.now + 7.0


class TestOddFrames:
    def test_an_unknown_type_is_ignored(self, phone: Phone) -> None:
        phone.hear({"type": "weather", "sun": True})
        assert phone.core.state is State.ONLINE

    def test_an_unknown_field_is_ignored(self, phone: Phone) -> None:
        phone.hear({"type": "resync", "because": "of the weather"})
        assert len(phone.sends("sync")) == 1

    def test_an_answer_nobody_waits_for_is_ignored(self, phone: Phone) -> None:
        phone.hear(
            {"type": "ok", "id": "long ago"}, {"type": "error", "id": "x", "code": "busy", "message": ""}
        )
        assert phone.core.state is State.ONLINE

    def test_an_error_without_an_id_is_told(self, phone: Phone) -> None:
        phone.hear({"type": "error", "code": "invalid", "message": "That is no frame."})
        assert phone.changes[-1] == Notice("That is no frame.")

    def test_a_known_type_in_an_unknown_shape_is_the_end_and_no_silent_hole(self, phone: Phone) -> None:
        phone.hear({"type": "message", "seq": "one"})
        assert phone.core.state is State.STOPPED
        assert "update" in phone.core.detail


class TestStates:
    def test_each_change_is_told(self, phone: Phone) -> None:
        phone.lose_connection(reason="the cable")
        told = [(change.state, change.detail) for change in phone.changes if isinstance(change, LinkChanged)]
        assert told == [
            (State.CONNECTING, ""),
            (State.GREETING, ""),
            (State.ONLINE, ""),
            (State.WAITING, "the cable"),
        ]

    def test_a_step_out_of_turn_is_a_mistake_of_the_caller(self) -> None:
        connection = Connection(lambda: 0.0, lambda low, _high: low)
        with pytest.raises(RuntimeError, match="expected connecting, got waiting"):
            connection.opened()
