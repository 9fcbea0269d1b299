"""What an entry says, as a terminal shows it: its text, what it answers, what it changes, its file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from imapp.cli.chat.events import NameOf, system_text
from imapp.cli.chat.layout import shortened
from imapp.cli.chat.wording import bytes_text, clean, one_line
from schemas.common import MessageStatus, MessageType
from schemas.conversations import Preview
from schemas.messages import Entry, Quote

QUOTE_COLUMNS: Final = 60


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What stands for ids: people's names, emoji drawn, messages that are answered (None: unknown)."""

    name_of: NameOf
    drawn: Callable[[str], str]
    quote_of: Callable[[str], Quote | None]


def preview_text(preview: Preview, lexicon: Lexicon) -> str:
    """What the newest entry says, in one line."""
    if preview.message_type is MessageType.SYSTEM:
        return one_line(system_text(preview, lexicon.name_of))
    if preview.status is MessageStatus.RECALLED:
        return "(recalled)"
    said = preview.content or str(preview.extra.get("name", ""))
    return one_line(content(preview.message_type, said, lexicon))


def entry_text(entry: Entry, lexicon: Lexicon) -> str:
    """What an entry says, cleaned; a reply says before it what it answers."""
    match entry.message_type:
        case MessageType.SYSTEM:
            return one_line(system_text(entry, lexicon.name_of))
        case MessageType.RECALL:
            return f"recalled {_target(entry)}"
        case MessageType.EDIT:
            return clean(f"{_target(entry)} now says: {lexicon.drawn(entry.content)}".rstrip())
        case _ if entry.status is MessageStatus.RECALLED:
            return "(recalled)"
        case _:
            return _message_text(entry, lexicon)


def content(message_type: MessageType, text: str, lexicon: Lexicon) -> str:
    """What stands for a message's content where there is only text."""
    if message_type in (MessageType.TEXT, MessageType.EMOJI):
        return lexicon.drawn(text)
    return f"[{message_type}] {text}".rstrip()


def number(message_id: str) -> str:
    """How a message is named here: by its seq, which ends its id."""
    return f"#{int(message_id.rpartition('.')[2])}"


def quote_text(message_id: str, lexicon: Lexicon) -> str:
    """What is answered, in one short line."""
    quote = lexicon.quote_of(message_id)
    if quote is None:
        return number(message_id)
    said = "(recalled)" if quote.status is MessageStatus.RECALLED else _quoted(quote, lexicon)
    return shortened(one_line(f"{number(message_id)} {lexicon.name_of(quote.sender)}: {said}"), QUOTE_COLUMNS)


def _quoted(quote: Quote, lexicon: Lexicon) -> str:
    return content(quote.message_type, quote.content or str(quote.extra.get("name", "")), lexicon)


def _message_text(entry: Entry, lexicon: Lexicon) -> str:
    answered = f"↪ {quote_text(entry.reply_to, lexicon)}\n" if entry.reply_to is not None else ""
    origin = _origin(entry, lexicon)
    if "file_id" in entry.extra:
        return answered + one_line(origin + file_text(entry))
    edited = "  (edited)" if entry.edited_at is not None else ""
    return answered + clean(origin + content(entry.message_type, entry.content, lexicon) + edited)


def _origin(entry: Entry, lexicon: Lexicon) -> str:
    """Whose words they are, if they are somebody else's."""
    if entry.forwarded is None:
        return ""
    return f"(forwarded from {entry.forwarded.sender_name or lexicon.name_of(entry.forwarded.sender)}) "


def file_text(entry: Entry) -> str:
    """What stands for a file: its name and size, and what fetches it."""
    told = entry.extra
    pixels = f", {told['width']} x {told['height']}" if "width" in told else ""
    size = told.get("size")
    size_text = f", {bytes_text(size)}" if isinstance(size, int) else ""
    return f"[{entry.message_type}] {told.get('name', '')}{size_text}{pixels}  /download #{entry.seq}"


def _target(entry: Entry) -> str:
    """The message that an entry changes."""
    seq = entry.extra.get("target_seq")
    return f"#{seq}" if isinstance(seq, int) else "a message"
