"""Where a writer's finished work leaves: numbered batches to all gateways, answers to the one that asked.

Numbers are dense within (shard, epoch), and the epoch is new with every process, so a gateway sees when it
has missed something, whoever lost it.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from imapp.broker.publishing import MessagePublisher
from imapp.errors import BrokerUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.processes import this_process
from schemas.tasks import (
    BatchReply,
    FanoutBatch,
    FanoutItem,
    Notice,
    Notices,
    PersonalAnswer,
    Result,
    WriteBatch,
)

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("outlet")


class Outlet:
    """Publishes what a writer has stored. Owned by one thread.

    `grown` hears of all that is published, and must not wait.
    """

    def __init__(
        self,
        *,
        fanout: MessagePublisher,
        replies: MessagePublisher,
        exchange: str,
        grown: Callable[[Sequence[FanoutItem]], None] = lambda _: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fanout = fanout
        self._replies = replies
        self._exchange = exchange
        self._grown = grown
        self._pause = pause
        self._epoch = secrets.token_hex(6)
        self._name = this_process()
        self._numbers: dict[int, int] = {}

    def publish(
        self, batch: WriteBatch, items: Sequence[FanoutItem], results: Sequence[Result], *, announce: bool
    ) -> None:
        """Publish the entries and answer the commands; return once the broker has the entries.

        With `announce` an empty batch goes out too: its epoch tells the gateways that another writer has
        taken over and that something may be missing.

        It tries for as long as it takes: what is stored must be published before the task is acknowledged.
        """
        number = self._publish_items(batch, items) if items or announce else 0
        point("writer.published")
        self._grown(items)
        self._reply(
            batch.reply_queue,
            BatchReply(
                batch_id=batch.batch_id,
                shard=batch.shard,
                epoch=self._epoch,
                number=number,
                results=list(results),
            ),
        )

    def notify(self, notices: Iterable[Notice], answers: Sequence[PersonalAnswer] = ()) -> None:
        """Tell people something outside any channel's order, in one message. Not repeated: they can ask."""
        told = list(notices)
        if not told and not answers:
            return
        try:
            message = _ENCODER.encode(Notices(notices=told, answers=list(answers)))
            self._fanout.publish(message, exchange=self._exchange, routing_key="")
        except BrokerUnavailable as error:
            log.warning("notice_lost", error=str(error))

    def _publish_items(self, batch: WriteBatch, items: Sequence[FanoutItem]) -> int:
        # Spent whether or not it arrives: a skipped number costs a resync, one used twice would hide a batch.
        number = self._numbers[batch.shard] = self._numbers.get(batch.shard, 0) + 1
        message = _ENCODER.encode(
            FanoutBatch(
                shard=batch.shard,
                epoch=self._epoch,
                number=number,
                origin=batch.reply_queue,
                batch_id=batch.batch_id,
                items=list(items),
                writer=self._name,
                published_ms=time.time_ns() // 1_000_000,
            )
        )
        self._confirm(message)
        return number

    def _confirm(self, message: bytes) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                self._fanout.publish(message, exchange=self._exchange, routing_key="")
                return
            except BrokerUnavailable as error:
                # The same number again: a gateway that has it already skips the second.
                log.warning("fanout_unconfirmed", error=str(error))
            self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _reply(self, queue: str, reply: BatchReply) -> None:
        try:
            self._replies.publish(_ENCODER.encode(reply), exchange="", routing_key=queue)
        except BrokerUnavailable as error:
            # The gateway drives its batch again and gets the same answers.
            log.warning("reply_lost", error=str(error))
