"""Random sends, recalls, joins, leaves and searches agree with a plain list in memory."""

import random
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pytest

from schemas.common import MessageStatus
from schemas.search import MessageHits
from tests.support.client import Client
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

pytestmark = pytest.mark.indexed

OPEN: Final = 10**6
WORDS: Final = ("预算", "讨论", "会议")
SEARCHED: Final = (*WORDS, "算讨")


@dataclass
class Log:
    """What a group's log says, and who sees which part, as the test knows it."""

    channel_id: str
    stays: dict[str, list[list[int]]]
    texts: dict[int, str] = field(default_factory=dict)

    def is_in(self, user: str) -> bool:
        return self.stays[user][-1][1] == OPEN

    def seen_by(self, user: str, word: str) -> set[str]:
        """Ids of the messages with the word that somebody may read."""
        return {
            f"{self.channel_id}.{seq:012}"
            for seq, text in self.texts.items()
            if word in text and any(low <= seq <= high for low, high in self.stays[user])
        }


@dataclass
class World:
    """People, the first of whom owns all groups."""

    rests: dict[str, RestClient]
    owner: Client
    chance: random.Random
    logs: list[Log] = field(default_factory=list)

    @property
    def people(self) -> list[str]:
        return list(self.rests)

    def add_group(self, name: str) -> None:
        owner, *others = self.people
        channel_id = self.rests[owner].create_group(name, *others).channel_id
        self.logs.append(Log(channel_id, {user: [[1, OPEN]] for user in self.people}))

    def act(self) -> None:
        log = self.chance.choice(self.logs)
        act = self.chance.choice((self._send, self._send, self._send, self._recall, self._move))
        act(log)

    def _send(self, log: Log) -> None:
        sender = self.chance.choice([user for user in self.people if log.is_in(user)])
        text = "".join(self.chance.choices(WORDS, k=2))
        log.texts[self.rests[sender].send_text(log.channel_id, text).seq] = text

    def _recall(self, log: Log) -> None:
        if log.texts:
            seq = self.chance.choice(list(log.texts))
            message = f"{log.channel_id}.{seq:012}"
            self.owner.write("recall", channel_id=log.channel_id, message_id=message)
            del log.texts[seq]

    def _move(self, log: Log) -> None:
        owner, *others = self.people
        user = self.chance.choice(others)
        if log.is_in(user):
            log.stays[user][-1][1] = self.rests[owner].remove_member(log.channel_id, user).seq or 0
        else:
            log.stays[user].append([self.rests[owner].add_members(log.channel_id, user).seq or 0, OPEN])


def search(rest: RestClient, word: str) -> MessageHits:
    return rest.get("/search/messages", MessageHits, words=word, limit=50)


def test_what_is_found_and_counted_is_what_a_list_in_memory_has(scene: Scene) -> None:
    owner, *others = scene.people("an", "bo", "chen")
    rests = {user: scene.rest(user) for user in (owner, *others)}
    world = World(rests, scene.connect(owner), random.Random(11))
    for name in ("one", "two"):
        world.add_group(name)
    for step in range(60):
        world.act()
        if step % 10 == 9:
            check_no_more(world)
    for user in world.people:
        for word in SEARCHED:
            check(world, user, word)


def check_no_more(world: World) -> None:
    """Whatever is indexed by now, nobody finds what is not his."""
    user, word = world.chance.choice(world.people), world.chance.choice(SEARCHED)
    allowed = set[str]().union(*(log.seen_by(user, word) for log in world.logs))
    page = search(world.rests[user], word)
    assert {hit.entry.message_id for hit in page.hits} <= allowed
    assert (page.total or 0) <= len(allowed)


def check(world: World, user: str, word: str) -> None:
    wanted = {log.channel_id: seen for log in world.logs if (seen := log.seen_by(user, word))}
    ids = set[str]().union(*wanted.values())
    eventually(partial(finds_as_many, world.rests[user], word, len(ids)))
    page = search(world.rests[user], word)
    assert {hit.entry.message_id for hit in page.hits} == ids
    assert {count.channel_id: count.count for count in page.channels} == {
        name: len(seen) for name, seen in wanted.items()
    }
    assert all(hit.entry.status is MessageStatus.NORMAL for hit in page.hits)


def finds_as_many(rest: RestClient, word: str, count: int) -> bool:
    return search(rest, word).total == count
