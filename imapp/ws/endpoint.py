"""`/ws` in Flask: who may connect, the loop of a connection, and the sweeper of all connections."""

import random
import time
from typing import Final

import flask_sock
import gevent
from flask import Flask, g, request

from imapp import metrics
from imapp.errors import RequestError
from imapp.logs import get_log
from imapp.services.identity.identities import credentials_of
from imapp.ws.client import SessionServices
from imapp.ws.connection import Connection
from imapp.ws.dialogue import encode
from imapp.ws.framing import PING_FRAME
from imapp.ws.origins import OriginPolicy
from imapp.ws.session import Session
from schemas.errors import ErrorCode
from schemas.frames import CloseCode, ClosingEvent

_ENDPOINT: Final = "serve"
_SWEEP_S: Final = 0.5  # so that whose token has expired is gone within a second
_GREETING_S: Final = 20.0
_NO_HELLO: Final = (CloseCode.UNAUTHORIZED, "no hello")
_TRY_AGAIN: Final = (CloseCode.RESYNC, "try again")
_DRAIN_SPREAD_MS: Final = 3_000
_LOST: Final = 1006  # as browsers call a connection that ended without a Close frame
_REASONS: Final = frozenset(
    {
        *("by client", "lost", "stalled", "outbox full", "silent", "unfinished message", "token expired"),
        *("unauthorized", "no hello", "try again", "restart", "frame too big", "internal error"),
    }
)
"""What the series of closed connections tells apart; a peer can cause many more."""

log = get_log("endpoint")


class Endpoint:
    """All WebSocket connections of this process."""

    def __init__(
        self,
        services: SessionServices,
        *,
        origins: OriginPolicy,
        hello_timeout_s: float,
        silence_s: int,
        unfinished_s: float,
    ) -> None:
        self._services = services
        self._origins = origins
        self._hello_timeout_s = hello_timeout_s
        self._silence_s = silence_s
        self._unfinished_s = unfinished_s
        self._sessions: set[Session] = set()

    def install(self, app: Flask) -> None:
        """Serve `/ws`."""
        # flask-sock looks its server class up when a connection comes: this is how it takes ours.
        flask_sock.Server = Connection
        app.before_request(self._admit)
        flask_sock.Sock(app).route("/ws", endpoint=_ENDPOINT)(self.serve)

    def start(self) -> None:
        """Begin to sweep; once, in the process that serves."""
        self._services.gateway.spawn(self.sweep_for_ever)

    def serve(self, connection: Connection) -> None:
        """One connection, from its handshake to its end."""
        address = self._address()
        session = Session(connection, self._services, g.session_pass, address)
        self._sessions.add(session)
        metrics.connections.value += 1
        self._services.door.enter(address)
        try:
            for message in connection.messages():
                session.handle(message)
        except Exception:
            # Anything that left here would be written onto the socket as an HTTP error.
            log.exception("connection_failed")
            connection.shut(CloseCode.INTERNAL_ERROR, "internal error")
        finally:
            self._sessions.discard(session)
            metrics.connections.value -= 1
            self._services.door.leave(address)
            session.end()
            _note_end(session)

    def drain(self, within_s: float) -> dict[str, int]:
        """Tell everybody to come back elsewhere, and close their connections.

        Gives how many were told, and how many have not gone in time.
        """
        told: set[Session] = set()
        deadline = time.monotonic() + within_s
        while True:
            # The listener stays open for up to a second after SIGTERM: late ones are told as well.
            for session in self._sessions - told:
                _say_goodbye(session)
            told |= self._sessions
            if not self._sessions or time.monotonic() > deadline:
                return {"told": len(told), "left": len(self._sessions)}
            gevent.sleep(0.05)

    def sweep_for_ever(self) -> None:
        """Ping everybody, and end who is silent, stuck in a frame, or no longer authorised."""
        pinged = time.monotonic()
        while True:
            gevent.sleep(_SWEEP_S)
            ping = time.monotonic() - pinged >= self._services.heartbeat_s
            if ping:
                pinged = time.monotonic()
            for session in tuple(self._sessions):
                self._sweep(session, ping=ping)

    def _sweep(self, session: Session, *, ping: bool) -> None:
        now, connection = time.monotonic(), session.connection
        if now - connection.last_heard > self._silence_s:
            connection.shut(CloseCode.PING_TIMEOUT, "silent")
        elif connection.partial_since is not None and now - connection.partial_since > self._unfinished_s:
            connection.shut(CloseCode.PROTOCOL_ERROR, "unfinished message")
        elif session.open and session.client.expires_at < time.time():
            connection.shut(CloseCode.UNAUTHORIZED, "token expired")
        elif not session.open and self._is_late(session, now):
            # Who has said who he is waits for our store: he shall come back, not stay away.
            code, reason = _TRY_AGAIN if session.greeted else _NO_HELLO
            connection.shut(code, reason)
        elif ping:
            connection.reply(PING_FRAME)

    def _is_late(self, session: Session, now: float) -> bool:
        """Whether a connection has had its time to get in."""
        allowed = self._hello_timeout_s + (_GREETING_S if session.greeted else 0.0)
        return now - session.since > allowed

    def _admit(self) -> None:
        """Refuse a handshake before anything of it is a WebSocket."""
        if request.endpoint != _ENDPOINT:
            return
        self._services.door.knock(self._address())
        if not self._origins.allow(request.headers.get("Origin"), request.host):
            raise RequestError(ErrorCode.FORBIDDEN, origin="not one of IM_ALLOWED_ORIGINS")
        if request.query_string:
            # Addresses end up in logs and histories, so a token in one is burnt.
            raise RequestError(ErrorCode.INVALID, query="takes no parameters; a token goes into the hello")
        with self._services.limits.attempt(self._address()):
            g.session_pass = self._services.identity.open_session(credentials_of(request.environ))

    def _address(self) -> str:
        return self._services.door.address(request.remote_addr, request.headers.get("X-Forwarded-For"))


def _say_goodbye(session: Session) -> None:
    wait = random.randint(0, _DRAIN_SPREAD_MS)  # noqa: S311  # only spreads the reconnects
    session.connection.reply(encode(ClosingEvent(reconnect_in_ms=wait)))
    session.connection.shut(CloseCode.RESTART, "restart")


def _note_end(session: Session) -> None:
    code, reason = session.connection.ending or (_LOST, "lost")
    traffic = session.connection.traffic
    metrics.connections_closed[reason if reason in _REASONS else "other"] += 1
    log.info(
        "disconnected",
        code=code,
        reason=reason,
        seconds=round(time.monotonic() - session.since, 1),
        frames_in=traffic.frames_in,
        frames_out=traffic.frames_out,
        bytes_in=traffic.bytes_in,
        bytes_out=traffic.bytes_out,
    )
