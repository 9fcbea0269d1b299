"""The terminal client as An has it: lines in, lines out, on a console that remembers them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from imapp.cli.chat.carrier import Carrier
from imapp.cli.chat.console import Status
from imapp.cli.chat.library import Library, Lookup
from imapp.cli.chat.screen import Screen
from schemas.common import MessageType
from tests.unit.fakes.phone import Frame, Phone, row, sync_page

BO = "bo0000000000000000000000"


class Paper:
    """A console that keeps what is shown; live like a terminal, or plain like a pipe."""

    def __init__(self, *, is_live: bool = False) -> None:
        self.is_live = is_live
        self.columns = 80 if is_live else None
        self.lines: list[str] = []
        self.status = Status()
        self.suggested: list[str] = []

    def suggest(self, text: str) -> None:
        self.suggested += [text] * bool(text)

    def show(self, line: str) -> None:
        self.lines.append(line)

    def keep_in_view(self, status: Status) -> None:
        self.status = status

    def host(self, work: Callable[[], None]) -> None:
        work()


class FakeCarrier(Carrier):
    """Files that go nowhere: what was asked for is noted down."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def send_up(self, path: Path, *, channel_id: str, kind: MessageType, client_id: str) -> None:
        assert client_id
        self.asked.append((path.name, channel_id, kind))

    def send_picture(self, path: Path, *, channel_id: str | None, client_id: str) -> None:
        assert client_id
        self.asked.append((path.name, channel_id))

    def fetch(self, file_id: str, path: Path | None) -> None:
        self.asked.append((file_id, path))


class FakeLibrary(Library):
    """A library without a server: what was looked up is noted down."""

    def __init__(self) -> None:
        self.asked: list[Lookup] = []

    def look_up(self, lookup: Lookup) -> None:
        self.asked.append(lookup)


class Desktop(Phone):
    """A phone with a screen."""

    def __init__(self, *, is_live: bool = False) -> None:
        super().__init__()
        self.paper = Paper(is_live=is_live)
        self.carrier = FakeCarrier()
        self.library = FakeLibrary()
        self.screen = Screen(self.core, self.paper, user="an", carrier=self.carrier, library=self.library)

    def type(self, *lines: str) -> None:
        for line in lines:
            self.screen.take_line(line)
        self.screen.update()

    def shown(self) -> list[str]:
        """The lines since this was last called."""
        self.screen.update()
        lines, self.paper.lines = self.paper.lines, []
        return lines

    def begin(self, *rows: Frame) -> None:
        self.connect()
        self.answer(self.sends("sync")[0], **sync_page(*rows))
        self.shown()

    def _collect(self) -> None:
        self.screen.update()  # the changes are the screen's here
        super()._collect()


def direct(**fields: Any) -> Frame:
    return row(BO, channel_type="direct", peer="bo", name="Bo", member_count=2, **fields)


def last(lines: list[str]) -> list[str]:
    """Sender and text of the last line: after its time, which depends on this machine's zone, and number."""
    return lines[-1].split()[2:]
