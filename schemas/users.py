"""People, as others see them."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from schemas.common import MAX_LIST_PAGE, NO_CONTROLS, Avatar, Cursor, UserId


class UserKind(enum.StrEnum):
    """Where somebody comes from (seed: 用户来源)."""

    EMPLOYEE = "employee"
    EXTERNAL = "external"
    VISITOR = "visitor"
    BOT = "bot"


class User(Struct, kw_only=True):
    """A person who can be written to."""

    user_id: UserId
    name: str
    avatar: str
    kind: UserKind


class MeBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What I change about myself."""

    avatar: Avatar


class UserPage(Struct, kw_only=True):
    """People by user id."""

    users: list[User]
    cursor: Cursor | None


class UserQuery(Struct, kw_only=True):
    """Which people: those with these ids, or those whose name starts so; everybody when neither is given."""

    ids: Annotated[str, Meta(max_length=4_000, description="User ids with commas between.")] | None = None
    name: (
        Annotated[
            str, Meta(pattern=NO_CONTROLS, min_length=1, max_length=100, description="How the name starts.")
        ]
        | None
    ) = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=MAX_LIST_PAGE, description="Rows at most.")] = 50
