"""The simple model: what a channel's log says of its members, read entry by entry.

It knows nothing of the code under test but the shape of an entry, and fails where the log breaks a rule.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from imapp.domain.entries import AMENDMENTS, OF_OUTSIDERS, RECALL, SYSTEM, TEXT, LogEntry
from schemas.common import ChannelType, Role

_RANK = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}
_SETTINGS = ("join", "mute_all", "edit")
_STATUSES = {
    "channel_enabled": "enabled",
    "channel_disabled": "disabled",
    "channel_dissolved": "dissolved",
}
_WHATEVER_THE_STATUS = {"member_left", "join_withdrawn", *_STATUSES}


@dataclass
class Replayed:
    """A channel as its log tells it."""

    type: ChannelType
    owner: str | None = None
    name: str = ""
    avatar: str = ""
    status: str = "enabled"
    countable: int = 0
    spans: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    muted: dict[str, int] = field(default_factory=dict)
    nicknames: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(
        default_factory=lambda: {"join": "invite", "mute_all": False, "edit": "admins"}
    )
    senders: list[str] = field(default_factory=list)

    def present(self) -> set[str]:
        """Who is in at the end of the log."""
        return {name for name, stays in self.spans.items() if stays[-1][1] is None}

    def role(self, user_id: str) -> Role:
        """What somebody is; who has left is nothing but a member."""
        if user_id not in self.present():
            return Role.MEMBER
        if user_id == self.owner:
            return Role.OWNER
        return Role.ADMIN if user_id in self.admins else Role.MEMBER

    def leads(self, user_id: str) -> bool:
        """Whether somebody is the owner or an admin."""
        return self.role(user_id) is not Role.MEMBER

    def outranks(self, user_id: str, other: str) -> bool:
        """Whether somebody may act on somebody."""
        return _RANK[self.role(user_id)] > _RANK[self.role(other)]

    def silenced(self, user_id: str, at_ms: int) -> bool:
        """Whether somebody may show no words of his at this time."""
        return self.muted.get(user_id, 0) > at_ms or (
            bool(self.settings["mute_all"]) and not self.leads(user_id)
        )

    def sees(self, user_id: str, seq: int) -> bool:
        """Whether somebody may read the entry at a seq."""
        stays = self.spans.get(user_id, ())
        return any(start <= seq and (end is None or seq <= end) for start, end in stays)

    def last_visible(self, user_id: str, last_seq: int) -> int:
        """The newest seq that somebody may read, 0 for none."""
        return max((seq for seq in range(1, last_seq + 1) if self.sees(user_id, seq)), default=0)


def replay(log: list[LogEntry], pair: tuple[str, str] | None, max_members: int) -> Replayed:
    """What a log says; `pair` names the two people if the channel began as a direct one."""
    state = Replayed(ChannelType.DIRECT if pair else ChannelType.GROUP)
    for name in pair or ():
        state.spans[name] = [(1, None)]
    for number, entry in enumerate(log, start=1):
        assert entry.seq == number, "dense: 1, 2, 3 ..."
        assert entry.rev == max([number, *(other.seq for other in log if _amends(other, entry))])
        _apply(state, entry)
        assert len(state.present()) <= max_members
        assert entry.countable == state.countable
    return state


def _amends(entry: LogEntry, target: LogEntry) -> bool:
    return entry.type in AMENDMENTS and entry.extra["target_seq"] == target.seq


def _apply(state: Replayed, entry: LogEntry) -> None:
    if entry.type == TEXT:
        _check_writes(state, entry)
        state.countable += 1
    elif entry.type in AMENDMENTS:
        _check_amends(state, entry)
    else:
        assert entry.type == SYSTEM
        _happen(state, entry)
    state.senders.append(entry.sender)


def _check_writes(state: Replayed, entry: LogEntry) -> None:
    assert entry.sender in state.present(), f"{entry.sender} is not in and wrote {entry.message_id}"
    assert state.status == "enabled", f"{entry.message_id} was written into what takes nothing"
    assert not state.silenced(entry.sender, entry.time_ms), f"{entry.sender} is muted and wrote"


def _check_amends(state: Replayed, entry: LogEntry) -> None:
    seq = entry.extra["target_seq"]
    assert entry.sender in state.present(), f"{entry.sender} is not in and amended something"
    assert state.sees(entry.sender, seq), "what one may not read can't be amended"
    assert state.status == "enabled"
    if entry.type == RECALL:
        assert state.senders[seq - 1] == entry.sender or state.leads(entry.sender)
    else:
        assert state.senders[seq - 1] == entry.sender
        assert not state.silenced(entry.sender, entry.time_ms), f"{entry.sender} is muted and edited"


def _happen(state: Replayed, entry: LogEntry) -> None:
    told, sender = entry.extra, entry.sender
    event = told["event"]
    if event == "group_created":
        assert entry.seq == 1
        state.owner, state.name = sender, told["name"]
        state.spans = {name: [(1, None)] for name in told["user_ids"]}
        return
    assert sender in state.present() or event in OF_OUTSIDERS, f"{sender} is not in and did {event}"
    assert state.status == "enabled" or event in _WHATEVER_THE_STATUS, f"{event} in what takes nothing"
    if event == "members_added":
        _join(state, entry)
    elif event == "channel_updated":
        _update(state, entry)
    elif event in {"member_left", "member_removed"}:
        _go(state, entry)
    elif event in _STATUSES:
        assert sender == state.owner
        assert state.status != "dissolved"
        state.status = _STATUSES[event]
    elif event.startswith("join_"):
        assert event != "join_refused" or state.leads(sender)
        assert event != "join_requested" or state.settings["join"] == "approval"
    else:
        _lead(state, entry)


def _update(state: Replayed, entry: LogEntry) -> None:
    told, sender = entry.extra, entry.sender
    if "name" in told or "avatar" in told:
        assert state.leads(sender) or state.settings["edit"] == "members"
        assert not state.silenced(sender, entry.time_ms), f"{sender} is muted and named the group"
    if set(told) & {*_SETTINGS, "max_members"}:
        assert state.leads(sender)
    state.name, state.avatar = told.get("name", state.name), told.get("avatar", state.avatar)
    state.settings |= {name: told[name] for name in _SETTINGS if name in told}


def _lead(state: Replayed, entry: LogEntry) -> None:
    """What somebody does about one member."""
    told, sender = entry.extra, entry.sender
    event, (target,) = told["event"], told["user_ids"]
    assert target in state.present()
    if event == "owner_changed":
        assert sender == state.owner
        _crown(state, target)
    elif event == "role_changed":
        assert sender == state.owner != target
        assert (told["role"] == "admin") != (target in state.admins), "nothing changed"
        state.admins ^= {target}
    elif event == "nickname_changed":
        assert sender == target or state.outranks(sender, target)
        assert not state.silenced(sender, entry.time_ms), f"{sender} is muted and gave a name"
        state.nicknames[target] = told["nickname"]
    else:
        assert event in {"member_muted", "member_unmuted"}, event
        assert state.outranks(sender, target)
        state.muted[target] = _ms(told["until"]) if event == "member_muted" else 0


def _ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _crown(state: Replayed, heir: str) -> None:
    """Nobody could end an owner's mute."""
    state.owner = heir
    state.admins.discard(heir)
    state.muted[heir] = 0


