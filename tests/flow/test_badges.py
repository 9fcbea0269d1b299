"""The number on the icon, for many people at once."""

from collections.abc import Iterable

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Change
from imapp.services.pushes.badges import Badges
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from schemas.common import ChannelStatus, ChannelType, Role
from tests.support.entries import log_entry

GROUP = "g" * 24
PEOPLE = [f"u{number:03}" for number in range(230)]


class WatchedMembers(MemberStore):
    """Members, and for how many people at once they were asked for."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked: list[int] = []

    def rows_of_users(self, user_ids: Iterable[str]) -> list[MemberRow]:
        wanted = list(user_ids)
        self.asked.append(len(wanted))
        return super().rows_of_users(wanted)


def fill(database: Database) -> None:
    """A group of all of them, with one message that nobody has read."""
    members = {name: Member(name, Role.MEMBER, ((1, None),)) for name in PEOPLE}
    group = Channel(
        channel_id=GROUP,
        type=ChannelType.GROUP,
        name="all",
        avatar="",
        creator="an",
        owner=None,
        max_members=500,
        status=ChannelStatus.ENABLED,
        created_ms=1_000,
        members=members,
    )
    change = Change(group, tuple(members.values()), joins=tuple(PEOPLE), created=True)
    ChangeStore(database).commit(Accepted(GROUP, log_entry(GROUP, 1), change))


def test_everybody_has_his_and_few_are_held_in_memory_at_once(database: Database) -> None:
    fill(database)
    members = WatchedMembers(database)

    badges = Badges(ChannelStore(database), members, MessageLog(database)).of(PEOPLE)

    assert badges == dict.fromkeys(PEOPLE, 1)
    assert max(members.asked) <= 50
