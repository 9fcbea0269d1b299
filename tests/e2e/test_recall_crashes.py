"""Whoever dies while a text is taken back or changed.

Taken back, it is nowhere afterwards (I7): in no store, on no screen. Changed, it is so once.
"""

import secrets
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from imapp.stores.edits import EditStore
from schemas.common import MessageStatus, MessageType
from tests.conftest import ClusterFactory
from tests.support.client import Client
from tests.support.endpoint import Endpoint, webhook_settings
from tests.support.holders import holders_of
from tests.support.link import RefusedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S, eventually

Make = Callable[..., Scene]
LONG_S = 40.0  # less than the minute for which MongoDB would keep what a dead writer has begun
TAKEN_BACK = "taken-back"
CHANGED = "changed"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A push service that takes nothing yet, so that what is pushed waits."""
    with Endpoint() as endpoint:
        endpoint.failing = True
        yield endpoint


@pytest.fixture
def hurt(own_cluster: ClusterFactory, endpoint: Endpoint, request: pytest.FixtureRequest) -> Make:
    """Makes a small system with a webhook, whose processes fail where they are told to."""

    def make(**failpoints: str) -> Scene:
        environment = {
            **webhook_settings(endpoint.url),
            "IM_PUSH_TIMEOUT_S": "0.5",
            "IM_PUSH_RETRY_S": "0.2",
            "IM_PUSH_TRIES": "50",
            "IM_PUSH_SWEEP_S": "0.2",
        }
        named = {name.replace("_", "-"): point for name, point in failpoints.items()}
        scene = Scene(own_cluster(failpoints=named, environment=environment, gateways=1, writers=1, shards=1))
        request.addfinalizer(scene.__exit__)
        return scene

    return make


def where(scene: Scene, text: str) -> list[str]:
    return holders_of(scene.cluster.database, text)


def shows(client: Client, channel: str) -> str:
    """Everything that somebody is given of a channel: its log with the quotes, its row of the list."""
    page = client.history(channel, after=0)
    (row,) = (row for row in client.sync().conversations if row.channel_id == channel)
    return f"{page.entries} {page.quotes} {row}"


def _survive(scene: Scene, ask: Callable[[], Reply]) -> None:
    """Ask for what kills the writer, start that again, and ask until it is carried out."""
    asked = ask()
    eventually(lambda: not scene.cluster.processes["writer-0"].is_running, timeout=LONG_S)
    scene.cluster.restart("writer-0")
    eventually(asked.done, timeout=LONG_S, what="it is answered")
    if _is_busy(asked):  # it waited for longer than a gateway does: its client asks again
        eventually(lambda: not _is_busy(ask()), timeout=LONG_S, what="it is carried out")


def _is_busy(asked: Reply) -> bool:
    try:
        asked.result(PATIENCE_S)
    except RefusedError as refused:
        if refused.code != "busy":
            raise
        return True
    return False


@pytest.mark.timeout(300)
def test_a_writer_that_dies_between_the_entry_and_the_text_leaves_the_text_nowhere(
    hurt: Make, endpoint: Endpoint
) -> None:
    """MongoDB keeps what a dead writer has begun for the 10 s that `devstack` sets; the recall waits."""
    scene = hurt(writer_0=f"changes.appended~{TAKEN_BACK}=kill")
    an, bo, chen = scene.people("an", "bo", "chen")
    author, reader = scene.connect(an), scene.connect(bo)
    group = author.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    text = f"secret-{secrets.token_hex(8)}"
    said = author.send_text(group, text).message_id
    eventually(lambda: "push_outbox" in where(scene, text), timeout=LONG_S, what="it waits to be pushed")
    reader.send_text(group, "what?", reply_to=said)

    fields = {"channel_id": group, "message_id": said, "client_message_id": TAKEN_BACK}
    _survive(scene, partial(author.post, "recall", **fields))

    assert where(scene, text) == []
    assert text not in shows(reader, group)
    entry = reader.history(group, around=2, limit=1).entries[0]
    assert (entry.message_id, entry.status, entry.content) == (said, MessageStatus.RECALLED, "")
    endpoint.failing = False
    (told,) = eventually(
        lambda: [one for one in endpoint.told(chen) if one.message_id == said], timeout=LONG_S
    )
    assert (told.preview, text in str(endpoint.told(chen))) == ("", False)
    scene.judge().raise_if_broken()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("changes.edited=1:kill", id="in its transaction"),
        pytest.param("writer.stored=3:kill", id="stored and not answered"),
    ],
)
def test_an_edit_whose_writer_dies_is_made_once(hurt: Make, moment: str) -> None:
    """Its entry, the text and the earlier version are there together; a repeat has the first answer."""
    scene = hurt(writer_0=moment)
    an, bo = scene.people("an", "bo")
    author, reader = scene.connect(an), scene.connect(bo)
    group = author.write("create_group", name="team", user_ids=[bo]).channel_id
    said = author.send_text(group, "version 1").message_id
    fields = {"channel_id": group, "message_id": said, "client_message_id": CHANGED, "content": "version 2"}

    _survive(scene, partial(author.post, "edit", **fields))

    again = [author.write("edit", **fields) for _ in range(2)]
    assert {(answer.message_id, answer.seq) for answer in again} == {(f"{group}.{3:012d}", 3)}
    told = [
        (entry.seq, entry.message_type, entry.content) for entry in reader.history(group, after=1).entries
    ]
    assert told == [(2, MessageType.TEXT, "version 2"), (3, MessageType.EDIT, "version 2")]
    versions = EditStore(scene.cluster.database).page(str(said), 0, 10)
    assert [(version.edit_seq, version.content) for version in versions] == [(3, "version 1")]
    scene.judge().raise_if_broken()


def test_a_text_that_is_recalled_while_its_pushes_are_worked_out_does_not_go_out(
    hurt: Make, endpoint: Endpoint
) -> None:
    """The worker has read the text and hangs; then it goes on with what it has read.

    The count of recalls in `push_heads` lets it store nothing of that, so it reads again
    (`DispatchStore.commit`). Were it stored all the same, `PushDelivery` would blank it on its way out: its
    unit tests say so.
    """
    scene = hurt(receipts="pushes.computed=1:stop")
    an, bo = scene.people("an", "bo")
    author = scene.connect(an)
    text = f"secret-{secrets.token_hex(8)}"
    sent = author.send_text(None, text, to=bo)
    eventually(lambda: scene.cluster.hangs("receipts"), timeout=LONG_S, what="the worker has read the text")

    author.write("recall", channel_id=sent.channel_id, message_id=sent.message_id)
    scene.cluster.thaw("receipts")
    later = author.send_text(sent.channel_id, "lunch?")
    eventually(lambda: "push_outbox" in where(scene, str(later.message_id)), timeout=LONG_S, what="both wait")

    assert where(scene, text) == []
    endpoint.failing = False
    eventually(
        lambda: any(one.message_id == later.message_id for one in endpoint.told(bo)),
        timeout=LONG_S,
        what="a later message is pushed",
    )
    assert text not in str([delivery.body for delivery in endpoint.deliveries])
