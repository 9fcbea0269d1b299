"""From what somebody asked to the command that goes to the writer: the checks of shape that need no state.

WebSocket and REST come through here, so the same request is refused for the same reason on both.
"""

import math
import re
from typing import Any, Final

import msgspec

from imapp.domain import kinds
from imapp.domain.ids import group_channel_id, split_message_id
from imapp.errors import RequestError
from schemas import channels, commands, frames, messages
from schemas.common import (
    MAX_EXTRA_BYTES,
    MESSAGE_TYPE_CODES,
    NO_CONTROLS_BUT_LINES,
    SYSTEM_SENDER,
    MessageType,
)
from schemas.errors import ErrorCode

_MAX_DEPTH: Final = 8
_INT64: Final = 2**63
_TAKEN: Final = frozenset({MessageType.TEXT, MessageType.EMOJI, MessageType.IMAGE, MessageType.FILE})
_TEXT: Final = re.compile(NO_CONTROLS_BUT_LINES)

SendRequest = frames.Send | messages.SendBody
EditRequest = frames.Edit | messages.EditBody
CreateGroupRequest = frames.CreateGroup | channels.CreateGroupBody
UpdateRequest = frames.UpdateChannel | channels.UpdateChannelBody
AddRequest = frames.AddMembers | channels.AddMembersBody


def send_to_channel(actor: str, channel_id: str, request: SendRequest) -> commands.SendMessage:
    """A message for a channel.

    Raises:
        RequestError: `unsupported_media`, `unsupported`, `invalid` or `too_large`.
    """
    return _send(actor, request, channel_id=channel_id)


def send_to_person(actor: str, to: str, request: SendRequest) -> commands.SendMessage:
    """A message for the direct channel of two people, which may not exist yet.

    Raises:
        RequestError: as `send_to_channel`, and `invalid` for a message to oneself.
    """
    _check_peer(actor, to)
    return _send(actor, request, to=to)


def send(actor: str, frame: frames.Send) -> commands.SendMessage:
    """A message for what the frame names: a channel or a person.

    Raises:
        RequestError: as above, and `invalid` unless exactly one of the two is named.
    """
    if frame.channel_id is not None and frame.to is None:
        return send_to_channel(actor, frame.channel_id, frame)
    if frame.to is not None and frame.channel_id is None:
        return send_to_person(actor, frame.to, frame)
    raise RequestError(ErrorCode.INVALID, channel_id="give one of channel_id and to")


def recall(
    actor: str, message_id: str, client_message_id: str, *, by_admin: bool = False
) -> commands.RecallMessage:
    """A message to take back. `by_admin` is for who has proved to be an administrator of the system."""
    channel_id, seq = split_message_id(message_id)
    return commands.RecallMessage(
        actor=actor,
        client_message_id=client_message_id,
        channel_id=channel_id,
        seq=seq,
        by_admin=by_admin,
    )


def edit(actor: str, message_id: str, request: EditRequest) -> commands.EditMessage:
    """A text that shall say something else.

    Raises:
        RequestError: `invalid` or `unsupported`, as for a new message.
    """
    _check_fits(MessageType.TEXT, request.content, {})
    check_text(request.content, "content")
    channel_id, seq = split_message_id(message_id)
    return commands.EditMessage(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        seq=seq,
        content=request.content,
        mentions=list(dict.fromkeys(request.mentions)),
    )


def create_group(actor: str, request: CreateGroupRequest) -> commands.CreateGroup:
    """A new group of the actor and others."""
    return commands.CreateGroup(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=group_channel_id(actor, request.client_message_id),
        name=request.name,
        avatar=request.avatar,
        user_ids=request.user_ids,
    )


def open_direct(actor: str, to: str, client_message_id: str) -> commands.OpenDirect:
    """The direct channel of two people.

    Raises:
        RequestError: `invalid` for oneself.
    """
    _check_peer(actor, to)
    return commands.OpenDirect(actor=actor, client_message_id=client_message_id, to=to)


def update_channel(actor: str, channel_id: str, request: UpdateRequest) -> commands.UpdateChannel:
    """A change of a group's name, avatar or settings.

    Raises:
        RequestError: `invalid` if nothing is to change.
    """
    given = (request.name, request.avatar, request.max_members, request.join, request.mute_all, request.edit)
    if all(value is None for value in given):
        raise RequestError(ErrorCode.INVALID, name="nothing is to change")
    return commands.UpdateChannel(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        name=request.name,
        avatar=request.avatar,
        max_members=request.max_members,
        join=request.join.value if request.join else None,
        mute_all=request.mute_all,
        edit=request.edit.value if request.edit else None,
    )


