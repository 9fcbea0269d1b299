"""The list, opening what is in it, the connection, and leaving, as An sees and does them."""

import pytest

from tests.unit.fakes.desktop import BO, Desktop, direct, last
from tests.unit.fakes.phone import LUNCH, WORK, entry, event, history_page, row, sync_page


class TestList:
    def test_it_is_shown_when_it_is_complete(self, desktop: Desktop) -> None:
        desktop.connect()
        page = sync_page(direct(last_seq=120, read_seq=0, unread=120), row(WORK), cursor="c1")
        desktop.answer(desktop.sends("sync")[0], **page)
        online, _head, first, second = desktop.shown()
        assert online == "● online as an"
        assert first.split()[:3] == ["1", "Bo", "99+"]
        assert second.split()[:4] == ["2", "Work", "·", "3"]

    def test_chinese_names_keep_the_columns_straight(self, desktop: Desktop) -> None:
        desktop.connect()
        page = sync_page(
            row(LUNCH, name="午饭午饭", last_seq=1, read_seq=0, unread=1),
            row(WORK, last_seq=1, read_seq=0, unread=1),
        )
        desktop.answer(desktop.sends("sync")[0], **page)
        chinese, latin = desktop.shown()[-2:]
        assert chinese.index(" 1 ", 5) == latin.index(" 1 ", 5) - 4  # four characters, eight columns

    def test_an_empty_one_says_how_to_begin(self, desktop: Desktop) -> None:
        desktop.connect()
        desktop.answer(desktop.sends("sync")[0], **sync_page())
        assert "/direct" in desktop.shown()[-1]


class TestOpening:
    def test_by_number_it_shows_the_newest_page_and_marks_it_read(self, desktop: Desktop) -> None:
        desktop.begin(direct(last_seq=2, read_seq=1, unread=1))
        desktop.type("/open 1")
        page = history_page(entry(1, "one", channel=BO), entry(2, "two", channel=BO), start=1, end=2)
        desktop.answer(desktop.sends("history")[0], **page)
        lines = desktop.shown()
        assert [line.split()[-1] for line in lines if not line.startswith("──")] == ["one", "two"]
        assert [line for line in lines if line.startswith("── 1 new")] == [lines[-2]]
        assert [read["seq"] for read in desktop.sends("read")] == [2]

    @pytest.mark.parametrize("target", ["Lunch", "lunch", "lu", "1"])
    def test_by_name_or_number(self, desktop: Desktop, target: str) -> None:
        desktop.begin(row())
        desktop.type(f"/open {target}", "hi")
        assert [sent["channel_id"] for sent in desktop.sends("send")] == [LUNCH]

    def test_a_name_of_none_or_of_two_is_said(self, desktop: Desktop) -> None:
        desktop.begin(row(LUNCH, name="Tea one"), row(WORK, name="Tea two"))
        desktop.type("/open tea", "/open coffee")
        two, none = desktop.shown()
        assert two.startswith("2 conversations are called tea")
        assert none.startswith("no conversations are called coffee")

    def test_more_shows_an_older_page_until_the_beginning(self, desktop: Desktop) -> None:
        desktop.begin(row(last_seq=2))
        desktop.type("/open 1")
        desktop.answer(
            desktop.sends("history")[0], **history_page(entry(2, "two"), start=2, end=2, older=True)
        )
        desktop.shown()
        desktop.type("/more")
        desktop.answer(desktop.sends("history")[0], **history_page(entry(1, "one"), start=1, end=1))
        assert [line.split()[-1] for line in desktop.shown() if not line.startswith("──")] == ["one"]
        desktop.type("/more")
        assert desktop.shown()[-1].startswith("── this is where it begins")

    def test_direct_opens_the_chat_that_there_is(self, desktop: Desktop) -> None:
        desktop.begin(direct())
        desktop.type("/direct bo", "hi")
        assert [sent["channel_id"] for sent in desktop.sends("send")] == [BO]
        assert desktop.sends("open_direct") == []

    def test_what_follows_a_new_chat_waits_for_it(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/direct bo", "for bo")
        [ask] = desktop.sends("open_direct")
        assert desktop.sends("send") == []
        desktop.answer(ask, channel_id=BO)
        desktop.answer(desktop.sends("sync")[0], **sync_page(direct(), cursor="c2"))
        assert [(sent["channel_id"], sent["content"]) for sent in desktop.sends("send")] == [(BO, "for bo")]

    def test_a_new_chat_that_is_not_listed_before_its_first_message(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.type("/direct bo", "hi bo")
        desktop.answer(desktop.sends("open_direct")[0], channel_id=BO)
        desktop.answer(desktop.sends("sync")[0], **sync_page(cursor="c2"))
        desktop.store(desktop.sends("send")[0], seq=1)
        desktop.answer(desktop.sends("sync")[0], **sync_page(direct(last_seq=1), cursor="c3"))
        assert last(desktop.shown()) == ["you", "hi", "bo", "✓"]
        assert desktop.core.store.rooms[BO].row.name == "Bo"

    def test_what_follows_a_refused_chat_goes_nowhere(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/direct nobody", "a secret")
        desktop.refuse(desktop.sends("open_direct")[0], "not_found", errors={"user_ids": ["nobody"]})
        assert desktop.sends("send") == []
        refused, unsaid = desktop.shown()[-2:]
        assert refused == "✗ It is not_found. (user_ids: nobody)"
        assert unsaid.startswith("no conversation is open")


class TestLeaving:
    def test_the_end_of_the_input_waits_for_the_lines_before(self, desktop: Desktop) -> None:
        desktop.connect()
        desktop.type("/open 1", "hi")
        desktop.screen.end_input()
        desktop.screen.update()
        before = desktop.screen.is_leaving
        desktop.answer(desktop.sends("sync")[0], **sync_page(row()))
        assert (before, desktop.screen.is_leaving) == (False, True)

    def test_what_is_unsent_is_waited_for(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "hi", "/quit")
        before = desktop.core.is_settled
        desktop.store(desktop.sends("send")[0], seq=1)
        assert (before, desktop.core.is_settled) == (False, True)

    def test_quit_leaves_the_lines_after_it(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/quit", "hi")
        assert desktop.screen.is_leaving
        assert desktop.sends("send") == []


class TestConnection:
    def test_a_loss_is_said_once_and_so_is_the_return(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.lose_connection(reason="the cable")
        desktop.wait(20.0)
        desktop.lose_connection(reason="the cable")
        assert desktop.shown() == ["○ offline (the cable), trying again by itself"]
        desktop.wait(20.0)
        desktop.connect(sync=sync_page(cursor="c2"))
        assert desktop.shown() == ["● online as an"]

    def test_another_store_is_loaded_and_the_open_conversation_shown_again(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, "old"))
        desktop.shown()
        desktop.reconnect(epoch="e2")
        desktop.answer(desktop.sends("sync")[0], **sync_page(row(last_seq=1), epoch="e2"))
        desktop.answer(desktop.sends("history")[0], **history_page(entry(1, "new"), start=1, end=1))
        assert last(desktop.shown()) == ["Bo", "new"]

    def test_another_persons_token_is_said(self, desktop: Desktop) -> None:
        desktop.connect(user="bo")
        assert desktop.shown() == ["● online as bo", "the token is not an's"]
