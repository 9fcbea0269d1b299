"""What a client may ask about roles and order in groups: one function a request."""

from collections.abc import Callable
from typing import Any, Final

from imapp.services.writing import group_commands as commands
from imapp.ws.client import Client
from imapp.ws.submitting import submit, submit_counted
from schemas import group_frames as frames


def _set_role(client: Client, request: frames.SetRole) -> None:
    command = commands.set_role(client.user_id, request.channel_id, request.user_id, request)
    submit(client, request.id, command)


def _transfer_owner(client: Client, request: frames.TransferOwner) -> None:
    submit(client, request.id, commands.transfer_owner(client.user_id, request.channel_id, request))


def _set_announcement(client: Client, request: frames.SetAnnouncement) -> None:
    submit(client, request.id, commands.set_announcement(client.user_id, request.channel_id, request))


def _set_nickname(client: Client, request: frames.SetNickname) -> None:
    whom = request.user_id or client.user_id
    submit(client, request.id, commands.set_nickname(client.user_id, request.channel_id, whom, request))


def _mute_member(client: Client, request: frames.MuteMember) -> None:
    command = commands.mute_member(client.user_id, request.channel_id, request.user_id, request)
    submit(client, request.id, command)


def _unmute_member(client: Client, request: frames.UnmuteMember) -> None:
    command = commands.unmute_member(
        client.user_id, request.channel_id, request.user_id, request.client_message_id
    )
    submit(client, request.id, command)


def _set_status(client: Client, request: frames.SetStatus) -> None:
    submit(client, request.id, commands.set_status(client.user_id, request.channel_id, request))


def _dissolve(client: Client, request: frames.Dissolve) -> None:
    command = commands.dissolve(client.user_id, request.channel_id, request.client_message_id)
    submit(client, request.id, command)


def _request_join(client: Client, request: frames.RequestJoin) -> None:
    command = commands.request_join(client.user_id, request.channel_id, request)
    submit(client, request.id, command, outside=True)


def _withdraw_join_request(client: Client, request: frames.WithdrawJoinRequest) -> None:
    command = commands.withdraw_join_request(client.user_id, request.channel_id, request.client_message_id)
    submit(client, request.id, command, outside=True)


def _answer_join_requests(client: Client, request: frames.AnswerJoinRequests) -> None:
    command = commands.answer_join_requests(client.user_id, request.channel_id, request)
    if command.accept:
        submit_counted(client, request.id, command)
    else:
        submit(client, request.id, command)


GROUP_VERBS: Final[dict[type, Callable[[Client, Any], None]]] = {
    frames.SetRole: _set_role,
    frames.TransferOwner: _transfer_owner,
    frames.SetAnnouncement: _set_announcement,
    frames.SetNickname: _set_nickname,
    frames.MuteMember: _mute_member,
    frames.UnmuteMember: _unmute_member,
    frames.SetStatus: _set_status,
    frames.Dissolve: _dissolve,
    frames.RequestJoin: _request_join,
    frames.WithdrawJoinRequest: _withdraw_join_request,
    frames.AnswerJoinRequests: _answer_join_requests,
}
