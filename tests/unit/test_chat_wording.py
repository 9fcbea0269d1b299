"""Lines shown: system entries, times, refusals, columns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import pytest

from imapp.cli.chat.carrier import safe_name
from imapp.cli.chat.emojis import EmojiTable
from imapp.cli.chat.layout import fit, wrapped
from imapp.cli.chat.link import socket_url
from imapp.cli.chat.saying import Lexicon, entry_text
from imapp.cli.chat.wording import ago, clean, refusal
from schemas.common import MessageStatus, MessageType
from schemas.frames import ErrorReply
from schemas.messages import Entry, Quote
from tests.unit.fakes.phone import entry

NAMES = {"an": "you", "bo": "Bo", "chen": "陈晨"}


def name_of(user_id: str) -> str:
    return NAMES.get(user_id, user_id)


def said(sender: str = "bo", *, quotes: Mapping[str, Quote] | None = None, **fields: Any) -> str:
    lexicon = Lexicon(name_of, EmojiTable().drawn, (quotes or {}).get)
    return entry_text(msgspec.convert(entry(14, sender=sender, **fields), Entry), lexicon)


class TestSystemEntries:
    @pytest.mark.parametrize(
        ("extra", "sentence"),
        [
            (
                {"event": "group_created", "name": "茶", "user_ids": ["bo", "an", "chen"]},
                "Bo made the group “茶” with you, 陈晨",
            ),
            ({"event": "members_added", "user_ids": ["chen", "dee"]}, "Bo added 陈晨, dee"),
            (
                {"event": "members_added", "user_ids": ["chen"], "upgraded": True},
                "Bo added 陈晨; the chat is now a group",
            ),
            ({"event": "member_removed", "user_ids": ["chen"]}, "Bo removed 陈晨"),
            ({"event": "role_changed", "user_ids": ["an"], "role": "admin"}, "Bo made you an admin"),
            ({"event": "role_changed", "user_ids": ["an"], "role": "member"}, "Bo made you a member"),
            ({"event": "owner_changed", "user_ids": ["chen"]}, "Bo handed the group over to 陈晨"),
            ({"event": "announcement_changed", "announcement": "Lunch"}, "Bo announced: Lunch"),
            ({"event": "announcement_changed", "announcement": ""}, "Bo took the announcement away"),
            ({"event": "nickname_changed", "user_ids": ["chen"], "nickname": "Ace"}, "Bo named 陈晨 “Ace”"),
            ({"event": "member_unmuted", "user_ids": ["chen"]}, "Bo lets 陈晨 write again"),
            ({"event": "channel_updated", "join": "approval"}, "Bo set join to approval"),
            ({"event": "join_requested", "count": 2}, "2 people ask to be let in: /requests"),
            ({"event": "join_withdrawn", "count": 1}, "somebody no longer asks to be let in"),
            ({"event": "join_refused", "count": 1}, "Bo refused 1 person who asked to be let in"),
            ({"event": "channel_dissolved"}, "Bo dissolved the group"),
            ({"event": "member_left", "user_ids": ["bo"]}, "Bo left"),
            ({"event": "member_left", "user_ids": ["bo"], "owner": "an"}, "Bo left; the owner is now you"),
            ({"event": "channel_updated", "name": "午饭"}, "Bo renamed the group to “午饭”"),
            ({"event": "channel_updated", "avatar": "x"}, "Bo changed the group's picture"),
            ({"event": "of_a_later_version"}, "Bo: of_a_later_version"),
            ({}, "Bo: "),
        ],
    )
    def test_they_are_worded_from_extra(self, extra: dict[str, Any], sentence: str) -> None:
        assert said(message_type="system", content="", extra=extra) == sentence.strip()


class TestTexts:
    def test_a_recalled_message_shows_no_content(self) -> None:
        assert said(text="a secret", status="recalled") == "(recalled)"

    def test_emoji_are_drawn_and_words_that_look_like_them_are_not(self) -> None:
        assert said(text=r"[:tada:] \[:tada:] [:no_such_one:]") == "🎉 [:tada:] [:no_such_one:]"
        assert said(text="[:tada:]", message_type="emoji") == "🎉"

    def test_a_forward_shows_whose_words_they_are(self) -> None:
        origin = {"sender": "chen", "sender_name": "", "server_time": "2026-11-23T08:00:00.000Z"}
        assert said(text="news", forwarded=origin) == "(forwarded from 陈晨) news"

    def test_a_reply_shows_what_it_answers_in_one_short_line(self) -> None:
        answered = "c" * 24 + ".000000000012"
        quote = Quote(
            message_id=answered,
            sender="bo",
            sender_name="Bo",
            message_type=MessageType.TEXT,
            content="Lunch [:tada:]\nat " + 9 * "twelve ",
        )
        assert said(text="yes", reply_to=answered) == "↪ #12\nyes"
        first, second = said(text="yes", reply_to=answered, quotes={answered: quote}).split("\n")
        assert first == "↪ #12 Bo: Lunch 🎉 at twelve twelve twelve twelve twelve twel…"
        assert second == "yes"

    def test_what_became_of_what_is_answered_shows(self) -> None:
        answered = "c" * 24 + ".000000000012"
        recalled = Quote(
            message_id=answered,
            sender="bo",
            sender_name="Bo",
            message_type=MessageType.TEXT,
            status=MessageStatus.RECALLED,
        )
        assert said(text="yes", reply_to=answered, quotes={answered: recalled}) == "↪ #12 Bo: (recalled)\nyes"

    def test_an_edited_text_says_so(self) -> None:
        assert said(text="twelve", edited_at="2026-11-23T08:00:00.000Z") == "twelve  (edited)"

    def test_what_is_no_text_says_what_it_is(self) -> None:
        assert said(text="lunch.png", message_type="image") == "[image] lunch.png"

    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("两行\r\nlines\tand a tab", "两行\nlines    and a tab"),
            ("\x1b[2J\x07\x9b31m", "�[2J��31m"),
            ("\u202eevil\u2069", "�evil�"),
            ("👩‍💻 stays", "👩‍💻 stays"),
        ],
    )
    def test_nothing_in_a_text_steers_the_terminal(self, text: str, cleaned: str) -> None:
        assert clean(text) == cleaned

    def test_a_refusal_says_what_it_is_about(self) -> None:
        error = ErrorReply(
            code="not_found", message="There is no such person.", errors={"user_ids": ["x", "y"]}
        )
        assert refusal(error) == "There is no such person. (user_ids: x, y)"

    @pytest.mark.parametrize(
        ("when", "shown"),
        [
            (datetime(2026, 11, 23, 8, 5), "08:05"),  # noqa: DTZ001  # in whatever zone both are
            (datetime(2026, 11, 22, 23, 59), "Sun"),  # noqa: DTZ001
            (datetime(2026, 11, 17, 0, 0), "Tue"),  # noqa: DTZ001
            (datetime(2026, 11, 16, 12, 0), "2026-11-16"),  # noqa: DTZ001
            (datetime(2026, 11, 24, 12, 0), "2026-11-24"),  # noqa: DTZ001
        ],
    )
    def test_a_time_is_as_short_as_it_stays_clear(self, when: datetime, shown: str) -> None:
        assert ago(when, datetime(2026, 11, 23, 12, 0)) == shown  # noqa: DTZ001


class TestColumns:
    @pytest.mark.parametrize(
        ("text", "fitted"),
        [("ab", "ab    "), ("午饭", "午饭  "), ("abcdefgh", "abcde…"), ("午饭午饭", "午饭 …")],
    )
    def test_a_wide_character_takes_two(self, text: str, fitted: str) -> None:
        assert fit(text, 6) == fitted

    def test_a_long_text_wraps_by_columns(self) -> None:
        assert wrapped("一二三四五六七八九十甲乙\n\nend", 20) == ["一二三四五六七八九十", "甲乙", "", "end"]

    def test_a_pipe_gets_lines_as_they_are(self) -> None:
        assert wrapped("x" * 300, None) == ["x" * 300]


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "socket"),
        [
            ("http://localhost:8000", "ws://localhost:8000/ws"),
            ("https://im.example/", "wss://im.example/ws"),
            ("ws://localhost:8000/ws", "ws://localhost:8000/ws"),
            ("wss://im.example/chat/ws", "wss://im.example/chat/ws"),
        ],
    )
    def test_of_the_server_or_of_its_socket(self, url: str, socket: str) -> None:
        assert socket_url(url) == socket

    @pytest.mark.parametrize("url", ["localhost:8000", "ftp://im.example", "", "http://", "http://im:port"])
    def test_anything_else_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            socket_url(url)


def test_recall_and_edit_in_words() -> None:
    assert said(message_type="recall", content="", extra={"target_seq": 12}) == "recalled #12"
    assert said(message_type="edit", content="twelve", extra={"target_seq": 12}) == "#12 now says: twelve"


def test_a_file_is_a_line_with_its_name_its_size_and_what_fetches_it() -> None:
    told = {"file_id": "f1", "name": "lunch\n.jpg", "size": 48_213, "width": 40, "height": 30}

    assert said(message_type="image", content="", extra=told) == (
        "[image] lunch .jpg, 48 kB, 40 x 30 /download #14"
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../.bashrc", "bashrc"),
        ("a/b.pdf", "b.pdf"),
        ("..", "file"),
        ("年报.pdf", "年报.pdf"),
        ("\x1b[2J", "_[2J"),
    ],
)
def test_a_name_of_others_stays_in_this_directory(name: str, safe: str) -> None:
    assert safe_name(name) == safe
