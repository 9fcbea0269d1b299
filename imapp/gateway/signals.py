"""What gateways tell each other outside the stream: who came and went, who is typing. Coalesced and bounded.

All of it may be lost: presence is read from the store again every few seconds, and typing is a courtesy.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

import gevent
import msgspec

from imapp.broker.publishing import MessagePublisher
from imapp.errors import BrokerUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from schemas.tasks import PresenceNotice, Typing, TypingNotice

_COALESCE_S: Final = 0.25
_MAX_PEOPLE: Final = 20_000  # all who may be connected here
_MAX_TYPING: Final = 500  # of one flush
_PEOPLE_PER_NOTICE: Final = 1_000

_ENCODER: Final = msgspec.msgpack.Encoder()

log = get_log("signals")


class Signals:
    """Collects signals and publishes them a few times a second. `run` belongs to one greenlet."""

    def __init__(self, publisher: MessagePublisher, exchange: str) -> None:
        self._publisher = publisher
        self._exchange = exchange
        self._people: dict[str, None] = {}
        self._typing: list[Typing] = []
        self._stopping = False
        self.idle = True

    def changed(self, user_ids: Iterable[str]) -> None:
        """The presence of these people may have changed, and the store says how. Never waits."""
        room = max(0, _MAX_PEOPLE - len(self._people))
        self._people.update(dict.fromkeys(islice(user_ids, room)))

    def typing(self, typing: Typing) -> None:
        """Somebody types. Never waits."""
        if len(self._typing) < _MAX_TYPING:
            self._typing.append(typing)

    def stop(self) -> None:
        """Make `run` return after one more flush."""
        self._stopping = True

    def run(self) -> None:
        """Publish until stopped."""
        self.idle = False
        try:
            while not self._stopping:
                gevent.sleep(_COALESCE_S)
                self.flush()
            self.flush()
        finally:
            self.idle = True
            self._publisher.close()

    def flush(self) -> None:
        """Publish what was collected; what RabbitMQ does not take is dropped."""
        typing, self._typing = self._typing, []
        people, self._people = iter(self._people), {}
        if point("gateway.signals"):
            return
        try:
            if typing:
                self._publish(TypingNotice(typing=typing))
            while user_ids := list(islice(people, _PEOPLE_PER_NOTICE)):
                self._publish(PresenceNotice(user_ids=user_ids))
        except BrokerUnavailable as error:
            log.warning("signals_lost", error=str(error))

    def _publish(self, notice: PresenceNotice | TypingNotice) -> None:
        self._publisher.publish(_ENCODER.encode(notice), exchange=self._exchange, routing_key="")
