"""From the fanout to the sockets: finished frames to who is here, answers to who waits for them.

Nothing here waits, except `lost`, which reads the store before anything more is delivered.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from imapp import metrics
from imapp.domain.ids import message_id
from imapp.failpoints import point
from imapp.gateway.batcher import Batcher, Flight
from imapp.gateway.passages import Passages
from imapp.gateway.registry import LocalChannel, Registry, Subscriber
from imapp.logs import get_log, trace
from imapp.services.outgoing.frames import frame_type
from schemas.tasks import (
    BatchReply,
    Fanout,
    FanoutBatch,
    FanoutEntry,
    FanoutItem,
    Notice,
    Notices,
    PersonalAnswer,
    Result,
    SideNotice,
)

_FANOUT: Final = msgspec.msgpack.Decoder(Fanout)
_REPLY: Final = msgspec.msgpack.Decoder(BatchReply)

log = get_log("delivery")


class Delivery:
    """Applies the stream of each shard in its order. Owned by the consumer's greenlet."""

    def __init__(
        self,
        *,
        registry: Registry,
        batchers: Mapping[int, Batcher],
        lost: Callable[[int], None],
        signal: Callable[[SideNotice], None],
        answered: Callable[[PersonalAnswer], None],
        passages: Passages | None = None,
    ) -> None:
        self._registry = registry
        self._batchers = batchers
        self._lost = lost
        self._signal = signal
        self._answered = answered
        self._passages = passages or Passages(0, 0)
        self._positions: dict[int, tuple[str, int]] = {}
        self._early: dict[int, list[BatchReply]] = {}

    def start_over(self) -> None:
        """The stream begins anew: nothing is known of what came before."""
        self._positions.clear()
        early, self._early = self._early, {}
        for replies in early.values():
            for reply in replies:
                self._resolve(reply)

    def on_fanout(self, body: bytes) -> None:
        """Take one message of the fanout."""
        message = _FANOUT.decode(body)
        if not isinstance(message, FanoutBatch):
            self._take_aside(message)
            return
        if point("gateway.fanout"):
            return
        gap = self._gap_before(message)
        if gap is None:
            return
        if gap:
            # What the store says now includes who came and went with this batch.
            message = _without_movements(message)
        self._deliver(message)
        self._answer_early(message.shard)

    def on_reply(self, body: bytes) -> None:
        """Take the answers to one of our batches, but not before the stream has brought its entries."""
        self.take_reply(_REPLY.decode(body))

    def take_reply(self, reply: BatchReply) -> None:
        """Answer now, or once the stream has come so far."""
        batcher = self._batchers.get(reply.shard)
        if batcher is None or batcher.flight(reply.batch_id) is None:
            return  # everybody in that batch has his answer
        if reply.number == 0 or self._has_passed(reply):
            self._resolve(reply)
        else:
            self._early.setdefault(reply.shard, []).append(reply)

    def _gap_before(self, batch: FanoutBatch) -> bool | None:
        """Whether something is missing before a batch, in which case the store was read; None: it is old."""
        known = self._positions.get(batch.shard)
        if known is not None and known[0] == batch.epoch and batch.number <= known[1]:
            return None  # the publisher was not sure and sent it twice
        self._positions[batch.shard] = (batch.epoch, batch.number)
        if known is None or known == (batch.epoch, batch.number - 1):
            return False
        metrics.stream_gaps.value += 1
        log.warning("stream_gap", shard=batch.shard, known=known, epoch=batch.epoch, number=batch.number)
        self._lost(batch.shard)
        self._answer_overtaken(batch)
        return True

    def _deliver(self, batch: FanoutBatch) -> None:
        batcher = self._batchers.get(batch.shard)
        flight = batcher.flight(batch.batch_id) if batcher else None
        touched: set[Subscriber] = set()
        self._passages.begin(batch, flight)
        for item in batch.items:
            self._deliver_item(item, flight, touched)
        for subscriber in touched:
            subscriber.flush()
        if batcher is not None:
            batcher.delivered(batch)

    def _deliver_item(self, item: FanoutItem, flight: Flight | None, touched: set[Subscriber]) -> None:
        first = item.entries[0].seq if item.entries else 0
        local = self._registry.channel(item.channel_id)
        is_new = local is None or first > local.last_seq or not first
        for user_id in item.joins if is_new else ():
            self._registry.join(item.channel_id, user_id, first)
        local = self._registry.channel(item.channel_id)
        if local is None:
            self._passages.note(item, 0, ())
            _answer_all(item, flight)
        else:
            self._deliver_entries(item, local, flight, touched)
        for user_id in item.leaves if is_new else ():
            self._registry.leave(item.channel_id, user_id)

    def _deliver_entries(
        self, item: FanoutItem, local: LocalChannel, flight: Flight | None, touched: set[Subscriber]
    ) -> None:
        _observe(item, local)
        self._passages.note(item, local.last_seq, local.roster(item.entries[0].seq if item.entries else 0))
        answered = flight is not None and any(entry.index in flight.open for entry in item.entries)
        if not answered and not local.gates:
            _send_joined(item.entries, local, touched)
            return
        for entry in item.entries:
            own = _answer(entry, item.channel_id, flight)
            if own is not None:
                touched.add(own)
            if entry.seq > local.last_seq:
                _send_one(entry, local, own, touched)

    def _take_aside(self, notice: SideNotice) -> None:
        if isinstance(notice, Notices):
            for one in notice.notices:
                self._notify(one)
            for answer in notice.answers:
                self._answered(answer)
        else:
            self._signal(notice)

    def _notify(self, notice: Notice) -> None:
        connections = self._registry.connections(notice.user_id)
        for subscriber in connections:
            subscriber.enqueue(notice.frame)
            subscriber.flush()
        if connections:
            metrics.frames_sent[frame_type(notice.frame)] += len(connections)

    def _has_passed(self, reply: BatchReply) -> bool:
        known = self._positions.get(reply.shard)
        return known is not None and known[0] == reply.epoch and known[1] >= reply.number

    def _answer_early(self, shard: int) -> None:
        """Answer those whose entries the stream has brought by now."""
        if shard not in self._early:
            return
        for reply in self._early.pop(shard):
            self.take_reply(reply)

    def _answer_overtaken(self, batch: FanoutBatch) -> None:
        """After a gap: answer those whose entries will not come; the others come with this batch or later."""
        waiting = self._early.pop(batch.shard, [])
        for reply in waiting:
            if reply.epoch == batch.epoch and reply.number >= batch.number:
                self._early.setdefault(batch.shard, []).append(reply)
            else:
                self._resolve(reply)

    def _resolve(self, reply: BatchReply) -> None:
        batcher = self._batchers.get(reply.shard)
        if batcher is not None:
            batcher.resolve(reply.batch_id, reply.results)