def _join(state: Replayed, entry: LogEntry) -> None:
    told = entry.extra
    assert (state.type is ChannelType.DIRECT) == ("upgraded" in told)
    if "upgraded" in told:
        state.type, state.owner, state.name = ChannelType.GROUP, entry.sender, told["name"]
    assert not state.present() & set(told["user_ids"]), "who is in can't be added"
    if "upgraded" not in told and (told.get("approved") or state.settings["join"] != "invite"):
        assert state.leads(entry.sender)
    for name in told["user_ids"]:
        state.spans.setdefault(name, []).append((entry.seq, None))


def _go(state: Replayed, entry: LogEntry) -> None:
    told = entry.extra
    (gone,) = told["user_ids"]
    assert state.type is ChannelType.GROUP
    assert gone in state.present()
    assert (told["event"] == "member_left") == (gone == entry.sender)
    if gone != entry.sender:
        assert state.outranks(entry.sender, gone)
    start, _ = state.spans[gone][-1]
    state.spans[gone][-1] = (start, entry.seq)
    if gone != state.owner:
        state.admins.discard(gone)
        assert "owner" not in told
        return
    heir = told.get("owner")
    assert (heir is None) == (not state.present())
    if heir is None:
        state.owner = None
        return
    assert heir in (state.admins & state.present() or state.present()), "admins come first"
    _crown(state, heir)
