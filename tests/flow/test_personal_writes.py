"""What somebody sets for himself is a state: tasks may come twice, in any order, and the latest stays."""

import itertools
from typing import Any

import msgspec
import pytest

from imapp.stores.members import MemberStore
from imapp.stores.mongo import Database
from imapp.stores.personal import Draft, PersonalState
from schemas.common import Notify
from schemas.conversations import Conversation
from schemas.tasks import PersonalBatch, SetConversation
from tests.support.client import Client
from tests.support.scene import Scene
from tests.support.waiting import eventually

LATER_MS = 4_000_000_000_000  # far from now: no clock of a machine gets in between


def chat(sender: Client, user: str) -> str:
    """A direct chat with one message."""
    return sender.send_text(None, "hi", to=user).channel_id


def deliver(scene: Scene, *writes: SetConversation) -> None:
    """A task of the broker with these writes, as a worker gets it for the first or a second time."""
    payload = msgspec.msgpack.encode(PersonalBatch(writes=list(writes)))
    scene.cluster.publish_task("receipts", "personal.write", payload)


def write(user: str, channel: str, at_ms: int, **fields: Any) -> SetConversation:
    return SetConversation(request_id="nobody-1", actor=user, at_ms=at_ms, channel_id=channel, **fields)


class TestTasks:
    """Each batch ends with a mark on another channel: once that is seen, all before it has been done."""

    def test_one_that_comes_again_does_not_undo_what_was_set_since(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        channel, mark = chat(scene.connect(an), bo), chat(scene.connect(chen), bo)
        rest = scene.rest(bo)
        first = write(bo, channel, LATER_MS, pinned=True, notify="none", draft=("first", None))
        deliver(scene, first, write(bo, mark, LATER_MS, draft=("1", None)))
        self.wait_for(scene, bo, mark, "1")
        deliver(
            scene,
            write(bo, channel, LATER_MS + 1, pinned=False, draft=("second", None)),
            write(bo, mark, LATER_MS + 1, draft=("2", None)),
        )
        self.wait_for(scene, bo, mark, "2")

        deliver(scene, first, write(bo, mark, LATER_MS + 2, draft=("3", None)))
        self.wait_for(scene, bo, mark, "3")

        row = rest.conversation(channel)
        assert row.draft is not None
        assert (row.pinned, row.notify, row.draft.text) == (False, "none", "second")

    def test_two_that_change_places_end_as_if_they_had_not(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        channel, mark = chat(scene.connect(an), bo), chat(scene.connect(chen), bo)

        deliver(scene, write(bo, channel, LATER_MS + 1, pinned=False, draft=("later", None)))
        deliver(
            scene,
            write(bo, channel, LATER_MS, pinned=True, notify="mentions", draft=("earlier", None)),
            write(bo, mark, LATER_MS, draft=("1", None)),
        )
        self.wait_for(scene, bo, mark, "1")

        def settled() -> Conversation | None:
            row = scene.rest(bo).conversation(channel)
            return row if row.draft is not None and row.draft.text == "later" else None

        row = eventually(settled, what="the later one is there too")
        assert (row.pinned, row.notify) == (False, "mentions")

    def wait_for(self, scene: Scene, user: str, mark: str, text: str) -> None:
        rest = scene.rest(user)

        def marked() -> bool:
            draft = rest.conversation(mark).draft
            return draft is not None and draft.text == text

        eventually(marked, what=f"the batch with the mark {text} is done")


EARLY = PersonalState(
    pinned=True,
    notify=Notify.NONE,
    hidden_seq=4,
    marked_seq=3,
    cleared=(3, 3),
    draft=Draft("early", None, 1_000),
)
LATE = PersonalState(
    pinned=False,
    notify=Notify.MENTIONS,
    hidden_seq=0,
    marked_seq=-1,
    cleared=(2, 2),
    draft=Draft("late", None, 2_000),
)
MIDDLE = PersonalState(hidden_seq=9, draft=Draft("middle", None, 1_500))


@pytest.mark.parametrize(
    "order", list(itertools.permutations([(1_000, EARLY), (1_500, MIDDLE), (2_000, LATE)]))
)
def test_of_each_thing_the_latest_stays_in_every_order_and_what_is_cleared_only_grows(
    database: Database, order: tuple[tuple[int, PersonalState], ...]
) -> None:
    channel, members = "g" * 24, MemberStore(database)
    database["members"].insert_one(
        {
            "_id": f"{channel}:bo",
            "channel_id": channel,
            "user_id": "bo",
            "role": 0,
            "status": 0,
            "spans": [[1, None]],
            "read_seq": 0,
            "read_countable": 0,
        }
    )

    for at_ms, state in (*order, order[0]):  # the first one comes again
        members.set_state(channel, "bo", at_ms, state)

    row = database["members"].find_one({"user_id": "bo"})
    assert row is not None
    assert (row["pinned"], row["notify"], row["hidden_seq"], row["marked"]["seq"]) == (
        False,
        "mentions",
        0,
        -1,
    )
    assert (row["draft"]["text"], row["cleared_seq"], row["cleared_countable"]) == ("late", 3, 3)