def add_members(actor: str, channel_id: str, request: AddRequest) -> commands.AddMembers:
    """People to add to a channel."""
    return commands.AddMembers(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_ids=request.user_ids,
    )


def remove_member(actor: str, channel_id: str, user_id: str, client_message_id: str) -> commands.RemoveMember:
    """Somebody to take out of a group."""
    return commands.RemoveMember(
        actor=actor, client_message_id=client_message_id, channel_id=channel_id, user_id=user_id
    )


def leave(actor: str, channel_id: str, client_message_id: str) -> commands.Leave:
    """Oneself to take out of a group."""
    return commands.Leave(actor=actor, client_message_id=client_message_id, channel_id=channel_id)


def _send(
    actor: str, request: SendRequest, *, channel_id: str | None = None, to: str | None = None
) -> commands.SendMessage:
    if request.forward_of is None:
        _check_kind(request)
    else:
        _check_forward(request)
    check_text(request.content, "content")
    if request.extra:
        _check_extra(request.extra)
    return commands.SendMessage(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        to=to,
        message_type=MESSAGE_TYPE_CODES[request.message_type],
        content=request.content,
        extra=request.extra,
        reply_to=request.reply_to,
        mentions=list(dict.fromkeys(request.mentions)) if request.mentions else [],
        mention_all=request.mention_all,
        forward_of=request.forward_of,
    )


def _check_forward(request: SendRequest) -> None:
    """What is passed on is what the other said, so nothing may be added, taken away or put in his mouth."""
    own = (request.content, request.extra, request.reply_to, request.mentions, request.mention_all)
    if any(own) or request.message_type is not MessageType.TEXT:
        raise RequestError(ErrorCode.INVALID, forward_of="a forward says nothing else; send that on its own")


def _check_kind(request: SendRequest) -> None:
    if request.message_type not in _TAKEN:
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA, message_type=request.message_type.value)
    _check_fits(request.message_type, request.content, request.extra)


def _check_fits(kind: MessageType, content: str, extra: dict[str, Any]) -> None:
    problem = kinds.problem(kind, content, extra)
    if problem is not None:
        refused = RequestError(ErrorCode.INVALID)
        refused.errors = dict(problem)
        raise refused


def check_text(text: str, field: str) -> None:
    """Nothing if a text of several lines has no other control characters.

    Raises:
        RequestError: `invalid`.
    """
    # Most texts are printable through and through, which is known ten times as fast.
    if not text.isprintable() and not _TEXT.match(text):
        refused = RequestError(ErrorCode.INVALID)
        refused.errors = {field: "a control character other than tab and newline"}
        raise refused


def _check_peer(actor: str, to: str) -> None:
    if to == actor:
        raise RequestError(ErrorCode.INVALID, to="that is yourself")
    if to == SYSTEM_SENDER:
        raise RequestError(ErrorCode.NOT_FOUND, user_ids=[to])


def _check_extra(extra: dict[str, Any]) -> None:
    """What goes to the store as it is must be storable, and no larger than promised."""
    if _depth_exceeds(extra, _MAX_DEPTH):
        raise RequestError(ErrorCode.INVALID, extra=f"nested deeper than {_MAX_DEPTH}")
    _check_value(extra)
    if len(msgspec.json.encode(extra)) > MAX_EXTRA_BYTES:
        raise RequestError(ErrorCode.TOO_LARGE, extra=f"more than {MAX_EXTRA_BYTES} bytes")


def _depth_exceeds(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_depth_exceeds(part, depth - 1) for part in parts)


def _check_value(value: Any) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _check_key(key)
            _check_value(part)
    elif isinstance(value, list):
        for part in value:
            _check_value(part)
    elif isinstance(value, str):
        check_text(value, "extra")
    else:
        _check_number(value)


def _check_key(key: str) -> None:
    if not key or key[0] == "$" or "." in key:
        raise RequestError(ErrorCode.INVALID, extra="a key may not be empty, begin with $ or hold a dot")
    check_text(key, "extra")


def _check_number(value: Any) -> None:
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise RequestError(ErrorCode.INVALID, extra="a whole number has at most 64 bits")
    if isinstance(value, float) and not math.isfinite(value):
        raise RequestError(ErrorCode.INVALID, extra="a number must be finite")
