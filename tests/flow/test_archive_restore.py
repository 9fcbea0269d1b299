"""What is put back while it moves, or while it is removed, is there when the operator is told so."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec import structs

from imapp import failpoints
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import LogConflict, RequestError
from imapp.services.archiving.restoring import Restored, Restorer
from imapp.services.archiving.returns import Returns
from imapp.services.reading.access import AccessService
from imapp.services.writing.stored import StoredCommands
from imapp.stores.channels import ChannelStore
from imapp.stores.edits import EditStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.members import MemberStore
from imapp.stores.mongo import Database
from schemas.commands import RecallMessage
from schemas.errors import ErrorCode
from tests.flow.test_archive_move import CHANNEL, STEPS, World, at_step, verified

WAIT_S = 30.0


@pytest.fixture
def world(database: Database) -> World:
    return World(database, 20)


@pytest.fixture(autouse=True)
def no_failpoints() -> Iterator[None]:
    yield
    failpoints.arm("")


def restorer(world: World) -> Restorer:
    return Restorer(world.log, world.manifests, world.archive, EditStore(world.database))


def restore(world: World) -> Restored:
    return restorer(world).restore(CHANNEL, Range(1, 4), 60.0)


@pytest.mark.parametrize("code", [ErrorCode.NOT_FOUND, ErrorCode.SEARCH_UNAVAILABLE])
def test_a_command_about_what_can_not_be_put_back_is_refused_unless_it_is_stored(
    world: World, code: ErrorCode
) -> None:
    world.move()
    del world.archive.texts[message_id(CHANNEL, 1)]
    world.archive.away = code is ErrorCode.SEARCH_UNAVAILABLE
    channels, (stored,) = ChannelStore(world.database), world.log.page(CHANNEL, 20, 20, limit=1)
    access = AccessService(channels, MemberStore(world.database))
    returns = Returns(restorer(world), access, StoredCommands(channels, world.log))
    recall = RecallMessage(
        actor=stored.sender, client_message_id="new", channel_id=CHANNEL, seq=1, by_admin=True
    )

    with pytest.raises(RequestError) as refused:
        returns.prepare(recall)

    assert refused.value.code is code
    returns.prepare(structs.replace(recall, client_message_id=stored.client_message_id))


def test_what_is_restored_before_the_move_deletes_it_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored: list[Restored] = []
    at_step(monkeypatch, "noted", lambda: restored.append(restore(world)))

    world.move()

    assert restored == [Restored(entries=4)]
    assert world.hot() == [1, 2, 3, 4, 20]
    assert verified(world) == []


def test_what_is_restored_while_the_move_deletes_it_is_put_back_after_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, moved = threading.Event(), threading.Event()
    restored: list[Restored] = []
    restoring = threading.Thread(target=lambda: restored.append(restore(world)))
    held_now = ManifestStore.held_now

    def held_a_moment_ago(self: ManifestStore, channel_id: str, session: Any) -> list[Range]:
        held = held_now(self, channel_id, session)
        if not restoring.ident:
            restoring.start()  # who asked has been told that nothing is held, and has not deleted it
            assert waits.wait(WAIT_S), "the hold does not wait for the deletion"
        return held

    def once_moved(hold: Callable[[], None]) -> None:
        try:
            hold()
        except LogConflict:
            waits.set()
            moved.wait(WAIT_S)
            hold()

    monkeypatch.setattr(ManifestStore, "held_now", held_a_moment_ago)
    monkeypatch.setattr("imapp.stores.manifests.once_free", once_moved)

    world.move()
    moved.set()
    restoring.join(WAIT_S)

    assert restored == [Restored(entries=4)]
    assert world.hot() == [1, 2, 3, 4, 20]
    assert verified(world) == []


def test_what_a_command_refers_to_stays_although_the_move_was_about_to_take_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[set[str]] = []
    at_step(monkeypatch, "noted", lambda: lost.append(restorer(world).bring_back([(CHANNEL, 2)])))

    world.move()

    assert lost == [set()]
    assert world.hot() == [2, 20]


def test_all_that_a_command_refers_to_is_held_in_one_turn(world: World) -> None:
    world.move()
    before = turns(world)

    assert restorer(world).bring_back([(CHANNEL, seq) for seq in range(1, 16)]) == set()

    assert world.hot() == [*range(1, 16), 20]
    assert turns(world) == before + 1


def test_commands_that_come_at_once_wait_for_each_other(world: World) -> None:
    world.move()
    seqs, start = range(1, 11), threading.Barrier(10)

    def refer_to(seq: int) -> set[str]:
        start.wait(WAIT_S)
        return restorer(world).bring_back([(CHANNEL, seq)])

    with ThreadPoolExecutor(len(seqs)) as people:
        lost = list(people.map(refer_to, seqs))

    assert lost == [set()] * len(seqs)
    assert world.hot() == [*seqs, 20]


def turns(world: World) -> int:
    """How many times somebody had his turn at holding, or at taking away what is not held."""
    row = world.database["holds"].find_one({"_id": CHANNEL}) or {}
    return int(row.get("turn", 0))


@pytest.mark.parametrize("step", STEPS)
def test_whatever_step_a_move_dies_at_what_is_restored_then_outlives_the_next(
    world: World, step: str
) -> None:
    failpoints.arm(f"archive.{step}=3:raise")
    with pytest.raises(RuntimeError):
        world.move()
    failpoints.arm("")
    restored = restore(world)

    world.move()

    assert restored == Restored(entries=4)
    assert world.hot() == [1, 2, 3, 4, 20]
    assert verified(world) == []


def test_a_restoring_that_dies_after_its_hold_is_done_again(world: World) -> None:
    world.move()
    failpoints.arm("archive.held=raise")
    with pytest.raises(RuntimeError):
        restore(world)
    failpoints.arm("")
    assert world.hot() == [20]

    restored = restore(world)

    assert restored == Restored(entries=4)
    assert world.hot() == [1, 2, 3, 4, 20]
