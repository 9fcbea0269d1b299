"""What was archived of each channel: collection `manifests`; and what is kept hot all the same: `holds`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.archive.digests import joined, parted
from imapp.domain.archive.manifests import Manifest, changed, removed
from imapp.domain.archive.pages import ALL_HOT, Borders
from imapp.domain.archive.tiling import Range, overlap
from imapp.domain.entries import LogEntry
from imapp.domain.ids import message_id
from imapp.errors import LogConflict, StoreUnavailable
from imapp.stores.contention import once_free
from imapp.stores.mongo import (
    Database,
    Document,
    mapped_errors,
    to_datetime,
    to_ms,
    transaction,
)

HOLD_INDEXES: Final = [
    IndexModel([("channel_id", ASCENDING)], name="channel"),
    IndexModel([("until", ASCENDING)], expireAfterSeconds=0, name="age"),
]
_AFTER_ALL: Final = 10**12 - 1
_TURN_KEPT: Final = timedelta(days=1)
_GIVEN_UP_FOR: Final = timedelta(hours=1)  # hiding it from all members takes seconds


class ManifestStore:
    """One row a moved chunk, by the id of its first entry."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._manifests = database["manifests"]
        self._channels = database["channels"]
        self._holds = database["holds"]

    def borders(self, channel_ids: Iterable[str]) -> dict[str, Borders]:
        """Where the parts of each channel's log begin, by channel id; of unknown channels too."""
        wanted = list(channel_ids)
        fields = {"hot_from_seq": 1, "kept_from_seq": 1}
        with mapped_errors():
            rows = self._channels.find({"_id": {"$in": wanted}}, fields)
            found = {row["_id"]: _borders(row) for row in rows}
        return {channel_id: found.get(channel_id, ALL_HOT) for channel_id in wanted}

    def archived(self, places: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of these (channel id, seq) places that are archived, whether or not they have a copy here."""
        wanted = list(places)
        borders = self.borders({channel_id for channel_id, _ in wanted})
        return [(channel_id, seq) for channel_id, seq in wanted if borders[channel_id].is_archived(seq)]

    def of(self, channel_id: str, after_seq: int = 0, limit: int = 0) -> list[Manifest]:
        """The manifests of a channel that begin after a seq, in their order; all of them with limit 0."""
        bounds = {"$gt": message_id(channel_id, after_seq), "$lt": message_id(channel_id, _AFTER_ALL)}
        with mapped_errors():
            rows = self._manifests.find({"_id": bounds}).sort("_id", ASCENDING).limit(limit)
            return [_manifest(row) for row in rows]

    def covering(self, channel_id: str, seq: int) -> Manifest | None:
        """The manifest whose range holds this seq."""
        with mapped_errors():
            row = self._row_covering(channel_id, seq)
        return _manifest(row) if row is not None else None

    def overlapping(self, channel_id: str, first: int, last: int) -> Iterator[Manifest]:
        """The manifests that hold anything of first .. last, in their order."""
        start = self.covering(channel_id, first)
        after = start.from_seq - 1 if start else first - 1
        while found := self.of(channel_id, after, 50):
            for manifest in found:
                if manifest.from_seq > last:
                    return
                yield manifest
            after = found[-1].from_seq

    def countables(self, places: Iterable[tuple[str, int]]) -> dict[str, int]:
        """How many entries count up to these archived (channel id, seq) places, by message id."""
        found: dict[str, int] = {}
        for channel_id, seq in places:
            manifest = self.covering(channel_id, seq)
            if manifest is not None:
                found[message_id(channel_id, seq)] = manifest.countable_at(seq)
        return found

    def add(self, parts: Sequence[Manifest]) -> None:
        """Note a chunk down, in parts, and let the hot part of its channel begin after it: all, or nothing.

        Raises:
            LogConflict: the hot part does not begin where the chunk does: somebody else was faster.
            StoreUnavailable: unknown whether it is noted.
        """
        with transaction(self._client) as session:
            self._manifests.insert_many([_row(part) for part in parts], session=session)
            moved = self._channels.update_one(
                {"_id": parts[0].channel_id, "hot_from_seq": parts[0].from_seq},
                {"$set": {"hot_from_seq": parts[-1].to_seq + 1}},
                session=session,
            )
            if not moved.matched_count:
                raise LogConflict("the hot part begins elsewhere by now")

    def give_up(self, channel_id: str, gone: Range) -> bool:
        """Let no operator put this back any more, unless one has done so; whether it is given up.

        It holds for an hour: long enough to hide it from everybody and to note that it is removed.

        Raises:
            LogConflict: somebody puts back, holds or takes away something of the channel right now.
            StoreUnavailable: unknown whether it is so.
        """
        until = {"to_seq": gone.to_seq, "until": datetime.now(UTC) + _GIVEN_UP_FOR}
        with transaction(self._client) as session:
            if overlap(gone, self.held_now(channel_id, session, by_operators=True)):
                return False
            self._holds.update_one(
                {"_id": _given_up(channel_id)}, {"$set": until}, upsert=True, session=session
            )
        return True

    def given_up(self, channel_id: str) -> int:
        """Up to which seq nothing of a channel is put back any more, whether or not it is removed already."""
        with mapped_errors():
            return self._given_up_to(channel_id)

    def _given_up_to(self, channel_id: str, session: ClientSession | None = None) -> int:
        wanted = {"_id": _given_up(channel_id), "until": {"$gt": datetime.now(UTC)}}
        row = self._holds.find_one(wanted, session=session)
        return int(row["to_seq"]) if row is not None else 0

    def remove(self, parts: Sequence[Manifest]) -> None:
        """Note that the first ranges that a channel keeps, one behind the other, are removed for good.

        They are chunks that were archived, or such as never will be: then the hot part begins after them too.

        Raises:
            LogConflict: somebody else was faster, or it is not given up, or was so too long ago.
            StoreUnavailable: unknown whether it is noted.
        """
        channel_id, first, last = parts[0].channel_id, parts[0].from_seq, parts[-1].to_seq
        with transaction(self._client) as session:
            row = self._channels.find_one({"_id": channel_id}, session=session) or {}
            if _borders(row).kept_from_seq != first:
                raise LogConflict("the kept part begins elsewhere by now")
            if self._given_up_to(channel_id, session) < last:
                raise LogConflict("somebody may put some of it back")
            for part in parts:
                self._note_removed(part, session)
            # Who indexes must not stop at what is missing on purpose.
            further = {"kept_from_seq": last + 1, "hot_from_seq": last + 1, "indexed_seq": last}
            self._channels.update_one({"_id": channel_id}, {"$max": further}, session=session)

    def _note_removed(self, part: Manifest, session: ClientSession) -> None:
        row = _row(removed(part))
        changed_fields = {name: row.pop(name) for name in ("state", "hashes", "digest")}
        changed_fields["removed_at"] = datetime.now(UTC)
        self._manifests.update_one(
            {"_id": row.pop("_id")},
            {"$set": changed_fields, "$setOnInsert": row},
            upsert=True,
            session=session,
        )

    def note_change(self, entry: LogEntry, content_hash: str) -> None:
        """Note that the archived copy of an entry is another one now.

        Raises:
            LogConflict: no manifest holds it, or somebody changes the same one.
        """
        with transaction(self._client) as session:
            row = self._row_covering(entry.channel_id, entry.seq, session=session)
            if row is None:
                raise LogConflict("no manifest holds this entry")
            after = _row(changed(_manifest(row), entry, content_hash))
            fields = {name: after[name] for name in ("hashes", "digest", "recalled")}
            self._manifests.update_one({"_id": after["_id"]}, {"$set": fields}, session=session)

    def note_recall(self, channel_id: str, seq: int, session: ClientSession) -> None:
        """Note that an archived entry is recalled, as part of a transaction; nothing if it is hot."""
        with mapped_errors():
            row = self._row_covering(channel_id, seq, fields={"to_seq": 1}, session=session)
            if row is not None:
                self._manifests.update_one(
                    {"_id": row["_id"]}, {"$addToSet": {"recalled": seq}}, session=session
                )

    def note_recalls(self, channel_id: str, seqs: Sequence[int]) -> None:
        """Note that these archived entries are recalled, whoever has recalled them."""
        for manifest in self.overlapping(channel_id, seqs[0], seqs[-1]):
            inside = [seq for seq in seqs if manifest.from_seq <= seq <= manifest.to_seq]
            with mapped_errors():
                self._manifests.update_one(
                    {"_id": message_id(channel_id, manifest.from_seq)},
                    {"$addToSet": {"recalled": {"$each": inside}}},
                )

    def hold(
        self, channel_id: str, parts: Sequence[Range], for_s: float, *, by_operator: bool = False
    ) -> None:
        """Keep copies in MongoDB of these ranges for so long, or longer if they are held longer.

        What an operator holds is not removed for good either. However many they are, it is one transaction:
        those that hold something of one channel take turns. Whoever takes copies away does so before this,
        and they can be put back now, or leaves them there.

        Raises:
            StoreUnavailable: unknown whether they are held.
        """
        until = {"until": datetime.now(UTC) + timedelta(seconds=for_s)}
        holds = [_hold(channel_id, part, until, by_operator=by_operator) for part in parts]

        def take() -> None:
            with transaction(self._client) as session:
                self._take_turn(channel_id, session)
                self._holds.bulk_write(holds, ordered=False, session=session)

        try:
            once_free(take)
        except LogConflict as error:
            raise StoreUnavailable("others take copies of the channel away all the time") from error

    def held(self, channel_id: str, for_s: float = 0.0, *, by_operators: bool = False) -> list[Range]:
        """The ranges of a channel whose copies are to stay for now, and for so long at least.

        Of all who hold any, or `by_operators` alone.
        """
        with mapped_errors():
            return self._held(channel_id, for_s, by_operators=by_operators)

    def held_now(self, channel_id: str, session: ClientSession, *, by_operators: bool = False) -> list[Range]:
        """The same as part of a transaction: nobody holds any more of the channel before that has ended.

        Raises:
            LogConflict: somebody is about to.
        """
        with mapped_errors():
            self._take_turn(channel_id, session)
            return self._held(channel_id, 0.0, session, by_operators=by_operators)

    def _held(
        self,
        channel_id: str,
        for_s: float,
        session: ClientSession | None = None,
        *,
        by_operators: bool,
    ) -> list[Range]:
        wanted: Document = {
            "channel_id": channel_id,
            "until": {"$gt": datetime.now(UTC) + timedelta(seconds=for_s)},
        }
        if by_operators:
            wanted["for_command"] = {"$ne": True}  # nor has what was held before there was this field
        rows = self._holds.find(wanted, session=session)
        return sorted(Range(row["from_seq"], row["to_seq"]) for row in rows)

    def _take_turn(self, channel_id: str, session: ClientSession) -> None:
        """Of two transactions that come here for the same channel, one is over before the other reads.

        A snapshot alone does not see to that: only a row that both write does. It ages as holds do.
        """
        until = {"until": datetime.now(UTC) + _TURN_KEPT}
        self._holds.update_one(
            {"_id": channel_id}, {"$inc": {"turn": 1}, "$max": until}, upsert=True, session=session
        )

    def any_archived(self) -> bool:
        """Whether anything is archived."""
        with mapped_errors():
            return self._manifests.find_one({"state": "archived"}, {"_id": 1}) is not None

    def totals(self) -> Mapping[str, int]:
        """How many chunks and entries are noted down, by state: `archived`, `removed`."""
        stages: Sequence[Document] = [
            {"$group": {"_id": "$state", "chunks": {"$sum": 1}, "entries": {"$sum": "$count"}}}
        ]
        with mapped_errors():
            return {row["_id"]: row["entries"] for row in self._manifests.aggregate(stages)}

    def _row_covering(
        self,
        channel_id: str,
        seq: int,
        *,
        fields: Mapping[str, int] | None = None,
        session: ClientSession | None = None,
    ) -> Document | None:
        bounds = {"$gte": message_id(channel_id, 0), "$lte": message_id(channel_id, seq)}
        row = self._manifests.find_one({"_id": bounds}, fields, sort=[("_id", DESCENDING)], session=session)
        return row if row is not None and row["to_seq"] >= seq else None


def _hold(channel_id: str, part: Range, until: Document, *, by_operator: bool) -> UpdateOne:
    """Both may hold the same: so each has a row of its own."""
    row: Document = {"channel_id": channel_id, "from_seq": part.from_seq, "to_seq": part.to_seq}
    name = f"{message_id(channel_id, part.from_seq)}-{part.to_seq}"
    if not by_operator:
        row["for_command"] = True
        name += "-command"
    return UpdateOne({"_id": name}, {"$setOnInsert": row, "$max": until}, upsert=True)


def _given_up(channel_id: str) -> str:
    """The row that says what of a channel is about to be removed; as no hold, it names no channel."""
    return f"{channel_id}-given-up"


def _borders(row: Document) -> Borders:
    """Of a channel that is older than the archive too."""
    return Borders(row.get("kept_from_seq", 1), row.get("hot_from_seq", 1))


def _row(manifest: Manifest) -> Document:
    return {
        "_id": message_id(manifest.channel_id, manifest.from_seq),
        "channel_id": manifest.channel_id,
        "from_seq": manifest.from_seq,
        "to_seq": manifest.to_seq,
        "count": manifest.count,
        "digest": manifest.digest,
        "hashes": joined(manifest.hashes),
        "countable_before": manifest.countable_before,
        "counted": manifest.counted,
        "recalled": list(manifest.recalled),
        "newest": to_datetime(manifest.newest_ms),
        "archived_at": datetime.now(UTC),
        "state": manifest.state,
    }


def _manifest(row: Document) -> Manifest:
    return Manifest(
        channel_id=row["channel_id"],
        from_seq=row["from_seq"],
        count=row["count"],
        hashes=parted(row["hashes"]),
        countable_before=row["countable_before"],
        counted=row["counted"],
        recalled=tuple(sorted(row["recalled"])),
        newest_ms=to_ms(row["newest"]),
        state=row["state"],
        noted_digest=row["digest"],
    )
