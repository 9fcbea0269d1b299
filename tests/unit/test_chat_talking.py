"""What is written, answered, recalled and drawn in conversations, and what An is told of the others."""

from pathlib import Path

import pytest

from imapp.cli.chat.carrier import Fetched
from tests.unit.fakes.desktop import BO, Desktop, direct, last
from tests.unit.fakes.phone import LUNCH, WORK, Frame, entry, event, history_page, row, sync_page


def changes(seq: int) -> Frame:
    """What a recall or an edit of the message at this seq says in its `extra`."""
    return {"message_id": f"{LUNCH}.{seq:012d}", "target_seq": seq}


def emoji(shortcode: str, character: str, *, address: str = "") -> Frame:
    return {
        "shortcode": shortcode,
        "pack": "p",
        "name": shortcode,
        "character": character,
        "address": address,
    }


class TestTalking:
    def test_an_own_message_is_sending_and_then_in_its_place(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "hi")
        assert desktop.shown()[-1] == "… hi  (sending)"
        desktop.hear(event(1, "from bo"))
        desktop.store(desktop.sends("send")[0], seq=2)
        assert last(desktop.shown()) == ["you", "hi", "✓"]

    def test_in_a_terminal_it_waits_at_the_prompt(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin(row())
        desktop.type("/open 1", "hi")
        assert "hi  (sending)" in desktop.paper.status.sending[0]
        desktop.refuse(desktop.sends("send")[0], "busy")
        assert "hi  (It is busy.)" in desktop.paper.status.sending[0]

    def test_without_a_connection_it_says_so_at_the_prompt(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin(row())
        desktop.lose_connection()
        desktop.type("/open 1", "hi")
        assert "hi  (waiting for the connection)" in desktop.paper.status.sending[0]
        assert "not connected" in desktop.paper.status.bar

    def test_a_refused_message_is_said_with_the_reason(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "hi")
        desktop.refuse(desktop.sends("send")[0], "not_member")
        assert desktop.shown()[-2:] == ["✗ not sent: hi", "✗ It is not_member."]

    def test_a_message_that_arrives_is_shown_and_read(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, "hi an"))
        assert last(desktop.shown()) == ["Bo", "hi", "an"]
        assert [read["seq"] for read in desktop.sends("read")] == [1]

    def test_a_recall_names_once_who_did_it(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        gone = {"message_id": f"{LUNCH}.{1:012d}", "target_seq": 1}
        desktop.hear(event(1), event(2, message_type="recall", extra=gone))
        assert desktop.shown()[-1].split()[1:] == ["Bo", "recalled", "#1"]

    def test_one_of_another_conversation_is_a_notice_with_the_count(self, desktop: Desktop) -> None:
        desktop.begin(row(), row(WORK))
        desktop.type("/open 1")
        desktop.shown()
        desktop.hear(event(1, "report", channel=WORK), event(2, "late", channel=WORK))
        assert desktop.shown() == [
            "● 1 unread in Work  Bo: report  (/open 2)",
            "● 2 unread in Work  Bo: late  (/open 2)",
        ]

    def test_a_new_conversation_is_a_notice(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.hear(event(1, channel=BO))
        desktop.answer(
            desktop.sends("sync")[0], **sync_page(direct(last_seq=1, read_seq=0, unread=1), cursor="c2")
        )
        assert desktop.shown() == ["● 1 unread in Bo  message 1  (/open 1)"]

    def test_texts_can_not_steer_the_terminal(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, "\x1b[2Jgone\x07 \u202eevil", sender_name="\x1b]0;Bo"))
        assert not set("\x1b\x07\u202e") & set(desktop.shown()[-1])

    def test_what_is_no_text_is_replaced_and_sent(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "broken \udcff")
        assert [sent["content"] for sent in desktop.sends("send")] == ["broken ?"]

    def test_two_slashes_begin_a_text_with_one(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "//etc/hosts")
        assert [sent["content"] for sent in desktop.sends("send")] == ["/etc/hosts"]


class TestMessages:
    @pytest.mark.parametrize(
        ("line", "sent"),
        [
            ("/reply 1 yes", {"content": "yes", "reply_to": f"{LUNCH}.{2:012d}"}),
            ("/reply 2 no", {"content": "no", "reply_to": f"{LUNCH}.{1:012d}"}),
            ("/at bo,chen hey", {"content": "hey", "mentions": ["bo", "chen"]}),
            ("/all hey", {"content": "hey", "mention_all": True}),
            ("/emoji tada +1", {"content": "[:tada:][:+1:]", "message_type": "emoji"}),
        ],
    )
    def test_commands_of_the_open_conversation(self, desktop: Desktop, line: str, sent: Frame) -> None:
        self.opened(desktop).type(line)
        [frame] = desktop.sends("send")
        assert frame.items() >= (sent | {"channel_id": LUNCH}).items()

    def test_a_message_is_passed_on_to_a_person(self, desktop: Desktop) -> None:
        self.opened(desktop).type("/forward 1 dee")
        [frame] = desktop.sends("send")
        assert (frame["to"], frame["forward_of"]) == ("dee", f"{LUNCH}.{2:012d}")

    def test_what_is_not_there_is_not_answered(self, desktop: Desktop) -> None:
        self.opened(desktop).type("/reply 3 what?")
        assert desktop.shown()[-1].startswith("there is no such message here")
        assert desktop.sends("send") == []

    def test_a_message_is_named_by_its_number_too(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        file = {"file_id": "f1", "name": "a.pdf", "size": 7}
        desktop.hear(event(1, "one", sender="an"), event(2), event(3, message_type="file", extra=file))

        desktop.type("/edit #1 uno", "/recall #2", "/download #3", "/recall #4", "/download #1")
        desktop.answer(desktop.sends("edit")[0], channel_id=LUNCH, seq=4)
        desktop.screen.take_brought(Fetched(Path("a.pdf"), 7))

        assert [sent["message_id"] for sent in desktop.sends("recall")] == [f"{LUNCH}.{2:012d}"]
        assert desktop.carrier.asked == [("f1", None)]
        missing, no_file = desktop.shown()[-2:]
        assert missing.startswith("there is no such message")
        assert no_file == "that message has no file"

    def test_who_was_addressed_stays_so_when_a_typo_is_mended(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1, "Bo, lunhc?", sender="an", mentions=["bo", "chen"]))

        desktop.type("/edit Bo, lunch?", "/edit #1 Bo, tea?")

        [newest] = desktop.sends("edit")
        desktop.answer(newest, channel_id=LUNCH, seq=2)
        [named] = desktop.sends("edit")
        assert [newest["mentions"], named["mentions"]] == [["bo", "chen"]] * 2

    def test_a_reply_is_shown_with_what_it_answers_as_that_is_now(self, desktop: Desktop) -> None:
        self.opened(desktop)
        desktop.hear(
            event(3, "two!", message_type="edit", extra=changes(2)),
            event(4, "yes", reply_to=f"{LUNCH}.{2:012d}"),
        )
        quote, text = desktop.shown()[-2:]
        assert quote.split()[1:] == ["#4", "Bo", "↪", "#2", "Bo:", "two!"]
        assert text.split() == ["yes"]

    def test_what_is_answered_may_be_older_than_what_is_held_and_is_gone_when_recalled(
        self, desktop: Desktop
    ) -> None:
        desktop.begin(row(last_seq=9))
        desktop.type("/open 1")
        old = f"{LUNCH}.{1:012d}"
        quote = {
            "message_id": old,
            "sender": "bo",
            "sender_name": "Bo",
            "message_type": "text",
            "content": "a secret",
        }
        page = history_page(entry(9, "yes", reply_to=old), start=9, end=9, older=True)
        desktop.answer(desktop.sends("history")[0], **page, quotes=[quote])
        assert desktop.shown()[-2].endswith("↪ #1 Bo: a secret")

        desktop.hear(event(10, "", message_type="recall", extra=changes(1)), event(11, "no", reply_to=old))
        assert desktop.shown()[-2].endswith("↪ #1 Bo: (recalled)")

    def opened(self, desktop: Desktop) -> Desktop:
        """Lunch with two messages."""
        desktop.begin(row())
        desktop.type("/open 1")
        desktop.hear(event(1), event(2))
        return desktop


class TestEmoji:
    def test_they_are_drawn_by_the_servers_table_once_all_pages_are_here(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        emojis = [emoji("tada", "T"), emoji("ship_it", "🚢")]
        for wanted, page, cursor in ((None, emojis[:1], "p2"), ("p2", emojis[1:], None)):
            desktop.hear(event(1 if cursor else 2, "[:tada:] [:ship_it:]"))
            [asked] = desktop.sends("emojis")
            assert asked.get("cursor") == wanted
            desktop.answer(asked, emojis=page, cursor=cursor)
        desktop.hear(event(3, "[:tada:] [:ship_it:] [:grin:]"))

        assert [line.split()[3:] for line in desktop.shown()[-3:]] == [
            ["🎉", "[:ship_it:]"],
            ["🎉", "[:ship_it:]"],
            ["T", "🚢", "[:grin:]"],
        ]
        assert desktop.sends("emojis") == []

    def test_a_picture_is_named(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1")
        parrot = emoji("parrot", "", address="https://example.org/p.gif")
        desktop.answer(desktop.sends("emojis")[0], emojis=[parrot], cursor=None)
        desktop.hear(event(1, "[:parrot:]"))
        assert last(desktop.shown()) == ["Bo", ":parrot:"]

    def test_a_server_without_a_table_is_not_asked_again(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.refuse(desktop.sends("emojis")[0], "invalid")
        desktop.wait(60.0)
        assert desktop.sends("emojis") == []
