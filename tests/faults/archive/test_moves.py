"""Moves die at any step or meet each other, and messages are recalled meanwhile: the log stays whole."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pytest
import requests

from imapp.domain.ids import message_id
from tests.support.archive import index_names
from tests.support.archive_holdings import is_indexed
from tests.support.archivist import Archivist
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.load import Load
from tests.support.rest import RestClient
from tests.support.talk import INDEXED_S, Talk, whole_log
from tests.support.waiting import eventually

_STEPS: Final = ("read", "copying", "proved", "noted", "deleted")


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
        if step == "copying":
            with pytest.raises(AssertionError, match="said to be indexed, but the archive does not have it"):
                archivist.verify(talk.channel)
        else:
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
    archivist.let_go()
    archivist.move()
    assert archivist.hot(talk.channel) == [10, 11]  # the newest that lists show, and the recall
    assert talk.read() == talk.texts
    talk.scene.judge().raise_if_broken()


def test_what_is_restored_while_it_moves_is_there_for_as_long_as_was_said(
    talk: Talk, archivist: Archivist
) -> None:
    """Guard: who deletes looks at what is held, in the same transaction (`MessageLog.remove`).

    Switch: deleting whatever is held (the restored ones are gone a moment after the answer).
    """
    with archivist.stopped_at("noted"):
        said = archivist.cluster.tool("archive", "restore", talk.channel, "1", "4", "--days", "60")
        assert said.startswith("4 messages are in MongoDB")
    assert archivist.hot(talk.channel) == [1, 2, 3, 4, 10]
    archivist.move()
    assert archivist.hot(talk.channel) == [1, 2, 3, 4, 10]
    assert talk.read() == talk.texts
    archivist.verify(talk.channel)


def test_two_moves_at_once_and_pages_that_span_them(load: Load, archivist: Archivist) -> None:
    """Guard: a chunk is noted down under the id of its first entry, once, and only where the hot part begins
    (`ManifestStore.add`); a page that is not whole is read again (`WholeLog.page`).

    Switch: `add` that replaces and does not look: the slower one notes the same range down again, and what
    the other had moved beyond it belongs to the hot part once more, where it is not (a page is refused).
    """
    with load:
        load.wait_going_on(2 * len(load.everybody))
        eventually(lambda: is_indexed(load.cluster, load.pair_channels), timeout=INDEXED_S)
        reader = load.scene.rest(load.pairs[0].user)
        with _reading(reader, load.pair_channels[0]) as wrong, archivist.stopped_at("proved"):
            archivist.outlive()  # he hangs for longer than his lease lasts
            archivist.move()
            load.wait_going_on(len(load.everybody))
        assert not wrong
        load.hurts_now()
        load.wait_recovered()


# ---- helpers


@contextmanager
def _reading(rest: RestClient, channel: str) -> Iterator[Sequence[BaseException]]:
    """Somebody reads a whole log again and again for the length of the block: what went wrong for him."""
    wrong: list[BaseException] = []
    ended = threading.Event()

    def read_on() -> None:
        while not ended.is_set() and not wrong:
            try:
                whole_log(rest, channel, limit=7)
            except (AssertionError, RefusedError) as error:
                wrong.append(error)

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        yield wrong
    finally:
        ended.set()
        thread.join()


def _lose_a_copy(cluster: Cluster, talk: Talk) -> None:
    """Elasticsearch loses the last message but one, as by a disk."""
    seq = len(talk.texts) - 1
    version = {"version": str(seq), "version_type": "external_gte", "refresh": "true"}
    places = [
        f"{cluster.es_url}/{name}/_doc/{message_id(talk.channel, seq)}"
        for name in index_names(cluster.es_url, cluster.namespace)
    ]
    assert any(requests.delete(place, params=version, timeout=30).ok for place in places)
