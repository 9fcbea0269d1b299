"""What a file may be called. A name is data that people read; nothing is ever stored under it."""

from typing import Final

from imapp.errors import RequestError
from schemas.errors import ErrorCode
from schemas.files import MAX_FILE_NAME_CHARS

_SEPARATORS: Final = ("/", "\\")


def clean_name(given: str) -> str:
    """The last part of what may be a path.

    Raises:
        RequestError: `invalid`: it is empty or too long, or holds a control character.
    """
    name = given
    for separator in _SEPARATORS:
        name = name.rpartition(separator)[2]
    name = name.strip()
    if not name or name.strip(".") == "":
        raise _refused("it has no name")
    if len(name) > MAX_FILE_NAME_CHARS:
        raise _refused(f"a name has at most {MAX_FILE_NAME_CHARS} characters")
    if any(ord(char) < 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in given):
        raise _refused("a control character in its name")
    return name


def extension_of(name: str) -> str:
    """The last extension, in small letters with its dot; "" for none."""
    stem, dot, extension = name.rpartition(".")
    return dot + extension.lower() if stem and extension else ""


def _refused(reason: str) -> RequestError:
    refused = RequestError(ErrorCode.INVALID)
    refused.errors = {"file": reason}
    return refused
