"""A write is repeated with the same client_message_id until it is answered, in order, and happens once."""

import pytest

from schemas import frames
from tests.unit.fakes.phone import LUNCH, WORK, Phone, entry, event, history_page, row, sync_page, texts


@pytest.fixture
def phone() -> Phone:
    phone = Phone()
    phone.start(row(), row(WORK))
    return phone


class TestUntilAnswered:
    def test_a_send_goes_out_at_once_and_is_answered_once(self, phone: Phone) -> None:
        own = phone.write("hi")
        [sent] = phone.sends("send")
        phone.store(sent, seq=1)
        assert sent["client_message_id"] == own
        assert [(answer.channel_id, answer.seq, answer.error) for answer in phone.answers()] == [
            (LUNCH, 1, None)
        ]

    @pytest.mark.parametrize("code", ["busy", "rate_limited"])
    def test_it_is_repeated_when_the_server_says(self, phone: Phone, code: str) -> None:
        phone.write("hi")
        [first] = phone.sends("send")
        phone.refuse(first, code, retry_after=2.0)
        phone.wait(1.9)
        assert phone.sends("send") == []
        phone.wait(0.1)
        assert phone.sends("send") == [first]

    def test_without_a_time_it_is_repeated_with_back_off(self, phone: Phone) -> None:
        phone.write("hi")
        delays = []
        for _ in range(3):
            phone.refuse(phone.sends("send")[0], "busy")
            before = phone.now
            deadline = phone.core.deadline()
            assert deadline is not None
            phone.wait(deadline - before)
            delays.append(phone.now - before)
        assert delays == [1.0, 1.5, 2.5]  # the jitter of this test is always the most

    def test_a_lost_answer_is_as_good_as_a_busy_one(self, phone: Phone) -> None:
        phone.write("hi")
        [first] = phone.sends("send")
        phone.wait(10.0)
        assert phone.sends("send") == [first]

    def test_a_late_answer_to_an_earlier_try_counts(self, phone: Phone) -> None:
        phone.write("hi")
        [first] = phone.sends("send")
        phone.wait(10.0)
        phone.store(first, seq=1)
        assert phone.sees() == ["hi"]
        assert len(phone.core.outbox) == 0

    @pytest.mark.parametrize(
        "code", ["not_member", "forbidden", "conflict", "too_large", "internal", "new_code"]
    )
    def test_any_other_refusal_is_final(self, phone: Phone, code: str) -> None:
        phone.write("hi")
        phone.refuse(phone.sends("send")[0], code)
        phone.wait(60.0)
        assert phone.sends("send") == []
        assert [answer.error.code for answer in phone.answers() if answer.error] == [code]


class TestOrder:
    def test_a_later_one_of_the_channel_waits_for_the_answer(self, phone: Phone) -> None:
        phone.write("one")
        phone.write("two")
        [one] = phone.sends("send")
        assert one["content"] == "one"
        phone.store(one, seq=1)
        assert texts(phone.sends("send")) == ["two"]

    def test_a_later_one_waits_while_an_earlier_one_is_repeated(self, phone: Phone) -> None:
        phone.write("one")
        phone.write("two")
        phone.refuse(phone.sends("send")[0], "busy", retry_after=1.0)
        phone.wait(1.0)
        [one] = phone.sends("send")
        phone.store(one, seq=1)
        assert one["content"] == "one"
        assert texts(phone.sends("send")) == ["two"]

    def test_after_a_final_refusal_the_next_goes_out(self, phone: Phone) -> None:
        phone.write("one")
        phone.write("two")
        phone.refuse(phone.sends("send")[0], "too_large")
        assert texts(phone.sends("send")) == ["two"]

    def test_another_channel_does_not_wait(self, phone: Phone) -> None:
        phone.write("one")
        phone.write("two", channel=WORK)
        assert texts(phone.sends("send")) == ["one", "two"]

    def test_a_change_of_the_channel_waits_like_a_message(self, phone: Phone) -> None:
        phone.write("one")
        phone.core.submit(
            frames.AddMembers(id="add", client_message_id="add", channel_id=LUNCH, user_ids=["chen"])
        )
        phone.store(phone.sends("send", "add_members")[0], seq=1)
        [add] = phone.sends("send", "add_members")
        assert add["user_ids"] == ["chen"]


class TestReconnect:
    def test_what_is_unanswered_is_sent_again_with_the_same_id(self, phone: Phone) -> None:
        own = phone.write("hi")
        phone.sends("send")
        phone.reconnect(sync=sync_page(cursor="c2"))
        assert [sent["client_message_id"] for sent in phone.sends("send")] == [own]

    def test_what_was_written_without_a_connection_goes_out_in_order(self, phone: Phone) -> None:
        phone.lose_connection()
        phone.write("one")
        phone.write("two")
        assert phone.sends("send") == []
        phone.wait(1.0)
        phone.connect(sync=sync_page(cursor="c2"))
        phone.store(phone.sends("send")[0], seq=1)
        phone.store(phone.sends("send")[0], seq=2)
        assert phone.sees() == ["one", "two"]

    def test_what_was_stored_before_the_answer_was_lost_shows_once(self, phone: Phone) -> None:
        own = phone.write("hi")
        phone.sends("send")
        phone.reconnect(sync=sync_page(row(last_seq=1), cursor="c2"))
        [again] = phone.sends("send")
        mine = entry(1, "hi", sender="an", client_message_id=own)
        phone.answer(phone.sends("history")[0], **history_page(mine, start=1, end=1))
        phone.store(again, seq=1)
        phone.hear(event(2, "welcome back"))
        assert phone.sees() == ["hi", "welcome back"]
        assert len(phone.answers()) == 1

    def test_another_epoch_does_not_drop_what_is_unsent(self, phone: Phone) -> None:
        own = phone.write("hi")
        phone.sends("send")
        phone.reconnect(epoch="e2")
        assert [sent["client_message_id"] for sent in phone.sends("send")] == [own]


class TestNewChannels:
    def test_a_message_to_a_person_is_answered_with_its_channel(self, phone: Phone) -> None:
        phone.core.submit(frames.Send(id="m1", client_message_id="m1", to="bo", content="hi"))
        [sent] = phone.sends("send")
        assert (sent["to"], sent["channel_id"]) == ("bo", None)
        phone.store(sent | {"channel_id": "direct000000000000000000"}, seq=1)
        assert phone.answers()[0].channel_id == "direct000000000000000000"

    def test_a_new_group_comes_with_the_next_sync(self, phone: Phone) -> None:
        phone.core.submit(frames.CreateGroup(id="g1", client_message_id="g1", name="Tea", user_ids=["bo"]))
        [sent] = phone.sends("create_group")
        phone.answer(sent, channel_id="tea000000000000000000000", seq=1)
        phone.answer(
            phone.sends("sync")[0], **sync_page(row("tea000000000000000000000", last_seq=1), cursor="c2")
        )
        assert phone.core.store.rooms["tea000000000000000000000"].row.name == "Tea"

    def test_an_entry_that_an_answer_tells_of_is_fetched(self, phone: Phone) -> None:
        phone.core.submit(
            frames.UpdateChannel(id="r1", client_message_id="r1", channel_id=LUNCH, name="Dinner")
        )
        phone.answer(phone.sends("update_channel")[0], channel_id=LUNCH, seq=1)
        [ask] = phone.sends("history")
        renamed = entry(1, "", sender="an", message_type="system", extra={"event": "channel_updated"})
        phone.answer(ask, **history_page(renamed, start=1, end=1))
        assert phone.holds() == [1]
