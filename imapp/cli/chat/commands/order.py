"""Commands about the open group: its people, its settings, roles and order."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from imapp.cli.chat.commands.grammar import (
    Area,
    Command,
    Incomplete,
    Misuse,
    Row,
    absent,
    alone,
    text,
    word,
    words,
)
from schemas import frames, group_frames
from schemas.common import EditPolicy, GrantableRole, JoinPolicy, SettableStatus


@dataclass(frozen=True, slots=True)
class Order(Command):
    """A request of this kind about the open conversation, unless its fields name another."""

    kind: Callable[..., Any]
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence(Command):
    """Let somebody write nothing for so long."""

    user_id: str
    length: timedelta


_LENGTH: Final = re.compile(r"(?P<count>\d{1,5})(?P<unit>[mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SWITCH: Final = {"on": True, "off": False}
_SETTINGS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "join": ("join", JoinPolicy),
    "edit": ("edit", EditPolicy),
    "max": ("max_members", int),
    "quiet": ("mute_all", _SWITCH.__getitem__),
}


def _silence(found: list[str]) -> Silence:
    length = _LENGTH.fullmatch(found[1])
    if length is None:
        raise Misuse("say how long: 10m, 2h, 1d")
    return Silence(found[0], timedelta(**{_UNITS[length["unit"]]: int(length["count"])}))


def _set(found: list[str]) -> Order:
    """`join=approval max=50`: the settings by their names."""
    pairs = [each.partition("=") for each in found]
    unknown = [name for name, _, _ in pairs if name not in _SETTINGS]
    if unknown:
        raise Misuse(f"there is no setting {unknown[0]}; there are {', '.join(_SETTINGS)}")
    fields = {}
    for name, _, value in pairs:
        setting, read = _SETTINGS[name]
        try:
            fields[setting] = read(value)
        except (ValueError, KeyError) as error:
            raise Misuse(f"{name} can't be {value or 'empty'}") from error
    return Order(frames.UpdateChannel, fields)


def _about(kind: Callable[..., Any], **fields: Any) -> Callable[[str], Order]:
    """About one person."""
    return lambda user_id: Order(kind, {"user_id": user_id, **fields})


def _nick(rest: str) -> Order:
    who, _, name = rest.partition(" ")
    if not who.startswith("@"):
        return Order(group_frames.SetNickname, {"nickname": absent(rest)})
    if not name.strip():
        raise Incomplete
    return Order(group_frames.SetNickname, {"user_id": who[1:], "nickname": absent(name.strip())})


def _answer(*, accept: bool) -> Callable[[list[str]], Order]:
    return lambda found: Order(group_frames.AnswerJoinRequests, {"user_ids": found, "accept": accept})


def _withdraw(channel_id: str) -> Order:
    return Order(group_frames.WithdrawJoinRequest, {"channel_id": channel_id})


def _join(found: list[str]) -> Order:
    return Order(group_frames.RequestJoin, {"channel_id": found[0], "reason": " ".join(found[1:])})


GROUPS: Final = Area(
    "groups",
    (
        Row(
            "/add USER...",
            "add people; a direct chat becomes a group",
            words(lambda found: Order(frames.AddMembers, {"user_ids": found})),
        ),
        Row("/remove USER", "take somebody out of the group", word(_about(frames.RemoveMember))),
        Row(
            "/rename NAME",
            "rename the group",
            text(lambda name: Order(frames.UpdateChannel, {"name": name})),
        ),
        Row(
            "/nick [@USER] NAME",
            "my name in this group, or that of somebody of a lower role; - for none",
            text(_nick),
        ),
        Row("/join CHANNEL REASON", "ask to be let into a group", words(_join)),
        Row("/withdraw CHANNEL", "take back that you asked", word(_withdraw)),
        Row("/leave", "leave the group", alone(Order(frames.Leave))),
    ),
)
ORDER: Final = Area(
    "order",
    (
        Row(
            "/announce TEXT",
            "put up an announcement; - takes it away",
            text(lambda said: Order(group_frames.SetAnnouncement, {"text": absent(said)})),
        ),
        Row(
            "/set NAME=VALUE...",
            "join=invite|admins|approval edit=admins|members quiet=on|off max=50",
            words(_set),
        ),
        Row("/accept USER...", "let in people who asked", words(_answer(accept=True))),
        Row("/refuse USER...", "refuse people who asked", words(_answer(accept=False))),
        Row(
            "/mute USER TIME", "let somebody write nothing for 10m, 2h, 1d", words(_silence, fewest=2, most=2)
        ),
        Row("/unmute USER", "let him write again", word(_about(group_frames.UnmuteMember))),
        Row(
            "/admin USER",
            "make somebody an admin",
            word(_about(group_frames.SetRole, role=GrantableRole.ADMIN)),
        ),
        Row(
            "/member USER",
            "make an admin a member again",
            word(_about(group_frames.SetRole, role=GrantableRole.MEMBER)),
        ),
        Row("/owner USER", "hand the group over", word(_about(group_frames.TransferOwner))),
        Row(
            "/disable",
            "let nobody write to the group",
            alone(Order(group_frames.SetStatus, {"status": SettableStatus.DISABLED})),
        ),
        Row(
            "/enable",
            "let people write again",
            alone(Order(group_frames.SetStatus, {"status": SettableStatus.ENABLED})),
        ),
        Row("/dissolve", "end the group for ever", alone(Order(group_frames.Dissolve))),
    ),
)
