"""Columns that stay straight with Chinese names, texts that wrap, colour."""

from typing import Final

import wcwidth

NARROWEST: Final = 20  # columns for a text, however small the terminal is

_CODES: Final = {"dim": "2", "bold": "1", "own": "36", "alert": "33", "bad": "31", "good": "32"}


def shortened(text: str, columns: int) -> str:
    """A line in at most so many columns; a wide character counts as two."""
    return wcwidth.clip(text, 0, columns - 1) + "…" if wcwidth.width(text) > columns else text


def fit(text: str, columns: int) -> str:
    """A line in exactly so many columns."""
    return wcwidth.ljust(shortened(text, columns), columns)


def wrapped(text: str, columns: int | None) -> list[str]:
    """A text in lines of at most so many columns; only its own lines if the columns are None."""
    lines = text.split("\n")
    if columns is None:
        return lines
    width = max(columns, NARROWEST)
    return [part for line in lines for part in wcwidth.wrap(line, width) or [""]]


def rule(text: str, columns: int) -> str:
    """A line across the page with a text in it."""
    label = f"── {text} "
    return label + "─" * max(2, columns - wcwidth.width(label))


def painted(style: str, text: str) -> str:
    """A text in a style: dim, bold, own, alert, bad, good."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text
