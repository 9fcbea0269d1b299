"""Of a message: what it is found by, and whether and how it is shown as a hit."""

from typing import Final

from imapp.domain.entries import CARRIERS, MESSAGES, RECALLED, LogEntry, wire_entry
from imapp.domain.search.fragments import fragment
from imapp.domain.search.matching import matches, ranges
from imapp.domain.search.tokens import indexed, tokens
from imapp.domain.search.wanted import Wanted
from schemas.search import Hit

_NAME: Final = "name"


def texts_of(entry: LogEntry) -> tuple[str, str]:
    """What a message says, and the name of the file it carries; empty for what nobody may find."""
    if entry.type not in MESSAGES or entry.status == RECALLED:
        return "", ""
    name = entry.extra.get(_NAME) if entry.type in CARRIERS else None
    return entry.content, name if isinstance(name, str) else ""


def indexed_text(entry: LogEntry) -> str:
    """What the index holds of an entry's texts: tokens with blanks between, none for what nobody may find."""
    return indexed(*texts_of(entry))


def hit_of(entry: LogEntry, wanted: Wanted) -> Hit | None:
    """The message as a hit, None if it is not one (any more)."""
    if not is_wanted(entry, wanted):
        return None
    content, name = texts_of(entry)
    phrases = wanted.phrases
    return Hit(
        entry=wire_entry(entry),
        content=fragment(content, ranges(phrases, tokens(content))),
        file_name=fragment(name, ranges(phrases, tokens(name))),
    )


def is_wanted(entry: LogEntry, wanted: Wanted) -> bool:
    """Whether this entry, as it is, is one of those that are looked for."""
    since, until = wanted.since_ms, wanted.until_ms
    return (
        entry.type in MESSAGES
        and entry.status != RECALLED
        and wanted.sender in (None, entry.sender)
        and wanted.type in (None, entry.type)
        and (since is None or entry.time_ms >= since)
        and (until is None or entry.time_ms < until)
        and matches(wanted.phrases, *(tokens(text) for text in texts_of(entry)))
    )
