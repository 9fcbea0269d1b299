"""Emoji as a terminal shows them: by the server's table, and until that is here by what a new system has."""

from collections.abc import Iterator
from functools import cache

from imapp.domain import emoji
from imapp.services.operating.starter_emojis import starter_emojis
from schemas import frames
from schemas.emojis import MAX_EMOJIS, EmojiPage


class EmojiTable:
    """What stands for `[:shortcode:]`: a character, or `:shortcode:` in place of a picture."""

    def __init__(self) -> None:
        self._signs: dict[str, str] = {}
        self._coming: dict[str, str] = {}
        self._cursor: str | None = None
        self._is_wanted = True

    @property
    def signs(self) -> dict[str, str]:
        """All of them by shortcode."""
        return self._signs or _starter()

    def drawn(self, text: str) -> str:
        """A text with its emoji as signs, and without the backslashes that keep words from being emoji."""
        return emoji.drawn(text, self.signs)

    def needs(self) -> Iterator[frames.Emojis]:
        """What should be asked to have the table, page by page; the id is the sender's to fill in."""
        if self._is_wanted:
            yield frames.Emojis(id="", cursor=self._cursor)

    def apply(self, page: EmojiPage) -> None:
        """Take a page. The table counts once it is whole."""
        self._coming |= {each.shortcode: each.character or f":{each.shortcode}:" for each in page.emojis}
        self._cursor = page.cursor
        if page.cursor is None or len(self._coming) >= MAX_EMOJIS:
            self._signs, self._is_wanted = self._coming, False

    def refuse(self) -> None:
        """The server does not give it: it is no use to ask again."""
        self._is_wanted = False


@cache
def _starter() -> dict[str, str]:
    return {each.shortcode: each.character for each in starter_emojis()}
