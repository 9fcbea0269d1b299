"""What an sets for himself about a conversation: asked until answered, told everywhere, seen in the list."""

from typing import Any, ClassVar

import pytest

from tests.unit.fakes.desktop import Desktop, last
from tests.unit.fakes.phone import LUNCH, WORK, Frame, entry, event, history_page, row, sync_page


def set_elsewhere(**fields: Any) -> Frame:
    """Another device of his has set something about lunch."""
    changed = row(**fields)
    state = {key: changed[key] for key in ("channel_id", "read_seq", "unread", "unread_label")}
    return {"type": "conversation", **state, "conversation": changed}


@pytest.fixture
def desktop() -> Desktop:
    desktop = Desktop()
    desktop.begin(row(last_seq=4), row(WORK, last_time="2026-11-22T08:00:00.000Z"))
    desktop.type("/open Lunch")
    desktop.answer(
        desktop.sends("history")[0],
        **history_page(entry(3, "old"), entry(4, "old too"), start=3, end=4, older=True),
    )
    desktop.shown()
    return desktop


def reopen(desktop: Desktop) -> None:
    """Open lunch again; there is nothing older."""
    desktop.type("/open Lunch")
    desktop.answer(desktop.sends("history")[0], **history_page(start=1, end=2))


class TestSetting:
    @pytest.mark.parametrize(
        ("line", "fields", "changed", "told"),
        [
            ("/pin", {"pinned": True}, {"pinned": True}, "pinned"),
            ("/notify none", {"notify": "none"}, {"notify": "none"}, "muted: nothing disturbs you"),
            ("/hide", {"hidden_seq": 4}, {"hidden": True}, "hidden until something new comes"),
            ("/unread", {"marked_unread": True}, {"marked_unread": True}, "marked as unread"),
            (
                "/forget yes",
                {"cleared_seq": 4},
                {"cleared_seq": 4},
                "history cleared up to #4, for you alone",
            ),
            (
                "/draft Shall we",
                {"draft": {"text": "Shall we", "reply_to": None}},
                {"draft": {"text": "Shall we", "reply_to": None, "updated_at": "2026-11-23T08:00:00.000Z"}},
                "draft: Shall we",
            ),
        ],
    )
    def test_it_is_asked_and_told_once_it_is_stored(  # noqa: PLR0917  # one is `self`
        self, desktop: Desktop, line: str, fields: Frame, changed: Frame, told: str
    ) -> None:
        desktop.type(line)
        [asked] = desktop.sends("set_conversation")
        assert {name: asked[name] for name in ("channel_id", *fields)} == {"channel_id": LUNCH, **fields}
        assert f"✓ Lunch: {told}" not in desktop.shown()

        desktop.hear(set_elsewhere(last_seq=4, **changed))  # the event may come before the answer
        desktop.answer(asked, **row(last_seq=4, **changed))
        assert [line for line in desktop.shown() if "Lunch:" in line] == [f"✓ Lunch: {told}"]
        assert desktop.sends("set_conversation") == []

    def test_it_is_asked_again_until_it_is_answered(self, desktop: Desktop) -> None:
        desktop.type("/pin")
        [first] = desktop.sends("set_conversation")
        desktop.reconnect(sync=sync_page(cursor="c2"))
        [second] = desktop.sends("set_conversation")
        assert second["pinned"] is first["pinned"] is True
        assert not desktop.core.is_settled

        desktop.answer(second, **row(last_seq=4, pinned=True))
        assert desktop.core.is_settled

    def test_what_is_wished_meanwhile_is_not_lost_with_the_answer(self, desktop: Desktop) -> None:
        desktop.type("/pin")
        [first] = desktop.sends("set_conversation")
        desktop.type("/unpin", "/notify none")
        desktop.answer(first, **row(last_seq=4, pinned=True))
        [second] = desktop.sends("set_conversation")
        assert (second["pinned"], second["notify"]) == (False, "none")

    def test_a_refusal_is_told_and_ends_it(self, desktop: Desktop) -> None:
        desktop.type("/pin")
        desktop.refuse(desktop.sends("set_conversation")[0], "not_found")
        assert desktop.shown()[-1] == "It is not_found."
        assert desktop.sends("set_conversation") == []

    @pytest.mark.parametrize("line", ["/hide", "/unread"])
    def test_what_would_not_last_in_an_open_conversation_closes_it(self, desktop: Desktop, line: str) -> None:
        desktop.type(line, "hi?")
        assert desktop.sends("send") == []
        assert desktop.shown()[-1].startswith("no conversation is open")


