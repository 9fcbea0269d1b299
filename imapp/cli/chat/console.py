"""Where lines come from and go to: a terminal with a prompt, or a pipe."""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from imapp.cli.chat.commands import ROWS
from imapp.cli.chat.inbox import EndOfInput, Inbox, Keystroke, Leave, Line

_STDIN: Final = 0


@dataclass(frozen=True, slots=True)
class Status:
    """What stays in view around the input line: what is being sent, the prompt, the state of things."""

    sending: Sequence[str] = ()
    prompt: str = "> "
    bar: str = ""


class Console(Protocol):
    """What the screen writes to. `columns` is None where nobody needs lines wrapped."""

    is_live: bool

    @property
    def columns(self) -> int | None:
        """The width of a line."""

    def show(self, line: str) -> None:
        """Add a line."""

    def suggest(self, text: str) -> None:
        """Put a text into the input line if nothing is there, where there is such a line (`is_live`)."""

    def keep_in_view(self, status: Status) -> None:
        """Replace what is around the input line, where there is such a place (`is_live`)."""

    def host(self, work: Callable[[], None]) -> None:
        """Put the person's lines into the inbox until `work` is done."""


def open_console(inbox: Inbox) -> Console:
    """A terminal if there is a person at both ends, else a pipe."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Terminal(inbox)
    return Pipe(inbox)


class Pipe:
    """Plain lines in and out, for scripts."""

    is_live = False
    columns = None

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def show(self, line: str) -> None:
        """Add a line."""
        print(line, flush=True)

    def suggest(self, text: str) -> None:
        """Nothing: there is no such line."""

    def keep_in_view(self, status: Status) -> None:
        """Nothing: there is no such place."""

    def host(self, work: Callable[[], None]) -> None:
        """Work in this thread, and read in another that nobody waits for."""
        threading.Thread(target=self._read, name="chat-input", daemon=True).start()
        work()

    def _read(self) -> None:
        # Not sys.stdin: a thread that blocks in its buffer would make the interpreter's end fail.
        rest = b""
        while block := os.read(_STDIN, 65_536):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self._put(line)
        if rest:
            self._put(rest)
        self._inbox.put(EndOfInput())

    def _put(self, line: bytes) -> None:
        self._inbox.put(Line(line.decode(errors="replace").rstrip("\r")))


class Terminal:
    """A prompt at the bottom; what arrives is printed above it."""

    is_live = True

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._status = Status()
        self._suggestion = ""
        self._done = False
        self._failure: BaseException | None = None
        self._prompt: PromptSession[str] = PromptSession(
            message=self._message,
            bottom_toolbar=lambda: ANSI(self._status.bar),
            completer=WordCompleter(sorted(ROWS), sentence=True),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            reserve_space_for_menu=0,
            erase_when_done=True,  # the message is printed when it is stored, in its place
            style=Style.from_dict({"bottom-toolbar": "noreverse"}),
        )

        self._prompt.default_buffer.on_text_changed += self._typed

    @property
    def columns(self) -> int:
        """The width of the terminal now."""
        return shutil.get_terminal_size().columns

    def show(self, line: str) -> None:
        """Add a line above the prompt."""
        print(line)

    def suggest(self, text: str) -> None:
        """Put a text into the input line if nothing is there, now or when it is shown next."""
        self._suggestion = text
        loop = self._prompt.app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the prompt has ended just now: the next one takes it
                loop.call_soon_threadsafe(self._fill_in)

    def keep_in_view(self, status: Status) -> None:
        """Redraw the prompt and the bar."""
        if status != self._status:
            self._status = status
            self._prompt.app.invalidate()

    def host(self, work: Callable[[], None]) -> None:
        """Prompt in this thread, where the terminal's signals arrive, and work in another."""
        thread = threading.Thread(target=self._run, args=(work,), name="chat-session", daemon=True)
        with patch_stdout(raw=True):
            thread.start()
            while not self._done and self._read_line():
                pass
            self._wait_for(thread)
        if self._failure is not None:
            raise self._failure

    def _typed(self, buffer: Buffer) -> None:
        if not buffer.text.startswith("/"):
            self._inbox.put(Keystroke(buffer.text))

    def _fill_in(self) -> None:
        text, self._suggestion = self._suggestion, ""
        if text and not self._prompt.default_buffer.text:
            self._prompt.default_buffer.insert_text(text)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001  raised again by the thread that prompts
            self._failure = failure
        self._done = True
        loop = self._prompt.app.loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the prompt has ended by itself just now
                loop.call_soon_threadsafe(self._end_prompt)

    def _end_prompt(self) -> None:
        if self._prompt.app.is_running:
            self._prompt.app.exit(exception=EOFError)

    def _read_line(self) -> bool:
        try:
            self._inbox.put(Line(self._prompt.prompt(pre_run=self._begin)))
        except EOFError:
            self._inbox.put(Leave())
            return False
        except KeyboardInterrupt:
            if self._prompt.default_buffer.text:
                return True  # as in a shell: it clears the line
            self._inbox.put(Leave())
            return False
        return True

    def _begin(self) -> None:
        self._fill_in()
        # The work may have ended while there was no prompt to end.
        if self._done:
            self._end_prompt()

    def _wait_for(self, thread: threading.Thread) -> None:
        try:
            thread.join()
        except KeyboardInterrupt:
            self._inbox.put(Leave(drop=True))
            thread.join()

    def _message(self) -> ANSI:
        return ANSI("".join(f"{line}\n" for line in self._status.sending) + self._status.prompt)
