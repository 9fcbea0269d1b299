"""What the person sees and says: lines become wishes to the core, its changes become lines."""

from collections import deque

from imapp.cli.chat.carrier import Carried, Carrier
from imapp.cli.chat.changes import (
    Answered,
    Arrived,
    Change,
    Changed,
    LinkChanged,
    Notice,
    Older,
    Reloaded,
    Synced,
    Told,
    Tuned,
)
from imapp.cli.chat.commands import parse
from imapp.cli.chat.commands.grammar import Misuse
from imapp.cli.chat.console import Console
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.desk import Desk
from imapp.cli.chat.library import Library, Looked
from imapp.cli.chat.news import News
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.wording import one_line


class Screen:
    """Lines in, lines out. A line waits while an earlier one still opens what it may be meant for."""

    def __init__(
        self, core: ChatCore, console: Console, *, user: str, carrier: Carrier, library: Library
    ) -> None:
        self.is_leaving = False
        self._core = core
        self._console = console
        self._printer = Printer(console, core.store)
        self._desk = Desk(core, self._printer, carrier, library)
        self._news = News(core, self._printer, self._desk, user)
        self._lines: deque[str] = deque()
        self._input_ended = False
        self._is_listed = False
        self._touched: dict[str, None] = {}  # rooms that have changed, in order

    # ---- what the person does

    def take_line(self, line: str) -> None:
        """Do what a line says as soon as it is clear what it is meant for."""
        # What a terminal passes on of broken UTF-8 is no text that JSON can carry.
        line = line.encode(errors="replace").decode()
        if line.strip():
            self._lines.append(line)

    def take_keystroke(self, text: str) -> None:
        """The person is writing what may become a text."""
        self._desk.typing(text)

    def take_brought(self, brought: Carried | Looked) -> None:
        """A file or a list has come to where it was wanted, or has not."""
        self._desk.brought(brought)

    def end_input(self) -> None:
        """Leave when all lines are done."""
        self._input_ended = True

    def leave(self) -> None:
        """Leave without the lines that are not begun; what is being sent is still waited for."""
        self._lines.clear()
        self.is_leaving = True
        self._core.rest()
        waiting = len(self._core.outbox)
        if waiting and self._console.is_live:
            self._printer.say("alert", f"waiting for {waiting} unsent; Ctrl-C drops what is not sent")

    # ---- what happens

    def update(self) -> None:
        """Show what has changed and go on with the lines."""
        while self._show_changes() or self._do_line():
            pass
        if self._input_ended and not self.is_leaving and not self._lines and not self._is_busy():
            self.leave()
        self._console.keep_in_view(self._news.status())

    def _show_changes(self) -> bool:
        changes = self._core.take_changes()
        for change in changes:
            self._show(change)
        self._desk.places.open_awaited()
        if self._is_listed:
            for channel_id in self._touched:
                self._news.tell_room(channel_id)
            self._touched.clear()
        return bool(changes)

    def _do_line(self) -> bool:
        if not self._lines or self._is_busy():
            return False
        try:
            if self._desk.do(parse(self._lines.popleft())):
                self.leave()
        except Misuse as misuse:
            self._printer.say("alert", str(misuse))
        return True

    def _is_busy(self) -> bool:
        return not self._is_listed or self._desk.is_busy

    def _show(self, change: Change) -> None:
        match change:
            case Arrived() | Older() | Answered() | Told():
                self._desk.show(change)
            case Tuned():
                self._news.tell_tuned(change)
                self._desk.tuned(change)
            case Changed(channel_id):
                self._touched[channel_id] = None
            case LinkChanged():
                self._news.tell_link(change)
            case Synced():
                self._synced()
            case Reloaded():
                self._reloaded()
            case Notice(text):
                self._printer.say("alert", one_line(text))

    def _synced(self) -> None:
        if not self._is_listed:
            self._is_listed = True
            self._news.know_all()
            self._desk.places.show_list()
        self._desk.places.synced()

    def _reloaded(self) -> None:
        self._printer.say("alert", "the server has another store now: loading everything again")
        self._is_listed = False
        self._desk.places.reloaded()
