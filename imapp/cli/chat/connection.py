"""The life of the connection, without a socket: when to connect, to ping, to give up, to stop."""

import enum
from collections.abc import Callable
from typing import Final

from schemas.frames import CloseCode

BACKOFF_MIN_S: Final = 0.5
BACKOFF_MAX_S: Final = 20.0
SILENCE_GRACE_S: Final = 10.0  # beyond the heartbeat: a slow network, not a dead server
GREETING_LIMIT_S: Final = 10.0  # the server answers a hello at once or not at all
STABLE_S: Final = 10.0  # a connection that held for so long was a success: the next back-off starts small

Jitter = Callable[[float, float], float]
"""A random number between two bounds (random.uniform)."""

_STOPPED_WHY: Final[dict[int, str]] = {
    CloseCode.UNAUTHORIZED: "the server did not accept the token: it is wrong, or has expired",
    CloseCode.KICKED: "the server ended this session: the account was disabled or signed out",
    CloseCode.PROTOCOL_VERSION: "the server speaks another version of the protocol: update imapp",
}


class State(enum.StrEnum):
    """Where the connection is; STOPPED is final."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    GREETING = "greeting"
    ONLINE = "online"
    STOPPED = "stopped"


class Step(enum.Enum):
    """What time has made necessary."""

    CONNECT = "connect"
    PING = "ping"
    GIVE_UP = "give up"


def backoff(attempt: int, jitter: Jitter) -> float:
    """Seconds before the next try, full jitter (0, 1, 2 ... tries have failed)."""
    bound = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2 ** min(attempt, 10))
    return min(BACKOFF_MAX_S, BACKOFF_MIN_S + jitter(0.0, bound))


def is_final(code: int | None) -> bool:
    """Whether a close code forbids to come back (45xx)."""
    return code is not None and 4500 <= code < 4600


class Connection:
    """One connection after the other. Steps out of turn raise RuntimeError."""

    def __init__(self, clock: Callable[[], float], jitter: Jitter) -> None:
        self._clock = clock
        self._jitter = jitter
        self.state = State.WAITING
        self.detail = ""
        self._connect_at = clock()
        self._failures = 0
        self._hint_s: float | None = None
        self._heartbeat_s = 0.0
        self._greeted_at = 0.0
        self._heard_at = 0.0
        self._pinged = False

    def opened(self) -> None:
        """The socket is open; the hello is on its way."""
        self._expect(State.CONNECTING)
        self.state = State.GREETING
        self._heard_at = self._clock()

    def heard(self) -> None:
        """A frame came: the server lives."""
        self._expect(State.GREETING, State.ONLINE)
        self._heard_at = self._clock()
        self._pinged = False

    def greeted(self, heartbeat_s: float) -> None:
        """The hello was answered."""
        self._expect(State.GREETING)
        self.state, self.detail = State.ONLINE, ""
        self._heartbeat_s = heartbeat_s
        self._greeted_at = self._clock()

    def announce_close(self, after_s: float) -> None:
        """The server is going away and says when to come back."""
        self._hint_s = after_s

    def closed(self, code: int | None, reason: str) -> None:
        """The connection has ended, or could not be made (no code)."""
        self._expect(State.CONNECTING, State.GREETING, State.ONLINE)
        if is_final(code):
            self.stop(_STOPPED_WHY.get(code or 0, f"the server said not to come back ({code})"), reason)
            return
        if self.state is State.ONLINE and self._clock() - self._greeted_at >= STABLE_S:
            self._failures = 0
        delay = backoff(self._failures, self._jitter) if self._hint_s is None else self._hint_s
        self._failures += 1
        self._hint_s = None
        self._connect_at = self._clock() + delay
        self.state, self.detail = State.WAITING, reason or f"closed with code {code}"

    def stop(self, why: str, reason: str = "") -> None:
        """Never connect again."""
        self.state = State.STOPPED
        self.detail = f"{why} ({reason})" if reason else why

    def next_step(self) -> Step | None:
        """What is due now; the state has moved on when this returns."""
        now = self._clock()
        if self.state is State.WAITING and now >= self._connect_at:
            self.state = State.CONNECTING
            return Step.CONNECT
        if self.state in (State.GREETING, State.ONLINE) and now >= self._silence_end():
            return Step.GIVE_UP
        if self.state is State.ONLINE and not self._pinged and now >= self._heard_at + self._heartbeat_s:
            self._pinged = True
            return Step.PING
        return None

    def deadline(self) -> float | None:
        """When next_step is worth asking again."""
        match self.state:
            case State.WAITING:
                return self._connect_at
            case State.ONLINE if not self._pinged:
                return self._heard_at + self._heartbeat_s
            case State.GREETING | State.ONLINE:
                return self._silence_end()
            case _:
                return None

    def _silence_end(self) -> float:
        if self.state is State.GREETING:
            return self._heard_at + GREETING_LIMIT_S
        return self._heard_at + self._heartbeat_s + SILENCE_GRACE_S

    def _expect(self, *states: State) -> None:
        if self.state not in states:
            raise RuntimeError(f"expected {' or '.join(states)}, got {self.state}")
