"""Files on their way, over REST: each in a thread of its own, so that the conversation goes on meanwhile."""

import errno
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from imapp.cli.chat.rest import Rest, why
from schemas.common import MessageType

_PIECE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class SentUp:
    """A file is with the server and can be sent to the channel it was meant for."""

    channel_id: str
    kind: MessageType
    file_id: str


@dataclass(frozen=True, slots=True)
class PictureUp:
    """An image is with the server and can be the picture of the group it was meant for; None: one's own."""

    channel_id: str | None
    file_id: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file is on this machine."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class NotCarried:
    """It came to nothing; `of_upload` says which way it should have gone."""

    why: str
    of_upload: bool


Carried = SentUp | PictureUp | Fetched | NotCarried


class _RefusedError(ValueError):
    """The server does not take it; the text says why."""


class Carrier:
    """Takes files to the server and back; `report` hears what became of each, on another thread."""

    def __init__(self, rest: Rest, report: Callable[[Carried], None]) -> None:
        self._rest = rest
        self._report = report

    def send_up(self, path: Path, *, channel_id: str, kind: MessageType, client_id: str) -> None:
        """Take a file to the server."""
        self._begin(lambda: self._send_up(path, channel_id, kind, client_id), of_upload=True)

    def send_picture(self, path: Path, *, channel_id: str | None, client_id: str) -> None:
        """Take the picture of a group to the server, or (None) one's own."""
        self._begin(lambda: PictureUp(channel_id, self._upload(path, client_id)), of_upload=True)

    def fetch(self, file_id: str, path: Path | None) -> None:
        """Bring a file here: to this path, or under its own name into the current directory."""
        self._begin(lambda: self._fetch(file_id, path), of_upload=False)

    def _begin(self, work: Callable[[], Carried], *, of_upload: bool) -> None:
        def run() -> None:
            try:
                outcome = work()
            except (OSError, ValueError) as error:  # those of requests are such, too, and what is refused
                outcome = NotCarried(str(error), of_upload)
            self._report(outcome)

        threading.Thread(target=run, name="carrier", daemon=True).start()

    def _send_up(self, path: Path, channel_id: str, kind: MessageType, client_id: str) -> Carried:
        return SentUp(channel_id, kind, self._upload(path, client_id))

    def _upload(self, path: Path, client_id: str) -> str:
        """The id of a file that is with the server now."""
        with path.open("rb") as file:
            answer = self._rest.post(
                "/files",
                params={"client_message_id": client_id},
                files={"file": (path.name, file, "application/octet-stream")},
            )
        if not answer.ok:
            raise _RefusedError(why(answer))
        return str(answer.json()["file_id"])

    def _fetch(self, file_id: str, path: Path | None) -> Carried:
        place = f"/files/{file_id}"
        known = self._rest.get(f"{place}/meta")
        if not known.ok:
            return NotCarried(why(known), of_upload=False)
        meta = known.json()
        path = path or Path(safe_name(str(meta["name"])))
        with _arriving(path) as file, self._rest.get(place, stream=True) as answer:
            if not answer.ok:  # it was recalled just now
                raise _RefusedError(why(answer))
            size = sum(file.write(piece) for piece in answer.iter_content(_PIECE_BYTES))
            if size != meta["size"]:
                raise _RefusedError(f"{size} of {meta['size']} bytes have come")
        return Fetched(path, size)


def safe_name(name: str) -> str:
    """A name that somebody else has chosen, as one that stays in this directory and is not hidden."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char if char.isprintable() else "_" for char in last).lstrip(". ")
    return visible[:200] or "file"


@contextmanager
def _arriving(path: Path) -> Iterator[BinaryIO]:
    """A file beside this path, which is there once it is whole; until then, and if it fails, nothing is.

    Raises:
        FileExistsError: there is one already, which is not written over.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            yield file
        path.touch(exist_ok=False)  # nobody else has taken the name meanwhile, nor can he any more
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
