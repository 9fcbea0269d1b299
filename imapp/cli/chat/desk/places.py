"""Which conversation is open, which numbers the list gave, and what is waited for to be opened."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from imapp.cli.chat.changes import Answered
from imapp.cli.chat.commands import places
from imapp.cli.chat.commands.grammar import Command, Misuse
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.room import Room
from schemas import frames
from schemas.common import ChannelType


class Places:
    """Shows the list and opens conversations."""

    def __init__(self, core: ChatCore, printer: Printer, pane: Pane) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            places.ShowList: lambda _: self.show_list(),
            places.ShowHidden: lambda _: self._show_hidden(),
            places.Open: lambda command: self._pane.open(self.find(command.target).row.channel_id),
            places.More: lambda _: self._more(),
            places.Direct: self._direct,
            places.Group: self._group,
        }
        self._core = core
        self._printer = printer
        self._pane = pane
        self._numbered: list[str] = []
        self._opening = ""  # client_message_id of the write that makes the conversation to open
        self._awaited = ""  # channel id of the conversation to open once it is in the list
        self._peer = ""  # whose direct chat that is, "" for a group

    @property
    def is_awaiting(self) -> bool:
        """Whether a conversation will be open that is not yet."""
        return bool(self._opening or self._awaited)

    def number_of(self, channel_id: str) -> int:
        """The number that opens a conversation: it stays until the list is shown again."""
        if channel_id not in self._numbered:
            self._numbered.append(channel_id)
        return self._numbered.index(channel_id) + 1

    def show_list(self) -> None:
        """Print the conversations and number them anew."""
        self._show(self._core.store.conversations, "no conversation yet: /direct USER begins one")

    def find(self, target: str) -> Room:
        """The conversation with this number in the list, or with this name or the beginning of it.

        Raises:
            Misuse: it is none, or one of several.
        """
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

    def written(self, answer: Answered) -> None:
        """A write is done: perhaps it made what is to be opened, or I am out of what is open."""
        if answer.request.client_message_id == self._opening:
            self._opening, self._awaited = "", answer.channel_id
        if isinstance(answer.request, frames.Leave) and answer.channel_id == self._pane.channel_id:
            self._pane.close()
            self._printer.say("dim", "you have left; /list shows the others")

    def refused(self, answer: Answered) -> None:
        """A write is refused: what it would have made won't be opened."""
        if answer.request.client_message_id == self._opening:
            self._opening = ""

    def open_awaited(self) -> None:
        """Open the conversation that is waited for, if the list has it by now."""
        room = self._core.store.rooms.get(self._awaited)
        if room is not None and room.known:
            self._awaited = ""
            self._pane.open(room.row.channel_id)

    def synced(self) -> None:
        """The list is complete: what it does not have won't come."""
        self.open_awaited()
        channel_id, self._awaited = self._awaited, ""
        if channel_id and self._peer:
            # A direct chat is listed from its first message on.
            self._core.store.begin_direct(channel_id, self._peer, datetime.now(UTC).isoformat())
            self._pane.open(channel_id)
        elif channel_id:
            self._printer.say("bad", "✗ the server does not list that conversation")

    def reloaded(self) -> None:
        """Everything held was dropped; the open conversation is opened again when it is back."""
        self._awaited, self._peer = self._awaited or self._pane.channel_id, ""
        self._pane.close()
        self._numbered.clear()

    # ---- commands

    def _show_hidden(self) -> None:
        self._show(self._core.store.hidden, "you have hidden none")

    def _show(self, rooms: Sequence[Room], none: str) -> None:
        self._numbered = [room.row.channel_id for room in rooms]
        if rooms:
            self._printer.conversations(rooms)
        else:
            self._printer.say("dim", none)

    def _more(self) -> None:
        self._pane.open_channel()
        self._pane.more()

    def _direct(self, command: places.Direct) -> None:
        for room in self._core.store.conversations:
            if room.row.peer == command.user_id and room.row.channel_type is ChannelType.DIRECT:
                self._pane.open(room.row.channel_id)
                return
        new_id = self._core.new_id()
        self._open_by(frames.OpenDirect(id=new_id, client_message_id=new_id, to=command.user_id))

    def _group(self, command: places.Group) -> None:
        new_id = self._core.new_id()
        self._open_by(
            frames.CreateGroup(
                id=new_id, client_message_id=new_id, name=command.name, user_ids=command.user_ids
            )
        )

    def _open_by(self, request: frames.OpenDirect | frames.CreateGroup) -> None:
        # If it is refused nothing is open: what follows was not meant for the conversation before.
        self._pane.close()
        self._peer = request.to if isinstance(request, frames.OpenDirect) else ""
        self._opening = request.client_message_id
        self._core.submit(request)


def _names(room: Room) -> list[str]:
    return [name.casefold() for name in (room.row.name, room.row.peer or "")]
