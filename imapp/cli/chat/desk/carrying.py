"""Files that the person sends and fetches, and the pictures that he and his groups are shown by."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imapp.cli.chat.asks import Ask
from imapp.cli.chat.carrier import Carried, Carrier, Fetched, NotCarried, PictureUp, SentUp
from imapp.cli.chat.commands import carrying
from imapp.cli.chat.commands.grammar import Command, Misuse, Pick
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.pane import Pane
from imapp.cli.chat.printer import Printer
from imapp.cli.chat.wording import bytes_text, one_line
from schemas import frames


class Carrying:
    """Has files carried, sends those that are with the server, and says what became of each."""

    def __init__(
        self, core: ChatCore, printer: Printer, pane: Pane, carrier: Carrier, *, ask: Callable[[Ask], None]
    ) -> None:
        self.doers: Mapping[type[Command], Callable[[Any], None]] = {
            carrying.SendFile: self._send_up,
            carrying.Download: self._fetch,
            carrying.Picture: self._show_by,
        }
        self._core = core
        self._printer = printer
        self._pane = pane
        self._carrier = carrier
        self._ask = ask
        self._under_way = 0

    @property
    def is_busy(self) -> bool:
        """Whether a file is on its way."""
        return self._under_way > 0

    def carried(self, carried: Carried) -> None:
        """A file is with the server, and is sent; or it is here; or it came to nothing."""
        self._under_way -= 1
        match carried:
            case SentUp():
                self._send(carried)
            case PictureUp(channel_id, file_id):
                self._set_picture(channel_id, file_id)
            case Fetched(path, size):
                self._printer.say("dim", f"✓ {one_line(str(path))}, {bytes_text(size)}")
            case NotCarried(why, of_upload):
                what = "not sent" if of_upload else "not fetched"
                self._printer.say("bad", f"✗ {what}: {one_line(why)}")

    def _send(self, file: SentUp) -> None:
        new_id = self._core.new_id()
        self._core.submit(
            frames.Send(
                id=new_id,
                client_message_id=new_id,
                channel_id=file.channel_id,
                message_type=file.kind,
                extra={"file_id": file.file_id},
            )
        )

    def _send_up(self, command: carrying.SendFile) -> None:
        channel_id = self._pane.open_channel()
        path = self._found(command.path)
        self._carrier.send_up(path, channel_id=channel_id, kind=command.kind, client_id=self._core.new_id())

    def _found(self, name: str) -> Path:
        """A file of this machine that is on its way now."""
        path = Path(name).expanduser()
        if not path.is_file():
            raise Misuse(f"there is no file {one_line(str(path))}")
        self._under_way += 1
        self._printer.say("dim", f"… {one_line(path.name)}  (sending)")
        return path

    def _show_by(self, command: carrying.Picture) -> None:
        picture = command.picture
        channel_id = self._pane.open_channel() if command.of_group else None
        if not picture or picture.startswith("https://"):
            self._set_picture(channel_id, picture)
        else:
            self._carrier.send_picture(
                self._found(picture), channel_id=channel_id, client_id=self._core.new_id()
            )

    def _set_picture(self, channel_id: str | None, avatar: str) -> None:
        """Of a group, whose entry then says what became of it, or of the person himself."""
        new_id = self._core.new_id()
        if channel_id is None:
            self._ask(frames.ChangeMe(id=new_id, avatar=avatar))
            return
        self._core.submit(
            frames.UpdateChannel(id=new_id, client_message_id=new_id, channel_id=channel_id, avatar=avatar)
        )

    def _fetch(self, command: carrying.Download) -> None:
        path = Path(command.path).expanduser() if command.path else None
        file_id = self._file_of(command.file) if isinstance(command.file, Pick) else command.file
        self._under_way += 1
        self._carrier.fetch(file_id, path)

    def _file_of(self, which: Pick) -> str:
        file_id = self._pane.message(which).extra.get("file_id")
        if not file_id:
            raise Misuse("that message has no file")
        return str(file_id)
