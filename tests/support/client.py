"""A person's device on the WebSocket, as a test plays it. It writes down all it does and sees."""

import itertools
import secrets
from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec

from schemas import frames
from schemas.messages import HistoryPage
from tests.support.history import Entry
from tests.support.link import Link, Reply, check_reply, socket_url
from tests.support.recorder import Recorder, entry_of
from tests.support.waiting import PATIENCE_S
from tests.support.witness import Witness

_REPLIES: Final[Mapping[str, type]] = {
    "hello": frames.HelloReply,
    "read": frames.ReadReply,
    "set_conversation": frames.ConversationReply,
    "change_me": frames.ChangeMeReply,
    "settings": frames.SettingsReply,
    "set_settings": frames.SettingsReply,
    "nudge": frames.NudgeReply,
    "unread": frames.UnreadReply,
    "search_messages": frames.SearchMessagesReply,
    "message_receipts": frames.MessageReceiptsReply,
    "sync": frames.SyncReply,
    "history": frames.HistoryReply,
    "watch": frames.WatchReply,
    "emojis": frames.EmojisReply,
    "ping": frames.Pong,
}
"""What a request is answered with; all others are writes."""


class Client(Witness):
    """One connection of a person. Any thread may use it."""

    hello: frames.HelloReply

    def __init__(self, url: str, *, recorder: Recorder | None, reader: str | None, **options: Any) -> None:
        super().__init__(recorder or Recorder(), reader)
        self._id_start = secrets.token_hex(4)
        self._id_numbers = itertools.count(1)
        self._resyncs_done = 0
        self._link = Link(socket_url(url), self, **options)

    @classmethod
    def connect(
        cls,
        url: str,
        token: str | None,
        *,
        recorder: Recorder | None = None,
        cursor: str | None = None,
        reader: str | None = None,
        reading: bool = True,
        **options: Any,
    ) -> Self:
        """Connect to a gateway and say hello.

        `reader` names the device that this connection continues, for the checker. With `reading=False`
        nothing is read after the hello, as by a device that hangs. `options` go to websockets (`origin`).

        Raises:
            RefusedError: the hello was refused.
            DisconnectedError: the socket was closed on it.
        """
        client = cls(url, recorder=recorder, reader=reader, **options)
        fields = {"token": token, "cursor": cursor}
        reply = client._link.post("hello", {name: value for name, value in fields.items() if value})
        client._link.read_one()
        try:
            client.hello = check_reply("hello", reply.result(0), frames.HelloReply)
        except BaseException:
            client.close()
            raise
        if reading:
            client._link.read_on()
        return client

    # ---- asking

    def post(self, kind: str, **fields: Any) -> Reply:
        """Send a request and go on; the future gives the reply as it came, or raises as `request` does."""
        return self._link.post(kind, fields)

    def request(self, kind: str, *, timeout: float = PATIENCE_S, **fields: Any) -> Any:
        """The reply to a request, as its struct of `schemas.frames`.

        Raises:
            RefusedError, DisconnectedError, TimeoutError.
        """
        reply = self.post(kind, **fields).result(timeout)
        return check_reply(kind, reply, _REPLIES.get(kind, frames.WrittenReply))

    def new_id(self) -> str:
        """A client_message_id that was never used."""
        return f"{self._id_start}-{next(self._id_numbers)}"

    def post_text(
        self, channel: str | None, text: str, *, client_message_id: str | None = None, **fields: Any
    ) -> Reply:
        """Send a text and go on; with None and `to=USER` to a person."""
        client_id = client_message_id or self.new_id()
        place = {"channel_id": channel} if channel else {}
        return self.post("send", client_message_id=client_id, content=text, **place, **fields)

    def send_text(
        self, channel: str | None, text: str, *, client_message_id: str | None = None, **fields: Any
    ) -> frames.WrittenReply:
        """Send a text and wait until it is stored; raises as `request` does."""
        reply = self.post_text(channel, text, client_message_id=client_message_id, **fields)
        written: frames.WrittenReply = check_reply("send", reply.result(PATIENCE_S), frames.WrittenReply)
        return written

    def write(self, kind: str, *, client_message_id: str | None = None, **fields: Any) -> frames.WrittenReply:
        """Any other write (`create_group`, `leave` ...), with a new id unless one is given."""
        client_id = client_message_id or self.new_id()
        written: frames.WrittenReply = self.request(kind, client_message_id=client_id, **fields)
        return written

    def history(self, channel: str, *, timeout: float = PATIENCE_S, **where: int) -> frames.HistoryReply:
        """A page of history: `before`, `after`, `around`, `limit`."""
        page: frames.HistoryReply = self.request("history", timeout=timeout, channel_id=channel, **where)
        return page

    def set(self, channel: str, **changes: Any) -> frames.ConversationReply:
        """Change what this person has set about a conversation."""
        reply: frames.ConversationReply = self.request("set_conversation", channel_id=channel, **changes)
        return reply

    def acknowledge(self, channel: str, seq: int) -> None:
        """Say that this device has received everything up to a seq; nothing is answered."""
        self.post("received", channel_id=channel, seq=seq)

    def sync(self, cursor: str | None = None) -> frames.SyncReply:
        """One page of what changed since the cursor."""
        fields: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page: frames.SyncReply = self.request("sync", **fields)
        return page

    def heal(self) -> None:
        """Do what a good client does by itself: fill the holes it noticed, and catch up if told to resync."""
        told = len(self.events(frames.ResyncEvent))
        if told > self._resyncs_done:
            self.catch_up()
            self._resyncs_done = told
        for channel in self.holdings.channels():
            self.fill(channel, self.holdings.last(channel))

    def catch_up(self) -> None:
        """Ask what there is and fetch what is missing, as after a resync or a reconnect."""
        heads = {channel: self.holdings.last(channel) for channel in self.holdings.channels()}
        page = self.sync()
        rows = list(page.conversations)
        while page.more:
            page = self.sync(page.cursor)
            rows += page.conversations
        for row in rows:
            heads[row.channel_id] = max(row.last_seq, heads.get(row.channel_id, 0))
        for channel, head in heads.items():
            self.fill(channel, head)

    def fill(self, channel: str, head: int) -> None:
        """Ask for what is missing up to a seq; what a page covers without an entry is not this person's."""
        after = -1
        while after < (covered := self.holdings.covered(channel)) < head:
            after = covered
            page = self.history(channel, after=after, limit=100)
            self.holdings.add_range(channel, _entries(page), after=after, to=page.to_seq)

    def read_all(
        self, channel: str, page: HistoryPage | None = None, *, timeout: float = PATIENCE_S
    ) -> list[Entry]:
        """Everything that this person may read of a channel from the start, or from a page on.

        It ends before a hole in the log, beyond which no page leads. The time-out is for each page.
        """
        page = page or self.history(channel, timeout=timeout, after=0, limit=100)
        entries, end = _entries(page), -1
        while page.more_after and page.to_seq > end:
            end = page.to_seq
            page = self.history(channel, timeout=timeout, after=end, limit=100)
            entries += _entries(page)
        return entries

    # ---- ending

    def close(self) -> None:
        """End the connection properly."""
        self._link.close()

    def abort(self) -> None:
        """Cut the connection without a word, as a dead network or a crash does."""
        self._link.abort()

    def read_on(self) -> None:
        """Read after all, if it did not since the hello."""
        self._link.read_on()

    def wait_closed(self, *, timeout: float = PATIENCE_S) -> int | None:
        """The close code, once the system has ended the connection."""
        if not self._link.closed.wait(timeout):
            raise AssertionError(f"{self.connection} is not closed: not within {timeout:g} s")
        return self._link.close_code

    @property
    def close_code(self) -> int | None:
        """With which code the connection was ended; None while it is open, or if there was none."""
        return self._link.close_code

    @property
    def is_open(self) -> bool:
        """Whether the connection is still there."""
        return not self._link.closed.is_set()

    def send_raw(self, data: str | bytes) -> None:
        """Send a frame as it is, right or wrong."""
        self._link.send_raw(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _entries(page: HistoryPage) -> list[Entry]:
    return [entry_of(msgspec.structs.asdict(entry)) for entry in page.entries]
