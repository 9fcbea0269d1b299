"""For how long one may recall and edit is what the operator has set, and clients are told."""

from datetime import timedelta

import pytest

from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.strict import EDIT_WINDOW_S, RECALL_WINDOW_S, connect


def sent_a_while_ago(scene: Scene, phone: Client, to: str, age_s: int) -> dict[str, str]:
    """A message that was sent so long ago, as the writer finds it in the log."""
    sent = phone.send_text(None, "hello", to=to)
    messages = scene.cluster.database["messages"]
    stored = messages.find_one({"_id": sent.message_id})
    assert stored is not None
    at = stored["server_time"] - timedelta(seconds=age_s)
    messages.update_one({"_id": sent.message_id}, {"$set": {"server_time": at}})
    return {"channel_id": sent.channel_id, "message_id": sent.message_id or ""}


def test_the_windows_are_as_set_and_told_by_hello(strict_scene: Scene) -> None:
    """The one is longer than without the setting, the other is shorter."""
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    message = sent_a_while_ago(strict_scene, phone, bo, age_s=(RECALL_WINDOW_S + EDIT_WINDOW_S) // 2)

    limits = phone.hello.limits
    with pytest.raises(RefusedError) as refused:
        phone.write("edit", **message, content="hello!")
    recalled = phone.write("recall", **message)

    assert (limits["recall_window_s"], limits["edit_window_s"]) == (RECALL_WINDOW_S, EDIT_WINDOW_S)
    assert (refused.value.code, refused.value.reply.errors) == (
        "edit_window_passed",
        {"window_s": EDIT_WINDOW_S},
    )
    assert recalled.seq == 2


def test_a_recall_after_the_window_that_is_set_is_refused(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    message = sent_a_while_ago(strict_scene, phone, bo, age_s=RECALL_WINDOW_S + 1)

    with pytest.raises(RefusedError) as refused:
        phone.write("recall", **message)

    assert (refused.value.code, refused.value.reply.errors) == (
        "recall_window_passed",
        {"window_s": RECALL_WINDOW_S},
    )
