"""The life of one message: what the store keeps of it for ever, and what the gateways still remember."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from imapp.domain.entries import STATUS_NAMES, TYPE_NAMES, LogEntry, wire_time
from imapp.domain.ids import split_message_id
from imapp.errors import BrokerUnavailable, RequestError
from imapp.services.administering.asking import LivingGateways
from imapp.services.administering.steps import Step, in_order, page_of
from imapp.stores.messages import MessageLog
from imapp.stores.outbox import Outbox, Parcel
from imapp.stores.pushed import Pushed, PushedStore
from imapp.stores.pushes import PushLedger
from schemas.admin import MessageTrace, TraceQuery, TraceStepName
from schemas.errors import ErrorCode
from schemas.receipts import PushStatus
from schemas.tasks import FindPassages, InquiryAnswer, Passage

_NAMES: Final = {PushStatus.RECEIVED: TraceStepName.RECEIVED, PushStatus.READ: TraceStepName.READ}


class TraceService:
    """Joins what is known of a message. It shows no text."""

    def __init__(
        self,
        *,
        log: MessageLog,
        ledger: PushLedger,
        outbox: Outbox,
        pushed: PushedStore,
        gateways: LivingGateways,
    ) -> None:
        self._log = log
        self._ledger = ledger
        self._outbox = outbox
        self._pushed = pushed
        self._gateways = gateways

    def trace(self, message_id: str, query: TraceQuery) -> MessageTrace:
        """All that is known of a message's way, by time, and what is not known (any more).

        Raises:
            RequestError: `not_found`.
        """
        channel_id, seq = split_message_id(message_id)
        entry = self._log.at([(channel_id, seq)]).get(message_id)
        if entry is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        answers, unknown = self._asked(channel_id, seq)
        remembered = [*_remembered(answers)]
        found = [*self._stored(entry, _writer_in(remembered)), *remembered]
        steps, cursor = page_of(
            [step for step in in_order(found) if query.user_id in (None, step.user_id)], query
        )
        return MessageTrace(
            message_id=message_id,
            sender=entry.sender,
            client_message_id=entry.client_message_id,
            message_type=TYPE_NAMES[entry.type],
            status=STATUS_NAMES[entry.status],
            steps=[step.wire() for step in steps],
            cursor=cursor,
            unknown=[*unknown, *_gaps(entry, found, answers)],
        )

    def _stored(self, entry: LogEntry, writer: str | None) -> Iterator[Step]:
        yield Step(TraceStepName.STORED, entry.time_ms, process=writer, user_id=entry.sender)
        dispatched = self._ledger.dispatched(entry.channel_id, entry.seq)
        if dispatched is not None:
            at_ms, worker = dispatched
            yield Step(TraceStepName.DISPATCHED, at_ms, process=worker or None)
        for receipt in self._ledger.covering(entry.channel_id, entry.seq):
            process = receipt.process or None
            yield Step(_NAMES[receipt.status], receipt.at_ms, process=process, user_id=receipt.receiver)
        for pushed in self._pushed.covering(entry.channel_id, entry.seq):
            yield Step(
                TraceStepName.PUSHED, pushed.at_ms, pushed.process, pushed.user_id, note=_as_what(pushed)
            )
        for parcel in self._outbox.covering(entry.channel_id, entry.seq):
            yield from _told_outside(parcel)

    def _asked(self, channel_id: str, seq: int) -> tuple[list[InquiryAnswer], list[str]]:
        try:
            answers, silent = self._gateways.ask(FindPassages(channel_id=channel_id, seq=seq))
        except BrokerUnavailable:
            return [], ["gateways: RabbitMQ does not answer"]
        return answers, [f"gateway {name}: no answer" for name in silent]


def _writer_in(steps: Iterable[Step]) -> str | None:
    """Who published an entry first, and so stored it, unless he was followed by another in between."""
    published = [step for step in steps if step.name is TraceStepName.PUBLISHED and step.at_ms is not None]
    return min(published, key=lambda step: step.at_ms or 0).process if published else None


def _remembered(answers: Iterable[InquiryAnswer]) -> Iterator[Step]:
    for answer in answers:
        for passage in answer.passages:
            yield from _passed(answer.gateway, passage)


def _passed(gateway: str, passage: Passage) -> Iterator[Step]:
    batch = f"shard {passage.shard}, {passage.epoch} #{passage.number}"
    if passage.accepted_ms:
        yield Step(TraceStepName.ACCEPTED, passage.accepted_ms, process=gateway, note="its batch's oldest")
    if passage.published_ms:
        yield Step(TraceStepName.PUBLISHED, passage.published_ms, process=passage.writer, note=batch)
    for connection_id in passage.connections:
        yield Step(TraceStepName.DELIVERED, passage.at_ms, process=gateway, connection_id=connection_id)


def _told_outside(parcel: Parcel) -> Iterator[Step]:
    """What is still to go out, or was given up; what is out is noted elsewhere."""
    tries = f"{parcel.failures} tries{': ' + parcel.error if parcel.error else ''}"
    for record in parcel.records[parcel.sent :]:
        what = "a nudge, " if record.nudge else ""
        yield Step(TraceStepName.PUSHED, None, user_id=record.user_id, note=f"{what}not out: {tries}")


def _as_what(pushed: Pushed) -> str:
    if pushed.nudge:
        return "a nudge"
    return f"{pushed.messages} messages as one" if pushed.messages > 1 else ""


def _gaps(entry: LogEntry, found: Collection[Step], answers: Iterable[InquiryAnswer]) -> Iterator[str]:
    names = {step.name for step in found}
    if TraceStepName.PUBLISHED not in names:
        yield "published, delivered: no gateway remembers it; nobody was connected, or it is too long ago"
    elif TraceStepName.ACCEPTED not in names:
        yield "accepted: the gateway that took it has ended or does not remember it"
    for answer in answers:
        since = answer.remembers_since_ms
        if not since:
            yield f"gateway {answer.gateway}: remembers nothing (IM_TRACE_LINES or IM_TRACE_KEPT_S is 0)"
        elif since > entry.time_ms:
            yield f"gateway {answer.gateway}: remembers from {wire_time(since)} on"
    if TraceStepName.DISPATCHED not in names:
        yield "dispatched: not yet"
