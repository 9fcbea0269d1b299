"""The emoji table, for who writes and who reads."""

from imapp.errors import RequestError
from imapp.services.reading.cursors import after_id
from imapp.stores.emojis import EmojiStore
from schemas.emojis import Emoji, EmojiPackPage, EmojiPage, EmojiQuery, PackName, Shortcode
from schemas.errors import ErrorCode


class EmojiService:
    """Lists emoji and packs. They are for everybody."""

    def __init__(self, emojis: EmojiStore) -> None:
        self._emojis = emojis

    def page(self, query: EmojiQuery) -> EmojiPage:
        """Emoji of one pack or of all, by shortcode.

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
        """
        found = self._emojis.page(query.pack, after_id(query.cursor, Shortcode), query.limit + 1)
        page = found[: query.limit]
        return EmojiPage(emojis=page, cursor=page[-1].shortcode if len(found) > len(page) else None)

    def packs(self, cursor: str | None, limit: int) -> EmojiPackPage:
        """Packs by name.

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
        """
        found = self._emojis.packs(after_id(cursor, PackName), limit + 1)
        page = found[:limit]
        return EmojiPackPage(packs=page, cursor=page[-1].pack if len(found) > len(page) else None)

    def emoji(self, shortcode: str) -> Emoji:
        """One emoji.

        Raises:
            RequestError: `not_found`.
        """
        found = self._emojis.find(shortcode)
        if found is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return found
