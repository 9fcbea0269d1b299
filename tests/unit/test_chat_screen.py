"""What an sees and does: lines in, lines out, on a console that remembers them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import wcwidth

from imapp.cli.chat.carrier import Carried, Carrier, Fetched, NotCarried, PictureUp, SentUp, ShownBy
from imapp.cli.chat.commands import AREAS
from imapp.cli.chat.console import Status
from imapp.cli.chat.library import Library, Lookup
from imapp.cli.chat.screen import Screen
from schemas.common import MessageType
from schemas.frames import ClientFrame
from tests.unit.test_chat_commands import COMMANDS
from tests.unit.test_chat_core import LUNCH, WORK, Frame, Phone, entry, event, history_page, row, sync_page

BO = "bo0000000000000000000000"


class Paper:
    """A console that keeps what is shown; live like a terminal, or plain like a pipe."""

    def __init__(self, *, is_live: bool = False) -> None:
        self.is_live = is_live
        self.columns = 80 if is_live else None
        self.lines: list[str] = []
        self.status = Status()
        self.suggested: list[str] = []

    def suggest(self, text: str) -> None:
        self.suggested += [text] * bool(text)

    def show(self, line: str) -> None:
        self.lines.append(line)

    def keep_in_view(self, status: Status) -> None:
        self.status = status

    def host(self, work: Callable[[], None]) -> None:
        work()


class FakeCarrier(Carrier):
    """Files that go nowhere: what was asked for is noted down."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def send_up(self, path: Path, *, channel_id: str, kind: MessageType, client_id: str) -> None:
        assert client_id
        self.asked.append((path.name, channel_id, kind))

    def send_picture(self, path: Path, *, channel_id: str, client_id: str) -> None:
        assert client_id
        self.asked.append((path.name, channel_id))

    def show_by(self, picture: Path | str, *, client_id: str) -> None:
        assert client_id
        self.asked.append((picture,))

    def fetch(self, file_id: str, path: Path | None) -> None:
        self.asked.append((file_id, path))


class FakeLibrary(Library):
    """A library without a server: what was looked up is noted down."""

    def __init__(self) -> None:
        self.asked: list[Lookup] = []

    def look_up(self, lookup: Lookup) -> None:
        self.asked.append(lookup)


class Desktop(Phone):
    """A phone with a screen."""

    def __init__(self, *, is_live: bool = False) -> None:
        super().__init__()
        self.paper = Paper(is_live=is_live)
        self.carrier = FakeCarrier()
        self.library = FakeLibrary()
        self.screen = Screen(self.core, self.paper, user="an", carrier=self.carrier, library=self.library)

    def type(self, *lines: str) -> None:
        for line in lines:
            self.screen.take_line(line)
        self.screen.update()

    def shown(self) -> list[str]:
        """The lines since this was last called."""
        self.screen.update()
        lines, self.paper.lines = self.paper.lines, []
        return lines

    def begin(self, *rows: Frame) -> None:
        self.connect()
        self.answer(self.sends("sync")[0], **sync_page(*rows))
        self.shown()

    def _collect(self) -> None:
        self.screen.update()  # the changes are the screen's here
        super()._collect()


@pytest.fixture
def desktop() -> Desktop:
    return Desktop()


def direct(**fields: Any) -> Frame:
    return row(BO, channel_type="direct", peer="bo", name="Bo", member_count=2, **fields)


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


def last(lines: list[str]) -> list[str]:
    """Sender and text of the last line: after its time, which depends on this machine's zone, and number."""
    return lines[-1].split()[2:]


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


