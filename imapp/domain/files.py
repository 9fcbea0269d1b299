"""Files as messages and groups refer to them. Who may refer to which is decided here; nothing is read."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from imapp.domain.entries import CARRIERS, FILE
from imapp.domain.kinds import FILE_KEY, file_of
from schemas.commands import AnyCommand, CreateGroup, SendMessage, UpdateChannel

_CHANNEL: Final = "channel:"
_USER: Final = "user:"
_EMOJI: Final = "emoji:"


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
    """The file that a message is to carry or a group to be shown by, None for everything that names none."""
    if isinstance(command, SendMessage) and command.message_type in CARRIERS:
        return file_of(command.extra)
    if isinstance(command, CreateGroup | UpdateChannel):
        return picture_named(command.avatar)
    return None


def picture_named(avatar: str | None) -> str | None:
    """The file that an avatar is, None where it is an address or there is none."""
    return avatar if avatar and not avatar.startswith("https://") else None


def showable(avatar: str, actor: str, files: Mapping[str, FileFacts]) -> bool:
    """Whether somebody may choose this avatar: an address, none, or a picture that he has sent up himself."""
    named = picture_named(avatar)
    if named is None:
        return True
    found = files.get(named)
    return found is not None and found.owner == actor and found.is_image


def picture_of_channel(channel_id: str) -> str:
    """By what name a group's picture is among the references to a file; a message is there by its id."""
    return _CHANNEL + channel_id


def picture_of_user(user_id: str) -> str:
    """By what name a person's picture is among them."""
    return _USER + user_id


def picture_of_emoji(shortcode: str) -> str:
    """By what name an emoji's picture is among them."""
    return _EMOJI + shortcode


def is_of_emoji(reference: str) -> bool:
    """Whether what refers to a file is an emoji, which everybody is shown."""
    return reference.startswith(_EMOJI)


def told_apart(references: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Of what refers to a file the messages, the channels and the people, by their ids."""
    names = list(references)
    messages = [name for name in names if not name.startswith((_CHANNEL, _USER, _EMOJI))]
    return messages, _without(_CHANNEL, names), _without(_USER, names)


def _without(prefix: str, names: Iterable[str]) -> list[str]:
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


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
