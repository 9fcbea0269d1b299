"""A question to all gateways over the fanout, and their answers. For what people ask now and then."""

import secrets
import time
from collections.abc import Collection
from typing import Final

import msgspec
from kombu import Connection, Consumer, Exchange, Producer, Queue

from imapp.broker.connection import BROKER_ERRORS, ignored_errors, open_connection
from imapp.broker.topology import Topology
from imapp.errors import BrokerUnavailable
from schemas.tasks import FindPassages, Inquiry, InquiryAnswer, Kick

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(InquiryAnswer)
_MOST_ANSWERS: Final = 1_000


class GatewayAsker:
    """Asks over a connection of its own for each question. Any greenlet or thread may use it."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology

    def ask(
        self, question: Kick | FindPassages, gateways: Collection[str], *, within_s: float
    ) -> list[InquiryAnswer]:
        """The answers that come in time; no longer than until all these gateways have answered.

        Raises:
            BrokerUnavailable: it may not have been asked.
        """
        try:
            connection = open_connection(self._url, confirm=True)
            try:
                return self._ask(connection, question, set(gateways), time.monotonic() + within_s)
            finally:
                with ignored_errors():
                    connection.collect()
        except BROKER_ERRORS as error:
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error

    def _ask(
        self, connection: Connection, question: Kick | FindPassages, silent: set[str], deadline: float
    ) -> list[InquiryAnswer]:
        channel, inquiry_id = connection.channel(), secrets.token_hex(8)
        name = f"{self._topology.namespace}.answers.{inquiry_id}"
        queue = Queue(
            name,
            Exchange(""),
            routing_key=name,
            durable=False,
            exclusive=True,
            auto_delete=True,
            queue_arguments={"x-max-length": _MOST_ANSWERS},
        )(channel)
        queue.declare()
        answers: list[InquiryAnswer] = []
        consumer = Consumer(
            channel,
            [queue],
            on_message=lambda message: answers.append(_DECODER.decode(message.body)),
            no_ack=True,
            auto_declare=False,
        )
        consumer.consume()
        inquiry = Inquiry(inquiry_id=inquiry_id, reply_queue=name, question=question)
        Producer(channel, auto_declare=False).publish(
            _ENCODER.encode(inquiry),
            exchange=self._topology.fanout.name,
            routing_key="",
            delivery_mode=1,
            retry=False,
            content_type="application/octet-stream",
            content_encoding="binary",
        )
        while silent - {answer.gateway for answer in answers} and (left := deadline - time.monotonic()) > 0:
            try:
                connection.drain_events(timeout=left)
            except TimeoutError:
                break
        return answers
