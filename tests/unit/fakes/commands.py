"""Commands as people would say them."""

import itertools
from typing import Any

from imapp.domain.ids import group_channel_id
from schemas.commands import (
    AddMembers,
    AnswerJoinRequests,
    CreateGroup,
    EditMessage,
    Leave,
    MuteMember,
    OpenDirect,
    RecallMessage,
    RemoveMember,
    RequestJoin,
    SendMessage,
    SetAnnouncement,
    SetNickname,
    SetRole,
    SetStatus,
    TransferOwner,
    UpdateChannel,
    WithdrawJoinRequest,
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
    **settings: Any,
) -> UpdateChannel:
    """A new name or avatar, or other settings."""
    return UpdateChannel(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        name=name,
        avatar=avatar,
        **settings,
    )


def set_role(
    actor: str, channel_id: str, user_id: str, role: str = "admin", *, client_id: str | None = None
) -> SetRole:
    """A role for somebody."""
    return SetRole(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        user_id=user_id,
        role=role,
    )


def transfer(actor: str, channel_id: str, user_id: str, *, client_id: str | None = None) -> TransferOwner:
    """Another owner."""
    return TransferOwner(
        actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id, user_id=user_id
    )


def announce(actor: str, channel_id: str, text: str, *, client_id: str | None = None) -> SetAnnouncement:
    """An announcement."""
    return SetAnnouncement(
        actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id, text=text
    )


def nickname(
    actor: str, channel_id: str, user_id: str, name: str, *, client_id: str | None = None
) -> SetNickname:
    """A name for somebody in a group."""
    return SetNickname(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        user_id=user_id,
        nickname=name,
    )


def mute(
    actor: str, channel_id: str, user_id: str, until_ms: int, *, client_id: str | None = None
) -> MuteMember:
    """Somebody muted until then; 0 ends it."""
    return MuteMember(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        user_id=user_id,
        until_ms=until_ms,
    )


def set_status(
    actor: str, channel_id: str, status: str, *, by_admin: bool = False, client_id: str | None = None
) -> SetStatus:
    """A channel disabled, enabled or dissolved."""
    return SetStatus(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        status=status,
        by_admin=by_admin,
    )


def request_join(
    actor: str, channel_id: str, reason: str = "", *, client_id: str | None = None
) -> RequestJoin:
    """The wish to be let in."""
    return RequestJoin(
        actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id, reason=reason
    )


def withdraw(actor: str, channel_id: str, *, client_id: str | None = None) -> WithdrawJoinRequest:
    """A request to take back."""
    return WithdrawJoinRequest(actor=actor, client_message_id=_client_id(client_id), channel_id=channel_id)


def answer(
    actor: str, channel_id: str, *user_ids: str, accept: bool = True, client_id: str | None = None
) -> AnswerJoinRequests:
    """People let in, or refused."""
    return AnswerJoinRequests(
        actor=actor,
        client_message_id=_client_id(client_id),
        channel_id=channel_id,
        user_ids=list(user_ids),
        accept=accept,
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
