"""Requests that change nothing in a channel (hello, sync, history, read ...): one of a kind at a time."""

from dataclasses import dataclass
from typing import Final

from schemas import frames

Ask = (
    frames.Hello
    | frames.Sync
    | frames.History
    | frames.Read
    | frames.SetConversation
    | frames.SearchMessages
    | frames.Unread
    | frames.MessageReceipts
    | frames.ChangeMe
    | frames.GetSettings
    | frames.SetSettings
    | frames.Watch
    | frames.Emojis
)

REPLY_LIMIT_S: Final = 10.0  # a lost answer: what was asked is asked again

_Kind = tuple[str, str]


@dataclass(slots=True)
class _Flight:
    ask: Ask
    kind: _Kind
    sent_at: float


class Asks:
    """Which questions wait for an answer, and which rest because the last answer was of no use."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight] = {}
        self._rests: dict[_Kind, float] = {}
        self._failures: dict[_Kind, int] = {}

    def is_flying(self, ask: Ask) -> bool:
        """Whether one of the kind waits for its answer."""
        return any(flight.kind == _kind(ask) for flight in self._flights.values())

    def may_send(self, ask: Ask, now: float) -> bool:
        """Whether nothing of the kind is on its way or resting."""
        return not self.is_flying(ask) and now >= self._rests.get(_kind(ask), now)

    def sent(self, ask: Ask, now: float) -> None:
        """It was handed to the connection."""
        self._flights[ask.id] = _Flight(ask, _kind(ask), now)

    def take(self, request_id: str) -> Ask | None:
        """The question with this id, which is answered now."""
        flight = self._flights.pop(request_id, None)
        return flight.ask if flight else None

    def fulfilled(self, ask: Ask) -> None:
        """The answer was of use: forget earlier troubles."""
        self._rests.pop(_kind(ask), None)
        self._failures.pop(_kind(ask), None)

    def rest(self, ask: Ask, until: float) -> None:
        """Don't ask this again before the given time."""
        self._rests[_kind(ask)] = until
        self._failures[_kind(ask)] = self.failures(ask) + 1

    def failures(self, ask: Ask) -> int:
        """How many answers in a row were of no use."""
        return self._failures.get(_kind(ask), 0)

    def expire(self, now: float) -> None:
        """Forget what has waited too long, so that it is asked again."""
        late = [key for key, flight in self._flights.items() if now >= flight.sent_at + REPLY_LIMIT_S]
        for key in late:
            del self._flights[key]

    def forget(self) -> None:
        """No answer will come any more."""
        self._flights.clear()
        self._rests.clear()
        self._failures.clear()

    def deadline(self, now: float) -> float | None:
        """When a question may be asked again."""
        limits = [flight.sent_at + REPLY_LIMIT_S for flight in self._flights.values()]
        return min([*limits, *(until for until in self._rests.values() if until > now)], default=None)


def _kind(ask: Ask) -> _Kind:
    match ask:
        case frames.Unread() | frames.MessageReceipts() | frames.History(around=int()):
            return ("question", ask.id)
        case frames.GetSettings() | frames.SetSettings() | frames.SearchMessages() | frames.ChangeMe():
            return ("question", ask.id)
        case frames.History():
            return ("older" if ask.after is None else "newer", ask.channel_id)
        case frames.Read():
            return ("read", ask.channel_id)
        case frames.SetConversation():
            return ("set", ask.channel_id)
        case _:
            return (type(ask).__name__, "")
