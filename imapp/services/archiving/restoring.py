"""Archived entries put back into MongoDB as they were: for operators, and for whoever refers to old ones.

The archive keeps its copies and manifests stay: a copy in MongoDB is one too many and wins. A hold keeps
the move from taking it away again too soon.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from imapp.domain.archive.tiling import Range, overlap
from imapp.domain.ids import message_id
from imapp.errors import LogConflict
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive
from imapp.stores.edits import EditStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.messages import MessageLog

_PIECE: Final = 500
_RETURN_HOLD_S: Final = 3_600.0
"""For how long an entry stays that a command refers to: far longer than a command waits.

Unless its channel keeps it no longer: members must not put that off.
"""
_LEAST_HOLD_S: Final = 600.0
"""What is held for so long yet need not be held anew: many may refer to the same one."""

log = get_log("archive")


class Restored(Struct):
    """How many entries were put back, and why others were not, by message id."""

    entries: int = 0
    problems: dict[str, str] = {}  # msgspec copies it for each


class Restorer:
    """Puts entries back. Doing it again changes nothing."""

    def __init__(self, log: MessageLog, manifests: ManifestStore, archive: Archive, edits: EditStore) -> None:
        self._log = log
        self._manifests = manifests
        self._archive = archive
        self._edits = edits

    def restore(self, channel_id: str, wanted: Range, hold_s: float) -> Restored:
        """Put the archived entries of a range back, and keep them there for so long.

        Raises:
            StoreUnavailable, ArchiveUnavailable: some may be back.
        """
        restored = Restored()
        part = self._archived_part(channel_id, wanted)
        if part.from_seq > part.to_seq:
            return restored
        # Before the copies: a move that is under way has taken them until here, or leaves them there.
        self._manifests.hold(channel_id, [part], hold_s, by_operator=True)
        point("archive.held", channel_id)
        part = self._kept_part(channel_id, part)  # retention may have been faster
        for start in range(part.from_seq, part.to_seq + 1, _PIECE):
            seqs = range(start, min(start + _PIECE, part.to_seq + 1))
            self._put_back(channel_id, seqs, restored)
        first, last = part.from_seq, part.to_seq
        log.info("archive_restored", channel=channel_id, first=first, last=last, entries=restored.entries)
        return restored

    def _archived_part(self, channel_id: str, wanted: Range) -> Range:
        """What of a range is archived now; it ends before it begins if nothing is."""
        archived = self._manifests.borders([channel_id])[channel_id].archived
        return Range(max(wanted.from_seq, archived.from_seq), min(wanted.to_seq, archived.to_seq))

    def _kept_part(self, channel_id: str, wanted: Range) -> Range:
        """The same without what retention is about to remove: it may be hidden from everybody already."""
        part = self._archived_part(channel_id, wanted)
        return Range(max(part.from_seq, self._manifests.given_up(channel_id) + 1), part.to_seq)

    def archived(self, places: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of these places that are archived, whether or not they have a copy in MongoDB."""
        return self._manifests.archived(places)

    def bring_back(self, places: Iterable[tuple[str, int]]) -> set[str]:
        """Have these (channel id, seq) places in MongoDB, where writers look, with what goes with them.

        Returns the ids of those that can't come back.

        Whoever recalls a message takes the proofs of its edits with it: so those come back as well. Asks the
        archive only for what is archived and not back already.

        Raises:
            ArchiveUnavailable: it does not answer.
            StoreUnavailable: MongoDB does not.
        """
        old = self.archived(dict.fromkeys(places))
        if not old:
            return set()
        wanted = self.archived([*old, *(edit for place in old for edit in self._edits_of(*place))])
        self._hold(wanted)
        point("archive.held")
        wanted = self.archived(wanted)  # retention may have been faster
        # After that: a copy that is there now is there when the command comes to its writer.
        hot = MessageLog.at(self._log, wanted)
        restored = Restored()
        for channel_id, seq in wanted:
            if message_id(channel_id, seq) not in hot:
                self._put_back(channel_id, [seq], restored)
        for name, why in restored.problems.items():
            log.error("archive_not_returned", message=name, why=why)
        return set(restored.problems)

    def _hold(self, places: Sequence[tuple[str, int]]) -> None:
        parts: dict[str, list[Range]] = {}
        for channel_id, seq in places:
            parts.setdefault(channel_id, []).append(Range(seq, seq))
        for channel_id, wanted in parts.items():
            held = self._manifests.held(channel_id, _LEAST_HOLD_S)
            if new := [part for part in wanted if not overlap(part, held)]:
                self._manifests.hold(channel_id, new, _RETURN_HOLD_S)

    def _edits_of(self, channel_id: str, seq: int) -> Iterable[tuple[str, int]]:
        name, after = message_id(channel_id, seq), 0
        while versions := self._edits.page(name, after, _PIECE):
            yield from ((channel_id, version.edit_seq) for version in versions)
            after = versions[-1].edit_seq

    def _put_back(self, channel_id: str, seqs: Iterable[int], restored: Restored) -> None:
        names = [message_id(channel_id, seq) for seq in seqs]
        copies = self._archive.read(names)
        for name in names:
            if name not in copies:
                restored.problems[name] = "the archive does not have it"
                continue
            try:
                self._log.put_back([copies[name].document])
            except LogConflict:
                restored.problems[name] = "its client id was used again for another message"
            else:
                restored.entries += 1
