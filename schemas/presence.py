"""Who is online, as others see it."""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import MAX_IDS_CHARS, Timestamp, UserId


class UserPresence(Struct, kw_only=True):
    """Whether somebody is online. `last_seen` is null while he is, and for who was never here."""

    user_id: UserId
    online: bool
    last_seen: Timestamp | None


class PresenceList(Struct, kw_only=True):
    """The presence of some people."""

    users: list[UserPresence]


class PresenceQuery(Struct, kw_only=True):
    """Whose presence."""

    ids: Annotated[
        str,
        Meta(
            min_length=1, max_length=MAX_IDS_CHARS, description="User ids with commas between, 500 at most."
        ),
    ]
