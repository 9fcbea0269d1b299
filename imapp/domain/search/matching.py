"""Where phrases are found in a text."""

from collections.abc import Iterable, Iterator, Sequence

from imapp.domain.search.tokens import Token
from imapp.domain.search.words import Phrase

Range = tuple[int, int]
"""Part of a text: start inclusive, end exclusive."""


def matches(phrases: Iterable[Phrase], *texts: Sequence[Token]) -> bool:
    """Whether a message with these texts has each phrase in one of them."""
    return all(any(next(_at(phrase, text), None) is not None for text in texts) for phrase in phrases)


def exact(phrases: Iterable[Phrase], *texts: Sequence[Token]) -> int:
    """How many of the phrases are there just as they were typed, not as the beginning of a word."""
    whole = (Phrase(phrase.texts) for phrase in phrases)
    return sum(matches((phrase,), *texts) for phrase in whole)


def ranges(phrases: Iterable[Phrase], text: Sequence[Token]) -> list[Range]:
    """The parts of a text that the phrases stand for, in order; those that touch or overlap are one."""
    found = sorted(
        (text[at].start, text[at + len(phrase.texts) - 1].end)
        for phrase in phrases
        for at in _at(phrase, text)
    )
    joined: list[Range] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _at(phrase: Phrase, text: Sequence[Token]) -> Iterator[int]:
    wanted = phrase.texts
    if phrase.is_prefix:
        return (at for at, token in enumerate(text) if token.is_word and token.text.startswith(wanted[0]))
    size = len(wanted)
    return (
        at
        for at in range(len(text) - size + 1)
        if text[at].text == wanted[0] and all(text[at + step].text == wanted[step] for step in range(1, size))
    )