class TestOtherDevices:
    def test_what_is_set_there_is_told_here(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, pinned=True, notify="mentions"))
        assert desktop.shown()[-2:] == [
            "● Lunch: pinned (on another device)",
            "● Lunch: only what addresses you may disturb you (on another device)",
        ]

    def test_what_was_set_while_this_one_was_away_is_told_when_it_is_back(self, desktop: Desktop) -> None:
        desktop.reconnect(sync=sync_page(row(last_seq=4, pinned=True), cursor="c2"))
        assert "● Lunch: pinned (on another device)" in desktop.shown()

    def test_reading_there_ends_the_mark_here(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, marked_unread=True))
        desktop.hear(
            {"type": "conversation", "channel_id": LUNCH, "read_seq": 4, "unread": 0, "unread_label": ""}
        )
        assert not desktop.core.store.rooms[LUNCH].row.marked_unread


class TestList:
    def listed(self, desktop: Desktop, line: str = "/list") -> list[str]:
        desktop.shown()
        desktop.type(line)
        return desktop.shown()

    def test_a_hidden_one_is_in_the_other_list_until_something_comes(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, hidden=True))
        assert not any("Lunch" in line for line in self.listed(desktop))
        desktop.type("/hidden")
        assert "Lunch" in desktop.shown()[-1]

        desktop.hear(event(5))
        desktop.type("/list")
        assert any("Lunch" in line for line in desktop.shown())

    def test_one_that_is_marked_unread_stands_with_the_unread_ones(self, desktop: Desktop) -> None:
        desktop.type("/open Work")
        desktop.hear(set_elsewhere(last_seq=4, marked_unread=True))
        first, _second = self.listed(desktop)[-2:]
        assert first.split()[:5] == ["1", "Lunch", "·", "3", "•"]

    def test_opening_it_ends_the_mark_although_nothing_is_new(self, desktop: Desktop) -> None:
        desktop.type("/open Work")
        desktop.hear(set_elsewhere(last_seq=4, marked_unread=True))
        desktop.sends("read")
        reopen(desktop)
        assert [read["seq"] for read in desktop.sends("read")] == [4]

    def test_a_row_says_what_is_set_and_who_is_addressed(self, desktop: Desktop) -> None:
        draft = {"text": "Shall we", "reply_to": None, "updated_at": "2026-11-23T08:00:00.000Z"}
        desktop.hear(set_elsewhere(last_seq=4, notify="none", draft=draft, pinned=True))
        desktop.type("/open Work")
        desktop.hear(event(5, "hey", mentions=["an"]))
        desktop.type("/list")
        [line] = [line for line in desktop.shown() if line.startswith("  1")]
        assert "▲ Lunch" in line
        assert "[muted] [addresses you] [draft: Shall we] Bo: hey" in line


class TestDisturbing:
    @pytest.mark.parametrize(
        ("notify", "fields", "disturbs"),
        [
            ("none", {"mentions": ["an"]}, False),
            ("mentions", {}, False),
            ("mentions", {"mentions": ["an"]}, True),
            ("mentions", {"mention_all": True}, True),
            ("all", {}, True),
        ],
    )
    def test_news_are_told_as_the_conversation_allows(
        self, desktop: Desktop, notify: str, fields: Frame, disturbs: bool
    ) -> None:
        desktop.hear(set_elsewhere(last_seq=4, notify=notify))
        desktop.type("/open Work")
        desktop.shown()
        desktop.hear(event(5, "hey", **fields))
        assert any("unread in Lunch" in line for line in desktop.shown()) is disturbs


