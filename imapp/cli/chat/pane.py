"""The open conversation: its newest page, what arrives, older pages on request."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from imapp.cli.chat.commands.grammar import Misuse, Pick
from imapp.cli.chat.connection import State
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.room import MESSAGES, PAGE, Room
from imapp.cli.chat.rows import title
from imapp.cli.chat.wording import day, local, one_line
from schemas.common import Membership
from schemas.frames import History
from schemas.messages import Entry

_END: Final = 10**12  # above every seq


class Pane:
    """Shows one conversation at a time, and marks as read what it has shown."""

    def __init__(self, core: ChatCore, printer: Printer) -> None:
        self.channel_id = ""
        self.is_loading = False
        self._core = core
        self._printer = printer
        self._oldest = 0  # seq of the oldest entry that is shown, 0 before the first page
        self._day: date | None = None

    @property
    def room(self) -> Room | None:
        """The open conversation, None if there is none."""
        return self._core.store.rooms.get(self.channel_id)

    def open_channel(self) -> str:
        """The channel id of the open conversation.

        Raises:
            Misuse: there is none.
        """
        if not self.channel_id:
            raise Misuse("no conversation is open: /open N, or /direct USER")
        return self.channel_id

    def message(self, which: Pick) -> Entry:
        """A message of the open conversation, as far as it is loaded.

        Raises:
            Misuse: there is none such.
        """
        self.open_channel()
        entries = self.room.timeline.entries if self.room is not None else []
        messages = [entry for entry in entries if entry.message_type in MESSAGES]
        if which.seq is not None:
            messages = [entry for entry in messages if entry.seq == which.seq]
        if len(messages) < (which.back or 1):
            raise Misuse("there is no such message here; /more loads older ones")
        return messages[-(which.back or 1)]

    def newest_of_mine(self, limit: int) -> list[str]:
        """The ids of my newest messages in the open conversation, oldest first.

        Raises:
            Misuse: there is none.
        """
        self.open_channel()
        entries = self.room.timeline.entries if self.room is not None else []
        mine = [
            entry.message_id
            for entry in entries
            if entry.sender == self._core.store.me and entry.message_type in MESSAGES
        ]
        if not mine:
            raise Misuse("there is none of yours here")
        return mine[-limit:]

    def open(self, channel_id: str) -> None:
        """Show a conversation, once its newest page is here."""
        self.channel_id, self._oldest = channel_id, 0
        self._core.follow(channel_id)
        timeline = self._core.store.rooms[channel_id].timeline
        if len(timeline.entries) < PAGE and not timeline.at_start and self._core.state is State.ONLINE:
            self._load()
        else:
            self._show_newest()

    def close(self) -> None:
        """Show none."""
        self.channel_id, self.is_loading = "", False

    def arrived(self, entry: Entry) -> None:
        """Show the next entry; if the newest page is awaited, it comes with that."""
        if self._oldest:
            if entry.reply_to is not None and self._core.store.quote_of(entry.reply_to) is None:
                self._core.ask_quote(entry.reply_to)
            self._show([entry])
            self._mark_read()

    def quote_came(self, ask: History) -> None:
        """Show what was answered and not held, after the reply; nothing if it can't be seen."""
        message_id = f"{ask.channel_id}.{ask.around:012d}"
        if ask.channel_id == self.channel_id and self._core.store.quote_of(message_id) is not None:
            self._printer.quote(message_id)

    def older_came(self) -> None:
        """Show the page that was awaited."""
        self.is_loading = False
        if self._oldest:
            self._show_older()
        else:
            self._show_newest()

    def more(self) -> None:
        """Show an older page, from what is held or from the server."""
        room = self._core.store.rooms[self.channel_id]
        if room.timeline.before(self._oldest, 1) or room.timeline.at_start:
            self._show_older()
        elif self._core.state is State.ONLINE:
            self._load()
        else:
            self._printer.say("alert", "older messages can't be had without a connection")

    def _load(self) -> None:
        self.is_loading = True
        self._core.ask_older(self.channel_id)

    def _show_newest(self) -> None:
        room = self._core.store.rooms[self.channel_id]
        entries = room.timeline.before(_END, PAGE)
        self._oldest = entries[0].seq if entries else room.timeline.high + 1
        self._day = None
        self._printer.rule(title(room))
        unread_from = room.row.read_seq + 1 if room.unread else _END
        self._show(entry for entry in entries if entry.seq < unread_from)
        if room.unread:
            self._printer.rule(f"{room.unread_label} new")
        self._show(entry for entry in entries if entry.seq >= unread_from)
        self._mark_read()
        self._show_draft(room)

    def _show_draft(self, room: Room) -> None:
        text = room.draft_text
        self._printer.console.suggest(text)
        if text and not self._printer.console.is_live:
            self._printer.say("dim", f"draft: {one_line(text)}")

    def _show_older(self) -> None:
        entries = self._core.store.rooms[self.channel_id].timeline.before(self._oldest, PAGE)
        if not entries:
            self._printer.rule("this is where it begins")
            return
        self._printer.rule("older")
        newest_day, self._day = self._day, None
        self._show(entries)
        self._oldest, self._day = entries[0].seq, newest_day
        self._printer.rule("end of the older ones")

    def _show(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            when = local(entry.server_time)
            if when.date() != self._day:
                self._day = when.date()
                self._printer.rule(day(when))
            self._printer.entry(entry)

    def _mark_read(self) -> None:
        room = self._core.store.rooms[self.channel_id]
        # Who has left can't move a watermark there any more.
        if room.row.membership is Membership.NORMAL:
            self._core.mark_read(self.channel_id, room.timeline.high)
