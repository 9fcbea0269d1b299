"""The emoji table: collection `emojis` [t_im_emoji]. The id is the shortcode (emoji_id).

An emoji and the file that is its picture are changed together, so that no file goes that is one.
"""

from collections.abc import Iterable
from typing import Final

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.files import picture_named, picture_of_emoji
from imapp.stores.files import FileStore
from imapp.stores.mongo import Database, Document, mapped_errors, transaction
from schemas.emojis import Emoji, EmojiPack

INDEXES: Final = [IndexModel([("pack", ASCENDING), ("_id", ASCENDING)], name="pack")]

# What was taken out stays as a mark, so that no starter pack brings it back.
_THERE: Final[Document] = {"removed": False}


class EmojiStore:
    """Reads emoji; writes them for administrators."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._emojis = database["emojis"]
        self._files = FileStore(database)

    def find(self, shortcode: str) -> Emoji | None:
        """The emoji with this shortcode."""
        with mapped_errors():
            row = self._emojis.find_one({"_id": shortcode, **_THERE})
        return _emoji(row) if row else None

    def find_all(self, shortcodes: Iterable[str]) -> dict[str, Emoji]:
        """Those of these emoji that there are, by shortcode."""
        with mapped_errors():
            rows = self._emojis.find({"_id": {"$in": list(shortcodes)}, **_THERE})
            return {row["_id"]: _emoji(row) for row in rows}

    def page(self, pack: str | None, after: str, limit: int) -> list[Emoji]:
        """Emoji of one pack or of all, by shortcode, those after the given one."""
        wanted: Document = {"_id": {"$gt": after}, **_THERE}
        if pack is not None:
            wanted["pack"] = pack
        with mapped_errors():
            return [_emoji(row) for row in self._emojis.find(wanted).sort("_id", ASCENDING).limit(limit)]

    def packs(self, after: str, limit: int) -> list[EmojiPack]:
        """Packs that have any emoji, by name, those after the given one."""
        stages: list[Document] = [
            {"$match": {"pack": {"$gt": after}, **_THERE}},
            {"$group": {"_id": "$pack", "emojis": {"$sum": 1}}},
            {"$sort": {"_id": ASCENDING}},
            {"$limit": limit},
        ]
        with mapped_errors():
            return [
                EmojiPack(pack=row["_id"], emojis=row["emojis"]) for row in self._emojis.aggregate(stages)
            ]

    def count(self, at_most: int) -> int:
        """How many there are; counts no further than asked."""
        with mapped_errors():
            return self._emojis.count_documents(_THERE, limit=at_most)

    def add(self, emoji: Emoji) -> bool:
        """Store a new emoji, or one in place of what was taken out; False if there is one already.

        Raises:
            LogConflict: somebody else is changing the same, or its file has just gone.
        """
        with transaction(self._client) as session:
            if self._emojis.find_one({"_id": emoji.shortcode, **_THERE}, session=session) is not None:
                return False
            self._emojis.replace_one({"_id": emoji.shortcode}, _document(emoji), upsert=True, session=session)
            self._show(emoji, session)
        return True

    def replace(self, emoji: Emoji) -> bool:
        """Store an emoji in place of the one with its shortcode; False if there is none.

        Raises:
            LogConflict: as `add`.
        """
        with transaction(self._client) as session:
            there = {"_id": emoji.shortcode, **_THERE}
            if not self._emojis.replace_one(there, _document(emoji), session=session).matched_count:
                return False
            self._show(emoji, session)
        return True

    def remove(self, shortcode: str) -> Emoji | None:
        """Take an emoji out, or know that it was; None if there never was one.

        Raises:
            LogConflict: somebody else is changing the same.
        """
        with transaction(self._client) as session:
            row = self._emojis.find_one_and_update(
                {"_id": shortcode}, {"$set": {"removed": True}}, session=session
            )
            self._files.show(picture_of_emoji(shortcode), None, session)
        return _emoji(row) if row else None

    def _show(self, emoji: Emoji, session: ClientSession) -> None:
        self._files.show(picture_of_emoji(emoji.shortcode), picture_named(emoji.address), session)

    def put_missing(self, emojis: Iterable[Emoji]) -> None:
        """Store those whose shortcode was never used; all others stay as they are."""
        documents = {emoji.shortcode: _document(emoji) for emoji in emojis}
        with mapped_errors():
            used = self._emojis.distinct("_id", {"_id": {"$in": list(documents)}})
            updates = [
                UpdateOne({"_id": shortcode}, {"$setOnInsert": document}, upsert=True)
                for shortcode, document in documents.items()
                if shortcode not in used
            ]
            if updates:
                self._emojis.bulk_write(updates, ordered=False)


def _document(emoji: Emoji) -> Document:
    return {
        "_id": emoji.shortcode,
        "pack": emoji.pack,
        "name": emoji.name,
        "character": emoji.character,
        "address": emoji.address,
        **_THERE,
    }


def _emoji(row: Document) -> Emoji:
    return Emoji(
        shortcode=row["_id"],
        pack=row["pack"],
        name=row["name"],
        character=row["character"],
        address=row["address"],
    )
