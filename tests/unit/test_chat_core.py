"""The client's rules for entries: in seq order, once, without a hole; own ones where the answer puts them."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from imapp.cli.chat.changes import Answered, Arrived, Change, Connect, Disconnect, Older, Transmit
from imapp.cli.chat.core import ChatCore
from schemas import frames

LUNCH = "lunch0000000000000000000"
WORK = "work00000000000000000000"

Frame = dict[str, Any]


def entry(seq: int, text: str = "", *, sender: str = "bo", channel: str = LUNCH, **fields: Any) -> Frame:
    return {
        "message_id": f"{channel}.{seq:012d}",
        "channel_id": channel,
        "seq": seq,
        "sender": sender,
        "sender_name": sender.title(),
        "client_message_id": f"{sender}-{channel}-{seq}",
        "message_type": "text",
        "content": text or f"message {seq}",
        "server_time": f"2026-11-23T08:{seq // 60:02}:{seq % 60:02}.000Z",
    } | fields


def event(seq: int, text: str = "", **fields: Any) -> Frame:
    return {"type": "message"} | entry(seq, text, **fields)


def preview(seq: int, channel: str) -> Frame:
    wanted = ("message_id", "seq", "sender", "sender_name", "message_type", "content", "server_time")
    return {key: value for key, value in entry(seq, channel=channel).items() if key in wanted}


def row(channel: str = LUNCH, *, last_seq: int = 0, **fields: Any) -> Frame:
    return {
        "channel_id": channel,
        "channel_type": "group",
        "name": channel.rstrip("0").title(),
        "avatar": "",
        "status": "enabled",
        "membership": "normal",
        "member_count": 3,
        "last_seq": last_seq,
        "read_seq": last_seq,
        "unread": 0,
        "unread_label": "",
        "last_message": preview(last_seq, channel) if last_seq else None,
        "last_time": "2026-11-23T08:00:00.000Z",
        "pinned": False,
        "notify": "all",
    } | fields


def sync_page(*rows: Frame, cursor: str = "c1", epoch: str = "e1", more: bool = False) -> Frame:
    return {"epoch": epoch, "conversations": list(rows), "cursor": cursor, "more": more}


def history_page(*entries: Frame, start: int, end: int, older: bool = False, newer: bool = False) -> Frame:
    return {
        "channel_id": entries[0]["channel_id"] if entries else LUNCH,
        "entries": list(entries),
        "from_seq": start,
        "to_seq": end,
        "more_before": older,
        "more_after": newer,
    }


class Phone:
    """An's client core, with the test in the place of the server, the network and the clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        numbers = count(1)
        self.core = ChatCore(
            token="an's token",
            device="phone",
            clock=lambda: self.now,
            jitter=lambda _low, high: high,
            new_id=lambda: f"an-{next(numbers)}",
        )
        self.changes: list[Change] = []
        self.connects = 0
        self.disconnects = 0
        self._sent: list[Frame] = []

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.core.tick()
        self._collect()

    def connect(self, **hello: Any) -> Frame:
        """Connect and say hello; returns the hello that the client sent."""
        self.core.tick()
        self.core.opened()
        [asked] = self.sends("hello")
        greeting = {
            "user": "an",
            "connection": "x",
            "epoch": "e1",
            "protocol": 1,
            "heartbeat_s": 25,
            "settings": {"share_read": True, "read_receipts": "choose"},
        }
        self.answer(asked, server_time="2026-11-23T08:00:00.000Z", limits={}, **(greeting | hello))
        return asked

    def reconnect(self, **hello: Any) -> Frame:
        """Lose the connection and make the next one as soon as may be; returns the hello."""
        self.lose_connection()
        deadline = self.core.deadline()
        assert deadline is not None
        self.now = deadline
        return self.connect(**hello)

    def start(self, *rows: Frame) -> None:
        """Connect for the first time and load the list, with every room followed."""
        self.connect()
        self.answer(self.sends("sync")[0], **sync_page(*rows))
        for each in rows:
            self.core.follow(each["channel_id"])

    def lose_connection(self, code: int | None = None, reason: str = "") -> None:
        self.core.closed(code, reason)
        self._collect()

    def hear(self, *frames_: Frame) -> None:
        for frame in frames_:
            self.core.received(json.dumps(frame))
            self._collect()

    def answer(self, request: Frame, **reply: Any) -> None:
        self.hear({"type": "ok", "id": request["id"]} | reply)

    def refuse(self, request: Frame, code: str, **fields: Any) -> None:
        self.hear({"type": "error", "id": request["id"], "code": code, "message": f"It is {code}."} | fields)

    def store(self, request: Frame, seq: int) -> None:
        """Answer a send: it is stored at this seq."""
        stored = entry(seq, channel=request["channel_id"])
        self.answer(
            request, **{key: stored[key] for key in ("channel_id", "message_id", "seq", "server_time")}
        )

    def write(self, text: str, channel: str = LUNCH) -> str:
        """An writes a text; returns its client_message_id."""
        new_id = self.core.new_id()
        self.core.submit(frames.Send(id=new_id, client_message_id=new_id, channel_id=channel, content=text))
        return new_id

    def sends(self, *types: str) -> list[Frame]:
        """The frames of these types that the client sent since it was last asked for them."""
        self._collect()
        found = [frame for frame in self._sent if frame["type"] in types]
        self._sent = [frame for frame in self._sent if frame["type"] not in types]
        return found

    def all_sent(self) -> list[Frame]:
        """All frames that were not asked for by type."""
        self._collect()
        return list(self._sent)

    def sees(self, channel: str = LUNCH) -> list[str]:
        """The texts that arrived in a channel, in the order in which they did."""
        self._collect()
        arrived = [change for change in self.changes if isinstance(change, Arrived)]
        return [change.entry.content for change in arrived if change.channel_id == channel]

    def holds(self, channel: str = LUNCH) -> list[int]:
        return [held.seq for held in self.core.store.rooms[channel].timeline.entries]

    def answers(self) -> list[Answered]:
        self._collect()
        return [change for change in self.changes if isinstance(change, Answered)]

    def _collect(self) -> None:
        self.changes += self.core.take_changes()
        for action in self.core.take_actions():
            match action:
                case Transmit(text):
                    self._sent.append(json.loads(text))
                case Connect():
                    self.connects += 1
                case Disconnect():
                    self.disconnects += 1


def texts(frames_: Iterable[Frame]) -> list[str]:
    return [frame["content"] for frame in frames_]


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
