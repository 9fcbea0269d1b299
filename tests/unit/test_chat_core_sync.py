"""Sync: what was missed while away is found by the cursor, page by page; another epoch starts afresh."""

import pytest

from imapp.cli.chat.changes import Reloaded, Synced
from tests.unit.fakes.phone import LUNCH, WORK, Phone, entry, event, history_page, row, sync_page


@pytest.fixture
def phone() -> Phone:
    phone = Phone()
    phone.start(row())
    return phone


class TestTheFirstSync:
    def test_it_is_asked_for_without_a_cursor(self) -> None:
        phone = Phone()
        phone.connect()
        assert [ask["cursor"] for ask in phone.sends("sync")] == [None]

    def test_it_is_repeated_while_there_is_more(self) -> None:
        phone = Phone()
        phone.connect()
        phone.answer(phone.sends("sync")[0], **sync_page(row(), cursor="c1", more=True))
        assert Synced() not in phone.changes
        [second] = phone.sends("sync")
        phone.answer(second, **sync_page(row(WORK), cursor="c2"))
        assert second["cursor"] == "c1"
        assert set(phone.core.store.rooms) == {LUNCH, WORK}
        assert Synced() in phone.changes

    def test_a_busy_server_is_asked_again(self) -> None:
        phone = Phone()
        phone.connect()
        phone.refuse(phone.sends("sync")[0], "busy", retry_after=2.0)
        phone.wait(2.0)
        assert len(phone.sends("sync")) == 1

    def test_a_lost_answer_is_asked_for_again(self) -> None:
        phone = Phone()
        phone.connect()
        phone.sends("sync")
        phone.wait(10.0)
        assert len(phone.sends("sync")) == 1


class TestAfterAReconnect:
    def test_hello_carries_the_cursor(self, phone: Phone) -> None:
        assert phone.reconnect()["cursor"] == "c1"

    def test_what_hello_answers_is_a_sync(self, phone: Phone) -> None:
        phone.reconnect(sync=sync_page(row(WORK), cursor="c2"))
        assert WORK in phone.core.store.rooms
        assert phone.sends("sync") == []

    def test_more_than_hello_answers_is_asked_for(self, phone: Phone) -> None:
        phone.reconnect(sync=sync_page(row(WORK), cursor="c2", more=True))
        assert [ask["cursor"] for ask in phone.sends("sync")] == ["c2"]

    def test_what_was_missed_in_a_followed_room_is_fetched(self, phone: Phone) -> None:
        phone.hear(event(1, "hi"))
        phone.reconnect(sync=sync_page(row(last_seq=3), cursor="c2"))
        [ask] = phone.sends("history")
        phone.answer(ask, **history_page(entry(2, "two"), entry(3, "three"), start=2, end=3))
        assert ask["after"] == 1
        assert phone.sees() == ["hi", "two", "three"]

    def test_a_room_that_nobody_follows_is_not_fetched(self) -> None:
        phone = Phone()
        phone.connect()
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=1)))
        phone.reconnect(sync=sync_page(row(last_seq=5_000, unread=4_999, read_seq=1), cursor="c2"))
        assert phone.sends("history") == []
        assert phone.core.store.rooms[LUNCH].unread_label == "99+"

    def test_questions_that_were_on_their_way_are_asked_again(self, phone: Phone) -> None:
        phone.hear(event(2))
        phone.core.mark_read(LUNCH, 2)
        assert len(phone.sends("history", "read")) == 2
        phone.reconnect(sync=sync_page(cursor="c2"))
        assert len(phone.sends("history", "read")) == 2


class TestResync:
    def test_it_asks_what_changed(self, phone: Phone) -> None:
        phone.hear({"type": "resync"})
        assert [ask["cursor"] for ask in phone.sends("sync")] == ["c1"]

    def test_a_lost_last_message_is_found(self, phone: Phone) -> None:
        phone.hear(event(1, "hi"), {"type": "resync"})
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=2), cursor="c2"))
        phone.answer(phone.sends("history")[0], **history_page(entry(2, "lost"), start=2, end=2))
        assert phone.sees() == ["hi", "lost"]

    def test_during_a_sync_it_asks_once_more_for_that_one_may_be_older(self, phone: Phone) -> None:
        phone.hear({"type": "resync"}, {"type": "resync"}, {"type": "resync"})
        [first] = phone.sends("sync")
        phone.answer(first, **sync_page(cursor="c2"))
        [second] = phone.sends("sync")
        phone.answer(second, **sync_page(cursor="c3"))
        assert phone.sends("sync") == []

    def test_an_unknown_channel_is_a_reason_to_sync(self, phone: Phone) -> None:
        phone.hear(event(7, "welcome", channel=WORK))
        assert len(phone.sends("sync")) == 1
        assert phone.sees(WORK) == ["welcome"]

    def test_a_system_entry_is_a_reason_to_sync(self, phone: Phone) -> None:
        phone.hear(event(1, message_type="system", extra={"event": "channel_updated", "name": "Dinner"}))
        phone.answer(phone.sends("sync")[0], **sync_page(row(last_seq=1, name="Dinner"), cursor="c2"))
        assert phone.core.store.rooms[LUNCH].row.name == "Dinner"


class TestEpoch:
    def test_another_epoch_drops_what_is_held_and_loads_afresh(self, phone: Phone) -> None:
        phone.hear(event(1, "of the old store"))
        phone.reconnect(epoch="e2", sync=sync_page(epoch="e2", cursor="c2"))
        assert Reloaded() in phone.changes
        assert phone.core.store.rooms == {}
        [ask] = phone.sends("sync")
        assert ask["cursor"] is None
        phone.answer(ask, **sync_page(row(last_seq=1), epoch="e2", cursor="c3"))
        assert phone.holds() == []
        assert phone.core.store.rooms[LUNCH].row.last_seq == 1

    def test_a_low_seq_of_the_new_store_is_not_taken_for_known(self, phone: Phone) -> None:
        phone.hear(event(1, "old one"), event(2, "old two"))
        phone.reconnect(epoch="e2")
        phone.answer(phone.sends("sync")[0], **sync_page(row(), epoch="e2"))
        phone.hear(event(1, "new one"))
        assert phone.sees() == ["old one", "old two", "new one"]

    def test_it_may_change_between_two_syncs(self, phone: Phone) -> None:
        phone.hear({"type": "resync"})
        phone.answer(phone.sends("sync")[0], **sync_page(row(WORK), epoch="e2"))
        assert phone.core.store.rooms == {}
        assert [ask["cursor"] for ask in phone.sends("sync")] == [None]

    def test_the_same_epoch_keeps_what_is_held(self, phone: Phone) -> None:
        phone.hear(event(1))
        phone.reconnect(sync=sync_page(cursor="c2"))
        assert phone.holds() == [1]
