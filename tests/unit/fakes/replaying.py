"""The simple model: what a channel's log says of its members, read entry by entry.

It knows nothing of the code under test but the shape of an entry, and fails where the log breaks a rule.
"""

from dataclasses import dataclass, field

from imapp.domain.entries import AMENDMENTS, SYSTEM, TEXT, LogEntry
from schemas.common import ChannelType, Role


@dataclass
class Replayed:
    """A channel as its log tells it."""

    type: ChannelType
    owner: str | None = None
    name: str = ""
    avatar: str = ""
    countable: int = 0
    spans: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)

    def present(self) -> set[str]:
        """Who is in at the end of the log."""
        return {name for name, stays in self.spans.items() if stays[-1][1] is None}

    def role(self, user_id: str) -> Role:
        """Nobody is made an admin yet."""
        return Role.OWNER if user_id == self.owner and user_id in self.present() else Role.MEMBER

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
        assert entry.sender in state.present(), f"{entry.sender} is not in and wrote {entry.message_id}"
        state.countable += 1
        return
    if entry.type in AMENDMENTS:
        assert entry.sender in state.present(), f"{entry.sender} is not in and amended something"
        assert state.sees(entry.sender, entry.extra["target_seq"]), "what one may not read can't be amended"
        return
    assert entry.type == SYSTEM
    told = entry.extra
    event = told["event"]
    if event != "group_created":
        assert entry.sender in state.present(), f"{entry.sender} is not in and did {event}"
    if event == "group_created":
        assert entry.seq == 1
        state.owner, state.name = entry.sender, told["name"]
        state.spans = {name: [(1, None)] for name in told["user_ids"]}
    elif event == "members_added":
        _join(state, entry)
    elif event == "channel_updated":
        assert state.owner == entry.sender
        state.name, state.avatar = told.get("name", state.name), told.get("avatar", state.avatar)
    else:
        _go(state, entry)


def _join(state: Replayed, entry: LogEntry) -> None:
    told = entry.extra
    assert (state.type is ChannelType.DIRECT) == ("upgraded" in told)
    if "upgraded" in told:
        state.type, state.owner, state.name = ChannelType.GROUP, entry.sender, told["name"]
    assert not state.present() & set(told["user_ids"]), "who is in can't be added"
    for name in told["user_ids"]:
        state.spans.setdefault(name, []).append((entry.seq, None))


def _go(state: Replayed, entry: LogEntry) -> None:
    told = entry.extra
    (gone,) = told["user_ids"]
    assert state.type is ChannelType.GROUP
    assert gone in state.present()
    assert (told["event"] == "member_left") == (gone == entry.sender)
    if gone != entry.sender:
        assert state.owner == entry.sender, "only the owner outranks members"
    start, _ = state.spans[gone][-1]
    state.spans[gone][-1] = (start, entry.seq)
    if gone == state.owner:
        state.owner = told.get("owner")
        assert (state.owner is None) == (not state.present())
        assert state.owner is None or state.owner in state.present()
    else:
        assert "owner" not in told
