"""What happens outside the open conversation: one line for each, and the state of things in the bar."""

from typing import Final

from imapp.cli.chat.changes import LinkChanged, Tuned
from imapp.cli.chat.connection import State
from imapp.cli.chat.console import Status
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.desk import Desk
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.room import Room
from imapp.cli.chat.rows import last_text, title, tuned_text
from imapp.cli.chat.wording import one_line
from schemas.receipts import PushStatus

_TICKS: Final = {
    PushStatus.UNRECEIVED: "✓ sent",
    PushStatus.RECEIVED: "✓✓ received",
    PushStatus.READ: "✓✓ read",
}


class News:
    """Tells of a conversation when its unread count has grown, and of the connection when it changes."""

    def __init__(self, core: ChatCore, printer: Printer, desk: Desk, user: str) -> None:
        self._core = core
        self._printer = printer
        self._desk = desk
        self._user = user
        self._told: dict[str, int] = {}
        self._offline_told = ""

    def know_all(self) -> None:
        """Take everything as told: the list was just shown."""
        self._told = {channel_id: room.unread for channel_id, room in self._core.store.rooms.items()}

    def tell_room(self, channel_id: str) -> None:
        """Tell of a conversation that is new or has more unread than before."""
        room = self._core.store.rooms.get(channel_id)
        if room is None or not room.known:
            return
        told = self._told.get(channel_id, -1)
        self._told[channel_id] = room.unread
        if room.unread > told and room.may_disturb and channel_id != self._desk.pane.channel_id:
            self._printer.say("alert", self._news(room))

    def tell_tuned(self, change: Tuned) -> None:
        """Tell what was set about a conversation, and whether it was on another device."""
        room = self._core.store.rooms[change.channel_id]
        text = tuned_text(change.what, room.row)
        # Here a draft is kept while one writes, and says so only where no prompt shows it.
        if not text or (change.here and change.what == "draft" and self._printer.console.is_live):
            return
        name = one_line(room.row.name)
        if change.here:
            self._printer.say("dim", f"✓ {name}: {text}")
        else:
            self._printer.say("alert", f"● {name}: {text} (on another device)")

    def tell_link(self, change: LinkChanged) -> None:
        """Tell that the connection is there, or why it is not."""
        if change.state is State.ONLINE:
            self._offline_told = ""
            self._printer.say("good", f"● online as {self._core.store.me}")
            if self._core.store.me != self._user:
                self._printer.say("alert", f"the token is not {self._user}'s")
        elif change.state is State.WAITING and change.detail != self._offline_told:
            self._offline_told = change.detail
            self._printer.say("alert", f"○ offline ({one_line(change.detail)}), trying again by itself")

    def status(self) -> Status:
        """What stays in view: what is being sent here, the prompt, the bar."""
        room = self._desk.pane.room
        texts = self._core.outbox.texts(self._desk.pane.channel_id)
        return Status(
            sending=[self._printer.paint("dim", self._sending(text, trouble)) for text, trouble in texts],
            prompt=self._printer.paint("bold", f"{title(room) if room else ''}> "),
            bar="  ".join(
                [
                    self._link(),
                    *self._company(),
                    *self._ticks(),
                    *self._figures(),
                    self._printer.paint("dim", "/help"),
                ]
            ),
        )

    def _news(self, room: Room) -> str:
        what = f"{room.unread_label} unread in" if room.unread else "new conversation:"
        text = last_text(room, self._printer.lexicon)
        number = self._desk.places.number_of(room.row.channel_id)
        return f"● {what} {one_line(room.row.name)}  {text}  (/open {number})"

    def _sending(self, text: str, trouble: str) -> str:
        state = "sending" if self._core.state is State.ONLINE else "waiting for the connection"
        return f"… {one_line(text)}  ({one_line(trouble) or state})"

    def _link(self) -> str:
        if self._core.state is State.ONLINE:
            return self._printer.paint("good", f"● {self._user}")
        return self._printer.paint("bad", f"○ {self._user}: not connected")

    def _company(self) -> list[str]:
        """Who is typing in the open conversation, or whether the one other person is online."""
        room = self._desk.pane.room
        if room is None:
            return []
        typists = [one_line(self._printer.name_of(user)) for user in self._core.typists(room.row.channel_id)]
        if typists:
            return [f"{', '.join(typists[:3])} {'is' if len(typists) == 1 else 'are'} typing"]
        is_online = self._core.store.company.is_online(room.row.peer)
        return [f"{one_line(room.row.name)} is online"] * is_online

    def _ticks(self) -> list[str]:
        """In a direct chat, how far my newest message got if nothing of the other one followed."""
        room = self._desk.pane.room
        newest = room.timeline.entries[-1:] if room else []
        return [_TICKS[status] for entry in newest if (status := self._core.store.status_of(entry))]

    def _figures(self) -> list[str]:
        unread = sum(room.unread for room in self._core.store.conversations)
        unsent = len(self._core.outbox)
        return [f"{unread} unread"] * bool(unread) + [f"{unsent} being sent"] * bool(unsent)
