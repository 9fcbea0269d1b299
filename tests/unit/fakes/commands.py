"""Commands as people would say them."""

import itertools
from typing import Any

from imapp.domain.ids import group_channel_id
from schemas.tasks import (
    AddMembers,
    CreateGroup,
    EditMessage,
    Leave,
    OpenDirect,
    RecallMessage,
    RemoveMember,
    SendMessage,
    UpdateChannel,
)

_numbers = itertools.count(1)


def _client_id(given: str | None) -> str:
    return given or f"c{next(_numbers)}"


def say(
    actor: str, content: str, channel_id: str, *, client_id: str | None = None, **fields: Any
) -> SendMessage:
    """A text to a channel."""
    return SendMessage(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        content=content,
        **fields,
    )


def tell(actor: str, to: str, content: str, *, client_id: str | None = None) -> SendMessage:
    """A text to a person."""
    return SendMessage(actor=actor, client_message_id=_client_id(client_id), to=to, content=content)


def create(
    actor: str, *user_ids: str, client_id: str | None = None, name: str = "Team", avatar: str = ""
) -> CreateGroup:
    """A group with these people."""
    client_id = _client_id(client_id)
    return CreateGroup(
        actor=actor,
        client_message_id=client_id,
        channel_id=group_channel_id(actor, client_id),
        name=name,
        avatar=avatar,
        user_ids=list(user_ids),
    )


def open_direct(actor: str, to: str, *, client_id: str | None = None) -> OpenDirect:
    """The direct chat with somebody."""
    return OpenDirect(actor=actor, client_message_id=_client_id(client_id), to=to)


def add(actor: str, channel_id: str, *user_ids: str, client_id: str | None = None) -> AddMembers:
    """People to add."""
    return AddMembers(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        user_ids=list(user_ids),
    )


def remove(actor: str, channel_id: str, user_id: str, *, client_id: str | None = None) -> RemoveMember:
    """Somebody to take out."""
    return RemoveMember(
        actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id, user_id=user_id
    )


def leave(actor: str, channel_id: str, *, client_id: str | None = None) -> Leave:
    """Oneself to take out."""
    return Leave(actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id)


def update(
    actor: str,
    channel_id: str,
    *,
    name: str | None = None,
    avatar: str | None = None,
    client_id: str | None = None,
) -> UpdateChannel:
    """A new name or avatar."""
    return UpdateChannel(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        name=name,
        avatar=avatar,
    )


def recall(
    actor: str, channel_id: str, seq: int, *, by_admin: bool = False, client_id: str | None = None
) -> RecallMessage:
    """A message to take back."""
    return RecallMessage(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        seq=seq,
        by_admin=by_admin,
    )


def edit(actor: str, channel_id: str, seq: int, content: str, *, client_id: str | None = None) -> EditMessage:
    """A message that shall say something else."""
    return EditMessage(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        seq=seq,
        content=content,
    )
