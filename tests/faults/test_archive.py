"""Moves die at any step, and messages are recalled while they move: the log stays whole."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests

from devstack.services import Stack
from imapp.domain.ids import message_id
from tests.conftest import start_cluster
from tests.support.archive import index_names
from tests.support.archive_holdings import is_indexed
from tests.support.archivist import Archivist
from tests.support.chatter import direct_channel
from tests.support.cluster import Cluster
from tests.support.persistent import Persistent
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

_STEPS: Final = ("read", "copying", "proved", "noted", "deleted")
_LONG_S: Final = 60.0


@pytest.fixture(scope="module")
def archived(stack: Stack) -> Iterator[Cluster]:
    """The system, with an archive."""
    with ExitStack() as keep:
        yield start_cluster(stack, keep, es_url=stack.es_url, gateways=1, writers=1)


@pytest.fixture
def hurt(archived: Cluster) -> Cluster:
    """In the place of the cluster that the other faults share; mended, like that."""
    archived.mend()
    return archived


@pytest.fixture
def archivist(hurt: Cluster) -> Archivist:
    """No move is under way."""
    archivist = Archivist(hurt)
    archivist.outlive()
    return archivist


@pytest.fixture
def scene(hurt: Cluster) -> Iterator[Scene]:
    """People on it."""
    with Scene(hurt) as scene:
        yield scene


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat of An and Bo, what An has said there, and who asks for it. An insists, whatever is busy."""

    writer: Persistent
    rest: RestClient
    channel: str
    texts: list[str]

    def say(self, *texts: str) -> None:
        """An says something, in this order."""
        self._insist(*(("send", {"content": text}) for text in texts))
        self.texts.extend(texts)

    def recall(self, seq: int) -> None:
        """An takes back what he said there; so far nobody has taken back anything."""
        self._insist(("recall", {"message_id": message_id(self.channel, seq)}))
        del self.texts[seq - 1]

    def read(self, limit: int = 4) -> list[str]:
        """Everything that says something, page by page."""
        return [text for _, text in _pages(self.rest, self.channel, limit) if text]

    def _insist(self, *writes: tuple[str, dict[str, Any]]) -> None:
        place = {"channel_id": self.channel}
        new_id = self.writer.client.new_id
        self.writer.insist({new_id(): (kind, place | fields) for kind, fields in writes})


@pytest.fixture
def talk(scene: Scene) -> Talk:
    """Begun, and indexed as far as it goes."""
    an, bo = scene.people("an", "bo")
    writer = Persistent(scene, an)
    talk = Talk(writer, scene.rest(an), direct_channel(writer.client, bo), [])
    talk.say(*(f"text {number}" for number in range(10)))
    _wait_indexed(scene.cluster, talk.channel)
    return talk


def test_a_move_that_dies_at_any_step_has_lost_nothing_and_is_ended_by_the_next(
    talk: Talk, archivist: Archivist
) -> None:
    """Guard: manifest and `hot_from_seq` are stored before anything is deleted (`ChannelMover._next_chunk`).

    Switch: `_delete` before `_manifests.add` (a page is refused: `history_hole`).
    """
    for step in _STEPS:
        talk.say(f"{step} 1", f"{step} 2", f"{step} 3")
        _wait_indexed(archivist.cluster, talk.channel)
        if step == "copying":
            _lose_a_copy(archivist.cluster, talk)
        archivist.die_at(step)
        assert talk.read() == talk.texts, f"after it died at {step}"
        archivist.verify(talk.channel)

    archivist.move()
    assert len(archivist.hot(talk.channel)) == 1
    assert talk.read() == talk.texts
    archivist.verify(talk.channel)


@pytest.mark.parametrize("step", ["proved", "noted"])
def test_a_message_that_is_recalled_while_it_moves_is_gone_everywhere(
    scene: Scene, talk: Talk, archivist: Archivist, step: str
) -> None:
    """Guard: only entries whose revision is the proved one are deleted (`MessageLog.remove`).

    Switch: deleting by id alone (unproved: the archive has another content than was noted down; or kept).
    """
    with archivist.stopped_at(step):
        talk.recall(5)
        assert talk.read() == talk.texts
    assert talk.read() == talk.texts
    _wait_indexed(scene.cluster, talk.channel)
    archivist.move()
    assert archivist.hot(talk.channel) == [10, 11]  # the newest that lists show, and the recall
    assert talk.read() == talk.texts
    scene.judge().raise_if_broken()


# ---- helpers


def _wait_indexed(cluster: Cluster, *channels: str) -> None:
    eventually(lambda: is_indexed(cluster, channels), timeout=_LONG_S, what="all is indexed")


def _pages(rest: RestClient, channel: str, limit: int) -> list[tuple[int, str]]:
    """Seq and content of a whole log, read in pages.

    Raises:
        AssertionError: it has a hole.
    """
    found: list[tuple[int, str]] = []
    more = True
    while more:
        page = rest.history(channel, after=len(found), limit=limit)
        found += [(entry.seq, entry.content) for entry in page.entries]
        more = page.more_after
        assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    return found


def _lose_a_copy(cluster: Cluster, talk: Talk) -> None:
    """Elasticsearch loses the last message but one, as by a disk."""
    seq = len(talk.texts) - 1
    version = {"version": str(seq), "version_type": "external_gte", "refresh": "true"}
    places = [
        f"{cluster.es_url}/{name}/_doc/{message_id(talk.channel, seq)}"
        for name in index_names(cluster.es_url, cluster.namespace)
    ]
    assert any(requests.delete(place, params=version, timeout=30).ok for place in places)
