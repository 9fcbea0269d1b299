"""Who is online and who is typing, as the terminal client asks, holds and shows it."""

import pytest

from imapp.cli.chat.company import SHOWN_S
from tests.unit.fakes.desktop import BO, Desktop, direct
from tests.unit.fakes.phone import LUNCH, WORK, Frame, Phone, event, row, sync_page

EVA = "eva000000000000000000000"


def typing(user: str = "bo", channel: str = LUNCH) -> Frame:
    return {"type": "typing", "channel_id": channel, "user_id": user, "user_name": user.title()}


def shown(*online: str, offline: tuple[str, ...] = ()) -> list[Frame]:
    rows: list[Frame] = [{"user_id": user, "online": True, "last_seen": None} for user in online]
    return rows + [{"user_id": user, "online": False, "last_seen": None} for user in offline]


@pytest.fixture
def phone() -> Phone:
    phone = Phone()
    phone.start(row(), direct())
    return phone


@pytest.fixture
def desktop() -> Desktop:
    desktop = Desktop()
    desktop.begin(direct(), row(WORK))
    return desktop


class TestOnline:
    def test_the_people_of_direct_chats_are_watched_once_the_list_is_there(self, phone: Phone) -> None:
        [asked] = phone.sends("watch")
        assert asked["user_ids"] == ["bo"]

        phone.answer(asked, users=shown("bo"))
        assert phone.core.store.company.is_online("bo")
        assert phone.sends("watch") == []

    def test_events_move_it_on(self, phone: Phone) -> None:
        phone.answer(phone.sends("watch")[0], users=shown("bo"))
        phone.hear({"type": "presence", "users": shown(offline=("bo",))})
        assert not phone.core.store.company.is_online("bo")

    def test_a_new_direct_chat_makes_the_list_longer(self, phone: Phone) -> None:
        phone.answer(phone.sends("watch")[0], users=shown())
        phone.hear(event(1, channel=EVA))
        page = sync_page(row(EVA, channel_type="direct", peer="eva", name="Eva", member_count=2))
        phone.answer(phone.sends("sync")[-1], **page)
        assert phone.sends("watch")[0]["user_ids"] == ["bo", "eva"]

    def test_after_a_reconnect_it_is_said_again_and_nothing_old_is_shown(self, phone: Phone) -> None:
        phone.answer(phone.sends("watch")[0], users=shown("bo"))
        phone.reconnect()
        assert not phone.core.store.company.is_online("bo")
        phone.answer(phone.sends("sync")[-1], **sync_page())
        assert phone.sends("watch")[0]["user_ids"] == ["bo"]

    def test_a_server_that_does_not_know_it_is_not_asked_again(self, phone: Phone) -> None:
        phone.refuse(phone.sends("watch")[0], "invalid")
        phone.wait(60)
        assert phone.sends("watch", "sync") == []

    def test_a_busy_server_is_asked_again(self, phone: Phone) -> None:
        phone.refuse(phone.sends("watch")[0], "busy", retry_after=1.0)
        phone.wait(1.5)
        assert len(phone.sends("watch")) == 1

    def test_the_list_marks_who_is_online(self, desktop: Desktop) -> None:
        desktop.answer(desktop.sends("watch")[0], users=shown("bo"))
        desktop.type("/list")
        _head, *rows = desktop.shown()
        assert sorted(" ".join(line.split()[1:3]) for line in rows) == ["Work ·", "● Bo"]

    def test_the_bar_says_whether_the_other_one_is_online(self, desktop: Desktop) -> None:
        desktop.type("/open Bo")
        desktop.answer(desktop.sends("watch")[0], users=shown("bo"))
        desktop.shown()
        assert "Bo is online" in desktop.paper.status.bar


class TestTypingOfOthers:
    def test_it_is_shown_for_some_seconds(self, phone: Phone) -> None:
        phone.hear(typing())
        assert phone.core.typists(LUNCH) == ["bo"]
        assert phone.core.typists(WORK) == []

        assert phone.core.deadline() == phone.now + SHOWN_S
        phone.wait(SHOWN_S)
        assert phone.core.typists(LUNCH) == []

    def test_his_message_ends_it(self, phone: Phone) -> None:
        phone.hear(typing(), typing("chen"), event(1, sender="bo"))
        assert phone.core.typists(LUNCH) == ["chen"]

    def test_a_lost_connection_ends_it(self, phone: Phone) -> None:
        phone.hear(typing())
        phone.lose_connection()
        assert phone.core.typists(LUNCH) == []

    def test_the_bar_of_the_open_conversation_says_it(self, desktop: Desktop) -> None:
        desktop.type("/open Bo")
        desktop.hear(typing(channel=BO))
        desktop.shown()
        assert "Bo is typing" in desktop.paper.status.bar

        desktop.hear(typing("eva", BO))
        desktop.shown()
        assert "Bo, Eva are typing" in desktop.paper.status.bar

    def test_typing_elsewhere_is_not_in_the_bar(self, desktop: Desktop) -> None:
        desktop.type("/open Bo")
        desktop.hear(typing(channel=WORK))
        desktop.shown()
        assert "typing" not in desktop.paper.status.bar


class TestMyTyping:
    def test_it_is_told_every_three_seconds_while_i_go_on(self, desktop: Desktop) -> None:
        desktop.type("/open Bo")
        told = []
        for _ in range(8):
            desktop.screen.take_keystroke("Hel")
            told += [frame["channel_id"] for frame in desktop.sends("typing")]
            desktop.wait(1)
        assert told == [BO, BO, BO]

    def test_nothing_is_told_without_a_conversation_or_a_connection(self, desktop: Desktop) -> None:
        desktop.screen.take_keystroke("Hel")
        desktop.type("/open Bo")
        desktop.lose_connection()
        desktop.screen.take_keystroke("Hel")
        assert desktop.sends("typing") == []
