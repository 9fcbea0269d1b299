"""`imapp chat` as a process: lines typed into it, and the lines that it has shown."""

import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from tests.support.processes import BIN, ROOT
from tests.support.waiting import eventually

_START_S: Final = 60.0  # a Python process with all it imports, while two cores do something else
_PATIENCE_S: Final = 30.0  # likewise: what one terminal types goes through two more processes


class Terminal:
    """One person's `imapp chat` on a gateway, through pipes; `folder` is where it fetches files to."""

    def __init__(self, user: str, *, url: str, token: str, folder: Path = ROOT) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [BIN / "imapp", "chat", "--as", user, "--url", url, "--token", token],
            cwd=folder,
            env={**os.environ, "TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def type(self, *lines: str) -> None:
        """Write lines, as fast as they can be taken."""
        assert self._process.stdin is not None
        for line in lines:
            self._process.stdin.write(f"{line}\n")

    def wait_online(self) -> None:
        """Return when it is connected."""
        eventually(lambda: any("online as" in line for line in self.lines), timeout=_START_S)

    def sees(self, *texts: str) -> str:
        """The newest line with all of these texts, once there is one."""

        def found() -> str | None:
            lines = [line for line in self.lines if all(text in line for text in texts)]
            return lines[-1] if lines else None

        try:
            return eventually(found, timeout=_PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}, {texts}, in:\n" + "\n".join(self.lines[-30:])) from error

    def forget(self) -> None:
        """Look at what comes from now on alone."""
        self.lines.clear()

    def leave(self) -> int:
        """The exit code after all lines are done and sent."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        code = self._process.wait(20)
        self._reader.join(5)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
