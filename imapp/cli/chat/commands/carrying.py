"""Commands that send and fetch files."""

import re
from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.commands.grammar import Area, Command, Incomplete, Pick, Row, absent, pick, text, words
from schemas.common import FILE_ID, MessageType

_FILE_ID: Final = re.compile(FILE_ID)


@dataclass(frozen=True, slots=True)
class SendFile(Command):
    """Send a file of this machine to the open conversation."""

    path: str
    kind: MessageType = MessageType.FILE


@dataclass(frozen=True, slots=True)
class Download(Command):
    """Bring the file of a message to this machine, by its own id or by the message."""

    file: str | Pick
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Picture(Command):
    """Show the person or the open group by an image of this machine, an https address, or ("") by none."""

    picture: str
    of_group: bool = False


def _download(found: list[str]) -> Download:
    path = found[1] if len(found) > 1 else None
    if found[0].startswith("#"):
        return Download(pick(found[0]), path)
    if not _FILE_ID.fullmatch(found[0]):
        raise Incomplete
    return Download(found[0], path)


AREA: Final = Area(
    "files",
    (
        Row(
            "/image PATH",
            "send an image of this machine",
            text(lambda path: SendFile(path, MessageType.IMAGE)),
        ),
        Row("/file PATH", "send any file of this machine", text(SendFile)),
        Row(
            "/download #N|ID [PATH]",
            "fetch the file of a message; what is there is never written over",
            words(_download, most=2),
        ),
        Row(
            "/avatar PATH",
            "the picture that you are shown by: an image of this machine or an https address; - for none",
            text(lambda picture: Picture(absent(picture))),
        ),
        Row(
            "/picture PATH",
            "the same for the open group",
            text(lambda picture: Picture(absent(picture), of_group=True)),
        ),
    ),
)
