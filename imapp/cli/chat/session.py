"""One thread that owns core and screen: it takes from the inbox, and hands on what comes of it."""

import time

from imapp.cli.chat.carrier import Fetched, NotCarried, PictureUp, SentUp
from imapp.cli.chat.changes import Connect, Disconnect, Transmit
from imapp.cli.chat.connection import State
from imapp.cli.chat.core import ChatCore
from imapp.cli.chat.inbox import EndOfInput, Inbox, Item, Keystroke, Leave, Line
from imapp.cli.chat.library import Found, NotFound
from imapp.cli.chat.link import Closed, Link, Opened, Received, Report
from imapp.cli.chat.screen import Screen
from schemas.frames import CloseCode


class Session:
    """Runs core, link and screen together.

    `stopped_why` says why the server ended it ("" if it did not), `dropped` that writes were given up.
    """

    def __init__(self, core: ChatCore, link: Link, screen: Screen, inbox: Inbox) -> None:
        self.stopped_why = ""
        self._core = core
        self._link = link
        self._screen = screen
        self._inbox = inbox
        self.dropped = False

    def run(self) -> None:
        """Work until the person has left and nothing waits for the server, or the server ends it."""
        self._step(None)
        while not self._is_over():
            self._step(self._inbox.get(self._until_deadline()))
        if self._core.state is State.STOPPED:
            self.stopped_why = self._core.detail
        self._link.close(CloseCode.NORMAL)

    def _is_over(self) -> bool:
        if self._core.state is State.STOPPED or self.dropped:
            return True
        return self._screen.is_leaving and self._core.is_settled

    def _until_deadline(self) -> float | None:
        deadline = self._core.deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def _step(self, item: Item | None) -> None:
        self._take(item)
        self._core.tick()  # also when items come without a pause: no deadline may starve
        self._screen.update()
        for action in self._core.take_actions():
            match action:
                case Connect():
                    self._link.connect()
                case Transmit(text):
                    self._link.send(text)
                case Disconnect(code):
                    self._link.close(code)

    def _take(self, item: Item | None) -> None:
        if isinstance(item, SentUp | PictureUp | Fetched | NotCarried | Found | NotFound):
            self._screen.take_brought(item)
            return
        match item:
            case Opened() | Received() | Closed():
                if item.number == self._link.number:
                    self._hear(item)
            case Line(text):
                self._screen.take_line(text)
            case Keystroke(text):
                self._screen.take_keystroke(text)
            case EndOfInput():
                self._screen.end_input()
            case Leave(drop):
                self._leave(drop=drop)

    def _leave(self, *, drop: bool) -> None:
        if drop:
            self.dropped = True
        else:
            self._screen.leave()

    def _hear(self, report: Report) -> None:
        match report:
            case Opened():
                self._core.opened()
            case Received(_, text):
                self._core.received(text)
            case Closed(_, code, reason):
                self._core.closed(code, reason)
