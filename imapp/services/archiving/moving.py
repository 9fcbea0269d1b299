"""The move of one channel's old entries: proved, noted down, and only then deleted.

Each step may be the last one of a process: what was done is found again by the next run. A copy in MongoDB of
what is archived already (a crash before the deletion, a recall that came in between, an entry that was
brought back) is moved again like any other, as long as nothing holds it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from imapp import metrics
from imapp.domain.archive.digests import short_hash
from imapp.domain.archive.manifests import manifests_of
from imapp.domain.archive.prefixes import CHUNK, Boundary, Place, horizon_ms, last_movable
from imapp.domain.archive.tiling import Range, overlap
from imapp.domain.entries import RECALLED, LogEntry
from imapp.errors import LogConflict
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive, Document
from imapp.services.archiving.ensuring import Proof, ensure_archived
from imapp.stores.channels import ChannelStore
from imapp.stores.contention import once_free
from imapp.stores.manifests import ManifestStore
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog

_LOGGED: Final = 20  # problems of a channel; all of them are counted

log = get_log("archive")


class Moved(Struct):
    """What became of a channel: entries that left MongoDB, and why others stayed, by message id."""

    entries: int = 0
    problems: dict[str, str] = {}  # msgspec copies it for each
    contended: bool = False
    """Whether somebody else moved it meanwhile, or changed what was to move: the next run goes on."""
    failed: bool = False
    """Whether something happened that nobody expected."""
    unfinished: bool = False
    """Whether its time was up before it came to its end; it has come further all the same."""


class ChannelMover:
    """Moves prefixes of logs. Any number may run: the place where the hot part begins fences them."""

    def __init__(  # noqa: PLR0913  # two stores, the archive, and what an operator sets
        self,
        *,
        channels: ChannelStore,
        log: MessageLog,
        manifests: ManifestStore,
        archive: Archive,
        after_days: int,
        throttle: Callable[[int], None] = lambda _: None,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        chunk: int = CHUNK,
    ) -> None:
        """`throttle` is called with the number of entries of each chunk that was moved, and may wait."""
        self._channels = channels
        self._log = log
        self._manifests = manifests
        self._archive = archive
        self._after_days = after_days
        self._throttle = throttle
        self._clock_ms = clock_ms
        self._chunk = chunk

    def move(self, channel_id: str, keep_on: Callable[[], bool] = lambda: True) -> Moved:
        """Move what may be moved of a channel, a chunk and more of them for as long as `keep_on` says so.

        Raises:
            StoreUnavailable, ArchiveUnavailable: what was moved until then is moved.
        """
        moved = Moved()
        try:
            self._sweep(channel_id, self._manifests.borders([channel_id])[channel_id].archived, moved)
            while self._next_chunk(channel_id, moved):
                if not keep_on():
                    moved.unfinished = True
                    break
        except LogConflict as error:
            log.info("archive_contended", channel=channel_id, error=str(error))
            moved.contended = True
        for name, why in list(moved.problems.items())[:_LOGGED]:
            log.error("archive_not_proved", message=name, why=why)
        metrics.archive_unproved.value += len(moved.problems)
        return moved

    def _next_chunk(self, channel_id: str, moved: Moved) -> bool:
        """Move one chunk; whether there may be another."""
        boundary = self._boundary(channel_id)
        if boundary is None or boundary.movable_to_seq < boundary.hot_from_seq:
            return False
        documents = self._log.documents(
            channel_id, boundary.hot_from_seq, boundary.movable_to_seq, self._chunk
        )
        movable = self._movable(documents, boundary)
        if not movable:
            return False
        point("archive.read", channel_id)
        proof = ensure_archived(self._archive, movable)
        point("archive.proved", channel_id)
        moved.problems.update(proof.problems)
        proved = _before_first_problem(movable, proof)
        if not proved:
            return False
        entries = [entry_of(document) for document in proved]
        self._manifests.add(manifests_of(entries, [proof.hashes[entry.message_id] for entry in entries]))
        point("archive.noted", channel_id)
        if self._delete(entries, moved) < len(entries):
            # Changed since they were read, as by a recall of which the manifest does not know.
            self._sweep(channel_id, Range(entries[0].seq, entries[-1].seq), moved)
        self._throttle(len(entries))
        return len(movable) == self._chunk and not proof.problems

    def _boundary(self, channel_id: str) -> Boundary | None:
        """None for a channel of which nothing may move."""
        marks = self._channels.archive_marks(channel_id)
        if marks is None or marks.indexed_seq < marks.hot_from_seq:
            return None
        shown = self._log.newest_shown(channel_id)
        return Boundary(marks.hot_from_seq, marks.indexed_seq, shown.seq if shown is not None else 0)

    def _movable(self, documents: Sequence[Document], boundary: Boundary) -> Sequence[Document]:
        places = [Place(entry.seq, entry.time_ms) for entry in map(entry_of, documents)]
        last = last_movable(places, boundary, horizon_ms(self._clock_ms(), self._after_days))
        return documents[: last - boundary.hot_from_seq + 1]

    def _delete(self, entries: Sequence[LogEntry], moved: Moved) -> int:
        """Delete what is as it was proved, and not held; how many these were."""
        channel_id, revs = entries[0].channel_id, {entry.seq: entry.rev for entry in entries}
        deleted = once_free(lambda: self._log.remove(channel_id, revs))
        moved.entries += deleted
        metrics.archive_moved.value += deleted
        point("archive.deleted", channel_id)
        return deleted

    def _sweep(self, channel_id: str, part: Range, moved: Moved) -> None:
        """Move copies of what is archived already again, as they are now."""
        after = part.from_seq - 1
        while copies := self._log.documents(channel_id, after + 1, part.to_seq, self._chunk):
            after = copies[-1]["seq"]
            self._note_recalls(channel_id, copies)
            free = _not_held(copies, self._manifests.held(channel_id))
            if free:
                self._move_again(free, moved)

    def _note_recalls(self, channel_id: str, copies: Sequence[Document]) -> None:
        """What was recalled after it was read counts so from now on, held or not."""
        if recalled := [copy["seq"] for copy in copies if copy["status"] == RECALLED]:
            self._manifests.note_recalls(channel_id, recalled)

    def _move_again(self, documents: Sequence[Document], moved: Moved) -> None:
        proof = ensure_archived(self._archive, documents)
        moved.problems.update(proof.problems)
        entries = [entry_of(document) for document in documents if document["_id"] in proof.hashes]
        noted = self._noted(entries)
        for entry in entries:
            if noted.get(entry.seq) != short_hash(proof.hashes[entry.message_id]):
                self._manifests.note_change(entry, proof.hashes[entry.message_id])
        point("archive.noted_again")
        if entries:
            self._delete(entries, moved)
            self._throttle(len(entries))

    def _noted(self, entries: Sequence[LogEntry]) -> Mapping[int, bytes]:
        """The short hash that is noted down of each, by seq."""
        if not entries:
            return {}
        manifests = self._manifests.overlapping(entries[0].channel_id, entries[0].seq, entries[-1].seq)
        return {
            seq: one
            for manifest in manifests
            for seq, one in enumerate(manifest.hashes, start=manifest.from_seq)
        }


def _before_first_problem(documents: Sequence[Document], proof: Proof) -> list[Document]:
    """The prefix that is proved: what can't be archived keeps itself and all after it in MongoDB."""
    proved = []
    for document in documents:
        if document["_id"] not in proof.hashes:
            break
        proved.append(document)
    return proved


def _not_held(documents: Sequence[Document], held: Sequence[Range]) -> list[Document]:
    return [one for one in documents if not overlap(Range(one["seq"], one["seq"]), held)]
