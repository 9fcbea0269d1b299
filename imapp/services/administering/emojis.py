"""The emoji table, for administrators. Its shortcodes are their own idempotency: a repeat changes nothing."""

import emoji as unicode_emoji
from msgspec import structs

from imapp.domain.files import picture_named, showable
from imapp.errors import RequestError
from imapp.services.conflicts import tried
from imapp.stores.emojis import EmojiStore
from imapp.stores.files import FileStore
from schemas.emojis import MAX_EMOJIS, AddEmojiBody, ChangeEmojiBody, Emoji
from schemas.errors import ErrorCode


class EmojiAdmin:
    """Adds, changes and takes out emoji. Each may be `busy` where several change the same at once."""

    def __init__(self, emojis: EmojiStore, files: FileStore) -> None:
        self._emojis = emojis
        self._files = files

    def add(self, actor: str, body: AddEmojiBody) -> Emoji:
        """A new emoji; adding the same again changes nothing.

        Raises:
            RequestError: `invalid`; `not_found` for an image that is not the actor's; `conflict` if the
                shortcode is another emoji's; `quota_exceeded`.
        """
        return tried(lambda: self._add(actor, body))

    def _add(self, actor: str, body: AddEmojiBody) -> Emoji:
        wanted = Emoji(
            shortcode=body.shortcode,
            pack=body.pack,
            name=body.name,
            character=body.character,
            address=body.address,
        )
        _check(wanted)
        known = self._emojis.find(wanted.shortcode)
        self._check_picture(actor, wanted, known)
        if known is None and self._emojis.count(MAX_EMOJIS) >= MAX_EMOJIS:
            raise RequestError(ErrorCode.QUOTA_EXCEEDED, emojis=f"there are {MAX_EMOJIS}")
        if not self._emojis.add(wanted) and self._emojis.find(wanted.shortcode) != wanted:
            raise RequestError(ErrorCode.CONFLICT, shortcode="there is another emoji with it")
        return wanted

    def change(self, actor: str, shortcode: str, body: ChangeEmojiBody) -> Emoji:
        """An emoji with other fields. Giving it a character takes its address away, and the other way round.

        Raises:
            RequestError: `not_found`, also for an image that is not the actor's, or `invalid`.
        """
        return tried(lambda: self._change(actor, shortcode, body))

    def _change(self, actor: str, shortcode: str, body: ChangeEmojiBody) -> Emoji:
        known = self._emojis.find(shortcode)
        if known is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        given = {name: getattr(body, name) for name in ("pack", "name", "character", "address")}
        changes = {name: value for name, value in given.items() if value is not None}
        if changes.get("character"):
            changes = {"address": "", **changes}
        elif changes.get("address"):
            changes = {"character": "", **changes}
        wanted = structs.replace(known, **changes)
        _check(wanted)
        self._check_picture(actor, wanted, known)
        if not self._emojis.replace(wanted):
            raise RequestError(ErrorCode.NOT_FOUND)
        return wanted

    def remove(self, shortcode: str) -> Emoji:
        """An emoji that is not there any more; messages that have it show its shortcode.

        Raises:
            RequestError: `not_found` if there never was one.
        """
        removed = tried(lambda: self._emojis.remove(shortcode))
        if removed is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return removed

    def _check_picture(self, actor: str, wanted: Emoji, known: Emoji | None) -> None:
        """That a picture is as it was is no change, whoever says it."""
        named = picture_named(wanted.address)
        if named is None or (known is not None and known.address == wanted.address):
            return
        if not showable(wanted.address, actor, self._files.facts([named])):
            raise RequestError(ErrorCode.NOT_FOUND, address="no such image of yours")


def _check(wanted: Emoji) -> None:
    if bool(wanted.character) == bool(wanted.address):
        raise RequestError(ErrorCode.INVALID, character="give one of character and address")
    if wanted.character and not unicode_emoji.is_emoji(wanted.character):
        raise RequestError(ErrorCode.INVALID, character="not an emoji of Unicode")
