"""`GET /conversations/{id}/unread`: each entry with its reason, and their sum is the number."""

import random
from collections.abc import Collection
from typing import Final

import pytest

from imapp.domain.entries import NORMAL, RECALLED
from imapp.domain.unread import KEPT_RECALLED, NONE_RECALLED
from imapp.stores.channel_rows import head_of
from imapp.stores.messages import MessageLog
from schemas.conversations import UnreadPage
from tests.support.client import Client
from tests.support.entries import log_entry
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually

SEED: Final = 20261124


def explained(reader: Client, channel: str, *, limit: int = 100) -> tuple[UnreadPage, dict[int, str]]:
    """The number, and the reason of every entry, read page by page."""
    page = first = reader.request("unread", channel_id=channel, limit=limit)
    reasons = {entry.seq: entry.reason.value for entry in page.entries}
    while page.more:
        page = reader.request("unread", channel_id=channel, before=page.entries[-1].seq, limit=limit)
        reasons |= {entry.seq: entry.reason.value for entry in page.entries}
    return first, reasons


def test_each_entry_has_its_reason(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, late = scene.connect(an), scene.connect(bo, gateway=1)
    group = owner.write("create_group", name="team", user_ids=[chen]).channel_id  # 1
    owner.send_text(group, "before he came")  # 2
    owner.write("add_members", channel_id=group, user_ids=[bo])  # 3
    for number in range(3):
        owner.send_text(group, f"{number}")  # 4, 5, 6
    late.send_text(group, "mine")  # 7
    for number in range(3):
        owner.send_text(group, f"new {number}")  # 8, 9, 10
    owner.write("recall", channel_id=group, message_id=f"{group}.000000000009")  # 11
    late.set(group, cleared_seq=4)

    page, reasons = explained(late, group, limit=3)

    assert reasons == {
        1: "cleared",
        2: "cleared",
        3: "cleared",
        4: "cleared",
        5: "read",
        6: "read",
        7: "own",
        8: "unread",
        9: "recalled",
        10: "unread",
        11: "change",
    }
    assert (page.unread, page.recounted, page.read_seq, page.last_seq) == (2, 2, 7, 11)
    assert scene.rest(bo).get(f"/conversations/{group}/unread", UnreadPage, limit=3) == UnreadPage(
        **{name: getattr(page, name) for name in UnreadPage.__struct_fields__}
    )


def test_what_was_before_he_came_says_nothing_but_that(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, late = scene.connect(an), scene.connect(bo)
    group = owner.write("create_group", name="team", user_ids=[chen]).channel_id
    owner.send_text(group, "secret")
    owner.write("add_members", channel_id=group, user_ids=[bo])

    page, reasons = explained(late, group)

    assert reasons == {1: "not_there", 2: "not_there", 3: "system"}
    hidden = [entry for entry in page.entries if entry.reason.value == "not_there"]
    assert [(entry.message_id, entry.sender) for entry in hidden] == [(None, None), (None, None)]


def test_the_sum_is_the_number_whatever_happened(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, reader, rest = scene.connect(an), scene.connect(bo, gateway=1), scene.rest(bo)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    dice, last, sent = random.Random(SEED), 1, list[int]()

    for step in range(40):
        action = dice.choice(["send", "send", "send", "answer", "read", "clear", "recall", "rename"])
        if action == "send":
            sent.append(last := owner.send_text(group, f"{step}").seq or 0)
        elif action == "answer":
            last = reader.send_text(group, f"{step}").seq or 0
        elif action == "read":
            reader.request("read", channel_id=group, seq=(seq := dice.randint(1, last)))
            eventually(lambda seq=seq: rest.conversation(group).read_seq >= seq, what="it is read")  # type: ignore[misc]
        elif action == "clear":
            rest.set(group, cleared_seq=dice.randint(1, last), marked_unread=dice.random() < 0.5)
        elif action == "rename":
            last = owner.write("update_channel", channel_id=group, name=f"{step}").seq or last
        elif sent:
            name = f"{group}.{sent.pop(dice.randrange(len(sent))):012}"
            last = owner.write("recall", channel_id=group, message_id=name).seq or last

        page, reasons = explained(reader, group)
        counted = [seq for seq, reason in reasons.items() if reason == "unread"]
        assert len(counted) == page.unread == page.recounted == rest.conversation(group).unread, (SEED, step)


def test_the_number_is_exact_where_more_was_recalled_than_a_channel_remembers(scene: Scene) -> None:
    """A channel remembers 200; who is further behind has the rest counted in the log."""
    an, bo, chen = scene.people("an", "bo", "chen")
    owner, reader, ahead = scene.connect(an), scene.connect(bo), scene.connect(chen)
    group = owner.write("create_group", name="team", user_ids=[bo, chen]).channel_id
    gone = range(2, KEPT_RECALLED + 7)  # five more than it remembers
    _plant(scene, an, group, gone, last=gone[-1] + 10)
    ahead.request("read", channel_id=group, seq=4)
    eventually(lambda: scene.rest(chen).conversation(group).read_seq == 4)

    for client, recalled in ((reader, len(gone)), (ahead, len(gone))):
        page, reasons = explained(client, group)
        told = list(reasons.values())
        assert (told.count("unread"), told.count("recalled")) == (10, recalled)
        assert (page.unread, page.recounted, len(reasons)) == (10, 10, gone[-1] + 10)
    rows = [scene.rest(name).conversation(group).unread for name in (bo, chen)]
    assert rows == [10, 10]


def _plant(scene: Scene, sender: str, group: str, gone: Collection[int], *, last: int) -> None:
    """A log from the second entry to the last, of which these are recalled, as its channel knows of it."""
    database = scene.cluster.database
    entries = [
        log_entry(group, seq, sender=sender, countable=seq - 1, status=RECALLED if seq in gone else NORMAL)
        for seq in range(2, last + 1)
    ]
    MessageLog(database).append(entries)
    recalled = NONE_RECALLED
    for seq in gone:
        recalled = recalled.with_seq(seq)
    known = {"seqs": list(recalled.seqs), "complete_after": recalled.complete_after}
    assert recalled.complete_after, "more than it remembers"
    changes = {"head": head_of(entries[-1]), "recalled": known}
    database["channels"].update_one({"_id": group}, {"$set": changes, "$currentDate": {"changed_at": True}})


def test_it_is_for_those_who_have_the_conversation(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    channel = scene.connect(an).send_text(None, "hi", to=bo).channel_id

    with pytest.raises(RefusedError) as told:
        explained(scene.connect(chen), channel)

    assert told.value.code == "not_found"
