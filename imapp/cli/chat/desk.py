"""Commands done: which conversation is open, which numbers the list gave, what is waited for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from imapp.cli.chat.carrier import Carried, Carrier, Fetched, NotCarried, SentUp
from imapp.cli.chat.changes import Answered, Arrived, Older, Write
from imapp.cli.chat.commands import (
    USAGE,
    Add,
    Address,
    Command,
    Direct,
    Download,
    Edit,
    Emojis,
    Forward,
    Group,
    Misuse,
    Open,
    Order,
    Plain,
    Remove,
    Rename,
    Reply,
    Say,
    SendFile,
)
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.emojis import drawn
from imapp.cli.chat.layout import fit
from imapp.cli.chat.orders import order_request
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.room import Room
from imapp.cli.chat.wording import bytes_text, one_line, refusal
from schemas import frames, group_frames
from schemas.common import MAX_TEXT_CHARS, ChannelType, Membership, MessageType
from schemas.messages import Entry

_MESSAGES: Final = frozenset({MessageType.TEXT, MessageType.IMAGE, MessageType.EMOJI, MessageType.FILE})


class Desk:
    """Turns commands into wishes to the core, and shows what becomes of them."""

    def __init__(self, core: ChatCore, printer: Printer, carrier: Carrier) -> None:
        self.pane = Pane(core, printer)
        self._carrier = carrier
        self._carrying = 0  # files that are on their way
        self._core = core
        self._printer = printer
        self._numbered: list[str] = []
        self._opening = ""  # client_message_id of the write that makes the conversation to open
        self._awaited = ""  # channel id of the conversation to open once it is in the list
        self._peer = ""  # whose direct chat that is, "" for a group

    @property
    def is_busy(self) -> bool:
        """Whether it is still open what a next line would be meant for, or come after."""
        return bool(self._opening or self._awaited or self._carrying or self.pane.is_loading)

    def number_of(self, channel_id: str) -> int:
        """The number that opens a conversation: it stays until the list is shown again."""
        if channel_id not in self._numbered:
            self._numbered.append(channel_id)
        return self._numbered.index(channel_id) + 1

    def show_list(self) -> None:
        """Print the conversations and number them anew."""
        rooms = self._core.store.conversations
        self._numbered = [room.row.channel_id for room in rooms]
        if rooms:
            self._printer.conversations(rooms)
        else:
            self._printer.say("dim", "no conversation yet: /direct USER begins one")

    # ---- what the person wants

    def do(self, command: Command) -> bool:
        """Do a command; returns whether the person wants to leave.

        Raises:
            Misuse: it can't be done here.
        """
        match command:
            case Say(text):
                self._say(text)
            case Reply() | Address() | Emojis() | Forward():
                self._send(command)
            case Open(target):
                self.pane.open(self._find(target).row.channel_id)
            case Direct(user_id):
                self._direct(user_id)
            case Group(name, user_ids):
                new_id = self._core.new_id()
                self._open_by(
                    frames.CreateGroup(id=new_id, client_message_id=new_id, name=name, user_ids=user_ids)
                )
            case Plain(name):
                return self._plain(name)
            case Order() | SendFile() | Download() | Add() | Remove() | Rename() | Edit():
                self._work(command)
        return False

    def _work(self, command: Order | SendFile | Download | Add | Remove | Rename | Edit) -> None:
        if isinstance(command, SendFile | Download):
            self._carry(command)
        elif isinstance(command, Order):
            place = "" if command.name == "/join" else self._open_channel()
            self._core.submit(order_request(command, self._core.new_id(), place, datetime.now(UTC)))
        else:
            self._core.submit(self._change(command))

    def typing(self) -> None:
        """The person writes something for the open conversation, if one is open."""
        room = self.pane.room
        if room is not None and room.row.membership is Membership.NORMAL:
            self._core.typing(self.pane.channel_id)

    def _send(self, command: Reply | Address | Emojis | Forward) -> None:
        match command:
            case Reply(back, text):
                self._say(text, reply_to=self._message(back).message_id)
            case Address(user_ids, text):
                self._say(text, mentions=user_ids, mention_all=not user_ids)
            case Emojis(shortcodes):
                text = "".join(f"[:{shortcode}:]" for shortcode in shortcodes)
                self._say(text, message_type=MessageType.EMOJI)
            case Forward(back, target):
                self._forward(self._message(back), target)

    def _say(self, text: str, **more: Any) -> None:
        channel_id = self._open_channel()
        if len(text) > MAX_TEXT_CHARS:
            raise Misuse(f"too long: {len(text)} characters, {MAX_TEXT_CHARS} are allowed")
        new_id = self._core.new_id()
        self._core.submit(
            frames.Send(id=new_id, client_message_id=new_id, channel_id=channel_id, content=text, **more)
        )
        if not self._printer.console.is_live:
            self._printer.say("dim", f"… {text}  (sending)")

    def _message(self, back: int) -> Entry:
        """The newest message of the open conversation, or one so many before."""
        self._open_channel()
        room = self.pane.room
        entries = room.timeline.entries if room is not None else []
        messages = [entry for entry in entries if entry.message_type in _MESSAGES]
        if back > len(messages):
            raise Misuse("there is no such message here; /more loads older ones")
        return messages[-back]

    def _forward(self, entry: Entry, target: str) -> None:
        new_id = self._core.new_id()
        try:
            place: dict[str, Any] = {"channel_id": self._find(target).row.channel_id}
        except Misuse:
            place = {"to": target}
        request = frames.Send(id=new_id, client_message_id=new_id, forward_of=entry.message_id, **place)
        self._core.submit(request)
        self._printer.say("dim", f"… passed on to {target}: {one_line(drawn(entry.content))}")

    def _carry(self, command: SendFile | Download) -> None:
        if isinstance(command, SendFile):
            self._send_up(Path(command.path).expanduser(), command.kind)
            return
        self._carrying += 1
        path = Path(command.path).expanduser() if command.path else None
        self._carrier.fetch(command.file_id, path)

    def _send_up(self, path: Path, kind: MessageType) -> None:
        channel_id = self._open_channel()
        if not path.is_file():
            raise Misuse(f"there is no file {one_line(str(path))}")
        self._carrying += 1
        self._printer.say("dim", f"… {one_line(path.name)}  (sending)")
        self._carrier.send_up(path, channel_id=channel_id, kind=kind, client_id=self._core.new_id())

    def carried(self, carried: Carried) -> None:
        """A file is with the server, and is sent; or it is here; or it came to nothing."""
        self._carrying -= 1
        match carried:
            case SentUp(channel_id, kind, file_id):
                new_id = self._core.new_id()
                self._core.submit(
                    frames.Send(
                        id=new_id,
                        client_message_id=new_id,
                        channel_id=channel_id,
                        message_type=kind,
                        extra={"file_id": file_id},
                    )
                )
            case Fetched(path, size):
                self._printer.say("dim", f"✓ {one_line(str(path))}, {bytes_text(size)}")
            case NotCarried(why, of_upload):
                what = "not sent" if of_upload else "not fetched"
                self._printer.say("bad", f"✗ {what}: {one_line(why)}")

    def _direct(self, user_id: str) -> None:
        for room in self._core.store.conversations:
            if room.row.peer == user_id and room.row.channel_type is ChannelType.DIRECT:
                self.pane.open(room.row.channel_id)
                return
        new_id = self._core.new_id()
        self._open_by(frames.OpenDirect(id=new_id, client_message_id=new_id, to=user_id))

    def _open_by(self, request: frames.OpenDirect | frames.CreateGroup) -> None:
        # If it is refused nothing is open: what follows was not meant for the conversation before.
        self.pane.close()
        self._peer = request.to if isinstance(request, frames.OpenDirect) else ""
        self._opening = request.client_message_id
        self._core.submit(request)

    def _change(self, command: Add | Remove | Rename | Edit) -> Write:
        new_id, channel_id = self._core.new_id(), self._open_channel()
        match command:
            case Add(user_ids):
                return frames.AddMembers(
                    id=new_id, client_message_id=new_id, channel_id=channel_id, user_ids=user_ids
                )
            case Remove(user_id):
                return frames.RemoveMember(
                    id=new_id, client_message_id=new_id, channel_id=channel_id, user_id=user_id
                )
            case Rename(name):
                return frames.UpdateChannel(
                    id=new_id, client_message_id=new_id, channel_id=channel_id, name=name
                )
            case Edit(text):
                return frames.Edit(
                    id=new_id,
                    client_message_id=new_id,
                    channel_id=channel_id,
                    message_id=self._newest_of_mine(text_only=True),
                    content=text,
                )

    def _newest_of_mine(self, *, text_only: bool) -> str:
        room = self.pane.room
        entry = room.newest_of_mine(text_only=text_only) if room is not None else None
        if entry is None:
            raise Misuse("there is none of yours here")
        return entry.message_id

    def _plain(self, name: str) -> bool:
        match name:
            case "/list":
                self.show_list()
            case "/more" if self._open_channel():
                self.pane.more()
            case "/recall":
                new_id = self._core.new_id()
                self._core.submit(
                    frames.Recall(
                        id=new_id,
                        client_message_id=new_id,
                        channel_id=self._open_channel(),
                        message_id=self._newest_of_mine(text_only=False),
                    )
                )
            case "/leave":
                new_id = self._core.new_id()
                self._core.submit(
                    frames.Leave(id=new_id, client_message_id=new_id, channel_id=self._open_channel())
                )
            case "/help":
                for usage, meaning in USAGE.items():
                    self._printer.say("dim", f"  {fit(usage, 20)}  {meaning}")
        return name == "/quit"

    def _open_channel(self) -> str:
        if not self.pane.channel_id:
            raise Misuse("no conversation is open: /open N, or /direct USER")
        return self.pane.channel_id

    def _find(self, target: str) -> Room:
        rooms = self._core.store.rooms
        if target.isdecimal() and 0 < int(target) <= len(self._numbered):
            return rooms[self._numbered[int(target) - 1]]
        wanted = target.casefold()
        named = [room for room in rooms.values() if wanted in _names(room)]
        named = named or [room for room in rooms.values() if any(n.startswith(wanted) for n in _names(room))]
        if len(named) == 1:
            return named[0]
        raise Misuse(f"{len(named) or 'no'} conversations are called {target}: /list has numbers")

    # ---- what becomes of it

    def show(self, change: Arrived | Older | Answered) -> None:
        """Show what concerns the open conversation or an own write."""
        match change:
            case Arrived(channel_id, entry) if channel_id == self.pane.channel_id:
                self.pane.arrived(entry)
            case Older(channel_id) if channel_id == self.pane.channel_id and self.pane.is_loading:
                self.pane.older_came()
            case Answered(error=None):
                self._written(change)
            case Answered(error=frames.ErrorReply() as error):
                self._refused(change, error)

    def open_awaited(self) -> None:
        """Open the conversation that is waited for, if the list has it by now."""
        room = self._core.store.rooms.get(self._awaited)
        if room is not None and room.known:
            self._awaited = ""
            self.pane.open(room.row.channel_id)

    def synced(self) -> None:
        """The list is complete: what it does not have won't come."""
        self.open_awaited()
        channel_id, self._awaited = self._awaited, ""
        if channel_id and self._peer:
            # A direct chat is listed from its first message on.
            self._core.store.begin_direct(channel_id, self._peer, datetime.now(UTC).isoformat())
            self.pane.open(channel_id)
        elif channel_id:
            self._printer.say("bad", "✗ the server does not list that conversation")

    def reloaded(self) -> None:
        """Everything held was dropped; the open conversation is opened again when it is back."""
        self._awaited, self._peer = self._awaited or self.pane.channel_id, ""
        self.pane.close()
        self._numbered.clear()

    def _written(self, answer: Answered) -> None:
        if answer.request.client_message_id == self._opening:
            self._opening, self._awaited = "", answer.channel_id
        if isinstance(answer.request, frames.Send) and answer.channel_id != self.pane.channel_id:
            self._printer.say("dim", f"✓ sent: {one_line(answer.request.content)}")  # not shown in its place
        if isinstance(answer.request, group_frames.RequestJoin):
            self._printer.say("dim", "asked; the group is listed once an admin lets you in")
        if isinstance(answer.request, frames.Leave) and answer.channel_id == self.pane.channel_id:
            self.pane.close()
            self._printer.say("dim", "you have left; /list shows the others")

    def _refused(self, answer: Answered, error: frames.ErrorReply) -> None:
        if answer.request.client_message_id == self._opening:
            self._opening = ""
        if isinstance(answer.request, frames.Send):
            self._printer.say("bad", f"✗ not sent: {one_line(answer.request.content)}")
        self._printer.say("bad", f"✗ {refusal(error)}")


def _names(room: Room) -> list[str]:
    return [name.casefold() for name in (room.row.name, room.row.peer or "")]
