"""A system as a year of use leaves it: groups, who is in them since when, and what was said."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import UpdateOne

from bench.archive.texts import texts
from bench.documents import text_document
from imapp.domain.decisions import Windows
from imapp.domain.ids import group_channel_id
from imapp.domain.spans import Spans
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.people import ProfileCache
from imapp.services.writing.writer import Writer, WriterStores
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.files import FileStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.schema import create_schema
from imapp.stores.users import UserStore
from schemas.commands import CreateGroup
from tests.support.people import make_users

PER_CHANNEL: Final = 500
HOT: Final = 60
"""The newest messages of each channel, which are too young to move."""
MOST_READ: Final = 500
"""Channels of those who read and search."""
READERS: Final = {
    "always": "everywhere from the first message on",
    "late": "joined late",
    "again": "joined three times",
}
"""Who reads and searches, and what his stays are like."""

_YEAR: Final = timedelta(days=365)
_OLD_ENOUGH: Final = timedelta(days=35)
_WRITERS: Final = ("an", "bo", "chen")


@dataclass(frozen=True)
class Planted:
    """The channels, by id, all of the same length; the readers are in the first of them."""

    channels: Sequence[str]

    @property
    def read(self) -> Sequence[str]:
        """Those that the readers are in."""
        return self.channels[:MOST_READ]

    @property
    def messages(self) -> int:
        """How many there are in all."""
        return len(self.channels) * PER_CHANNEL

    @property
    def old(self) -> int:
        """How many of them are old enough to move."""
        return len(self.channels) * (PER_CHANNEL - HOT)


def plant(database: Database, messages: int) -> Planted:
    """Fill an empty database with about so many messages."""
    create_schema(database)
    make_users(database, *_WRITERS, *READERS)
    chance = random.Random(7)
    began = datetime.now(UTC) - _YEAR - _OLD_ENOUGH
    planted = Planted(_made_groups(database, max(2, messages // PER_CHANNEL), began))
    _set_stays(database, planted.read, chance)
    contents = texts(chance)
    heads = ChannelStore(database)
    for channel in sorted(planted.channels):  # so that inserts stay in the key's order
        said = list(_said(channel, contents, chance, began))
        database["messages"].insert_many(said, ordered=False)
        heads.move_heads([entry_of(said[-1])])
    return planted


def _made_groups(database: Database, count: int, began: datetime) -> list[str]:
    """Groups as the product makes them, a year ago."""
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)
    began_ms = round(began.timestamp() * 1000)
    writer = Writer(
        WriterStores(log, ChangeStore(database), members, FileStore(database)),
        cache=ChannelCache(channels, members, log, JoinRequestStore(database)),
        people=ProfileCache(UserStore(database)),
        heads=HeadKeeper(channels, members),
        body_key=b"k" * 32,
        windows=Windows(recall_ms=1, edit_ms=1),
        clock_ms=lambda: began_ms,
    )
    made = [_creation(number) for number in range(count)]
    for command in made:
        writer.write([(0, command)], known=False)
    return [command.channel_id for command in made]


def _creation(number: int) -> CreateGroup:
    owner, *others = _WRITERS
    client_id = f"bench-{number}"
    return CreateGroup(
        actor=owner,
        client_message_id=client_id,
        channel_id=group_channel_id(owner, client_id),
        name=f"Group {number}",
        user_ids=[*others, *(READERS if number < MOST_READ else ())],
    )


def _set_stays(database: Database, channels: Sequence[str], chance: random.Random) -> None:
    changes = []
    for channel in channels:
        joined = chance.randint(2, PER_CHANNEL // 2)
        for user, stays in (("late", ((joined, None),)), ("again", _three_stays(chance))):
            wanted = {"channel_id": channel, "user_id": user}
            changes.append(UpdateOne(wanted, {"$set": {"spans": [list(stay) for stay in stays]}}))
    database["members"].bulk_write(changes, ordered=False)


def _three_stays(chance: random.Random) -> Spans:
    borders = sorted(chance.sample(range(1, PER_CHANNEL - HOT), 5))
    return ((borders[0], borders[1]), (borders[2], borders[3]), (borders[4], None))


def _said(
    channel: str, contents: Iterator[str], chance: random.Random, began: datetime
) -> Iterator[dict[str, Any]]:
    """What was said after the group was made."""
    for seq in range(2, PER_CHANNEL + 1):
        document = text_document(
            channel, seq, sender=chance.choice(_WRITERS), content=next(contents), at=_time(seq, began)
        )
        yield document | {"countable": seq - 1}


def _time(seq: int, began: datetime) -> datetime:
    old = PER_CHANNEL - HOT
    at = began + _YEAR * (min(seq, old) / old)
    if seq > old:
        at = datetime.now(UTC) - timedelta(days=20) + timedelta(minutes=seq)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