def test_what_is_cleared_is_not_shown_again(desktop: Desktop) -> None:
    desktop.hear(set_elsewhere(last_seq=4, cleared_seq=4, last_message=None))
    desktop.hear(event(5, "new"))
    desktop.shown()

    reopen(desktop)
    assert [line for line in desktop.shown() if "old" in line] == []
    assert desktop.core.store.rooms[LUNCH].timeline.find(f"{LUNCH}.{4:012d}") is None


def test_the_newest_of_a_conversation_addresses_until_it_is_read(desktop: Desktop) -> None:
    desktop.type("/open Work")
    desktop.hear(event(5, "hey", mention_all=True))
    assert desktop.core.store.rooms[LUNCH].is_addressed
    reopen(desktop)
    assert not desktop.core.store.rooms[LUNCH].is_addressed
    assert last(desktop.shown()) == ["Bo", "hey"]


class TestDrafts:
    KEPT: ClassVar = {"text": "Shall we", "reply_to": None, "updated_at": "2026-11-23T08:00:00.000Z"}

    def test_what_is_being_written_is_kept_once_the_keys_rest(self, desktop: Desktop) -> None:
        for text in ("S", "Sh", "Shall we"):
            desktop.screen.take_keystroke(text)
            desktop.wait(1.0)
        assert desktop.sends("set_conversation") == []
        desktop.wait(1.0)
        assert [asked["draft"]["text"] for asked in desktop.sends("set_conversation")] == ["Shall we"]

    def test_leaving_keeps_it_at_once_and_waits_for_that(self, desktop: Desktop) -> None:
        desktop.screen.take_keystroke("Shall we")
        desktop.screen.leave()
        [asked] = desktop.sends("set_conversation")
        assert (asked["draft"]["text"], desktop.core.is_settled) == ("Shall we", False)

    def test_sending_takes_it_away(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, draft=self.KEPT))
        desktop.screen.take_keystroke("Shall we?")
        desktop.type("Shall we?")
        desktop.wait(5.0)
        assert [asked["draft"]["text"] for asked in desktop.sends("set_conversation")] == [""]

    def test_emptying_the_line_for_a_command_loses_nothing(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, draft=self.KEPT))
        desktop.screen.take_keystroke("Shall we dance")
        desktop.screen.take_keystroke("")
        desktop.wait(5.0)
        assert desktop.sends("set_conversation") == []

    def test_it_is_in_the_line_again_when_the_conversation_is_opened(self, desktop: Desktop) -> None:
        desktop.type("/open Work")
        desktop.hear(set_elsewhere(last_seq=4, draft=self.KEPT))
        reopen(desktop)
        assert desktop.paper.suggested == ["Shall we"]
        assert desktop.shown()[-1] == "draft: Shall we"

        desktop.screen.take_keystroke("Shall we")  # what the line says then is nobody's typing
        desktop.wait(5.0)
        assert desktop.sends("typing", "set_conversation") == []

    def test_one_of_another_device_comes_into_the_line(self, desktop: Desktop) -> None:
        desktop.hear(set_elsewhere(last_seq=4, draft=self.KEPT))
        assert desktop.shown()[-1] == "● Lunch: draft: Shall we (on another device)"
        assert desktop.paper.suggested == ["Shall we"]

    def test_in_a_terminal_nothing_is_said_of_what_one_writes_oneself(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin(row())
        desktop.type("/open Lunch", "/draft Shall we")
        desktop.shown()
        desktop.answer(desktop.sends("set_conversation")[0], **row(draft=self.KEPT))
        assert desktop.shown() == []
