"""The proof that a channel's log is whole: every seq once, in the archive as it was noted down, or hot.

What is hot and said to be indexed is in the index as well, just as it is, or set aside.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct

from imapp.domain.archive.digests import chunk_digest, short_hash
from imapp.domain.archive.manifests import REMOVED, Manifest
from imapp.domain.archive.tiling import gaps_and_overlaps
from imapp.domain.entries import RECALLED
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive, Copy, Document
from imapp.services.archiving.ensuring import unlike
from imapp.stores.canonical import content_hash
from imapp.stores.channels import ArchiveMarks, ChannelStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog
from imapp.stores.unindexed import UnindexedStore

_PIECE: Final = 1_000
_TRIES: Final = 3
_LONGEST_REASON: Final = 200
_NAMED: Final = 100  # problems of a channel; whoever has more needs no longer list


log = get_log("archive")


class Verdict(Struct):
    """What was looked at in a channel, and what is wrong with it: nothing if the log is whole."""

    channel_id: str
    archived: int = 0
    hot: int = 0
    removed: int = 0
    problems: list[str] = []  # msgspec copies it for each

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class ArchiveVerifier:
    """Compares what was noted down with what is there. It changes nothing and may run at any time."""

    def __init__(
        self,
        *,
        channels: ChannelStore,
        log: MessageLog,
        manifests: ManifestStore,
        unindexed: UnindexedStore,
        archive: Archive,
    ) -> None:
        self._channels = channels
        self._log = log
        self._manifests = manifests
        self._unindexed = unindexed
        self._archive = archive

    def verify(self, channel_id: str) -> Verdict:
        """Look at every entry of a channel, wherever it is; that it can't be is a problem as well.

        Raises:
            StoreUnavailable, ArchiveUnavailable: no channel can be looked at.
        """
        try:
            return self._settled(channel_id)
        except StoreUnavailable:
            raise
        except ArchiveUnavailable as error:
            self._archive.check()
            return Verdict(channel_id, problems=[f"could not be looked at: {error}"])
        except Exception as error:
            # Whatever is stored in one must not keep all others from being looked at.
            log.exception("archive_verify_failed", channel=channel_id)
            return Verdict(channel_id, problems=[f"could not be looked at: {type(error).__name__}"])

    def _settled(self, channel_id: str) -> Verdict:
        for _ in range(_TRIES):
            marks = self._channels.archive_marks(channel_id)
            if marks is None:
                return Verdict(channel_id, problems=["there is no such channel"])
            verdict = self._look(channel_id, marks)
            if verdict.is_whole or self._channels.archive_marks(channel_id) == marks:
                break  # else something has moved from where it was looked for
        return verdict

    def _look(self, channel_id: str, marks: ArchiveMarks) -> Verdict:
        verdict = Verdict(channel_id)
        manifests = self._manifests.of(channel_id)
        verdict.problems += gaps_and_overlaps((one.range for one in manifests), marks.hot_from_seq - 1)
        for manifest in manifests:
            if manifest.state == REMOVED:
                verdict.removed += manifest.count
                verdict.problems += self._removed_problems(manifest, marks)
            else:
                verdict.archived += manifest.count
                verdict.problems += self._archived_problems(manifest, marks)
            if len(verdict.problems) >= _NAMED:
                return verdict
        verdict.problems += islice(self._hot_problems(channel_id, marks, verdict), _NAMED)
        return verdict

    def _archived_problems(self, manifest: Manifest, marks: ArchiveMarks) -> Iterator[str]:
        if manifest.from_seq < marks.kept_from_seq:
            yield f"the manifest of {_range(manifest)} says archived, {_kept(marks)}"
        if manifest.noted_digest != chunk_digest(manifest.channel_id, manifest.from_seq, manifest.hashes):
            yield f"the manifest of {_range(manifest)} does not agree with its own digest"
        names = [message_id(manifest.channel_id, manifest.from_seq + n) for n in range(manifest.count)]
        archived = self._archive.read(names)
        copies = self._copies(manifest)
        for seq, (name, noted) in enumerate(zip(names, manifest.hashes, strict=False), manifest.from_seq):
            why = _problem(archived.get(name), noted, copies.get(name), recalled=seq in manifest.recalled)
            if why:
                yield f"{name}: {why}"

    def _removed_problems(self, manifest: Manifest, marks: ArchiveMarks) -> Iterator[str]:
        if manifest.from_seq >= marks.kept_from_seq:
            yield f"the manifest of {_range(manifest)} says removed, {_kept(marks)}"
        if manifest.to_seq >= marks.purged_from_seq:
            return  # the next run deletes what may be left
        names = [message_id(manifest.channel_id, manifest.from_seq + n) for n in range(manifest.count)]
        for name in sorted({*self._archive.read(names), *self._copies(manifest)}):
            yield f"{name}: removed, but still there"

    def _copies(self, manifest: Manifest) -> dict[str, Document]:
        found = self._log.documents(manifest.channel_id, manifest.from_seq, manifest.to_seq, manifest.count)
        return {document["_id"]: document for document in found}

    def _hot_problems(self, channel_id: str, marks: ArchiveMarks, verdict: Verdict) -> Iterator[str]:
        expected = marks.hot_from_seq
        while page := self._log.documents(channel_id, expected, marks.last_seq, _PIECE):
            settled = []
            for document in page:
                _, seq = split_message_id(document["_id"])
                if seq != expected:
                    yield f"{expected}..{seq - 1} are neither archived nor hot"
                if why := _unreadable(document):
                    yield f"{document['_id']}: {why}"
                elif _is_settled(document, marks.indexed_seq):
                    settled.append(document)
                expected = seq + 1
            verdict.hot += len(page)
            yield from self._index_problems(channel_id, settled)
        if expected <= marks.last_seq:
            yield f"{expected}..{marks.last_seq} are neither archived nor hot"

    def _index_problems(self, channel_id: str, settled: Sequence[Document]) -> Iterator[str]:
        """Which of these can't be found by what they say, although the watermark has passed them."""
        if not settled:
            return
        first, last = (split_message_id(document["_id"])[1] for document in (settled[0], settled[-1]))
        # Before the index is asked: what is taken after all in between is at worst not named.
        aside = self._unindexed.within(channel_id, first, last)
        wanted = [document for document in settled if document["_id"] not in aside]
        for name, why in unlike(self._archive, wanted).items():
            yield f"{name}: hot and said to be indexed, but {why}"


