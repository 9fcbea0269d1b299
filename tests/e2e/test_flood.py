"""One person asks as much as a machine can: nobody else is refused, or waits beyond his time."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest

from imapp.config import Config
from tests.conftest import ClusterFactory
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.client import Client
from tests.support.cluster import NO_LIMITS
from tests.support.history import Answered
from tests.support.link import DisconnectedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import eventually

_FLOODED_CONNECTIONS: Final = 3
_ROUND: Final = 50
_AS_SHIPPED: Final = {
    name: str(getattr(Config(), name.removeprefix("IM_").lower())) for name in NO_LIMITS if "LIMIT" in name
}


class Flood:
    """Somebody who never waits for an answer, on several connections, with everything that has a cost."""

    def __init__(self, scene: Scene, user: str, channel: str, strangers: list[str]) -> None:
        self._channel = channel
        self._strangers = strangers
        self._over = threading.Event()
        self._first_refusal: Reply | None = None
        self.clients = [scene.connect(user) for _ in range(_FLOODED_CONNECTIONS)]
        self._threads = [threading.Thread(target=self._run, args=(one,), daemon=True) for one in self.clients]

    def begin(self) -> None:
        """Flood until `end`."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Hang up: what is still under way is of no interest."""
        self._over.set()
        for client in self.clients:
            client.close()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, client: Client) -> None:
        with suppress(DisconnectedError, OSError):
            while not self._over.is_set():
                for _ in range(_ROUND):
                    client.post_text(self._channel, "x" * 2_000)
                client.post("history", channel_id=self._channel, limit=100)
                client.post("sync")
                client.post(
                    "create_group", client_message_id=client.new_id(), name="all", user_ids=self._strangers
                )


@pytest.fixture
def as_shipped(own_cluster: ClusterFactory) -> Iterator[Scene]:
    """One gateway and one writer that serve everybody, with the limits that a new installation has."""
    cluster = own_cluster(gateways=1, writers=1, environment=_AS_SHIPPED)
    with Scene(cluster) as scene:
        yield scene


def test_a_flood_by_one_person_costs_nobody_else_an_answer(as_shipped: Scene) -> None:
    mallory, *strangers = as_shipped.people("mallory", *(f"stranger{number}" for number in range(40)))
    people = as_shipped.people("an", "bo", "chen", "ding")
    an, bo, chen, ding = (Chatter(as_shipped, user, window=1, pause_s=0.05) for user in people)
    flood = Flood(as_shipped, mallory, direct_channel(as_shipped.connect(mallory), people[0]), strangers)
    flood.begin()
    eventually(lambda: "rate_limited" in codes_of(as_shipped, mallory), what="the flood reaches its limit")

    for one, other in ((an, bo), (chen, ding)):
        channel = direct_channel(one.client, other.user)
        one.talk(channel)
        other.talk(channel)
    eventually(has_gone_on([an, bo, chen, ding], 40), timeout=60, what="the others are served meanwhile")
    for chatter in (an, bo, chen, ding):
        chatter.hush()
    flood.end()

    assert {code for user in people for code in codes_of(as_shipped, user)} == {""}
    as_shipped.judge().raise_if_broken()


def codes_of(scene: Scene, user: str) -> set[str]:
    """With what this person's writes were answered."""
    return {
        step.code
        for step in scene.recorder.steps()
        if isinstance(step, Answered) and step.connection.startswith(user)
    }
