"""The client's rules as a state machine: frames and wishes in; frames to send and changes to show out.

No socket, no thread, no clock of its own. Every input method may leave actions and changes: take them
after each call, and call `tick` when `deadline` has come.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from imapp.cli.chat.asks import Ask
from imapp.cli.chat.changes import (
    Action,
    Change,
    Changed,
    Clock,
    Connect,
    Disconnect,
    LinkChanged,
    Outputs,
    Transmit,
    Write,
)
from imapp.cli.chat.connection import Connection, Jitter, State, Step
from imapp.cli.chat.dialogue import Dialogue, HelloRefused
from imapp.cli.chat.drafts import Drafts
from imapp.cli.chat.outbox import Outbox
from imapp.cli.chat.receipts import held
from imapp.cli.chat.store import Store
from schemas import frames
from schemas.common import PROTOCOL_VERSION


class ChatCore:
    """Everything between the socket and the screen. `new_id` gives ids that nobody else makes."""

    def __init__(
        self, *, token: str, device: str, clock: Clock, jitter: Jitter, new_id: Callable[[], str]
    ) -> None:
        self.new_id = new_id
        self._token = token
        self._device = device
        self._clock = clock
        self._outputs = Outputs()
        self._connection = Connection(clock, jitter)
        self._drafts = Drafts()
        self._dialogue = Dialogue(self._connection, self._outputs, clock, jitter)

    # ---- what can be seen

    @property
    def state(self) -> State:
        """Where the connection is."""
        return self._connection.state

    @property
    def detail(self) -> str:
        """Why the connection is not there, in words."""
        return self._connection.detail

    @property
    def store(self) -> Store:
        """What is held."""
        return self._dialogue.store

    @property
    def outbox(self) -> Outbox:
        """What is not answered yet."""
        return self._dialogue.outbox

    @property
    def is_syncing(self) -> bool:
        """Whether the conversation list is known to be incomplete."""
        return self._dialogue.sync_wanted

    @property
    def is_settled(self) -> bool:
        """Whether nothing the person did waits for the server."""
        waiting = any(room.read_wanted or room.wishes for room in self.store.rooms.values())
        waiting = waiting or bool(self._dialogue.questions)
        return not len(self.outbox) and not (waiting and self.state is State.ONLINE)

    def take_actions(self) -> list[Action]:
        """What the link should do now, in order."""
        return self._outputs.take_actions()

    def take_changes(self) -> list[Change]:
        """What became different, in order."""
        return self._outputs.take_changes()

    def deadline(self) -> float | None:
        """When to call `tick` at the latest, None for never."""
        limits = [self._connection.deadline(), self.store.company.deadline(self._clock())]
        limits.append(self._drafts.deadline())
        if self.state is State.ONLINE:
            now = self._clock()
            limits += [self.outbox.deadline(), self._dialogue.asks.deadline(now)]
            limits.append(self.store.receipts.deadline(now))
        return min((limit for limit in limits if limit is not None), default=None)

    # ---- the link's side

    def tick(self) -> None:
        """Do what time has made necessary."""
        match self._connection.next_step():
            case Step.CONNECT:
                self._outputs.do(Connect())
                self._tell()
            case Step.PING:
                self._transmit(frames.Ping(id=self.new_id()))
            case Step.GIVE_UP:
                self._give_up("the server is silent")
        self._dialogue.asks.expire(self._clock())
        self._pump()

    def opened(self) -> None:
        """The socket is open."""
        self._connection.opened()
        self._tell()
        self._ask(
            frames.Hello(
                id=self.new_id(),
                token=self._token,
                device=self._device,
                protocol=PROTOCOL_VERSION,
                cursor=self.store.cursor,
            )
        )

    def received(self, text: str) -> None:
        """A frame came."""
        self._connection.heard()
        try:
            self._dialogue.receive(msgspec.json.decode(text, type=dict[str, Any]))
        except HelloRefused as refusal:
            self._hello_refused(refusal)
        except msgspec.DecodeError as error:
            # Skipping it would be a silent hole, and asking again would bring the same.
            self._stop("the server says what this version can't read: update imapp", str(error))
        self._pump()

    def closed(self, code: int | None, reason: str) -> None:
        """The connection ended, or could not be made (no code)."""
        self._connection.closed(code, reason)
        self._dialogue.disconnected()
        self._tell()

    # ---- the person's side

    def submit(self, request: Write) -> None:
        """Do a write, however long it takes; one `Answered` follows."""
        self.outbox.put(request)
        if isinstance(request, frames.Send) and request.channel_id in self.store.rooms:
            self.store.rooms[request.channel_id].followed = True
            if request.content:
                self._drafts.dropped(request.channel_id)
                self.store.rooms[request.channel_id].keep_draft("")
        self._pump()

    def follow(self, channel_id: str) -> None:
        """Keep this room's timeline whole from now on."""
        self.store.rooms[channel_id].followed = True
        self._pump()

    def ask_older(self, channel_id: str) -> None:
        """Load one page of older entries; an `Older` follows."""
        self.store.rooms[channel_id].older_wanted = True
        self._pump()

    def ask(self, question: Ask) -> None:
        """Ask what the person wants to know; one `Told` follows. Its id is one of `new_id`."""
        self._dialogue.ask(question)
        self._pump()

    def ask_quote(self, message_id: str) -> None:
        """Ask for a message that is answered and not held; a `Told` follows, and the store knows it."""
        channel_id, _, seq = message_id.rpartition(".")
        self.ask(frames.History(id=self.new_id(), channel_id=channel_id, around=int(seq), limit=1))

    def mark_read(self, channel_id: str, seq: int) -> None:
        """The person has seen everything up to this seq."""
        if self.store.rooms[channel_id].mark_read(seq):
            self._outputs.show(Changed(channel_id))
            self._pump()

    def tune(self, channel_id: str, **fields: Any) -> None:
        """Set something about a conversation for this person alone: fields of `SetConversation`."""
        self.store.rooms[channel_id].wishes.wish(**fields)
        self._pump()

    def typing(self, channel_id: str, text: str) -> None:
        """The input line for this channel says this now.

        The others are told every few seconds while it changes, and what rests there is kept as a draft.
        """
        now = self._clock()
        if not text:
            # A command needs the line as well: what was kept before stays until it is sent or dropped.
            self._drafts.dropped(channel_id)
            return
        self._drafts.typed(channel_id, text, now)
        if text == self.store.rooms[channel_id].draft_text:
            return  # it was put there from the draft
        if self.state is State.ONLINE and self.store.company.may_tell(channel_id, now):
            self._transmit(frames.Typing(id=self.new_id(), channel_id=channel_id))

    def rest(self) -> None:
        """The person writes no more: what is in the input line is kept now."""
        self._drafts.rest(self._clock())
        self._pump()

    def typists(self, channel_id: str) -> list[str]:
        """Who else is typing in a channel now, by user id."""
        return self.store.company.typists(channel_id, self._clock())

    # ---- out

    def _pump(self) -> None:
        self._keep_drafts()
        if self.state is not State.ONLINE:
            return
        now = self._clock()
        for item in self.outbox.due(now):
            self.outbox.sent(item, now)
            self._transmit(item.request)
        for channel_id in self.store.receipts.due(now):
            room = self.store.rooms.get(channel_id)
            if room is not None:
                self._transmit(held(channel_id, room.timeline, self.new_id()))
        for ask in self._needs():
            if self._dialogue.asks.may_send(ask, now):
                self._ask(ask if ask.id else msgspec.structs.replace(ask, id=self.new_id()))

    def _keep_drafts(self) -> None:
        for channel_id, text in self._drafts.due(self._clock()).items():
            if channel_id in self.store.rooms:
                self.store.rooms[channel_id].keep_draft(text)

    def _needs(self) -> Iterator[Ask]:
        if self._dialogue.sync_wanted:
            yield frames.Sync(id="", cursor=self.store.cursor)
        for room in self.store.rooms.values():
            yield from room.needs()
        yield from self._dialogue.questions
        if not self._dialogue.sync_wanted and (people := self.store.company.missing()) is not None:
            yield frames.Watch(id="", user_ids=people)
        if not self._dialogue.sync_wanted:
            yield from self.store.emojis.needs()

    def _ask(self, ask: Ask) -> None:
        self._dialogue.asks.sent(ask, self._clock())
        self._transmit(ask)

    def _transmit(self, request: frames.Request) -> None:
        self._outputs.do(Transmit(msgspec.json.encode(request).decode()))

    def _hello_refused(self, refusal: HelloRefused) -> None:
        if refusal.final:
            self._stop("the server did not accept the token", str(refusal))
            return
        if refusal.retry_after is not None:
            self._connection.announce_close(refusal.retry_after)
        self._give_up(str(refusal))

    def _give_up(self, why: str) -> None:
        self._outputs.do(Disconnect(frames.CloseCode.NORMAL))
        self.closed(None, why)

    def _stop(self, why: str, reason: str) -> None:
        self._connection.stop(why, reason)
        self._outputs.do(Disconnect(frames.CloseCode.NORMAL))
        self._tell()

    def _tell(self) -> None:
        self._outputs.show(LinkChanged(self.state, self.detail))
