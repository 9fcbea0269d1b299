"""What an asks and what he is shown: why something is unread, who has seen what, who is in a group."""

from typing import Any

import msgspec
import pytest

from imapp.cli.chat.library import Found, NotFound
from schemas.channels import Channel, MemberPage
from schemas.groups import JoinRequestPage
from schemas.receipts import PushPage
from tests.unit.fakes.desktop import Desktop
from tests.unit.fakes.phone import LUNCH, Frame, entry, event, history_page, row, sync_page

COUNTS = {"total": 3, "unreceived": 1, "received": 1, "read": 1}
TIME = "2026-11-23T08:00:00.000Z"


def message_id(seq: int) -> str:
    return f"{LUNCH}.{seq:012d}"


@pytest.fixture
def desktop() -> Desktop:
    """Lunch is open, with a message of An's and one of Bo's."""
    desktop = Desktop()
    desktop.begin(row(last_seq=2))
    desktop.type("/open Lunch")
    page = history_page(entry(1, "Lunch?", sender="an"), entry(2, "Yes"), start=1, end=2)
    desktop.answer(desktop.sends("history")[0], **page)
    desktop.shown()
    return desktop


def find(desktop: Desktop, page: Frame, shape: Any) -> list[str]:
    """What is shown when the one thing that was looked up is found."""
    [lookup] = desktop.library.asked
    desktop.library.asked.clear()
    desktop.screen.take_brought(Found(lookup, msgspec.convert(page, shape)))
    return desktop.shown()


class TestFind:
    def test_what_is_found_is_shown_with_its_place(self, desktop: Desktop) -> None:
        desktop.type('/find "讨论 预算" bo')
        [asked] = desktop.sends("search_messages")
        assert asked["words"] == '"讨论 预算" bo'

        hit = {
            "entry": entry(2, "Yes"),
            "content": [{"text": "讨论\n"}, {"text": "预算", "marked": True}, {"text": "\x1b[31m!"}],
        }
        desktop.answer(
            asked,
            hits=[hit],
            total=3,
            channels=[],
            coverage={"complete_until": TIME, "channels_behind": 1},
            cursor="more",
        )

        found, count, missing = desktop.shown()
        assert "Lunch #2  Bo: 讨论 *预算*" in found
        assert "\x1b" not in found, "nothing that a terminal would obey"
        assert count == "  3 found, the newest of them here"
        assert missing.endswith("may be missing")


class TestWhy:
    def test_each_entry_has_its_reason(self, desktop: Desktop) -> None:
        desktop.type("/why")
        [asked] = desktop.sends("unread")
        entries = [
            {"seq": 2, "message_id": message_id(2), "sender": "bo", "counts": True, "reason": "unread"},
            {"seq": 1, "message_id": message_id(1), "sender": "an", "counts": False, "reason": "own"},
        ]
        desktop.answer(
            asked,
            channel_id=LUNCH,
            unread=1,
            recounted=1,
            read_seq=1,
            last_seq=2,
            entries=entries,
            more=True,
        )
        head, second, first, more = desktop.shown()
        assert head == "  1 unread, the log agrees; you have read up to #1 of #2"
        assert second.split() == ["#2", "counts:", "unread", "(Bo)"]
        assert first.split() == ["#1", "your", "own"]
        assert more == "  /why #1 shows older ones"

        desktop.type("/why #1")
        assert [asked["before"] for asked in desktop.sends("unread")] == [1]

    def test_a_lost_answer_is_asked_for_again_and_the_next_line_waits(self, desktop: Desktop) -> None:
        desktop.type("/why", "hi")
        [first] = desktop.sends("unread")
        desktop.reconnect(sync=sync_page(cursor="c2"))
        [second] = desktop.sends("unread")
        assert (first["channel_id"], desktop.sends("send")) == (second["channel_id"], [])
        assert not desktop.core.is_settled

        desktop.refuse(second, "not_found")
        assert desktop.shown()[-2:] == ["✗ It is not_found.", "… hi  (sending)"]
        assert [sent["content"] for sent in desktop.sends("send")] == ["hi"]


class TestSeen:
    def test_my_newest_ones_are_asked_for_together(self, desktop: Desktop) -> None:
        desktop.hear(event(3, "so?", sender="an"))
        desktop.type("/seen")
        [asked] = desktop.sends("message_receipts")
        assert asked["message_ids"] == [message_id(1), message_id(3)]
        summary = {"message_id": message_id(1), "channel_id": LUNCH, "seq": 1, "counts": COUNTS}
        desktop.answer(asked, messages=[summary])
        assert desktop.shown()[-1] == "  #1: read by 1 of 3, received by 1 more, not received by 1"

    def test_of_one_the_people_are_told(self, desktop: Desktop) -> None:
        desktop.type("/seen #1")
        assert desktop.library.asked[0].path == f"/messages/{message_id(1)}/pushes"
        people = [("bo", "Bo", "read"), ("chen", "Chen", "unreceived"), ("dee", "Dee", "unreceived")]
        pushes = [
            {"receiver": user, "name": name, "status": status, "last_modified_time": TIME}
            for user, name, status in people
        ]
        page = {"message_id": message_id(1), "channel_id": LUNCH, "seq": 1, "counts": COUNTS}
        lines = find(desktop, page | {"pushes": pushes, "cursor": None}, PushPage)
        assert lines[1:] == ["  read by Bo", "  not received by Chen, Dee"]


