"""`push.compute`: what logs hold beyond what was dispatched, and who must hear of it outside the socket."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from imapp.domain.entries import LogEntry
from imapp.domain.pushes import Listener, news_for
from imapp.domain.receipts import Receipt
from imapp.domain.sharing import Sharing, as_noted
from imapp.errors import LogConflict
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.poison import PoisonRule
from imapp.services.pushes.previews import Signs
from imapp.services.pushes.records import push_record
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import Dispatch, Dispatched, DispatchStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.log_growth import Growth
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.outbox import Parcel
from imapp.stores.users import UserStore
from schemas.common import SYSTEM_SENDER, Notify
from schemas.receipts import PushStatus
from schemas.tasks import PushBatch, PushNudge

_MAX_ENTRIES: Final = 200  # of one channel in one go; what is beyond comes in the next
_MAX_CHANNELS: Final = 100  # in one transaction
_MAX_TRIES: Final = 5

log = get_log("pushing")


class Presence(Protocol):
    """Who has a connection."""

    def online(self, user_ids: Collection[str]) -> set[str]:
        """Those of these people who are reached by the socket."""


@dataclass(frozen=True, slots=True)
class PushStores:
    """What is read to work it out, and where it goes."""

    channels: ChannelStore
    members: MemberStore
    log: MessageLog
    users: UserStore
    dispatches: DispatchStore
    emojis: EmojiStore


class PushRunner:
    """Dispatches what channels have grown by. Several workers may race; the chain of ranges fences them.

    With `tells` false nobody is told outside, as where no webhook is set.
    """

    def __init__(
        self,
        stores: PushStores,
        *,
        presence: Presence,
        sharing: ReadSharing,
        tells: bool,
        poison: PoisonRule,
    ) -> None:
        self._stores = stores
        self._presence = presence
        self._signs = Signs(stores.emojis)
        self._sharing = sharing
        self._tells = tells
        self._poison = poison

    def run(self, batch: PushBatch, task_id: str, *, redelivered: bool) -> None:
        """Return when all channels of the batch are dispatched to their ends, or set aside and passed over.

        One that raises is none for the sweep to come back to: it would raise again, for ever.
        """
        nudges = list({nudge.channel_id: nudge for nudge in reversed(batch.nudges)}.values())
        self._poison.run(task_id, nudges, self._dispatch_many, redelivered=redelivered, aside=self._pass_over)

    def _dispatch_many(self, nudges: Sequence[PushNudge], _: str) -> None:
        times = [(nudge.channel_id, nudge.at_ms) for nudge in nudges]
        for start in range(0, len(times), _MAX_CHANNELS):
            self._dispatch_all(dict(times[start : start + _MAX_CHANNELS]))

    def _pass_over(self, nudge: PushNudge) -> None:
        """Nobody is told of what was set aside; otherwise the sweep would bring it back for ever."""
        for channel_id, head in self._stores.channels.heads([nudge.channel_id]).items():
            self._stores.dispatches.pass_over(channel_id, head.channel.last_seq)

    def _dispatch_all(self, times: dict[str, int]) -> None:
        """All in one transaction; one by one if another worker is at any of them: it holds up no other."""
        try:
            self._dispatch(times)
        except LogConflict:
            for channel_id, at_ms in times.items():
                self._dispatch_one(channel_id, at_ms)

    def _dispatch_one(self, channel_id: str, at_ms: int) -> None:
        for _ in range(_MAX_TRIES):
            try:
                self._dispatch({channel_id: at_ms})
            except LogConflict:
                continue  # another worker was faster: what is left is worked out anew
            return
        log.warning("push_contended", channel=channel_id)

    def _dispatch(self, times: Mapping[str, int]) -> None:
        """Dispatch these channels until there is nothing beyond."""
        left = dict(times)
        while left:
            done = self._stores.dispatches.dispatched(left)
            grown = self._stores.log.growth({name: what.seq for name, what in done.items()}, _MAX_ENTRIES)
            if not grown:
                return
            for name in grown:
                point("pushes.channel", name)
            parcels = self._parcels(done, grown) if self._tells else {}
            sharing = self._sharing.of({end.sender for growth in grown.values() for end in growth.ends})
            point("pushes.computed")
            self._stores.dispatches.commit(
                [
                    Dispatch(
                        name,
                        done[name].seq + 1,
                        growth.last_seq,
                        left[name],
                        _read_by_sending(growth, sharing),
                        parcels.get(name),
                        done[name].recalls,
                    )
                    for name, growth in grown.items()
                ]
            )
            point("pushes.dispatched")
            left = {name: left[name] for name, growth in grown.items() if growth.entries == _MAX_ENTRIES}

    def _parcels(self, done: Mapping[str, Dispatched], grown: Mapping[str, Growth]) -> dict[str, Parcel]:
        """What must be told, by channel."""
        heads = self._stores.channels.heads(grown)
        listeners = self._listeners(grown, heads)
        away = self._away({listener.user_id for found in listeners.values() for listener in found})
        entries = self._entries(done, grown, _where_any(listeners, away))
        news = {
            name: {
                listener.user_id: what
                for listener in listeners[name]
                if listener.user_id in away and (what := news_for(listener, new)) is not None
            }
            for name, new in entries.items()
        }
        signs = self._signs.of(what.entry for found in news.values() for what in found.values())
        return {
            name: Parcel(
                f"{name}.{done[name].seq + 1}-{grown[name].last_seq}",
                [
                    push_record(user_id, what, heads[name], signs=signs)
                    for user_id, what in sorted(found.items())
                ],
            )
            for name, found in news.items()
            if found
        }

    def _listeners(self, grown: Mapping[str, Growth], heads: Mapping[str, Head]) -> dict[str, list[Listener]]:
        """Who may have something new, by channel, whether or not he is connected."""
        found: dict[str, list[Listener]] = defaultdict(list)
        for row in self._stores.members.rows_in(name for name in grown if name in heads):
            own = with_own_messages(row, heads[row.channel_id])
            if own.read_seq < grown[row.channel_id].last_seq and row.notify is not Notify.NONE:
                listener = Listener(row.member.user_id, row.member.spans, row.notify, own.read_seq)
                found[row.channel_id].append(listener)
        return found

    def _away(self, people: set[str]) -> set[str]:
        """Those of these people whom no socket reaches."""
        return self._stores.users.active(people - self._presence.online(people)) if people else set()

    def _entries(
        self, done: Mapping[str, Dispatched], grown: Mapping[str, Growth], wanted: Collection[str]
    ) -> dict[str, list[LogEntry]]:
        """What these channels have grown by: read only where somebody is away."""
        found = (
            self._stores.log.beyond({name: done[name].seq for name in wanted}, _MAX_ENTRIES) if wanted else {}
        )
        return {
            name: [entry for entry in entries if entry.seq <= grown[name].last_seq]
            for name, entries in found.items()
        }


def _where_any(listeners: Mapping[str, Iterable[Listener]], people: Collection[str]) -> set[str]:
    """The channels in which any of these people listens."""
    return {
        name for name, found in listeners.items() if any(listener.user_id in people for listener in found)
    }


def _read_by_sending(growth: Growth, sharing: Mapping[str, Sharing]) -> tuple[Receipt, ...]:
    """Who sends has read what came before, as the ledger says if he shares it; who amends or asks has not."""
    return tuple(
        as_noted(Receipt(end.sender, PushStatus.READ, end.seq, end.time_ms), sharing[end.sender])
        for end in growth.ends
        if end.sender != SYSTEM_SENDER and end.reads
    )
