"""What somebody asks for, checked and in the terms of the domain."""

from datetime import datetime
from typing import Any

from imapp.domain.search.wanted import Wanted
from imapp.domain.search.words import Phrase, phrases_of
from imapp.errors import RequestError
from schemas.common import MESSAGE_TYPE_CODES, MessageType
from schemas.errors import ErrorCode
from schemas.search import MAX_SEARCH_TOKENS, MAX_SEARCH_WORDS, MessageSearch


def wanted_of(search: MessageSearch) -> Wanted:
    """What is looked for.

    Raises:
        RequestError: `invalid`: nothing that can be looked for, too much, or a time that is none.
    """
    phrases = phrases_of(search.words) if search.words is not None else ()
    _check(search, phrases)
    kind = search.message_type
    return Wanted(
        phrases=phrases,
        sender=search.sender,
        type=MESSAGE_TYPE_CODES[MessageType(kind.value)] if kind is not None else None,
        since_ms=_ms("since", search.since),
        until_ms=_ms("until", search.until),
    )


def _check(search: MessageSearch, phrases: tuple[Phrase, ...]) -> None:
    if search.words is not None and not phrases:
        raise RequestError(ErrorCode.INVALID, words="there is no word in it")
    if search.words is None and search.sender is search.channel_id is search.message_type is None:
        raise RequestError(ErrorCode.INVALID, query="give words, or a sender, channel_id or message_type")
    if len(phrases) > MAX_SEARCH_WORDS:
        raise RequestError(ErrorCode.INVALID, words=f"at most {MAX_SEARCH_WORDS} words")
    if sum(len(phrase.texts) for phrase in phrases) > MAX_SEARCH_TOKENS:
        raise RequestError(ErrorCode.INVALID, words=f"at most {MAX_SEARCH_TOKENS} characters and words")


def _ms(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        problem: dict[str, Any] = {name: "there is no such time"}
        raise RequestError(ErrorCode.INVALID, **problem) from error
