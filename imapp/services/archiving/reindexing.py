"""All indices built anew beside those that are read, and put in their place: `imapp search reindex`.

From the beginning on everybody writes to both buildings, so what is written meanwhile is in the new one, and
this only copies what was there before: from MongoDB, and from the old building what only that has. It may be
interrupted at any step; the next run goes on. Nothing is dropped before all that is archived was read back.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from imapp.domain.archive.pages import Borders
from imapp.domain.ids import message_id, split_message_id
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.channels import ChannelStore
from imapp.stores.generations import Generations, GenerationStore
from imapp.stores.leases import LeaseStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Document
from imapp.stores.unindexed import UnindexedStore

_JOB: Final = "search.reindex"
_LEASE_S: Final = 300.0
_PIECE: Final = 1_000
_CHANNELS: Final = 200
SETTLED_S: Final = 8.0
"""Longer than any process takes which indices there are, and which are written, as known."""

log = get_log("reindexing")


class Reindexed(Struct):
    """What a run has copied. `ended`: the new indices are read, and the old ones are gone.

    `refused` are archived entries that the new indices do not take: nothing is switched as long as there are
    any. `lost` are such as the old ones do not have either. Both with the reason, by message id.
    """

    channels: int = 0
    entries: int = 0
    refused: dict[str, str] = {}  # msgspec copies it for each
    lost: dict[str, str] = {}
    ended: bool = False


class ReindexStores(Struct, frozen=True):
    """Both buildings, and what tells what belongs into them."""

    generations: GenerationStore
    indices: Indices
    entries: ArchiveEntries
    channels: ChannelStore
    log: MessageLog
    manifests: ManifestStore
    unindexed: UnindexedStore
    leases: LeaseStore


class Reindexer:
    """Builds the next generation. One at a time: a lease sees to that."""

    def __init__(
        self,
        stores: ReindexStores,
        *,
        throttle: Callable[[int], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`throttle` is called with the number of entries of each piece that was copied, and may wait."""
        self._stores = stores
        self._throttle = throttle
        self._sleep = sleep

    def run(self, owner: str, *, anew: bool = False) -> Reindexed:
        """Build all indices anew, or go on with it; nothing if somebody else is at it.

        With `anew` what was begun is thrown away, as after an upgrade that changes what is indexed.

        Raises:
            StoreUnavailable, ArchiveUnavailable: the next run goes on with the channel at hand.
        """
        done = Reindexed()
        if not self._stores.leases.hold(_JOB, owner, _LEASE_S):
            return done
        try:
            self._build(owner, done, anew=anew)
        finally:
            self._stores.leases.let_go(_JOB, owner)
        return done

    def prepare(self, owner: str) -> None:
        """See that the indices can be written to and read, and that none is left that nobody writes to.

        Raises:
            StoreUnavailable, ArchiveUnavailable: they may not be.
        """
        self._stores.indices.prepare()
        self.clear_up(owner)

    def clear_up(self, owner: str) -> bool:
        """Drop what a run has left that died after its last switch; whether it did so.

        A text that was recalled since would else stay there, since nobody writes to it any more.

        Raises:
            StoreUnavailable, ArchiveUnavailable: it may still be there.
        """
        done = Reindexed()
        if not self._is_left() or not self._stores.leases.hold(_JOB, owner, _LEASE_S):
            return False
        try:
            if self._is_left() and not self._refused_meanwhile():
                done.ended = self._drop_replaced(self._stores.generations.load().current, done)
                log.info("reindexed", **_told(done))
        finally:
            self._stores.leases.let_go(_JOB, owner)
        return done.ended

    # ---- inside

    def _is_left(self) -> bool:
        known = self._stores.generations.load()
        return known.replaced and known.next is None

    def _build(self, owner: str, done: Reindexed, *, anew: bool) -> None:
        self._stores.indices.prepare()
        building = self._stores.generations.begin(self._stores.indices.highest(), anew=anew)
        assert building.next is not None, "one was begun"
        point("reindex.begun")
        # Until now somebody may write to the old ones alone; what he writes, he had read before this.
        self._sleep(SETTLED_S)
        if self._copy_channels(owner, building, done):
            done.refused |= self._refused_meanwhile()
            done.ended = not done.refused and self._put_in_place(building.next, done)
        log.info("reindexed", generation=building.next, **_told(done))

    def _copy_channels(self, owner: str, building: Generations, done: Reindexed) -> bool:
        """Copy what is left to be copied; whether that is all."""
        assert building.next is not None, "as above"
        after = building.position
        while page := self._stores.channels.ids(after, _CHANNELS):
            for channel_id in page:
                self._copy_channel(channel_id, building.next, done)
                if done.refused or not self._stores.leases.hold(_JOB, owner, _LEASE_S):
                    return False
                self._stores.generations.move(channel_id)
                point("reindex.channel", channel_id)
                done.channels += 1
            after = page[-1]
        return True

    def _put_in_place(self, generation: int, done: Reindexed) -> bool:
        indices = self._stores.indices
        indices.refresh(generation)
        point("reindex.built")
        indices.switch(generation)
        point("reindex.switched")
        self._stores.generations.finish(generation)
        point("reindex.finished")
        return self._drop_replaced(generation, done)

    def _drop_replaced(self, generation: int, done: Reindexed) -> bool:
        """Drop what was before the generation that is read, unless it has what that one does not take."""
        indices = self._stores.indices
        # Until now somebody may look at the old ones, make one of either for a new month, or prove by them.
        self._sleep(SETTLED_S)
        indices.switch(generation)
        done.refused |= self._refused_meanwhile()
        if not done.refused:
            indices.drop_older(generation)
            self._stores.generations.end(generation)
        return not done.refused

    def _copy_channel(self, channel_id: str, generation: int, done: Reindexed) -> None:
        seq = 1
        while True:
            # Anew each time: what is copied moves to the archive, or is removed, meanwhile.
            borders = self._stores.manifests.borders([channel_id])[channel_id]
            seq = max(seq, borders.kept_from_seq)
            last, stored = self._next(channel_id, seq, borders)
            if last < seq:
                return
            archived = self._archived(_missing(channel_id, seq, last, stored), done)
            self._copy(stored, archived, generation, done)
            seq = last + 1

    def _next(self, channel_id: str, seq: int, borders: Borders) -> tuple[int, Sequence[Document]]:
        """Where the next piece ends, of the archived part or of the hot one, and what MongoDB has of it."""
        if seq < borders.hot_from_seq:
            last = min(seq + _PIECE, borders.hot_from_seq) - 1
            return last, self._stores.log.documents(channel_id, seq, last, _PIECE)
        stored = self._stores.log.stored_beyond(channel_id, seq - 1, limit=_PIECE)
        return stored[-1]["seq"] if stored else seq - 1, stored

    def _archived(self, missing: Sequence[str], done: Reindexed) -> Sequence[Document]:
        """Those of these entries that the archive has, in whatever building."""
        found = self._stores.entries.read(missing) if missing else {}
        absent = [name for name in missing if name not in found]
        found |= self._stores.entries.read_anywhere(absent) if absent else {}
        places = [split_message_id(name) for name in absent if name not in found]
        for place in self._stores.manifests.archived(places):  # others were removed meanwhile
            done.lost[message_id(*place)] = "neither the archive nor MongoDB has it"
            log.error("reindex_lost", message=message_id(*place))
        return [copy.document for copy in found.values()]

    def _copy(
        self, stored: Sequence[Document], archived: Sequence[Document], generation: int, done: Reindexed
    ) -> None:
        entries = self._stores.entries
        # As the indexer does: MongoDB keeps them, so the others need not wait for them.
        aside = entries.copy(stored, generation)
        self._stores.unindexed.park(aside, stored)
        done.refused |= entries.copy(archived, generation)
        written = [*archived, *(document for document in stored if document["_id"] not in aside)]
        for name in entries.lacking(written, generation):
            done.refused.setdefault(name, "it could not be read back")
        done.entries += len(stored) + len(archived)
        self._throttle(len(stored) + len(archived))

    def _refused_meanwhile(self) -> dict[str, str]:
        """Entries that were set aside and are archived all the same: perhaps the new indices refused them."""
        found: dict[str, str] = {}
        after = ""
        while rows := self._stores.unindexed.page(after, _PIECE):
            after = rows[-1].message_id
            places = [split_message_id(row.message_id) for row in rows]
            archived = {message_id(*place) for place in self._stores.manifests.archived(places)}
            found |= {row.message_id: row.reason for row in rows if row.message_id in archived}
        return found


def _missing(channel_id: str, first: int, last: int, stored: Sequence[Document]) -> list[str]:
    """The entries of first .. last that are not among these."""
    there = {document["seq"] for document in stored}
    return [message_id(channel_id, seq) for seq in range(first, last + 1) if seq not in there]


def _told(done: Reindexed) -> dict[str, int | bool]:
    return {
        "channels": done.channels,
        "entries": done.entries,
        "refused": len(done.refused),
        "lost": len(done.lost),
        "ended": done.ended,
    }
