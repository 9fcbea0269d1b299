"""What I have set about a conversation: what is wished and not confirmed yet, and what became different."""

from typing import Any, Final

from schemas.conversations import Conversation
from schemas.frames import SetConversation

_SET: Final = {  # what a row says, and the field that sets it
    "pinned": "pinned",
    "notify": "notify",
    "hidden": "hidden_seq",
    "marked_unread": "marked_unread",
    "cleared_seq": "cleared_seq",
    "draft": "draft",
}


class Wishes:
    """What this device wants to be set. It is a state: it is asked again until the server has answered."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._fields)

    def wish(self, **fields: Any) -> None:
        """Want this, in place of what was wanted of the same fields."""
        self._fields |= fields

    def get(self, field: str) -> Any:
        """What is wanted of a field, None for nothing."""
        return self._fields.get(field)

    def request(self, channel_id: str) -> SetConversation:
        """What to ask; the id is the sender's to fill in."""
        return SetConversation(id="", channel_id=channel_id, **self._fields)

    def settled(self, ask: SetConversation) -> None:
        """A wish was answered or refused; what is wanted since then stays."""
        self._fields = {name: value for name, value in self._fields.items() if getattr(ask, name) != value}

    def is_wished(self, what: str) -> bool:
        """Whether this device wants what the row says of this."""
        return _SET[what] in self._fields


def differences(before: Conversation, after: Conversation) -> list[str]:
    """Which of the settings differ between two states of a row."""
    return [what for what in _SET if getattr(before, what) != getattr(after, what)]
