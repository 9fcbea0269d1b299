"""Moves die at any step, and messages are recalled while they move: the log stays whole."""

from typing import Final

import pytest
import requests

from imapp.domain.ids import message_id
from tests.support.archive import index_names
from tests.support.archivist import Archivist
from tests.support.cluster import Cluster
from tests.support.talk import Talk

_STEPS: Final = ("read", "copying", "proved", "noted", "deleted")


@pytest.fixture
def hurt(archived: Cluster) -> Cluster:
    """In the place of the cluster that the other faults share; mended, like that."""
    archived.mend()
    return archived


def test_a_move_that_dies_at_any_step_has_lost_nothing_and_is_ended_by_the_next(
    talk: Talk, archivist: Archivist
) -> None:
    """Guard: manifest and `hot_from_seq` are stored before anything is deleted (`ChannelMover._next_chunk`).

    Switch: `_delete` before `_manifests.add` (a page is refused: `history_hole`).
    """
    for step in _STEPS:
        talk.say(f"{step} 1", f"{step} 2", f"{step} 3")
        talk.wait_indexed()
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
    talk: Talk, archivist: Archivist, step: str
) -> None:
    """Guard: only entries whose revision is the proved one are deleted (`MessageLog.remove`).

    Switch: deleting by id alone (unproved: the archive has another content than was noted down; or kept).
    """
    with archivist.stopped_at(step):
        talk.recall(5)
        assert talk.read() == talk.texts
    assert talk.read() == talk.texts
    talk.wait_indexed()
    archivist.move()
    assert archivist.hot(talk.channel) == [10, 11]  # the newest that lists show, and the recall
    assert talk.read() == talk.texts
    talk.scene.judge().raise_if_broken()


# ---- helpers


def _lose_a_copy(cluster: Cluster, talk: Talk) -> None:
    """Elasticsearch loses the last message but one, as by a disk."""
    seq = len(talk.texts) - 1
    version = {"version": str(seq), "version_type": "external_gte", "refresh": "true"}
    places = [
        f"{cluster.es_url}/{name}/_doc/{message_id(talk.channel, seq)}"
        for name in index_names(cluster.es_url, cluster.namespace)
    ]
    assert any(requests.delete(place, params=version, timeout=30).ok for place in places)
