"""Puts entries and conversations on the console, line by line."""

from collections.abc import Sequence
from typing import Final

from imapp.cli.chat.console import Console
from imapp.cli.chat.layout import NARROWEST, fit, painted, rule, wrapped
from imapp.cli.chat.room import MESSAGES, Room
from imapp.cli.chat.rows import NAME_COLUMNS, TIME_COLUMNS, cells
from imapp.cli.chat.saying import Lexicon, entry_text, quote_text
from imapp.cli.chat.store import Store
from imapp.cli.chat.wording import local, one_line
from schemas.common import MessageType
from schemas.messages import Entry
from schemas.receipts import PushStatus

SENDER_COLUMNS: Final = 10
PIPE_COLUMNS: Final = 100  # of lists and rules, where there is no terminal to measure
WIDEST_RULE: Final = 72

NUMBER_COLUMNS: Final = len("#1234")

_INDENT: Final = len("12:34  ") + NUMBER_COLUMNS + len("  ") + SENDER_COLUMNS + len("  ")
_BEFORE_TEXT: Final = len("  1  ") + NAME_COLUMNS + len("  99+  ") + TIME_COLUMNS + len("  ")


class Printer:
    """Writes to a console: in colour and wrapped where a person looks, plain where a script reads."""

    def __init__(self, console: Console, store: Store) -> None:
        self.console = console
        self._store = store
        self.lexicon = Lexicon(self.name_of, store.emojis.drawn, store.quote_of)

    def paint(self, style: str, text: str) -> str:
        """A text in a style, if this console has colour."""
        return painted(style, text) if self.console.is_live else text

    def name_of(self, user_id: str) -> str:
        """What to call somebody here."""
        return "you" if user_id == self._store.me else self._store.name(user_id)

    def say(self, style: str, text: str) -> None:
        """A line of the client itself."""
        self.console.show(self.paint(style, text))

    def rule(self, text: str) -> None:
        """A line across the page with a text in it."""
        self.say("dim", rule(text, min(self.console.columns or PIPE_COLUMNS, WIDEST_RULE)))

    def entry(self, entry: Entry) -> None:
        """An entry: time, number, sender and text; own messages with a tick (stored) or two (received)."""
        own = entry.sender == self._store.me
        named = f"#{entry.seq}" if entry.message_type in MESSAGES else ""
        time = self.paint("dim", f"{local(entry.server_time):%H:%M}  {fit(named, NUMBER_COLUMNS)}")
        text = entry_text(entry, self.lexicon)
        if entry.message_type is MessageType.SYSTEM:
            self.console.show(f"{time}  {self.paint('dim', f'· {text}')}")
            return
        sender = fit(one_line(self.name_of(entry.sender)), SENDER_COLUMNS)
        columns = self.console.columns
        tick = self._tick(entry) if own and named else ""
        first, *rest = wrapped(text + tick, columns and columns - _INDENT)
        self.console.show(f"{time}  {self.paint('own' if own else 'bold', sender)}  {first}")
        for line in rest:
            self.console.show(" " * _INDENT + line)

    def quote(self, message_id: str) -> None:
        """What was answered just before."""
        self.say("dim", " " * _INDENT + f"(↪ {quote_text(message_id, self.lexicon)})")

    def _tick(self, entry: Entry) -> str:
        got_there = self._store.status_of(entry) in (PushStatus.RECEIVED, PushStatus.READ)
        return "  ✓✓" if got_there else "  ✓"

    def conversations(self, rooms: Sequence[Room]) -> None:
        """The conversation list, numbered from 1."""
        head = (
            f"{'#':>3}  {fit('conversation', NAME_COLUMNS)}  new  {fit('time', TIME_COLUMNS)}  last message"
        )
        self.say("dim", head)
        for number, room in enumerate(rooms, 1):
            self._conversation(number, room)

    def _conversation(self, number: int, room: Room) -> None:
        is_online = self._store.company.is_online(room.row.peer)
        name, label, when, text = cells(room, self.lexicon, is_online=is_online)
        columns = max((self.console.columns or PIPE_COLUMNS) - _BEFORE_TEXT, NARROWEST)
        name, new = fit(name, NAME_COLUMNS), f"{label:>3}"
        if label:
            name, new = self.paint("bold", name), self.paint("alert", new)
        shown = self.paint("dim", fit(text, columns).rstrip())
        self.console.show(f"{number:>3}  {name}  {new}  {fit(when, TIME_COLUMNS)}  {shown}")