class TestSharing:
    def test_it_is_asked_or_changed_and_told(self, desktop: Desktop) -> None:
        desktop.type("/share")
        [asked] = desktop.sends("settings")
        desktop.answer(asked, share_read=True, read_receipts="on")
        assert desktop.shown()[-1] == "  others learn what you have read; your organisation decides it"

        desktop.type("/share off")
        [wanted] = desktop.sends("set_settings")
        assert wanted["share_read"] is False
        desktop.answer(wanted, share_read=False, read_receipts="choose")
        assert desktop.shown()[-1] == "  nobody learns what you have read, nor you what they have"


class TestGroups:
    def test_members_come_in_pages(self, desktop: Desktop) -> None:
        desktop.type("/members")
        bo = {
            "user_id": "bo",
            "name": "Bo",
            "avatar": "",
            "role": "admin",
            "joined_at": TIME,
            "nickname": "Ace",
        }
        lines = find(desktop, {"members": [bo], "cursor": "p2"}, MemberPage)
        assert lines[0].split() == ["bo", "Bo", "admin", "called", "Ace"]
        assert lines[1] == "  /members more shows the next"

        desktop.type("/members more")
        assert desktop.library.asked[0].params["cursor"] == "p2"
        find(desktop, {"members": [], "cursor": None}, MemberPage)
        desktop.type("/members more")
        assert desktop.shown() == ["there are no more"]

    def test_who_waits_is_listed_with_the_reason(self, desktop: Desktop) -> None:
        desktop.type("/requests")
        ding = {"user_id": "ding", "name": "Ding", "avatar": "", "by": "bo", "reason": "I am new", "at": TIME}
        [line] = find(desktop, {"channel_id": LUNCH, "requests": [ding], "cursor": None}, JoinRequestPage)
        assert line.endswith("  proposed by Bo  “I am new”")

        desktop.type("/requests")
        assert find(desktop, {"channel_id": LUNCH, "requests": [], "cursor": None}, JoinRequestPage) == [
            "  nobody waits"
        ]

    def test_what_a_group_is(self, desktop: Desktop) -> None:
        desktop.type("/about")
        channel = {
            "channel_id": LUNCH,
            "channel_type": "group",
            "name": "Lunch",
            "avatar": "",
            "creator": "bo",
            "owner": "bo",
            "status": "enabled",
            "max_members": 500,
            "member_count": 3,
            "last_seq": 2,
            "created_at": TIME,
            "announcement": {"text": "At twelve.", "by": "bo", "at": TIME},
            "settings": {"join": "approval", "mute_all": False, "edit": "admins"},
            "me": {"role": "admin", "nickname": "", "muted_until": None},
        }
        name, size, settings, announced, me = find(desktop, channel, Channel)
        assert name == f"  Lunch, enabled, id {LUNCH}"
        assert size == "  3 of at most 500 members; owner Bo"
        assert settings == "  join=approval edit=admins quiet=off"
        assert announced.endswith(": At twelve.")
        assert me == "  you are an admin"

    def test_what_can_not_be_had_is_told_and_ends_the_waiting(self, desktop: Desktop) -> None:
        desktop.type("/members", "hi")
        assert desktop.sends("send") == []
        desktop.screen.take_brought(NotFound(desktop.library.asked[0], "no network"))
        assert desktop.shown()[0] == "✗ no network"
        assert len(desktop.sends("send")) == 1


class TestQuotes:
    def test_what_a_new_reply_answers_is_fetched_if_it_is_not_held(self, desktop: Desktop) -> None:
        desktop.hear(event(3, "yes", reply_to=f"{LUNCH}.{900:012d}"))
        assert desktop.shown()[-2].endswith("↪ #900")
        [asked] = desktop.sends("history")
        assert (asked["around"], asked["limit"]) == (900, 1)
        page = history_page(entry(900, "Still free?", sender="chen"), start=900, end=900)
        desktop.answer(asked, **page)
        assert desktop.shown()[-1].strip() == "(↪ #900 Chen: Still free?)"
        assert desktop.holds() == [1, 2, 3], "a quote is no part of the timeline"

    def test_what_can_not_be_seen_is_not_shown(self, desktop: Desktop) -> None:
        desktop.hear(event(3, "yes", reply_to=f"{LUNCH}.{900:012d}"))
        desktop.shown()
        desktop.answer(desktop.sends("history")[0], **history_page(start=900, end=900))
        assert desktop.shown() == []


def test_the_emoji_that_there_are(desktop: Desktop) -> None:
    desktop.type("/emojis tada", "/emojis no_such_one")
    tada, none = desktop.shown()
    assert tada.split() == ["🎉", "tada"]
    assert none == "  there is none such"
