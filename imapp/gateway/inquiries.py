"""Questions to all gateways, and how this one answers."""

from typing import Final

import gevent
import msgspec
from gevent.event import Event

from imapp.broker.publishing import MessagePublisher
from imapp.errors import BrokerUnavailable
from imapp.gateway.passages import Passages
from imapp.gateway.registry import Registry
from imapp.logs import get_log
from schemas.tasks import FindPassages, Inquiry, InquiryAnswer, Kick

_MOST_WAITING: Final = 100
_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("inquiries")


class Inquiries:
    """Does what it is asked at once, and answers from a greenlet of its own, which runs `run`."""

    def __init__(
        self, name: str, registry: Registry, passages: Passages, publisher: MessagePublisher
    ) -> None:
        self._name = name
        self._registry = registry
        self._passages = passages
        self._publisher = publisher
        self._answers: list[tuple[str, InquiryAnswer]] = []
        self._work = Event()

    def take(self, inquiry: Inquiry) -> None:
        """Take a question. Never waits."""
        answer = InquiryAnswer(inquiry_id=inquiry.inquiry_id, gateway=self._name)
        match inquiry.question:
            case Kick() as kick:
                answer.closed = self._kick(kick)
            case FindPassages() as wanted:
                answer.passages = self._passages.find(wanted)
                answer.remembers_since_ms = self._passages.since_ms
        if len(self._answers) < _MOST_WAITING:
            self._answers.append((inquiry.reply_queue, answer))
            self._work.set()

    def run(self) -> None:
        """Answer for as long as this gateway lives. An answer that is lost is one that does not come."""
        while True:
            self._work.wait()
            self._work.clear()
            answers, self._answers = self._answers, []
            for queue, answer in answers:
                try:
                    self._publisher.publish(_ENCODER.encode(answer), exchange="", routing_key=queue)
                except BrokerUnavailable as error:
                    log.warning("inquiry_unanswered", error=str(error))
            gevent.sleep(0)

    def _kick(self, kick: Kick) -> list[str]:
        closed = []
        for subscriber in self._registry.connections(kick.user_id):
            if kick.connection_id in ("", subscriber.connection_id):
                subscriber.cut("kicked")
                closed.append(subscriber.connection_id)
        if closed:
            log.info("person_kicked", user=kick.user_id, connections=len(closed))
        return closed
