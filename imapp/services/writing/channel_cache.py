"""The channel states a writer holds in memory.

They are right as long as this writer is the only one of the shard. When it is not, they are stale, and the
log's key says so: every change to a channel is an entry, so an accepted command of a stale state collides.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from imapp.domain.channel import Channel
from imapp.domain.entries import MESSAGES, LogEntry
from imapp.domain.ids import direct_channel_id, generation_of, stable_part
from imapp.errors import LogConflict
from imapp.stores.channels import ChannelStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore, mark_of
from imapp.stores.messages import MessageLog
from schemas.common import ChannelType

_MAX_CHANNELS: Final = 20_000
_MAX_MEMBERS: Final = 400_000  # of all channels held: some 200 bytes each
_COUNT_EVERY: Final = 1_000
_LAST_SEQ: Final = 10**12 - 1
_MAX_MISSED: Final = 1_000  # more than a batch, and a head lags by one batch at most


class ChannelCache:
    """Loads channel states and keeps the most recently used."""

    def __init__(
        self, channels: ChannelStore, members: MemberStore, log: MessageLog, requests: JoinRequestStore
    ) -> None:
        self._channels = channels
        self._members = members
        self._requests = requests
        self._log = log
        self._states: OrderedDict[str, Channel] = OrderedDict()
        self._direct: OrderedDict[str, str] = OrderedDict()
        self._loads = 0

    def load(self, channel_ids: Iterable[str]) -> dict[str, Channel | None]:
        """The state of each channel, None where there is no such channel."""
        wanted = dict.fromkeys(channel_ids)
        missing = [channel_id for channel_id in wanted if channel_id not in self._states]
        if missing:
            self._load(missing)
        found = {channel_id: self._states.get(channel_id) for channel_id in wanted}
        for channel_id, state in found.items():
            if state is not None:
                self._states.move_to_end(channel_id)
        self._shrink(len(found))
        return found

    def direct(self, key: str) -> str:
        """The id of a pair's current direct channel, or of the one to be made next."""
        known = self._direct.get(key)
        if known is None:
            known = self._direct[key] = self._find_direct(key)
            if len(self._direct) > _MAX_CHANNELS:
                self._direct.popitem(last=False)
        return known

    def keep(self, state: Channel) -> None:
        """Hold a state that was decided on, whether or not it is stored yet."""
        self._states[state.channel_id] = state

    def drop(self, channel_ids: Iterable[str]) -> None:
        """Forget states that may be wrong."""
        for channel_id in channel_ids:
            self._states.pop(channel_id, None)
            self._direct.pop(stable_part(channel_id), None)

    def forget_direct(self, channel_ids: Iterable[str]) -> None:
        """Look again which direct channel is current for the pairs of these channels."""
        for channel_id in channel_ids:
            self._direct.pop(stable_part(channel_id), None)

    def is_behind(self, positions: dict[str, int]) -> bool:
        """Whether any channel's log goes beyond the given seq, so that somebody else wrote to it."""
        return bool(self._log.existing((channel_id, seq + 1) for channel_id, seq in positions.items()))

    def _shrink(self, needed: int) -> None:
        """Forget the least recently used, but not what is needed now."""
        members = sum(len(state.members) for state in self._states.values()) if self._is_due() else 0
        while len(self._states) > max(_MAX_CHANNELS, needed) or (
            members > _MAX_MEMBERS and len(self._states) > needed
        ):
            _, dropped = self._states.popitem(last=False)
            members -= len(dropped.members)

    def _is_due(self) -> bool:
        """Counting members is worth it only now and then."""
        self._loads += 1
        return self._loads % _COUNT_EVERY == 0

    def _find_direct(self, key: str) -> str:
        newest = self._channels.newest_generation(key)
        if newest is None:
            return direct_channel_id(key, 0)
        if newest.channel.type is ChannelType.DIRECT:
            return newest.channel.channel_id
        # It has become a group, so the pair's next direct message opens a fresh one.
        return direct_channel_id(key, generation_of(newest.channel.channel_id) + 1)

    def _load(self, channel_ids: list[str]) -> None:
        heads = self._channels.heads(channel_ids)
        if not heads:
            return
        members = self._members.of_channels(heads)
        asked = [channel_id for channel_id, head in heads.items() if head.has_requests]
        requests = self._requests.of_channels(asked) if asked else {}
        for channel_id, head in heads.items():
            head.channel.members = members.get(channel_id, {})
            if channel_id in requests:
                head.channel.requests = requests[channel_id]
            self._states[channel_id] = head.channel
        self._repair(list(heads))

    def _repair(self, channel_ids: list[str]) -> None:
        """A plain send's head may have been lost: the log is right. last_seq = max(head, newest entry).

        What its senders have read by sending was lost with it.

        Raises:
            LogConflict: another writer changed a channel between our reading its head and its members.
        """
        behind = self._log.existing((name, self._states[name].last_seq + 1) for name in channel_ids)
        missed: list[LogEntry] = []
        for name in behind:
            found = self._log.page(name, self._states[name].last_seq + 1, _LAST_SEQ, limit=_MAX_MISSED)
            # Commands with effects move the head in their own transaction: behind one, everything is stale.
            if any(entry.type not in MESSAGES for entry in found):
                self.drop(channel_ids)
                raise LogConflict("the channel changed while it was read")
            missed += found
        newest = {entry.channel_id: entry for entry in missed}
        for entry in newest.values():
            self._states[entry.channel_id].append(entry)
        own = {(entry.channel_id, entry.sender): mark_of(entry) for entry in missed}
        direct = {name for name in newest if self._states[name].type is ChannelType.DIRECT}
        # In this order, as of `HeadKeeper.move`.
        self._members.move_own_marks(mark for mark in own.values() if mark.channel_id not in direct)
        self._channels.move_heads(
            newest.values(), [mark for mark in own.values() if mark.channel_id in direct]
        )
