"""Files as messages refer to them. Who may refer to which is decided here; nothing is read."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from imapp.domain.entries import CARRIERS, FILE
from imapp.domain.kinds import FILE_KEY, file_of
from schemas.tasks import AnyCommand, SendMessage


class FileFacts(Struct, frozen=True, gc=False):
    """What is known of a file that may be sent: it is stored whole."""

    file_id: str
    owner: str
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None

    @property
    def is_image(self) -> bool:
        """Whether it can be shown as a picture."""
        return self.width is not None


def file_named(command: AnyCommand) -> str | None:
    """The file that a message is to carry, None for everything that carries none."""
    if isinstance(command, SendMessage) and command.message_type in CARRIERS:
        return file_of(command.extra)
    return None


def attachable(command: SendMessage, files: Mapping[str, FileFacts]) -> FileFacts | None:
    """The file that a message is to carry, if its sender may send it so; None if not.

    A file is sent by who has sent it up. "Not his" and "not there" are the same; an image message carries
    nothing but images.
    """
    found = files.get(file_of(command.extra) or "")
    if found is None or found.owner != command.actor:
        return None
    return found if command.message_type == FILE or found.is_image else None


def extra_of(file: FileFacts) -> dict[str, Any]:
    """What readers are told of a message's file. All of it is the server's knowledge."""
    told = {FILE_KEY: file.file_id, "name": file.name, "size": file.size, "media_type": file.media_type}
    return {**told, "width": file.width, "height": file.height} if file.is_image else told
