"""Texts of others made safe, times, sizes and refusals in words."""

import unicodedata
from datetime import datetime
from typing import Any, Final

from schemas.frames import ErrorReply

_BIDI: Final = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def clean(text: str) -> str:
    """A text of others without what would steer the terminal; line breaks stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(_visible(character) for character in text)


def one_line(text: str) -> str:
    """A cleaned text on one line."""
    return " ".join(clean(text).split())


def local(time: str) -> datetime:
    """A time of the wire in this machine's zone."""
    return datetime.fromisoformat(time).astimezone()


def day(when: datetime) -> str:
    """A day as a divider shows it."""
    return f"{when:%A} {when.day} {when:%B %Y}"


def ago(when: datetime, now: datetime) -> str:
    """A time as short as it stays clear: 12:03, Mon, 2026-11-20."""
    days = (now.date() - when.date()).days
    if days == 0:
        return f"{when:%H:%M}"
    return f"{when:%a}" if 0 < days < 7 else f"{when:%Y-%m-%d}"


def bytes_text(size: int) -> str:
    """A size for people: 512 B, 48 kB, 1.5 MB."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def refusal(error: ErrorReply) -> str:
    """Why something was refused, with the data that explains it."""
    data = "; ".join(f"{key}: {listed(value)}" for key, value in (error.errors or {}).items())
    return one_line(f"{error.message} ({data})" if data else error.message)


def listed(value: Any) -> str:
    """A value of a refusal or an entry, as people write it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Cf", "Zl", "Zp"):
        return character
    # Joiners make one sign of several (emoji, Indic scripts); bidi controls can make a text lie.
    if unicodedata.category(character) == "Cf" and character not in _BIDI:
        return character
    return "\N{REPLACEMENT CHARACTER}"
