"""What a person wrote about roles and order in a group, as the request for it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from imapp.cli.chat.commands import Misuse, Order
from schemas import frames, group_frames
from schemas.common import EditPolicy, GrantableRole, JoinPolicy, SettableStatus

OrderRequest = (
    frames.UpdateChannel
    | group_frames.SetRole
    | group_frames.TransferOwner
    | group_frames.SetAnnouncement
    | group_frames.SetNickname
    | group_frames.MuteMember
    | group_frames.UnmuteMember
    | group_frames.SetStatus
    | group_frames.Dissolve
    | group_frames.RequestJoin
    | group_frames.AnswerJoinRequests
)

_LENGTH: Final = re.compile(r"(?P<count>\d{1,5})(?P<unit>[mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SWITCH: Final = {"on": True, "off": False}


def order_request(order: Order, new_id: str, channel_id: str, now: datetime) -> OrderRequest:
    """The request that a command means in the open conversation.

    Raises:
        Misuse: its words mean nothing.
    """
    kind, fields = _MAKERS[order.name](order.words, now)
    place = {"channel_id": channel_id} if "channel_id" not in fields else {}
    made: OrderRequest = kind(id=new_id, client_message_id=new_id, **place, **fields)
    return made


Made = tuple[Callable[..., OrderRequest], dict[str, Any]]


def _settings(words: list[str]) -> dict[str, Any]:
    """`join=approval max=50`: the settings by their names."""
    pairs = [word.partition("=") for word in words]
    unknown = [name for name, _, _ in pairs if name not in _SETTINGS]
    if unknown:
        raise Misuse(f"there is no setting {unknown[0]}; there are {', '.join(_SETTINGS)}")
    fields = {}
    for name, _, value in pairs:
        field, read = _SETTINGS[name]
        try:
            fields[field] = read(value)
        except (ValueError, KeyError) as error:
            raise Misuse(f"{name} can't be {value or 'empty'}") from error
    return fields


_SETTINGS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "join": ("join", JoinPolicy),
    "edit": ("edit", EditPolicy),
    "max": ("max_members", int),
    "quiet": ("mute_all", _SWITCH.__getitem__),
}


def _until(words: list[str], now: datetime) -> str:
    found = _LENGTH.fullmatch(words[1]) if len(words) == 2 else None
    if found is None:
        raise Misuse("say how long: 10m, 2h, 1d")
    until = now + timedelta(**{_UNITS[found["unit"]]: int(found["count"])})
    return f"{until:%Y-%m-%dT%H:%M:%SZ}"


def _one(words: list[str]) -> str:
    if len(words) != 1:
        raise Misuse("one person at a time")
    return words[0]


def _text(words: list[str]) -> str:
    """A text, or with a dash none."""
    return "" if words == ["-"] else " ".join(words)


def _answer(words: list[str], *, accept: bool) -> Made:
    return group_frames.AnswerJoinRequests, {"user_ids": words, "accept": accept}


_MAKERS: Final[Mapping[str, Callable[[list[str], datetime], Made]]] = {
    "/admin": lambda words, _: (
        group_frames.SetRole,
        {"user_id": _one(words), "role": GrantableRole.ADMIN},
    ),
    "/member": lambda words, _: (
        group_frames.SetRole,
        {"user_id": _one(words), "role": GrantableRole.MEMBER},
    ),
    "/owner": lambda words, _: (group_frames.TransferOwner, {"user_id": _one(words)}),
    "/announce": lambda words, _: (group_frames.SetAnnouncement, {"text": _text(words)}),
    "/nick": lambda words, _: (group_frames.SetNickname, {"nickname": _text(words)}),
    "/mute": lambda words, now: (
        group_frames.MuteMember,
        {"user_id": words[0], "until": _until(words, now)},
    ),
    "/unmute": lambda words, _: (group_frames.UnmuteMember, {"user_id": _one(words)}),
    "/set": lambda words, _: (frames.UpdateChannel, _settings(words)),
    "/disable": lambda _, __: (group_frames.SetStatus, {"status": SettableStatus.DISABLED}),
    "/enable": lambda _, __: (group_frames.SetStatus, {"status": SettableStatus.ENABLED}),
    "/dissolve": lambda _, __: (group_frames.Dissolve, {}),
    "/join": lambda words, _: (
        group_frames.RequestJoin,
        {"channel_id": words[0], "reason": " ".join(words[1:])},
    ),
    "/accept": lambda words, _: _answer(words, accept=True),
    "/refuse": lambda words, _: _answer(words, accept=False),
}
