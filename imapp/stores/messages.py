"""The log itself: collection `messages` [t_im_message, chat_message], clustered by message id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, DESCENDING, DeleteOne
from pymongo.client_session import ClientSession

from imapp.domain.archive.pages import Tail
from imapp.domain.archive.tiling import Range, overlap
from imapp.domain.decisions import Amendment
from imapp.domain.entries import (
    AMENDMENTS,
    MESSAGES,
    NORMAL,
    RECALL,
    RECALLED,
    LogEntry,
)
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import LogConflict, StoreUnavailable
from imapp.stores.log_growth import IN_SHORT, Growth, growth_of
from imapp.stores.manifests import ManifestStore
from imapp.stores.message_rows import document_of, entry_of
from imapp.stores.mongo import (
    MAJORITY,
    Database,
    Document,
    insert_durably,
    mapped_errors,
    transaction,
)

RepeatKey = tuple[str, str, str]
"""Channel id, sender, client message id."""

EDITS_UNDONE: Final = "edits_undone"
"""Field of a stored recall: the seqs of the edits of its target. No reader is told of it."""

_LOOKUP_CHUNK: Final = 200
_COUNT_MS: Final = 5_000
_COUNT_TRIES: Final = 20
_AFTER_ALL: Final = 10**12 - 1


class MessageLog:
    """Appends to the logs of all channels and reads ranges of them."""

    def __init__(self, database: Database) -> None:
        self._messages = database["messages"].with_options(read_concern=MAJORITY)
        self._manifests = ManifestStore(database)

    def append(self, entries: Sequence[LogEntry], session: ClientSession | None = None) -> None:
        """Store entries durably, in order.

        Raises:
            LogConflict: a seq or a client id is taken; entries before that one are stored.
            StoreUnavailable: unknown which of them are stored.
        """
        documents = [document_of(entry) for entry in entries]
        if session is None:
            insert_durably(self._messages, documents)
            return
        with mapped_errors():
            self._messages.insert_many(documents, ordered=True, session=session)

    def find_repeats(self, keys: Iterable[RepeatKey]) -> dict[RepeatKey, LogEntry]:
        """The majority-committed entries that these commands made earlier."""
        found: dict[RepeatKey, LogEntry] = {}
        pending = list(keys)
        for start in range(0, len(pending), _LOOKUP_CHUNK):
            wanted = [
                {"channel_id": channel_id, "sender": sender, "client_message_id": client_id}
                for channel_id, sender, client_id in pending[start : start + _LOOKUP_CHUNK]
            ]
            with mapped_errors():
                entries = [entry_of(document) for document in self._messages.find({"$or": wanted})]
            found |= {(entry.channel_id, entry.sender, entry.client_message_id): entry for entry in entries}
        return found

    def existing(self, positions: Iterable[tuple[str, int]]) -> set[str]:
        """Channel ids of those (channel id, seq) positions that hold an entry."""
        return {row["_id"].partition(".")[0] for row in self._each(_at(positions), {"$project": {"_id": 1}})}

    def newest(self, channel_id: str) -> LogEntry | None:
        """The last entry of a channel's log."""
        entries = self.page(channel_id, 1, _AFTER_ALL, limit=1, newest_first=True)
        return entries[0] if entries else None

    def page(
        self, channel_id: str, low: int, high: int, *, limit: int, newest_first: bool = False
    ) -> list[LogEntry]:
        """At most `limit` entries with low <= seq <= high, by seq; counted from the newest if so wanted."""
        with mapped_errors():
            # Only the primary key may serve this: a query by channel_id would scan the log.
            cursor = self._messages.find({"_id": _between(channel_id, low, high)})
            cursor.sort("_id", DESCENDING if newest_first else ASCENDING).limit(limit)
            entries = [entry_of(document) for document in cursor]
        return entries[::-1] if newest_first else entries

    def tail(self, channel_id: str, low: int, high: int, *, limit: int) -> Tail:
        """At most `limit` of the newest entries with low <= seq <= high: as far back as can be read now."""
        return Tail(self.page(channel_id, low, high, limit=limit, newest_first=True))

    def written_by(self, sender: str, channel_id: str, low: int, high: int, *, limit: int) -> list[LogEntry]:
        """The newest entries of one person with low <= seq <= high, by seq. Reads all of the range."""
        with mapped_errors():
            cursor = self._messages.find({"_id": _between(channel_id, low, high), "sender": sender})
            return [entry_of(document) for document in cursor.sort("_id", DESCENDING).limit(limit)][::-1]

    def count_messages(self, channel_id: str, low: int, high: int, *, but_by: str) -> int:
        """How many messages of others with low <= seq <= high still say something. Reads all of the range.

        Raises:
            StoreUnavailable: also if that takes longer than 5 s.
        """
        wanted = {
            "_id": _between(channel_id, low, high),
            "type": {"$in": list(MESSAGES)},
            "status": {"$ne": RECALLED},
            "sender": {"$ne": but_by},
        }
        with mapped_errors():
            return self._messages.count_documents(wanted, maxTimeMS=_COUNT_MS)

    def newest_addressing(self, user_id: str, channel_id: str, low: int, high: int) -> int:
        """The newest seq in low..high that addresses somebody and was not recalled, 0 for none.

        Of what is not archived. Reads all of the range.
        """
        wanted = {
            "_id": _between(channel_id, low, high),
            "status": NORMAL,
            "sender": {"$ne": user_id},
            "$or": [{"mentions": user_id}, {"mention_all": True}],
        }
        with mapped_errors():
            found = self._messages.find_one(wanted, {"seq": 1}, sort=[("_id", DESCENDING)])
        return int(found["seq"]) if found else 0

    def newest_shown(self, channel_id: str) -> LogEntry | None:
        """The newest entry that lists show: all but those that change earlier ones."""
        wanted = {"_id": _between(channel_id, 1, _AFTER_ALL), "type": {"$nin": list(AMENDMENTS)}}
        with mapped_errors():
            document = self._messages.find_one(wanted, sort=[("_id", DESCENDING)])
        return entry_of(document) if document else None

    def countables(self, places: Iterable[tuple[str, int]]) -> dict[str, int]:
        """How many entries count as unread up to these (channel id, seq) places, by message id.

        Of archived ones too, which need no archive for it; of removed ones as well.
        """
        wanted = list(places)
        if not wanted:
            return {}
        found = {entry.message_id: entry.countable for entry in MessageLog.at(self, wanted).values()}
        missing = [place for place in wanted if message_id(*place) not in found]
        return found | self._manifests.countables(missing)

    def documents(self, channel_id: str, low: int, high: int, limit: int) -> list[Document]:
        """Entries with low <= seq <= high as they are stored, by seq."""
        with mapped_errors():
            cursor = self._messages.find({"_id": _between(channel_id, low, high)})
            return list(cursor.sort("_id", ASCENDING).limit(limit))

    def put_back(self, documents: Iterable[Document]) -> None:
        """Store entries again that were archived, as they were; those that are there stay as they are.

        Raises:
            LogConflict: the client id of one was used again since by the same sender in the same channel.
        """
        for document in documents:
            with mapped_errors():
                self._messages.update_one(
                    {"_id": document["_id"]}, {"$setOnInsert": _without_id(document)}, upsert=True
                )

    def remove(self, channel_id: str, revs: Mapping[int, int]) -> int:
        """Delete archived entries unless they were changed since, or are held by now; how many went.

        `revs` is the revision of each that is known to be in the archive, by seq.

        Raises:
            LogConflict: somebody is changing or holding some right now; none went.
            StoreUnavailable: unknown whether they went.
        """
        with transaction(self._messages.database.client) as session:
            held = self._manifests.held_now(channel_id, session)
            deletes = [
                DeleteOne({"_id": message_id(channel_id, seq), "rev": rev})
                for seq, rev in revs.items()
                if not overlap(Range(seq, seq), held)
            ]
            if not deletes:
                return 0
            return self._messages.bulk_write(deletes, ordered=False, session=session).deleted_count

    def forget(self, channel_id: str, low: int, high: int) -> None:
        """Delete the entries with low <= seq <= high, whatever they are by now."""
        with mapped_errors():
            self._messages.delete_many({"_id": _between(channel_id, low, high)})

    def amend(self, amendment: Amendment, session: ClientSession) -> None:
        """Put an entry's changed form in its place, as part of a transaction.

        Raises:
            LogConflict: somebody else has changed it meanwhile.
        """
        after = amendment.after
        wanted = {"_id": after.message_id, "rev": amendment.before.rev}
        with mapped_errors():
            found = self._messages.replace_one(wanted, document_of(after), session=session)
        if not found.matched_count:
            raise LogConflict("the entry was changed meanwhile")

    def forget_bodies(self, channel_id: str, seqs: Sequence[int], rev: int, session: ClientSession) -> None:
        """Drop what would prove what these entries said, as part of the transaction of the recall `rev`.

        The recall keeps their seqs, for whoever writes them elsewhere: to look for them is to read all
        that lies between.
        """
        if not seqs:
            return
        with mapped_errors():
            recall = {"_id": message_id(channel_id, rev)}
            self._messages.update_one(recall, {"$set": {EDITS_UNDONE: list(seqs)}}, session=session)
            for seq in seqs:
                wanted = {"_id": message_id(channel_id, seq)}
                gone = {"$set": {"body_hash": None, "rev": rev}}
                self._messages.update_one(wanted, gone, session=session)

    def recalled_between(self, ranges: Sequence[tuple[str, int, int]]) -> list[int]:
        """How many messages of each range (channel id, first, last seq) were recalled, in their order.

        Raises:
            StoreUnavailable: also if they are being archived faster than they can be counted.
        """
        channel_ids = {channel_id for channel_id, _, _ in ranges}
        borders = self._manifests.borders(channel_ids)
        for _ in range(_COUNT_TRIES):
            parts = [_parts(wanted, borders[wanted[0]].hot_from_seq) for wanted in ranges]
            counts = self._recalled_hot([hot for hot, _ in parts])
            for number, (_, archived) in enumerate(parts):
                counts[number] += self._recalled_archived(*archived)
            before, borders = borders, self._manifests.borders(channel_ids)
            if before == borders:
                return counts
        raise StoreUnavailable("the log is being archived faster than it can be counted")

    def _recalled_archived(self, channel_id: str, first: int, last: int) -> int:
        if first > last:
            return 0
        manifests = self._manifests.overlapping(channel_id, first, last)
        return sum(manifest.recalled_between(first, last) for manifest in manifests)

    def _recalled_hot(self, ranges: Sequence[tuple[str, int, int]]) -> list[int]:
        counts = [0] * len(ranges)
        for start in range(0, len(ranges), _LOOKUP_CHUNK):
            pipelines = [
                _counting(number, *wanted)
                for number, wanted in enumerate(ranges[start : start + _LOOKUP_CHUNK], start)
            ]
            for row in self._joined(pipelines):
                counts[row["number"]] = row["count"]
        return counts

    def recalls_after(self, positions: Mapping[str, int]) -> list[str]:
        """Ids of the messages that entries of each channel after the given seq recall."""
        if not positions:
            return []
        only = ({"$match": {"type": RECALL}}, {"$project": {"recalled": "$extra.message_id"}})
        return [row["recalled"] for row in self._each(_after(positions), *only)]

    def beyond(self, positions: Mapping[str, int], limit: int) -> dict[str, list[LogEntry]]:
        """At most `limit` entries of each channel after the given seq, by seq; others are left out."""
        found: dict[str, list[LogEntry]] = {}
        for entry in map(
            entry_of, self._each(_after(positions), {"$sort": {"_id": ASCENDING}}, {"$limit": limit})
        ):
            found.setdefault(entry.channel_id, []).append(entry)
        return found

    def growth(self, positions: Mapping[str, int], limit: int) -> dict[str, Growth]:
        """At most `limit` entries of each channel after the given seq, in short; others are left out."""
        return growth_of(
            self._each(_after(positions), {"$sort": {"_id": ASCENDING}}, {"$limit": limit}, IN_SHORT)
        )

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        """Entries at (channel id, seq) positions, by message id; missing ones are left out."""
        entries = map(entry_of, self._each(_at(positions)))
        return {entry.message_id: entry for entry in entries}

    def at_hand(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        """The same, for who goes on without: what can't be read now is left out as well."""
        return self.at(positions)

    def stored_beyond(self, channel_id: str, seq: int, *, limit: int) -> list[Document]:
        """At most `limit` entries of a channel after a seq, just as they are stored, by seq."""
        return self.documents(channel_id, seq + 1, _AFTER_ALL, limit)

    def stored_between(self, ranges: Mapping[str, Range]) -> dict[str, list[Document]]:
        """A range of each of these channels, just as it is stored, by seq."""
        found: dict[str, list[Document]] = {channel_id: [] for channel_id in ranges}
        wanted = ({"_id": _between(name, part.from_seq, part.to_seq)} for name, part in ranges.items())
        for document in self._each(wanted, {"$sort": {"_id": ASCENDING}}):
            found[document["_id"].partition(".")[0]].append(document)  # whatever else it says
        return found

    def senders(self, ranges: Iterable[tuple[str, int, int]]) -> dict[tuple[str, int], str]:
        """Who wrote each entry of these ranges (channel id, first, last seq), by channel id and seq."""
        wanted = ({"_id": _between(*each)} for each in ranges)
        rows = self._each(wanted, {"$project": {"sender": 1}})
        return {split_message_id(row["_id"]): row["sender"] for row in rows}

    def stored_at(self, positions: Iterable[tuple[str, int]]) -> list[Document]:
        """Entries at (channel id, seq) positions, just as they are stored; missing ones are left out."""
        return list(self._each(_at(positions)))

    def archived(self, message_ids: Iterable[str]) -> set[str]:
        """Those of these that are archived, whether or not they have a copy here."""
        return {message_id(*place) for place in self._manifests.archived(map(split_message_id, message_ids))}

    def _each(self, wanted: Iterable[Document], *stages: Document) -> Iterator[Document]:
        """What matches each of these conditions on `_id`, put through the stages, in one command.

        `$in` and `$or` on the key of a clustered collection read the whole log (seen with MongoDB 6.0).
        """
        pending = [[{"$match": condition}, *stages] for condition in wanted]
        for start in range(0, len(pending), _LOOKUP_CHUNK):
            yield from self._joined(pending[start : start + _LOOKUP_CHUNK])

    def _joined(self, pipelines: Sequence[list[Document]]) -> Iterator[Document]:
        """What each of these pipelines finds, in one command."""
        first, *others = pipelines
        joined = [{"$unionWith": {"coll": self._messages.name, "pipeline": pipeline}} for pipeline in others]
        with mapped_errors():
            yield from self._messages.aggregate([*first, *joined])


def _without_id(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "_id"}


def _parts(
    wanted: tuple[str, int, int], hot_from_seq: int
) -> tuple[tuple[str, int, int], tuple[str, int, int]]:
    """A range (channel id, first, last seq) in two: what is hot, and what is archived."""
    channel_id, first, last = wanted
    return (channel_id, max(first, hot_from_seq), last), (channel_id, first, min(last, hot_from_seq - 1))


def _counting(number: int, channel_id: str, first: int, last: int) -> list[Document]:
    return [
        {"$match": {"_id": _between(channel_id, first, last), "status": RECALLED}},
        {"$count": "count"},
        {"$set": {"number": number}},
    ]


def _between(channel_id: str, low: int, high: int) -> Document:
    return {"$gte": message_id(channel_id, low), "$lte": message_id(channel_id, high)}


def _after(positions: Mapping[str, int]) -> list[Document]:
    return [
        {"_id": {"$gt": message_id(channel_id, seq), "$lt": message_id(channel_id, _AFTER_ALL)}}
        for channel_id, seq in positions.items()
    ]


def _at(positions: Iterable[tuple[str, int]]) -> list[Document]:
    return [{"_id": key} for key in {message_id(channel_id, seq): None for channel_id, seq in positions}]
