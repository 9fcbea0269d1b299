"""One client's session: hello, then whatever it asks, in the order in which it asks."""

import time
from typing import Final, cast

import gevent

from imapp import metrics
from imapp.domain.decisions import Windows
from imapp.domain.entries import wire_time
from imapp.errors import ArchiveUnavailable, RequestError, StoreUnavailable
from imapp.gateway.batcher import ARCHIVE_RETRY_AFTER_S, RETRY_AFTER_S
from imapp.logs import bind, get_log, trace
from imapp.services.identity.identities import SessionPass
from imapp.ws.client import MAX_UNDER_WAY, Client, SessionServices
from imapp.ws.connection import Connection
from imapp.ws.dialogue import Dialogue, Refusal, State, encode, error_frame
from imapp.ws.verbs import VERBS
from schemas import frames
from schemas.common import (
    MAX_FRAME_BYTES,
    MAX_TEXT_CHARS,
    MAX_WATCHED,
    PROTOCOL_VERSION,
    TYPING_INTERVAL_S,
)
from schemas.conversations import SyncPage
from schemas.errors import ErrorCode

_LIMITS: Final = {
    "frame_bytes": MAX_FRAME_BYTES,
    "text_chars": MAX_TEXT_CHARS,
    "under_way": MAX_UNDER_WAY,
    "watched": MAX_WATCHED,
    "typing_interval_s": TYPING_INTERVAL_S,
}

log = get_log("session")


def _limits_of(windows: Windows) -> dict[str, int]:
    return {
        "recall_window_s": windows.recall_ms // 1000,
        "edit_window_s": windows.edit_ms // 1000,
    }


class Session:
    """A client's requests, carried out. Owned by the greenlet of its connection."""

    def __init__(
        self, connection: Connection, services: SessionServices, session_pass: SessionPass, address: str
    ) -> None:
        self.connection = connection
        self.since = time.monotonic()
        self.client = Client(connection, services, address)
        self._services = services
        self._pass = session_pass
        self._dialogue = Dialogue()
        self.greeted = False

    @property
    def open(self) -> bool:
        """Whether the client has said who it is."""
        return self._dialogue.state is State.OPEN

    def handle(self, message: str | bytes) -> None:
        """Carry out one message. Every mistake gets one answer, and the socket lives."""
        self._keep_pace()
        if isinstance(message, bytes):
            error = RequestError(ErrorCode.INVALID, frame="expected a text message")
            metrics.frames_received["invalid"] += 1
            self.connection.reply(error_frame(None, error))
            return
        try:
            request = self._dialogue.receive(message)
        except Refusal as refusal:
            self.connection.reply(refusal.frame)
            return
        self._carry_out(request)

    def _keep_pace(self) -> None:
        """Read no faster than the limit of frames: so a flood waits in the network, with its sender."""
        while wait_s := self._services.limits.frames.take(self.client.number):
            gevent.sleep(wait_s)

    def end(self) -> None:
        """The connection has gone."""
        self._services.gateway.disconnect(self.client)

    def _carry_out(self, request: frames.ClientFrame) -> None:
        try:
            if isinstance(request, frames.Hello):
                self._hello(request)
            else:
                VERBS[type(request)](self.client, request)
        except RequestError as error:
            if trace.on:
                trace("request_refused", id=request.id, code=error.code.value)
            self.connection.reply(error_frame(request.id, error))
            if error.retry_after is not None:
                gevent.sleep(0)  # first all others: a crowd that is refused must not hold up their answers
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))
            busy = RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S)
            self.connection.reply(error_frame(request.id, busy))
        except ArchiveUnavailable as error:
            log.warning("archive_unavailable", error=str(error)[:200])
            away = RequestError(ErrorCode.SEARCH_UNAVAILABLE, retry_after=ARCHIVE_RETRY_AFTER_S)
            self.connection.reply(error_frame(request.id, away))
        except Exception:
            log.exception("request_failed", kind=type(request).__name__)
            self.connection.reply(error_frame(request.id, RequestError(ErrorCode.INTERNAL)))

    def _hello(self, request: frames.Hello) -> None:
        self.greeted = True
        if request.protocol != PROTOCOL_VERSION:
            self.connection.shut(frames.CloseCode.PROTOCOL_VERSION, f"this server speaks {PROTOCOL_VERSION}")
            return
        try:
            with self._services.limits.attempt(self.client.address):
                identity = self._pass.identify(request.token)
        except RequestError as error:
            self.connection.reply(error_frame(request.id, error))
            if error.code is ErrorCode.RATE_LIMITED:
                self.connection.shut(frames.CloseCode.TRY_LATER, "too many failures")
            else:
                self.connection.shut(frames.CloseCode.UNAUTHORIZED, "unauthorized")
            return
        if self.open and identity.user.user_id != self.client.user_id:
            raise RequestError(ErrorCode.FORBIDDEN, hello="this connection is somebody else's")
        self.client.expires_at = identity.expires_at
        self.client.user_name = identity.user.name
        self._welcome(request, identity.user.user_id)

    def _welcome(self, request: frames.Hello, user_id: str) -> None:
        if self.open:
            self.connection.reply(encode(self._hello_reply(request, self._sync(request, user_id))))
            return
        self.client.user_id = user_id
        bind(user=user_id)
        self._services.gateway.connect(self.client)
        try:
            # Read after the connection is registered: what is published meanwhile comes as an event.
            sync = self._sync(request, user_id)
        except BaseException:
            # Nobody may be left registered whom the next hello does not know of.
            self._services.gateway.disconnect(self.client)
            self.connection.forget_held()
            raise
        self.client.connection_id = self._services.gateway.presence.came(self.client, request.device)
        self.connection.name = self.client.connection_id
        self._services.gateway.registry.named(self.client)
        bind(connection=self.client.connection_id)
        self.connection.reply(encode(self._hello_reply(request, sync)))
        self._dialogue.state = State.OPEN
        self.connection.release()
        resumed = request.cursor is not None
        metrics.hellos["yes" if resumed else "no"] += 1
        log.info("connected", device=request.device, resumed=resumed)
        self._make_room()

    def _make_room(self) -> None:
        """Close the oldest connections of a person who has too many: a device that was lost is among them."""
        most = self._services.door.max_of_user
        others = cast("tuple[Client, ...]", self._services.gateway.registry.connections(self.client.user_id))
        for oldest in sorted(others, key=lambda client: client.number)[:-most] if most else ():
            self._services.gateway.disconnect(oldest)  # at once, so that nobody counts it again
            oldest.connection.shut(frames.CloseCode.KICKED, "too many connections")

    def _sync(self, request: frames.Hello, user_id: str) -> SyncPage | None:
        return (
            self._services.conversations.sync(user_id, request.cursor) if request.cursor is not None else None
        )

    def _hello_reply(self, request: frames.Hello, sync: SyncPage | None) -> frames.HelloReply:
        return frames.HelloReply(
            id=request.id,
            user=self.client.user_id,
            connection=self.client.connection_id,
            epoch=self._services.conversations.epoch,
            server_time=wire_time(time.time_ns() // 1_000_000),
            protocol=PROTOCOL_VERSION,
            heartbeat_s=self._services.heartbeat_s,
            limits=_LIMITS | _limits_of(self._services.windows),
            # Read after the connection is registered, like `sync`: a change meanwhile comes as an event.
            settings=self._services.sharing.settings(self.client.user_id),
            sync=sync,
        )
