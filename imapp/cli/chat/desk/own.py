"""What the person sets for himself alone in the open conversation."""

from collections.abc import Callable, Mapping
from typing import Any

from imapp.cli.chat.commands import own
from imapp.cli.chat.commands.grammar import Command
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from schemas.conversations import DraftBody


class Own:
    """Has it set. What became of it the change says, wherever it was set."""

    def __init__(self, core: ChatCore, printer: Printer, pane: Pane) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            own.Tune: lambda command: self._tune(**command.fields),
            own.Hide: lambda _: self._leave_it(hidden_seq=self._last_seq()),
            own.MarkUnread: lambda _: self._leave_it(marked_unread=True),
            own.Forget: lambda _: self._tune(cleared_seq=self._last_seq()),
            own.KeepDraft: lambda command: self._tune(draft=DraftBody(text=command.text)),
        }
        self._core = core
        self._printer = printer
        self._pane = pane

    def _tune(self, **fields: Any) -> None:
        self._core.tune(self._pane.open_channel(), **fields)

    def _leave_it(self, **fields: Any) -> None:
        """Set something that would not last in an open conversation: whatever comes there is read."""
        self._tune(**fields)
        self._pane.close()
        self._printer.say("dim", "closed; /list shows the others")

    def _last_seq(self) -> int:
        self._pane.open_channel()
        room = self._pane.room
        return room.row.last_seq if room is not None else 0
