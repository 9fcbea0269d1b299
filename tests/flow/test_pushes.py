"""Who received and who read a message: from the marks of devices to one row a recipient."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from schemas import frames
from schemas.receipts import PushPage, PushStatus
from tests.support.chatter import direct_channel
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

UNRECEIVED, RECEIVED, READ = PushStatus.UNRECEIVED, PushStatus.RECEIVED, PushStatus.READ


def statuses(page: PushPage) -> dict[str, PushStatus]:
    return {push.receiver: push.status for push in page.pushes}


def wait_for(asker: RestClient, message_id: str | None, **wanted: PushStatus) -> PushPage:
    """The records of a message, once they say this; names without their suffix."""
    assert message_id is not None

    def find() -> PushPage:
        page = asker.pushes(message_id)
        assert {name.split(".")[0]: status for name, status in statuses(page).items()} == wanted
        return page

    return eventually(find)


def test_a_message_goes_from_unreceived_over_received_to_read(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo, gateway=1), scene.rest(an)
    channel = direct_channel(an_here, bo)
    before = datetime.now(UTC)
    sent = an_here.send_text(channel, "lunch?")
    page = wait_for(asker, sent.message_id, bo=UNRECEIVED)
    assert page.pushes[0].last_modified_time == sent.server_time

    bo_there.acknowledge(channel, sent.seq or 0)
    page = wait_for(asker, sent.message_id, bo=RECEIVED)
    received_at = datetime.fromisoformat(page.pushes[0].last_modified_time)
    assert before < received_at

    bo_there.request("read", channel_id=channel, seq=sent.seq)
    page = wait_for(asker, sent.message_id, bo=READ)
    assert received_at <= datetime.fromisoformat(page.pushes[0].last_modified_time)
    assert page.pushes[0].name == "Bo." + bo.split(".")[1]


def test_reading_is_receiving(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    first, second = (an_here.send_text(channel, text) for text in ("one", "two"))

    bo_there.request("read", channel_id=channel, seq=second.seq)

    wait_for(asker, first.message_id, bo=READ)


def test_a_mark_says_nothing_of_what_came_after_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    first, second = (an_here.send_text(channel, text) for text in ("one", "two"))

    bo_there.acknowledge(channel, first.seq or 0)

    wait_for(asker, first.message_id, bo=RECEIVED)
    wait_for(asker, second.message_id, bo=UNRECEIVED)


def test_a_mark_beyond_the_end_says_nothing_of_what_is_sent_later(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    first = an_here.send_text(channel, "one")
    bo_there.acknowledge(channel, 10_000)
    wait_for(asker, first.message_id, bo=RECEIVED)

    later = an_here.send_text(channel, "two")

    assert statuses(asker.pushes(later.message_id or "")) == {bo: UNRECEIVED}


Fetch = Callable[[Scene, str, str], object]


@pytest.mark.parametrize(
    "fetch",
    [
        pytest.param(lambda scene, who, channel: scene.connect(who).history(channel, limit=2), id="socket"),
        pytest.param(lambda scene, who, channel: scene.rest(who).history(channel, limit=2), id="rest"),
    ],
)
def test_who_fetched_a_page_has_received_its_entries_and_no_others(scene: Scene, fetch: Fetch) -> None:
    an, bo = scene.people("an", "bo")
    an_here, asker = scene.connect(an), scene.rest(an)
    channel = direct_channel(an_here, bo)
    sent = [an_here.send_text(channel, text) for text in ("one", "two", "three")]

    fetch(scene, bo, channel)

    wait_for(asker, sent[1].message_id, bo=RECEIVED)
    wait_for(asker, sent[2].message_id, bo=RECEIVED)
    wait_for(asker, sent[0].message_id, bo=UNRECEIVED)


def test_each_message_has_the_recipients_whose_stay_covers_it(scene: Scene) -> None:
    an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
    an_here, asker = scene.connect(an), scene.rest(an)
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    first = an_here.send_text(group, "bo and chen are in")
    an_here.write("remove_member", channel_id=group, user_id=bo)
    an_here.write("add_members", channel_id=group, user_ids=[ding])
    second = an_here.send_text(group, "chen and ding are in")
    an_here.write("add_members", channel_id=group, user_ids=[bo])
    third = an_here.send_text(group, "all are in")

    assert statuses(asker.pushes(first.message_id or "")).keys() == {bo, chen}
    assert statuses(asker.pushes(second.message_id or "")).keys() == {chen, ding}
    assert statuses(asker.pushes(third.message_id or "")).keys() == {bo, chen, ding}


def test_who_comes_back_has_read_only_what_he_saw(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    unseen = an_here.send_text(group, "bo never looks at this")
    an_here.write("remove_member", channel_id=group, user_id=bo)
    back = an_here.write("add_members", channel_id=group, user_ids=[bo])
    seen = an_here.send_text(group, "but at this")

    bo_there.history(group, after=(back.seq or 0), limit=1)

    wait_for(asker, seen.message_id, bo=RECEIVED, chen=UNRECEIVED)
    wait_for(asker, unseen.message_id, bo=UNRECEIVED, chen=UNRECEIVED)


def test_the_late_mark_of_who_has_left_counts_for_his_stay(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    before = an_here.send_text(group, "before he goes")
    an_here.write("remove_member", channel_id=group, user_id=bo)
    after = an_here.send_text(group, "after he has gone")

    bo_there.acknowledge(group, after.seq or 0)

    wait_for(asker, before.message_id, bo=RECEIVED, chen=UNRECEIVED)
    wait_for(asker, after.message_id, chen=UNRECEIVED)


def test_counts_filter_and_pages(scene: Scene) -> None:
    an, *others = scene.people("an", "bo", "chen", "ding", "eva")
    bo, chen, ding, eva = others
    an_here, asker = scene.connect(an), scene.rest(an)
    group = an_here.write("create_group", name="lunch", user_ids=others).channel_id
    sent = an_here.send_text(group, "who is there?")
    scene.connect(bo).acknowledge(group, sent.seq or 0)
    scene.connect(chen).request("read", channel_id=group, seq=sent.seq)
    page = wait_for(asker, sent.message_id, bo=RECEIVED, chen=READ, ding=UNRECEIVED, eva=UNRECEIVED)

    counts = page.counts
    assert (counts.total, counts.unreceived, counts.received, counts.read) == (4, 2, 1, 1)
    missing = asker.pushes(page.message_id, status="unreceived", limit=1)
    assert (statuses(missing), missing.counts) == ({ding: UNRECEIVED}, counts)
    rest = asker.pushes(page.message_id, status="unreceived", limit=1, cursor=missing.cursor)
    assert (statuses(rest), rest.cursor) == ({eva: UNRECEIVED}, None)


def test_what_a_device_says_again_whenever_it_connects_adds_nothing(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    sent = an_here.send_text(channel, "lunch?")
    bo_there.acknowledge(channel, sent.seq or 0)
    once = wait_for(asker, sent.message_id, bo=RECEIVED)
    eventually(lambda: an_here.events(frames.ReceiptEvent))

    another = scene.connect(bo, gateway=1)
    another.acknowledge(channel, sent.seq or 0)
    another.history(channel)
    # Marks are applied in the order of their tasks, so those before this one are through.
    last = an_here.send_text(channel, "now?")
    eventually(lambda: another.texts(channel)[-1:] == ["now?"])
    another.acknowledge(channel, last.seq or 0)
    wait_for(asker, last.message_id, bo=RECEIVED)

    assert asker.pushes(sent.message_id or "") == once
    rows = scene.cluster.database["pushes"].find({"channel_id": channel, "status": 1})
    assert sorted(row["max_seq"] for row in rows) == [sent.seq, last.seq]
    eventually(lambda: an_here.events(frames.ReceiptEvent)[-1].up_to_seq == last.seq)
    assert len(an_here.events(frames.ReceiptEvent)) == 2


def test_what_was_read_already_is_not_noted_again(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    channel = direct_channel(an_here, bo)
    first = an_here.send_text(channel, "lunch?")
    bo_there.request("read", channel_id=channel, seq=first.seq)
    wait_for(asker, first.message_id, bo=READ)
    noted = {"channel_id": channel, "rows.receiver": bo}
    rows = scene.cluster.database["pushes"]
    assert rows.count_documents(noted) == 1

    # He opens the chat again: his device reads and fetches the same once more.
    scene.connect(bo, gateway=1).history(channel)
    bo_there.request("read", channel_id=channel, seq=first.seq)
    bo_there.acknowledge(channel, first.seq or 0)
    # Marks are applied in the order of their tasks, so those before this one are through.
    second = an_here.send_text(channel, "now?")
    bo_there.request("read", channel_id=channel, seq=second.seq)
    wait_for(asker, second.message_id, bo=READ)

    assert rows.count_documents(noted) == 2


def test_who_came_back_may_still_say_that_he_has_received_what_was_in_his_first_stay(scene: Scene) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, asker = scene.connect(an), scene.connect(bo), scene.rest(an)
    group = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id
    early = an_here.send_text(group, "bo has not looked at this yet")
    an_here.write("remove_member", channel_id=group, user_id=bo)
    an_here.write("add_members", channel_id=group, user_ids=[bo])

    bo_there.request("read", channel_id=group, seq=early.seq)

    wait_for(asker, early.message_id, bo=READ, chen=UNRECEIVED)


def test_only_present_members_who_may_read_it_may_ask(scene: Scene) -> None:
    an, bo, chen, zoe = scene.people("an", "bo", "chen", "zoe")
    an_here = scene.connect(an)
    group = an_here.write("create_group", name="lunch", user_ids=[bo]).channel_id
    sent = an_here.send_text(group, "before chen comes")
    an_here.write("add_members", channel_id=group, user_ids=[chen])
    an_here.write("remove_member", channel_id=group, user_id=bo)

    assert refusal(scene.rest(zoe), sent) == "not_found"
    assert refusal(scene.rest(chen), sent) == "not_found"
    assert refusal(scene.rest(bo), sent) == "not_member"


def refusal(asker: RestClient, sent: frames.WrittenReply) -> str:
    with pytest.raises(RefusedError) as refused:
        asker.pushes(sent.message_id or "")
    return str(refused.value.code)
