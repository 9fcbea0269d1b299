"""The gateway's part of presence: who is here, whom the connections here watch, and who is typing."""

import time
from collections.abc import Callable
from typing import Final

import gevent
import msgspec

from imapp import metrics
from imapp.domain.presence import Presence
from imapp.errors import StoreUnavailable
from imapp.gateway.attendance import Attendance
from imapp.gateway.keystrokes import Keystrokes
from imapp.gateway.registry import Subscriber
from imapp.gateway.signals import Signals
from imapp.gateway.watching import WatchBoard, Watched
from imapp.logs import get_log
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.presence import PresenceService, wire_presence
from schemas.frames import PresenceEvent
from schemas.presence import UserPresence
from schemas.tasks import PresenceNotice, SideNotice, TypingNotice

_ROUND_S: Final = 1.0  # and so at most one `presence` a second for each connection
_READ_CHUNK: Final = 500
_READS_PER_ROUND: Final = 10  # beyond 25,000 watched people the re-reading takes longer than its 5 s
_SWEEP_S: Final = 2.0
_GOODBYE_S: Final = 2.0

_ENCODER: Final = msgspec.json.Encoder()

log = get_log("presence")


class GatewayPresence:
    """Presence and typing of one gateway. Built with the gateway, started and ended by it."""

    def __init__(
        self,
        *,
        attendance: Attendance,
        service: PresenceService,
        signals: Signals,
        keystrokes: Keystrokes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attendance = attendance
        self._service = service
        self._signals = signals
        self._keystrokes = keystrokes
        self._clock = clock
        self._board = WatchBoard()

    def loops(self) -> list[Callable[[], None]]:
        """What must run in the background."""
        return [
            self._attendance.renew_for_ever,
            self._attendance.write_for_ever,
            self._signals.run,
            self._tell_for_ever,
            self._sweep_for_ever,
        ]

    def came(self, subscriber: Subscriber, device: str) -> str:
        """A connection has said hello; gives its id. Never waits."""
        return self._attendance.came(subscriber, device)

    def gone(self, subscriber: Subscriber) -> None:
        """A connection has ended. Never waits."""
        self._attendance.gone(subscriber)
        self._board.forget(subscriber)

    def watch(self, subscriber: Subscriber, user_ids: list[str]) -> list[UserPresence]:
        """The presence of these people now; from now on the connection is told of changes of theirs alone.

        Raises:
            StoreUnavailable: the connection watches nobody.
        """
        # Registered before the store is read, so that a change in between is not missed.
        self._board.watch(subscriber, user_ids, self._clock())
        try:
            self._read(user_ids)
        except BaseException:
            self._board.forget(subscriber)
            raise
        return [wire_presence(*shown) for shown in self._board.shown(user_ids).items()]

    def typed(self, subscriber: Subscriber, channel_id: str, user_name: str) -> None:
        """A connection says that its person is typing. Never waits."""
        self._keystrokes.typed(subscriber, channel_id, user_name)

    def take(self, notice: SideNotice) -> None:
        """Take what a gateway has published. Never waits."""
        if isinstance(notice, PresenceNotice):
            self._board.changed(notice.user_ids)
        elif isinstance(notice, TypingNotice):
            for typing in notice.typing:
                self._keystrokes.tell(typing)

    def leave(self) -> None:
        """Give back the lease and tell the others, within some seconds; all connections have ended before."""
        try:
            with gevent.Timeout(_GOODBYE_S):
                self._attendance.leave()
        except (StoreUnavailable, gevent.Timeout) as error:
            log.warning("lease_left_behind", error=str(error)[:200])
        self._signals.stop()
        deadline = time.monotonic() + _GOODBYE_S
        while not self._signals.idle and time.monotonic() < deadline:
            gevent.sleep(0.02)

    # ---- the rounds

    def _tell_for_ever(self) -> None:
        while True:
            gevent.sleep(_ROUND_S)
            self._read_due()
            self._tell()

    def _read_due(self) -> None:
        due = self._board.due(self._clock(), _READ_CHUNK * _READS_PER_ROUND)
        for start in range(0, len(due), _READ_CHUNK):
            chunk = due[start : start + _READ_CHUNK]
            try:
                self._read(chunk)
            except StoreUnavailable as error:
                log.warning("presence_not_read", error=str(error)[:200])
                self._board.changed(due[start:])
                return

    def _read(self, user_ids: list[str]) -> None:
        read_at = self._clock()
        self._board.learn(self._service.presence(user_ids), read_at)

    def _tell(self) -> None:
        """One frame for each connection that watches somebody who is shown differently now."""
        rows: dict[str, msgspec.Raw] = {}
        for subscriber, people in self._board.take_news().items():
            for watched in people:
                if watched.user_id not in rows:
                    rows[watched.user_id] = _row(watched)
            event = PresenceEvent(users=[rows[watched.user_id] for watched in people])  # type: ignore[misc]
            subscriber.enqueue(websocket_frame(_ENCODER.encode(event)))
            subscriber.flush()
            metrics.frames_sent["presence"] += 1

    def _sweep_for_ever(self) -> None:
        while True:
            gevent.sleep(_SWEEP_S)
            try:
                self._signals.changed(self._service.sweep())
            except StoreUnavailable as error:
                log.warning("sweep_failed", error=str(error)[:200])


def _row(watched: Watched) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(wire_presence(watched.user_id, watched.shown or Presence())))
