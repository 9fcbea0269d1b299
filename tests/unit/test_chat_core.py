"""The client's rules for entries: in seq order, once, without a hole; own ones where the answer puts them."""

from imapp.cli.chat.changes import Older
from tests.unit.fakes.phone import LUNCH, WORK, Phone, entry, event, history_page, row, sync_page


class TestArriving:
    def test_entries_arrive_as_they_come(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "hi"), event(2, "all"))
        assert phone.sees() == ["hi", "all"]

    def test_a_known_seq_is_dropped(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "hi"), event(2, "all"), event(1, "hi"), event(2, "all"))
        assert phone.sees() == ["hi", "all"]

    def test_an_entry_beyond_a_hole_waits(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "hi"), event(3, "late"))
        assert phone.sees() == ["hi"]

    def test_entries_of_one_channel_do_not_wait_for_a_hole_in_another(self) -> None:
        phone = Phone()
        phone.start(row(), row(WORK))
        phone.hear(event(3), event(1, "report", channel=WORK))
        assert phone.sees(WORK) == ["report"]


class TestHoles:
    def test_a_hole_is_filled_with_history_after_what_is_held(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "hi"), event(4, "four"))
        [ask] = phone.sends("history")
        assert (ask["channel_id"], ask["after"]) == (LUNCH, 1)
        phone.answer(ask, **history_page(entry(2, "two"), entry(3, "three"), start=2, end=3, newer=True))
        assert phone.sees() == ["hi", "two", "three", "four"]

    def test_a_hole_is_asked_for_once_at_a_time(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(3), event(4), event(9))
        assert len(phone.sends("history")) == 1

    def test_a_hole_longer_than_a_page_is_asked_for_page_by_page(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(4, "four"))
        [first] = phone.sends("history")
        phone.answer(first, **history_page(entry(1, "one"), start=1, end=1, newer=True))
        [second] = phone.sends("history")
        assert second["after"] == 1
        phone.answer(second, **history_page(entry(2, "two"), entry(3, "three"), start=2, end=3, newer=True))
        assert phone.sees() == ["one", "two", "three", "four"]
        assert phone.sends("history") == []

    def test_a_seq_that_the_range_covers_without_an_entry_is_not_asked_for_again(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "before he left"), event(9, "after he came back"))
        phone.answer(phone.sends("history")[0], **history_page(start=2, end=8, newer=True))
        assert phone.sees() == ["before he left", "after he came back"]
        assert phone.sends("history") == []

    def test_a_live_entry_that_a_lagging_page_does_not_have_is_kept(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(2, "two"))
        phone.answer(phone.sends("history")[0], **history_page(entry(1, "one"), start=1, end=2))
        assert phone.sees() == ["one", "two"]

    def test_a_store_that_lags_is_asked_again_later(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(2, "two"))
        phone.answer(phone.sends("history")[0], **history_page(start=1, end=0))
        assert phone.sends("history") == []
        phone.wait(1.0)
        phone.answer(phone.sends("history")[0], **history_page(entry(1, "one"), start=1, end=1))
        assert phone.sees() == ["one", "two"]

    def test_an_answer_that_is_lost_is_asked_for_again(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(2))
        [lost] = phone.sends("history")
        phone.wait(10.0)
        [again] = phone.sends("history")
        assert again["id"] != lost["id"]

    def test_busy_history_is_asked_again_when_the_server_says(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(2))
        phone.refuse(phone.sends("history")[0], "busy", retry_after=3.0)
        phone.wait(2.9)
        assert phone.sends("history") == []
        phone.wait(0.1)
        assert len(phone.sends("history")) == 1

    def test_a_hole_that_may_not_be_read_is_left(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.hear(event(1, "hi"), event(5, "five"))
        phone.refuse(phone.sends("history")[0], "not_found")
        assert phone.sees() == ["hi", "five"]


class TestOwnMessages:
    def test_the_answer_stands_in_the_place_of_the_event(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.write("from an")
        phone.hear(event(1, "from bo"))
        phone.store(phone.sends("send")[0], seq=2)
        phone.hear(event(3, "from chen"))
        assert phone.sees() == ["from bo", "from an", "from chen"]

    def test_an_answer_beyond_a_hole_waits_like_an_event(self) -> None:
        phone = Phone()
        phone.start(row())
        phone.write("from an")
        phone.store(phone.sends("send")[0], seq=2)
        assert phone.sees() == []
        phone.answer(phone.sends("history")[0], **history_page(entry(1, "from bo"), start=1, end=1))
        assert phone.sees() == ["from bo", "from an"]

    def test_an_own_echo_is_an_answer(self) -> None:
        phone = Phone()
        phone.start(row())
        own = phone.write("from an")
        phone.hear(event(1, "from an", sender="an", client_message_id=own))
        assert [(answer.request.client_message_id, answer.seq) for answer in phone.answers()] == [(own, 1)]
        assert len(phone.core.outbox) == 0

    def test_an_answer_after_the_echo_changes_nothing(self) -> None:
        phone = Phone()
        phone.start(row())
        own = phone.write("from an")
        phone.hear(event(1, "from an", sender="an", client_message_id=own))
        phone.store(phone.sends("send")[0], seq=1)
        assert phone.sees() == ["from an"]
        assert len(phone.answers()) == 1

    def test_an_echo_in_a_page_of_history_is_an_answer(self) -> None:
        phone = Phone()
        phone.start(row())
        own = phone.write("from an")
        phone.hear(event(2, "from bo"))
        mine = entry(1, "from an", sender="an", client_message_id=own)
        phone.answer(phone.sends("history")[0], **history_page(mine, start=1, end=1, newer=True))
        assert phone.sees() == ["from an", "from bo"]
        assert len(phone.core.outbox) == 0


class TestOlderPages:
    def test_older_entries_come_below_what_is_held(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=3))
        phone.hear(event(4))
        phone.core.ask_older(LUNCH)
        [ask] = phone.sends("history")
        assert ask["before"] == 4
        phone.answer(ask, **history_page(entry(2), entry(3), start=2, end=3, older=True, newer=True))
        assert phone.holds() == [2, 3, 4]
        assert phone.changes[-1] == Older(LUNCH)

    def test_the_first_page_says_where_it_begins(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=3))
        phone.core.ask_older(LUNCH)
        phone.answer(phone.sends("history")[0], **history_page(entry(3), start=3, end=3))
        assert phone.core.store.rooms[LUNCH].timeline.at_start

    def test_a_page_that_does_not_touch_what_is_held_is_not_taken(self) -> None:
        phone = Phone()
        phone.connect()
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=3)))
        phone.core.ask_older(LUNCH)
        [ask] = phone.sends("history")
        phone.hear({"type": "resync"})
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=9), cursor="c2"))
        phone.answer(ask, **history_page(entry(2), entry(3), start=2, end=3, older=True))
        assert phone.holds() == []

    def test_older_entries_never_count_as_arriving(self) -> None:
        phone = Phone()
        phone.start(row(last_seq=3))
        phone.core.ask_older(LUNCH)
        phone.answer(phone.sends("history")[0], **history_page(entry(2), entry(3), start=2, end=3))
        assert phone.sees() == []