def _problem(archived: Copy | None, noted: bytes, copy: Document | None, *, recalled: bool) -> str:
    """What is wrong with an archived entry, "" for nothing.

    While there is a copy of it in MongoDB, the archive may have what that says already: a recall that has
    been indexed and will be noted down by the next move.
    """
    if archived is None:
        return "noted down as archived, but not in the archive"
    found = content_hash(archived.document)  # of what would be put back, not of what the archive says of it
    if short_hash(found) == noted:
        return ""
    if copy is not None and content_hash(copy) == found:
        return ""
    if recalled and archived.document["status"] != RECALLED:
        return "recalled, but the archive says again what it said"
    return "the archive has another content than was noted down"


def _unreadable(document: Document) -> str:
    """Why a stored document is no entry, "" if it is one."""
    try:
        entry_of(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"stored, but it can't be read ({type(error).__name__}: {error})"[:_LONGEST_REASON]
    return ""


def _is_settled(document: Document, indexed_seq: int) -> bool:
    """Whether all that has changed an entry until now is indexed, or set aside."""
    rev = document["rev"]
    return isinstance(rev, int) and rev <= indexed_seq


def _kept(marks: ArchiveMarks) -> str:
    return f"but the channel keeps {marks.kept_from_seq}.."


def _range(manifest: Manifest) -> str:
    return f"{manifest.from_seq}..{manifest.to_seq}"