def _observe(item: FanoutItem, local: LocalChannel) -> None:
    """Note how old the entries are that go out now, by the clock of the writer, which stamped them."""
    if item.entries and item.entries[-1].seq > local.last_seq:
        age_s = time.time() - item.entries[0].time_ms / 1000
        metrics.send_deliver.observe(max(0.0, age_s), len(item.entries))
    if trace.on:
        for entry in item.entries:
            message = message_id(item.channel_id, entry.seq)
            trace("entry_delivered", message_id=message, connections=len(local.subscribers))


def _without_movements(batch: FanoutBatch) -> FanoutBatch:
    items = [msgspec.structs.replace(item, joins=[], leaves=[]) for item in batch.items]
    return msgspec.structs.replace(batch, items=items)


def _send_joined(entries: list[FanoutEntry], local: LocalChannel, touched: set[Subscriber]) -> None:
    """One write for all new entries of the batch, the same bytes for everybody."""
    frames = []
    for entry in entries:
        if entry.seq > local.last_seq:
            frames.append(entry.frame)
            local.last_seq = entry.seq
    if frames:
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        for subscriber in local.subscribers:
            subscriber.enqueue(data, len(frames))
        metrics.frames_sent["message"] += len(frames) * len(local.subscribers)
        touched |= local.subscribers


def _send_one(
    entry: FanoutEntry, local: LocalChannel, own: Subscriber | None, touched: set[Subscriber]
) -> None:
    for subscriber in local.hearers(entry.seq):
        if subscriber is not own:
            subscriber.enqueue(entry.frame)
            metrics.frames_sent["message"] += 1
            touched.add(subscriber)
    local.last_seq = entry.seq


def _answer(entry: FanoutEntry, channel_id: str, flight: Flight | None) -> Subscriber | None:
    """Answer who sent this entry from here; the answer stands in place of his own event.

    Returns:
        The connection that was answered.
    """
    pending = flight.take(entry.index) if flight is not None else None
    if pending is None:
        return None
    result = Result(
        index=entry.index, channel_id=channel_id, seq=entry.seq, time_ms=entry.time_ms, extra=entry.extra
    )
    pending.answer(result)
    subscriber: Subscriber | None = pending.waiter.subscriber
    return subscriber


def _answer_all(item: FanoutItem, flight: Flight | None) -> None:
    for entry in item.entries:
        own = _answer(entry, item.channel_id, flight)
        if own is not None:
            own.flush()
