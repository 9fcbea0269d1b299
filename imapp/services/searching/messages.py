"""Messages by what they say: found in the index, shown as they are now."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imapp.domain import spans
from imapp.domain.entries import LogEntry, wire_time
from imapp.domain.ids import message_id, split_message_id
from imapp.domain.search.messages import hit_of
from imapp.domain.search.scope import scope_of
from imapp.domain.search.wanted import Wanted
from imapp.errors import ArchiveUnavailable, RequestError
from imapp.services.searching.asking import wanted_of
from imapp.services.searching.cursors import SearchCursors
from imapp.stores.archive.searching import Found, FoundMessage, Key, MessageIndex, Page
from imapp.stores.canonical import restored
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.index_marks import IndexMark, IndexMarks
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog
from imapp.stores.unindexed import UnindexedStore
from schemas.errors import ErrorCode
from schemas.search import (
    MAX_COUNTED_CHANNELS,
    ChannelCount,
    MessageHits,
    MessageSearch,
    SearchCoverage,
    SearchOrder,
)

STORED_WITHIN_MS: Final = 2_000
"""What was sent this long ago is in the log: its time is taken a moment before it is written."""


@dataclass(frozen=True, slots=True)
class SearchStores:
    """What a search reads; without an index there is none."""

    channels: ChannelStore
    members: MemberStore
    log: MessageLog
    marks: IndexMarks
    unindexed: UnindexedStore
    index: MessageIndex | None


@dataclass(frozen=True, slots=True)
class _Reach:
    """The channels that somebody searches, and how far each can be found, as of a time."""

    at_ms: int

    rows: Mapping[str, MemberRow]
    heads: Mapping[str, Head]
    marks: Mapping[str, IndexMark]

    def found_seq(self, channel_id: str) -> int:
        mark = self.marks.get(channel_id)
        return mark.found_seq if mark else 0

    def behind(self) -> dict[str, int]:
        """The channels with entries that may not be found yet, and up to where all are."""
        return {
            name: self.found_seq(name)
            for name, head in self.heads.items()
            if self.found_seq(name) < head.channel.last_seq
        }

    def missing(self) -> list[tuple[str, int]]:
        """Of each channel the first entry that he may read and that may not be found yet."""
        found = []
        for name, seq in self.behind().items():
            last = self.heads[name].channel.last_seq
            beyond = spans.clipped(self.rows[name].member.spans, seq + 1, last)
            if (first := next(beyond, None)) is not None:
                found.append((name, first[0]))
        return found

    def searched(self) -> list[tuple[str, int, int]]:
        """What he may read and is said to be in the index: channels, first and last seqs."""
        return [
            (name, *part)
            for name, row in self.rows.items()
            for part in spans.clipped(row.member.spans, 1, self.found_seq(name))
        ]


class MessageSearchService:
    """Finds messages for people: those of their stays that they have not cleared."""

    def __init__(
        self, stores: SearchStores, cursors: SearchCursors, clock: Callable[[], float] = time.time
    ) -> None:
        self._stores = stores
        self._cursors = cursors
        self._clock = clock

    def page(self, user_id: str, search: MessageSearch) -> MessageHits:
        """A page of hits. Total and counts come with the first.

        Raises:
            RequestError: `invalid`, or `not_found` for a channel that he was never in.
            ArchiveUnavailable: the index can't be asked now, or there is none.
        """
        wanted = wanted_of(search)
        after = self._cursors.decode(user_id, search)
        self._check_index()
        reach = self._reach(user_id, search.channel_id)
        found = self._found(search, wanted, reach, after)
        page = found.messages[: search.limit]
        more = len(found.messages) > len(page)
        return MessageHits(
            hits=[hit for entry in self._current(page) if (hit := hit_of(entry, wanted)) is not None],
            total=found.total if after is None else None,
            channels=_counts(found),
            coverage=self._coverage(reach),
            cursor=self._cursors.encode(user_id, search, page[-1].key) if more else None,
        )

    def _check_index(self) -> None:
        """Refuse at once: what a search reads beforehand grows while nothing can be indexed."""
        if self._stores.index is not None:
            self._stores.index.check()

    def _reach(self, user_id: str, channel_id: str | None) -> _Reach:
        if channel_id is None:
            rows = {row.channel_id: row for row in self._stores.members.rows_of(user_id)}
        else:
            row = self._stores.members.find(channel_id, user_id)
            if row is None:
                raise RequestError(ErrorCode.NOT_FOUND)
            rows = {channel_id: row}
        # In this order: what is stored in between is at worst said to be missing.
        at_ms = round(self._clock() * 1000)
        marks = self._stores.marks.of(rows)
        heads = self._stores.channels.heads(rows)
        return _Reach(at_ms, {name: rows[name] for name in heads}, heads, marks)

    def _found(self, search: MessageSearch, wanted: Wanted, reach: _Reach, after: Key | None) -> Found:
        if self._stores.index is None:
            raise ArchiveUnavailable("there is none")
        page = Page(
            by_relevance=search.order is SearchOrder.RELEVANT,
            after=after,
            limit=search.limit + 1,  # one more tells whether there is a next page
            counted=after is None,
        )
        scope = scope_of((name, row.member.spans) for name, row in reach.rows.items())
        return self._stores.index.find(wanted, scope, page, without=self._recalled(reach))

    def _recalled(self, reach: _Reach) -> list[str]:
        """Ids of what was recalled and may still be found: not even the totals tell of it."""
        refused = [
            name for name in self._stores.unindexed.recalled() if split_message_id(name)[0] in reach.rows
        ]
        return self._stores.log.recalls_after(reach.behind()) + refused

    def _current(self, page: Sequence[FoundMessage]) -> list[LogEntry]:
        """The entries as they are now: from the log, or from the archive what has left it.

        Nothing of what the index has and neither says is there, as once MongoDB is that of a backup.
        """
        found = {message_id(message.key[2].channel_id, message.key[2].seq): message.entry for message in page}
        hot = self._stores.log.at(map(split_message_id, found)) if found else {}
        # After that: what has left the log meanwhile is archived by now.
        missing = [name for name in found if name not in hot]
        archived = self._stores.log.archived(missing) if missing else ()
        current = hot | {name: entry_of(restored(found[name])) for name in archived}
        return [current[name] for name in found if name in current]

    def _coverage(self, reach: _Reach) -> SearchCoverage:
        missing = reach.missing() + self._stores.unindexed.first_within(reach.searched())
        times = [entry.time_ms for entry in self._stores.log.at(missing).values()] if missing else []
        return SearchCoverage(
            complete_until=wire_time(min([reach.at_ms - STORED_WITHIN_MS, *times])),
            channels_behind=len({name for name, _ in missing}),
        )


def _counts(found: Found) -> list[ChannelCount]:
    most = sorted(found.counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_COUNTED_CHANNELS]
    return [ChannelCount(channel_id=channel_id, count=count) for channel_id, count in most]
