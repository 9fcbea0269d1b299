"""The number on the icon, for many people at once."""

from collections.abc import Iterable

from imapp.services.pushes.badges import Badges
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from tests.support.channels import begun, group, members
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
    channel = group(GROUP, members(PEOPLE), name="all", owner=None)
    ChangeStore(database).commit(begun(channel, log_entry(GROUP, 1)))


def test_everybody_has_his_and_few_are_held_in_memory_at_once(database: Database) -> None:
    fill(database)
    members = WatchedMembers(database)

    badges = Badges(ChannelStore(database), members, MessageLog(database)).of(PEOPLE)

    assert badges == dict.fromkeys(PEOPLE, 1)
    assert max(members.asked) <= 50
