"""A device of An's without a screen or a server: its client core, and what a server would say to it."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from imapp.cli.chat.changes import Answered, Arrived, Change, Connect, Disconnect, Transmit
from imapp.cli.chat.core import ChatCore
from schemas import frames

LUNCH = "lunch0000000000000000000"
WORK = "work00000000000000000000"

Frame = dict[str, Any]

GREETING: Frame = {
    "user": "an",
    "connection": "x",
    "epoch": "e1",
    "protocol": 1,
    "heartbeat_s": 25,
    "settings": {"share_read": True, "read_receipts": "choose"},
    "server_time": "2026-11-23T08:00:00.000Z",
    "limits": {},
}
"""What a server answers to `hello`."""


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
        self.answer(asked, **(GREETING | hello))
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
