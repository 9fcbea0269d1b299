"""What is being written and not sent: kept as a draft once the keys rest, on all devices of the person."""

from typing import Final

REST_S: Final = 2.0  # each change that is kept is a write of the server's, and an event to every device


class Drafts:
    """Texts in the input line by conversation, until they are kept or sent."""

    def __init__(self) -> None:
        self._typed: dict[str, tuple[str, float]] = {}

    def typed(self, channel_id: str, text: str, now: float) -> None:
        """The input line says this now."""
        self._typed[channel_id] = (text, now + REST_S)

    def dropped(self, channel_id: str) -> None:
        """It was sent, or is not there any more."""
        self._typed.pop(channel_id, None)

    def due(self, now: float) -> dict[str, str]:
        """What to keep now, by conversation; it counts as kept then."""
        due = {channel: text for channel, (text, until) in self._typed.items() if until <= now}
        for channel in due:
            del self._typed[channel]
        return due

    def rest(self, now: float) -> None:
        """Nothing more will be written."""
        self._typed = {channel: (text, now) for channel, (text, _) in self._typed.items()}

    def deadline(self) -> float | None:
        """When `due` is worth asking again."""
        return min((until for _, until in self._typed.values()), default=None)
