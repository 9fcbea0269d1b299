"""Commands done: which conversation is open, which numbers the list gave, what is waited for.

Each other module does the commands of the module with the same name in `commands`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from imapp.cli.chat.carrier import Carried, Carrier
from imapp.cli.chat.changes import Answered, Arrived, Older, Told, Tuned
from imapp.cli.chat.commands import Help, Quit, help_lines
from imapp.cli.chat.commands.grammar import Command
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.desk.asking import Asking
from imapp.cli.chat.desk.carrying import Carrying
from imapp.cli.chat.desk.order import Ordering
from imapp.cli.chat.desk.own import Own
from imapp.cli.chat.desk.places import Places
from imapp.cli.chat.desk.talking import Talking
from imapp.cli.chat.layout import fit, wrapped
from imapp.cli.chat.library import Found, Library, Looked, NotFound
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.wording import one_line, refusal
from schemas import frames, group_frames
from schemas.common import Membership

_USAGE_COLUMNS: Final = 26


class Desk:
    """Turns commands into wishes to the core, and shows what becomes of them."""

    def __init__(self, core: ChatCore, printer: Printer, carrier: Carrier, library: Library) -> None:
        self.pane = Pane(core, printer)
        self.places = Places(core, printer, self.pane)
        self._core = core
        self._printer = printer
        self._asking = Asking(core, printer, self.pane, library)
        self._carrying = Carrying(core, printer, self.pane, carrier, ask=self._asking.ask)
        self._doers: Mapping[type[Command], Callable[[Any], None]] = {
            **self.places.doers,
            **Talking(core, printer, self.pane, self.places).doers,
            **self._carrying.doers,
            **Own(core, printer, self.pane).doers,
            **self._asking.doers,
            **Ordering(core, self.pane).doers,
            Help: self._help,
        }

    @property
    def is_busy(self) -> bool:
        """Whether it is still open what a next line would be meant for, or come after."""
        return (
            self.places.is_awaiting or self._carrying.is_busy or self._asking.is_busy or self.pane.is_loading
        )

    def do(self, command: Command) -> bool:
        """Do a command; returns whether the person wants to leave.

        Raises:
            Misuse: it can't be done here.
        """
        if isinstance(command, Quit):
            return True
        self._doers[type(command)](command)
        return False

    def typing(self, text: str) -> None:
        """The input line says this, for the open conversation if one is open."""
        room = self.pane.room
        if room is not None and room.row.membership is Membership.NORMAL:
            self._core.typing(self.pane.channel_id, text)

    def tuned(self, change: Tuned) -> None:
        """A draft of another device goes into the input line, if it is for what is open."""
        room = self.pane.room
        if change.what == "draft" and not change.here and change.channel_id == self.pane.channel_id and room:
            self._printer.console.suggest(room.draft_text)

    def brought(self, brought: Carried | Looked) -> None:
        """A file or a list has come to where it was wanted, or has not."""
        if isinstance(brought, Found | NotFound):
            self._asking.looked(brought)
        else:
            self._carrying.carried(brought)

    # ---- what becomes of it

    def show(self, change: Arrived | Older | Answered | Told) -> None:
        """Show what concerns the open conversation or an own write."""
        match change:
            case Arrived(channel_id, entry) if channel_id == self.pane.channel_id:
                self.pane.arrived(entry)
            case Older(channel_id) if channel_id == self.pane.channel_id and self.pane.is_loading:
                self.pane.older_came()
            case Told(frames.History() as ask):
                self.pane.quote_came(ask)
            case Told():
                self._asking.told(change)
            case Answered(error=None):
                self._written(change)
            case Answered(error=frames.ErrorReply() as error):
                self._refused(change, error)

    def _written(self, answer: Answered) -> None:
        self.places.written(answer)
        if isinstance(answer.request, frames.Send) and answer.channel_id != self.pane.channel_id:
            self._printer.say("dim", f"✓ sent: {one_line(answer.request.content)}")  # not shown in its place
        if isinstance(answer.request, group_frames.RequestJoin):
            self._printer.say("dim", "asked; the group is listed once an admin lets you in")

    def _refused(self, answer: Answered, error: frames.ErrorReply) -> None:
        self.places.refused(answer)
        if isinstance(answer.request, frames.Send):
            self._printer.say("bad", f"✗ not sent: {one_line(answer.request.content)}")
        self._printer.say("bad", f"✗ {refusal(error)}")

    def _help(self, command: Help) -> None:
        for name, meaning in help_lines(command.about):
            columns = self._printer.console.columns
            lines = wrapped(meaning, columns and columns - _USAGE_COLUMNS - len("    "))
            for left, line in zip([name, *[""] * len(lines)], lines, strict=False):
                self._printer.say("dim", f"  {fit(left, _USAGE_COLUMNS)}  {line}")
        if not command.about:
            self._printer.say("dim", "  /help reply and /help talking say more; what has no slash is sent")
