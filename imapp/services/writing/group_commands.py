"""From what somebody asked about roles and order in a group to the command for its writer."""

from datetime import datetime
from typing import Final

from imapp.errors import RequestError
from schemas import commands, group_frames, groups, tasks
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode

_NOT_MUTED: Final = 0


def set_role(
    actor: str, channel_id: str, user_id: str, request: group_frames.SetRole | groups.SetRoleBody
) -> commands.SetRole:
    """Somebody to make an admin, or a member again."""
    return commands.SetRole(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_id=user_id,
        role=request.role.value,
    )


def transfer_owner(
    actor: str, channel_id: str, request: group_frames.TransferOwner | groups.TransferOwnerBody
) -> commands.TransferOwner:
    """A group to hand over."""
    return commands.TransferOwner(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_id=request.user_id,
    )


def set_announcement(
    actor: str, channel_id: str, request: group_frames.SetAnnouncement | groups.SetAnnouncementBody
) -> commands.SetAnnouncement:
    """A text to put up."""
    return commands.SetAnnouncement(
        actor=actor, client_message_id=request.client_message_id, channel_id=channel_id, text=request.text
    )


def set_nickname(
    actor: str, channel_id: str, user_id: str, request: group_frames.SetNickname | groups.SetNicknameBody
) -> commands.SetNickname:
    """A name for a member in a group."""
    return commands.SetNickname(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_id=user_id,
        nickname=request.nickname,
    )


def mute_member(
    actor: str, channel_id: str, user_id: str, request: group_frames.MuteMember | groups.MuteMemberBody
) -> commands.MuteMember:
    """Somebody to mute until a time.

    Raises:
        RequestError: `invalid` for what is no time.
    """
    return commands.MuteMember(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_id=user_id,
        until_ms=_milliseconds(request.until),
    )


def unmute_member(actor: str, channel_id: str, user_id: str, client_message_id: str) -> commands.MuteMember:
    """Somebody to let write again."""
    return commands.MuteMember(
        actor=actor,
        client_message_id=client_message_id,
        channel_id=channel_id,
        user_id=user_id,
        until_ms=_NOT_MUTED,
    )


def set_status(
    actor: str, channel_id: str, request: group_frames.SetStatus | groups.SetStatusBody
) -> commands.SetStatus:
    """A group to disable or enable."""
    return commands.SetStatus(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        status=request.status.value,
    )


def dissolve(actor: str, channel_id: str, client_message_id: str) -> commands.SetStatus:
    """A group to end."""
    return commands.SetStatus(
        actor=actor,
        client_message_id=client_message_id,
        channel_id=channel_id,
        status=ChannelStatus.DISSOLVED.value,
    )


def request_join(
    actor: str, channel_id: str, request: group_frames.RequestJoin | groups.RequestJoinBody
) -> commands.RequestJoin:
    """The wish to be let into a group."""
    return commands.RequestJoin(
        actor=actor, client_message_id=request.client_message_id, channel_id=channel_id, reason=request.reason
    )


def withdraw_join_request(
    actor: str, channel_id: str, client_message_id: str
) -> commands.WithdrawJoinRequest:
    """One's own request to take back."""
    return commands.WithdrawJoinRequest(
        actor=actor, client_message_id=client_message_id, channel_id=channel_id
    )


def answer_join_requests(
    actor: str, channel_id: str, request: group_frames.AnswerJoinRequests | groups.AnswerJoinRequestsBody
) -> commands.AnswerJoinRequests:
    """People to let in or to refuse."""
    return commands.AnswerJoinRequests(
        actor=actor,
        client_message_id=request.client_message_id,
        channel_id=channel_id,
        user_ids=request.user_ids,
        accept=request.accept,
    )


def without_place(result: tasks.Result) -> tasks.Result:
    """What a command did, without where in the log."""
    return tasks.Result(index=result.index, channel_id=result.channel_id, code=result.code, data=result.data)


def _milliseconds(time: str) -> int:
    try:
        milliseconds = round(datetime.fromisoformat(time).timestamp() * 1000)
    except ValueError:
        milliseconds = 0
    if milliseconds <= 0:  # 0 would mean the end of a mute
        raise RequestError(ErrorCode.INVALID, until="not a time to come")
    return milliseconds