class TestHelp:
    def test_it_is_of_all_or_of_one(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.type("/help")
        assert any(line.split()[:2] == ["talking", "/reply"] for line in desktop.shown())
        desktop.type("/help reply", "/help dancing")
        reply, unknown = desktop.shown()
        assert reply.split()[:3] == ["/reply", "N", "TEXT"]
        assert unknown.startswith("there is no dancing")

    def test_in_a_terminal_no_line_is_longer_than_that_is_wide(self) -> None:
        desktop = Desktop(is_live=True)
        desktop.begin()
        desktop.type("/help", *(f"/help {area.name}" for area in AREAS))
        assert max(wcwidth.width(line) for line in desktop.shown()) <= 80

    @pytest.mark.parametrize("line", [line for line, _ in COMMANDS])
    def test_whatever_can_be_written_can_be_done(self, desktop: Desktop, line: str) -> None:
        desktop.begin()
        desktop.type(line)  # nothing is open, so much of it is refused
        assert (
            desktop.shown()
            or desktop.sends(
                "open_direct",
                "create_group",
                "request_join",
                "withdraw_join_request",
                "search_messages",
                "settings",
                "set_settings",
            )
            or (desktop.screen.is_leaving or desktop.carrier.asked)
        )


def test_every_verb_of_the_socket_is_asked_by_something_that_one_can_do() -> None:
    asked: set[str] = set()
    dee = row(BO, channel_type="direct", peer="dee", name="Dee", member_count=2)
    for line, _ in COMMANDS:
        desktop = Desktop()
        hello = desktop.connect()
        desktop.answer(*desktop.sends("sync"), **sync_page(dee, row(last_seq=1)))
        desktop.type("/open Lunch")
        page = history_page(*(entry(seq, sender="an") for seq in (1, 14)), start=1, end=14)
        desktop.answer(*desktop.sends("history"), **page)
        desktop.hear(event(15))
        desktop.screen.take_keystroke("hi")
        desktop.type(line)
        desktop.wait(31.0)
        asked |= {hello["type"], "sync", "history", *(frame["type"] for frame in desktop.all_sent())}

    assert asked == {struct.__struct_config__.tag for struct in get_args(ClientFrame)}


class TestGroups:
    def test_somebody_is_muted_for_a_time_from_now(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/mute bo 2h")
        [frame] = desktop.sends("mute_member")
        until = datetime.fromisoformat(frame["until"])
        assert timedelta(hours=1, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=2)

    @pytest.mark.parametrize(
        ("line", "sent"),
        [
            ("/add chen dee", {"type": "add_members", "user_ids": ["chen", "dee"]}),
            ("/remove chen", {"type": "remove_member", "user_id": "chen"}),
            ("/rename Late lunch", {"type": "update_channel", "name": "Late lunch"}),
            ("/leave", {"type": "leave"}),
        ],
    )
    def test_commands_of_the_open_group(self, desktop: Desktop, line: str, sent: Frame) -> None:
        desktop.begin(row())
        desktop.type("/open 1", line)
        [frame] = desktop.sends(sent["type"])
        assert frame.items() >= (sent | {"channel_id": LUNCH}).items()

    def test_a_group_is_made_with_a_quoted_name(self, desktop: Desktop) -> None:
        desktop.begin()
        desktop.type('/group "Late lunch" bo chen')
        [frame] = desktop.sends("create_group")
        assert (frame["name"], frame["user_ids"]) == ("Late lunch", ["bo", "chen"])

    def test_leaving_closes_the_conversation(self, desktop: Desktop) -> None:
        desktop.begin(row())
        desktop.type("/open 1", "/leave")
        desktop.answer(desktop.sends("leave")[0], channel_id=LUNCH, seq=1)
        desktop.type("hello?")
        assert desktop.shown()[-1].startswith("no conversation is open")

    @pytest.mark.parametrize("line", ["/add bo", "/leave", "/more", "hi"])
    def test_without_an_open_conversation_nothing_is_sent(self, desktop: Desktop, line: str) -> None:
        desktop.begin(row())
        desktop.type(line)
        assert desktop.shown()[-1].startswith("no conversation is open")
        assert desktop.sends("send", "add_members", "leave") == []


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


def test_a_file_is_sent_up_first_and_then_sent(desktop: Desktop, tmp_path: Path) -> None:
    picture = tmp_path / "a b.png"
    picture.write_bytes(b"x")
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch")

    desktop.type(f"/image {picture}")
    assert desktop.carrier.asked == [("a b.png", LUNCH, MessageType.IMAGE)]
    desktop.screen.take_brought(SentUp(LUNCH, MessageType.IMAGE, "f1"))

    sent = desktop.sends("send")[-1]
    assert (sent["message_type"], sent["extra"], sent.get("content", "")) == ("image", {"file_id": "f1"}, "")


def test_ones_own_picture_is_sent_up_or_named(desktop: Desktop, tmp_path: Path) -> None:
    me = tmp_path / "me.png"
    me.write_bytes(b"x")
    desktop.begin()
    desktop.type(f"/avatar {me}", "/avatar https://im.example/me.png", "/avatar -")

    outcomes: list[Carried] = [
        ShownBy("f1"),
        NotCarried("no such picture of yours", of_upload=True),
        ShownBy(""),
    ]
    for number, outcome in enumerate(outcomes, start=1):
        assert len(desktop.carrier.asked) == number, "one after the other"
        desktop.screen.take_brought(outcome)
        desktop.screen.update()

    assert desktop.carrier.asked == [(me,), ("https://im.example/me.png",), ("",)]
    assert [line for line in desktop.shown() if line[0] in "✓✗"] == [
        "✓ you have a new picture",
        "✗ not sent: no such picture of yours",
        "✓ you have no picture",
    ]


def test_a_groups_picture_is_sent_up_first_and_then_set(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "us.png").write_bytes(b"x")
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch", f"/picture {tmp_path / 'us.png'}")
    assert desktop.carrier.asked == [("us.png", LUNCH)]
    assert desktop.sends("update_channel") == []

    desktop.screen.take_brought(PictureUp(LUNCH, "f1"))

    (sent,) = desktop.sends("update_channel")
    assert (sent["channel_id"], sent["avatar"]) == (LUNCH, "f1")


@pytest.mark.parametrize(("said", "avatar"), [("-", ""), ("https://im.example/us.png",) * 2])
def test_a_groups_picture_is_elsewhere_or_none(desktop: Desktop, said: str, avatar: str) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))

    desktop.type("/open Lunch", f"/picture {said}")

    assert [sent["avatar"] for sent in desktop.sends("update_channel")] == [avatar]
    assert desktop.carrier.asked == []


def test_a_picture_that_is_not_there_changes_nothing(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/picture none.png", "/open Lunch", "/picture none.png", "/avatar none.png")

    assert not desktop.carrier.asked
    assert not desktop.sends("update_channel")
    said = desktop.shown()
    assert any("no conversation is open" in line for line in said)
    assert [line for line in said if "there is no file none.png" in line][1:]


def test_what_becomes_of_a_file_is_said(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))

    desktop.type("/download f1", "/download f2 there.pdf")
    desktop.screen.take_brought(Fetched(Path("a.pdf"), 48_213))
    desktop.screen.update()
    desktop.screen.take_brought(NotCarried("There is no such thing", of_upload=False))

    assert desktop.carrier.asked == [("f1", None), ("f2", Path("there.pdf"))]
    said = "\n".join(desktop.shown())
    assert "a.pdf, 48 kB" in said
    assert "not fetched: There is no such thing" in said


def test_a_file_that_is_not_there_is_not_sent(desktop: Desktop) -> None:
    desktop.begin(row(LUNCH, name="Lunch"))
    desktop.type("/open Lunch")

    desktop.type("/file /nowhere/a.pdf")

    assert desktop.carrier.asked == []
    assert "there is no file" in "\n".join(desktop.shown())
