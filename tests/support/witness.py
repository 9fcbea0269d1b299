"""What a device is shown: kept for its person, written down for the checker."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from schemas import frames
from tests.support.history import Answered, Closed, Opened, Paged, Resynced, Seen
from tests.support.holdings import Holdings
from tests.support.link import Frame
from tests.support.recorder import Recorder, entry_of, previews_of, sent_of
from tests.support.waiting import PATIENCE_S

_EVENTS: Final[Mapping[str, type]] = {
    "message": frames.MessageEvent,
    "conversation": frames.ConversationEvent,
    "presence": frames.PresenceEvent,
    "typing": frames.TypingEvent,
    "receipt": frames.ReceiptEvent,
    "receipts": frames.ReceiptsEvent,
    "nudge": frames.NudgeEvent,
    "settings": frames.SettingsEvent,
    "resync": frames.ResyncEvent,
    "closing": frames.ClosingEvent,
    "error": frames.ErrorReply,
}

Event = TypeVar("Event")


class Witness:
    """The memory of one connection. `reader` names its device; pass it on to the next connection of that."""

    def __init__(self, recorder: Recorder, reader: str | None) -> None:
        self.recorder = recorder
        self.user = ""
        self.connection = ""
        self.holdings = Holdings()
        self.reader = reader
        self._events: list[Any] = []
        self._changed = threading.Condition()
        self._unanswered: dict[str, Mapping[str, Any]] = {}

    # ---- seeing

    def events(self, kind: type[Event]) -> list[Event]:
        """The events of a kind (`frames.MessageEvent` ...) so far, in order of arrival."""
        with self._changed:
            return [event for event in self._events if isinstance(event, kind)]

    def texts(self, channel: str) -> list[str]:
        """The texts that this device holds of a channel, however it got them, by seq."""
        return [entry.body for entry in self.holdings.entries(channel)]

    def wait_for(
        self, predicate: Callable[[Any], bool], kind: type[Event], *, timeout: float = PATIENCE_S
    ) -> Event:
        """The first event of a kind, past or future, that satisfies the predicate.

        Raises:
            AssertionError: none came in time; the text shows the latest events.
        """

        def find() -> list[Event]:
            return [event for event in self._events if isinstance(event, kind) and predicate(event)]

        with self._changed:
            if not self._changed.wait_for(find, timeout):
                raise AssertionError(f"{self.connection}: not within {timeout:g} s; got {self._events[-5:]}")
            return find()[0]

    def wait_for_text(self, text: str, *, timeout: float = PATIENCE_S) -> frames.MessageEvent:
        """The message event with this content; raises as `wait_for` does."""
        return self.wait_for(lambda event: event.content == text, frames.MessageEvent, timeout=timeout)

    # ---- what the link tells

    def on_request(self, request: str, kind: str, fields: Mapping[str, Any]) -> None:
        """Write the request down before it leaves."""
        if "client_message_id" in fields:
            self._unanswered[request] = fields
            self.recorder.add(sent_of(self, request, kind, fields))

    def on_reply(self, request: str, kind: str, reply: Frame) -> None:
        """Write the reply down where it came, between the events."""
        asked = self._unanswered.pop(request, None)
        if asked is not None:
            self._answered(request, reply, asked)
        elif reply["type"] != "ok":
            return
        elif kind == "hello":
            self._greeted(reply)
        elif kind == "history":
            entries = tuple(entry_of(entry) for entry in reply["entries"])
            self.recorder.add(Paged(self.connection, entries))
        elif kind == "sync":
            self.recorder.add(*previews_of(self.connection, reply["conversations"]))

    def on_event(self, event: Frame) -> None:
        """Write the event down and wake who waits for it."""
        kind = event["type"]
        if kind == "message":
            entry = entry_of(event)
            self.recorder.add(Seen(self.connection, entry))
            self.holdings.add(entry)
        elif kind == "resync":
            self.recorder.add(Resynced(self.connection))
        with self._changed:
            self._events.append(msgspec.convert(event, _EVENTS[kind]) if kind in _EVENTS else event)
            self._changed.notify_all()

    def on_closed(self) -> None:
        """Write the end down."""
        if self.connection:
            self.recorder.add(Closed(self.connection))

    def _greeted(self, reply: Frame) -> None:
        if not self.connection:
            self.user = reply["user"]
            self.connection = self.recorder.name(self.user)
            self.reader = self.reader or self.connection
            self.recorder.add(Opened(self.connection, self.user, self.reader))
        if reply.get("sync"):
            self.recorder.add(*previews_of(self.connection, reply["sync"]["conversations"]))

    def _answered(self, request: str, reply: Frame, asked: Mapping[str, Any]) -> None:
        self.recorder.add(
            Answered(
                self.connection,
                request,
                reply.get("channel_id", ""),
                reply.get("seq", 0),
                reply.get("message_id", ""),
                reply.get("code", ""),
            )
        )
        if reply.get("seq") and "content" in asked:
            own = {**asked, "channel_id": reply["channel_id"], "seq": reply["seq"], "sender": self.user}
            self.holdings.add(entry_of(own))
