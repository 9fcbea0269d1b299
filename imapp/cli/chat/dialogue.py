"""Frame in, effects out: what every frame of the server means for what this client holds and waits for."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from imapp.cli.chat.asks import Ask, Asks
from imapp.cli.chat.changes import (
    Answered,
    Arrived,
    Change,
    Clock,
    LinkChanged,
    Notice,
    Outputs,
    Reloaded,
    Synced,
    Told,
    Write,
)
from imapp.cli.chat.connection import Connection, Jitter, backoff
from imapp.cli.chat.outbox import Item, Outbox
from imapp.cli.chat.store import Store
from schemas import frames
from schemas.common import MessageType
from schemas.conversations import SyncPage
from schemas.errors import ErrorCode
from schemas.messages import Entry

RETRYABLE: Final = frozenset({ErrorCode.BUSY, ErrorCode.RATE_LIMITED})
RETRY_MIN_S: Final = 0.1  # whatever the server says: never spin


class HelloRefused(Exception):
    """The server answered the hello with an error; `final` if another try can't do better."""

    def __init__(self, error: frames.ErrorReply) -> None:
        super().__init__(error.message)
        self.final = error.code in (ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN)
        self.retry_after = error.retry_after


class Dialogue:
    """The meaning of frames. It reads and changes the parts that it is given, and does no I/O."""

    def __init__(self, connection: Connection, outputs: Outputs, clock: Clock, jitter: Jitter) -> None:
        self.store = Store()
        self.outbox = Outbox()
        self.asks = Asks()
        self.questions: list[Ask] = []  # the person's own
        self.sync_wanted = True
        self._sync_again = False
        self._told_hidden = False
        self._connection = connection
        self._outputs = outputs
        self._clock = clock
        self._jitter = jitter
        self._takers: Mapping[type[Ask], Callable[[Any, Any], None]] = {
            frames.Hello: self._greeted,
            frames.Sync: self._synced,
            frames.History: self._paged,
            frames.Read: self._read,
            frames.SetConversation: self._set,
            frames.Watch: self._watching,
            frames.Emojis: self._emojis_came,
        }

    def receive(self, frame: dict[str, Any]) -> None:
        """Take one frame; those of unknown type are ignored.

        Raises:
            msgspec.ValidationError: a frame of a known type has an unknown shape.
            HelloRefused: this connection is of no use.
        """
        match frame.get("type"):
            case "ok":
                self._answered(frame)
            case "error":
                self._refused(msgspec.convert(frame, frames.ErrorReply))
            case "message":
                self._applied(msgspec.convert(frame, Entry))
            case "conversation":
                self._show(self.store.apply_event(msgspec.convert(frame, frames.ConversationEvent)))
            case "presence" | "typing" | "receipt" | "nudge":
                self._told_of_others(frame)
            case "resync":
                self.want_sync()
            case "closing":
                event = msgspec.convert(frame, frames.ClosingEvent)
                self._connection.announce_close(event.reconnect_in_ms / 1000)

    def ask(self, question: Ask) -> None:
        """Have something asked that the person wants to know; one `Told` follows."""
        if question not in self.questions:
            self.questions.append(question)

    def want_sync(self) -> None:
        """Ask what changed, after the answer that may be on its way: it was perhaps read before."""
        self._sync_again = self._sync_again or self.asks.is_flying(frames.Sync(id=""))
        self.sync_wanted = True

    def disconnected(self) -> None:
        """No answer will come any more; what was asked and not answered is open again."""
        self.asks.forget()
        self.outbox.disconnected()
        self.store.company.disconnected()
        self.store.receipts.disconnected()

    # ---- answers

    def _answered(self, frame: dict[str, Any]) -> None:
        item = self.outbox.take(frame["id"])
        if item is not None:
            self._done(item.request, frame)
            return
        ask = self.asks.take(frame["id"])
        if ask is None:
            return  # answered or given up before
        shape = frames.REPLIES[type(ask)]
        assert shape is not None, f"{type(ask).__name__} is answered with nothing"
        if ask in self.questions:
            self._told(ask, msgspec.convert(frame, shape))
        else:
            self._takers[type(ask)](ask, msgspec.convert(frame, shape))

    def _told(self, question: Ask, reply: Any) -> None:
        """The person's own question is answered."""
        self.questions.remove(question)
        if isinstance(question, frames.History):
            self.store.learn_quotes(reply.entries)
        self._outputs.show(Told(question, reply))

    def _done(self, request: Write, frame: dict[str, Any]) -> None:
        if isinstance(request, frames.Nudge):
            self._nudged(request, msgspec.convert(frame, frames.NudgeReply))
        else:
            self._written(request, msgspec.convert(frame, frames.WrittenReply))

    def _nudged(self, request: frames.Nudge, reply: frames.NudgeReply) -> None:
        told = f"{reply.nudged} reminded" if reply.nudged else "everybody has read it"
        self._outputs.show(Answered(request), Notice(told))

    def _written(self, request: Write, reply: frames.WrittenReply) -> None:
        self._outputs.show(Answered(request, reply.channel_id, reply.seq))
        # What a forward says the server knows: it is fetched like any other entry.
        if isinstance(request, frames.Send) and request.forward_of is None:
            self._show(self.store.apply_entry(_entry_of(request, reply, self.store.me)))
            return
        # Whether an event tells of it as well is the server's affair: what exists is known now.
        if reply.seq is not None and reply.channel_id in self.store.rooms:
            self.store.rooms[reply.channel_id].timeline.expect(reply.seq)
        self.want_sync()

    def _greeted(self, _ask: frames.Hello, reply: frames.HelloReply) -> None:
        self._connection.greeted(reply.heartbeat_s)
        self._outputs.show(LinkChanged(self._connection.state, ""))
        self.store.me = reply.user
        if not reply.settings.share_read and not self._told_hidden:
            self._outputs.show(Notice("nobody learns what you read, nor you what others have"))
        self._told_hidden = not reply.settings.share_read
        self.sync_wanted, self._sync_again = True, False
        if not self._is_other_epoch(reply.epoch) and reply.sync is not None:
            self._take_sync(reply.sync)

    def _synced(self, ask: frames.Sync, page: SyncPage) -> None:
        self.asks.fulfilled(ask)
        # An answer to a cursor of another epoch says nothing about what it left out.
        if not self._is_other_epoch(page.epoch) or ask.cursor is None:
            self._take_sync(page)

    def _take_sync(self, page: SyncPage) -> None:
        self._show(self.store.apply_sync(page))
        self.sync_wanted = page.more or self._sync_again
        if not page.more:
            self._sync_again = False
        if not self.sync_wanted:
            self._outputs.show(Synced())

    def _is_other_epoch(self, epoch: str) -> bool:
        known, self.store.epoch = self.store.epoch, epoch
        if known in ("", epoch):
            return False
        self.store.reset()
        self.asks.forget()
        self.sync_wanted = True
        self._outputs.show(Reloaded())
        return True

    def _paged(self, ask: frames.History, page: frames.HistoryReply) -> None:
        self._match_own(page.entries)
        self._show(self.store.apply_history(ask, page))
        room = self.store.rooms.get(ask.channel_id)
        if room and ask.after is not None and room.timeline.has_hole and not page.more_after:
            self._rest(ask, None)  # the store lags behind what was announced
        else:
            self.asks.fulfilled(ask)

    def _read(self, ask: frames.Read, reply: frames.ReadReply) -> None:
        self.asks.fulfilled(ask)
        self._stop_reading(ask)
        self._show(self.store.apply_read(reply))

    def _set(self, ask: frames.SetConversation, reply: frames.ConversationReply) -> None:
        self.asks.fulfilled(ask)
        self._show(self.store.apply_set(ask, reply))

    def _watching(self, ask: frames.Watch, reply: frames.WatchReply) -> None:
        self.asks.fulfilled(ask)
        self.store.company.watching(ask.user_ids)
        self.store.company.apply(reply.users)

    def _emojis_came(self, ask: frames.Emojis, reply: frames.EmojisReply) -> None:
        self.asks.fulfilled(ask)
        self.store.emojis.apply(reply)

    def _stop_reading(self, ask: frames.Read) -> None:
        room = self.store.rooms.get(ask.channel_id)
        if room and room.read_wanted == ask.seq:
            room.read_wanted = 0

    # ---- refusals

    def _refused(self, error: frames.ErrorReply) -> None:
        item = self.outbox.find(error.id or "")
        if item is not None:
            self._write_refused(item, error)
            return
        match self.asks.take(error.id or ""):
            case None if error.id is None:
                self._outputs.show(Notice(error.message))
            case None:
                pass  # of a request that was answered or given up before
            case frames.Hello():
                self.store.cursor = None  # it may be what was wrong
                raise HelloRefused(error)
            case ask if error.code in RETRYABLE:
                self._rest(ask, error.retry_after)
            case ask:
                self._ask_refused(ask, error)

    def _write_refused(self, item: Item, error: frames.ErrorReply) -> None:
        is_too_soon = isinstance(item.request, frames.Nudge) and error.code == ErrorCode.RATE_LIMITED
        if error.code in RETRYABLE and not is_too_soon:  # nobody wants to nudge ten minutes later
            delay = self._delay(item.tries - 1, error.retry_after)
            self.outbox.refused(item, self._clock() + delay, error.message)
            return
        self.outbox.take(item.request.client_message_id)
        self._outputs.show(Answered(item.request, error=error))

    def _ask_refused(self, ask: Ask, error: frames.ErrorReply) -> None:
        if ask in self.questions:
            self.questions.remove(ask)
            self._outputs.show(Told(ask, error))
            return
        match ask:
            case frames.History():
                self._show(self.store.refuse_history(ask))
                self._outputs.show(Notice(error.message))
            case frames.Read():
                self._stop_reading(ask)  # who was just removed can't move a watermark: no news
            case frames.SetConversation():
                self.store.refuse_set(ask)
                self._outputs.show(Notice(error.message))
            case frames.Watch():
                self.store.company.watching(ask.user_ids)  # an older server: it is no use to ask again
            case frames.Emojis():
                self.store.emojis.refuse()  # as above
            case _:
                self.store.cursor = None  # it may be what was wrong
                self._rest(ask, error.retry_after)
                self._outputs.show(Notice(error.message))

    def _rest(self, ask: Ask, retry_after: float | None) -> None:
        self.asks.rest(ask, self._clock() + self._delay(self.asks.failures(ask), retry_after))

    def _delay(self, failures: int, retry_after: float | None) -> float:
        delay = backoff(failures, self._jitter) if retry_after is None else retry_after
        return max(RETRY_MIN_S, delay)

    def _told_of_others(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "presence":
            self.store.company.apply(msgspec.convert(frame, frames.PresenceEvent).users)
            return
        if frame["type"] == "receipt":
            self.store.receipts.apply(msgspec.convert(frame, frames.ReceiptEvent))
            return
        if frame["type"] == "nudge":
            self._reminded(msgspec.convert(frame, frames.NudgeEvent))
            return
        event = msgspec.convert(frame, frames.TypingEvent)
        self.store.names.setdefault(event.user_id, event.user_name)
        self.store.company.types(event, self._clock())

    def _reminded(self, event: frames.NudgeEvent) -> None:
        if self.store.receipts.is_new_nudge(event):
            room = self.store.rooms.get(event.channel_id)
            where = f" in {room.row.name}" if room is not None and room.known else ""
            self._outputs.show(Notice(f"{event.user_name} asks you to read message #{event.seq}{where}"))

    # ---- entries

    def _applied(self, entry: Entry) -> None:
        self._match_own([entry])
        self._show(self.store.apply_entry(entry))

    def _match_own(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            item = self.outbox.take(entry.client_message_id) if entry.sender == self.store.me else None
            if item is not None:
                self._outputs.show(Answered(item.request, entry.channel_id, entry.seq))

    def _show(self, changes: list[Change]) -> None:
        self._outputs.show(*changes)
        for change in changes:
            if isinstance(change, Arrived):
                self.store.receipts.arrived(change.entry, self.store.me)
            # Names, members and types of channels are not worked out here: sync says them.
            if isinstance(change, Arrived) and self._tells_of_more(change.entry):
                self.want_sync()

    def _tells_of_more(self, entry: Entry) -> bool:
        return entry.message_type is MessageType.SYSTEM or not self.store.rooms[entry.channel_id].known


def _entry_of(request: frames.Send, reply: frames.WrittenReply, me: str) -> Entry:
    """The reply to a send stands for the event that this connection does not get."""
    if reply.message_id is None or reply.seq is None or reply.server_time is None:
        raise msgspec.ValidationError("the reply to a send lacks message_id, seq or server_time")
    return Entry(
        message_id=reply.message_id,
        channel_id=reply.channel_id,
        seq=reply.seq,
        sender=me,
        client_message_id=request.client_message_id,
        message_type=request.message_type,
        content=request.content,
        extra=reply.extra or request.extra,  # of a file the server knows name and size
        reply_to=request.reply_to,
        mentions=request.mentions,
        mention_all=request.mention_all,
        server_time=reply.server_time,
    )
