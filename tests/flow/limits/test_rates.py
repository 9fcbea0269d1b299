"""Who asks too much is told when to come again, loses nothing by it, and is the only one who waits."""

import time
from typing import Any, Final

import pytest

from imapp.ws.client import MAX_UNDER_WAY
from tests.conftest import ClusterFactory
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.history import Answered
from tests.support.scene import Scene
from tests.support.strict import AT_ONCE, FRAMES, FRAMES_PER_S, SENDS, a_group, connect, outcomes
from tests.support.waiting import eventually


@pytest.mark.limit("sends")
def test_more_sends_than_allowed_are_refused_with_when_to_come_again(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    channel = direct_channel(phone, bo)

    answers = outcomes([phone.post_text(channel, f"text {number}") for number in range(3 * SENDS)])

    assert answers[:SENDS] == ["ok"] * SENDS
    assert "rate_limited" in answers[SENDS:]
    assert set(answers) == {"ok", "rate_limited"}


@pytest.mark.limit("sends")
def test_a_limit_is_of_the_person_on_all_his_connections(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone, desk = connect(strict_scene, an), connect(strict_scene, an)
    channel = direct_channel(phone, bo)
    for number in range(SENDS):
        phone.post_text(channel, f"text {number}")

    answers = outcomes([desk.post_text(channel, f"more {number}") for number in range(2 * SENDS)])

    assert "rate_limited" in answers


def test_nobody_waits_for_somebody_elses_limit(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone, other = connect(strict_scene, an), connect(strict_scene, bo)
    channel = direct_channel(phone, bo)
    used_up = outcomes([phone.post_text(channel, f"text {number}") for number in range(3 * SENDS)])
    assert "rate_limited" in used_up

    assert outcomes([other.post_text(channel, "hello")]) == ["ok"]


def test_who_is_too_fast_and_repeats_is_stored_in_his_order(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(gateways=1, writers=1, environment={"IM_LIMIT_SENDS": f"{SENDS}/{SENDS}"})
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        chatter = Chatter(scene, an, window=2 * SENDS)
        channel = direct_channel(chatter.client, bo)

        gone_on = has_gone_on([chatter], 4 * SENDS)
        chatter.talk(channel)
        eventually(gone_on, timeout=60)
        chatter.hush()

        answers = [step.code for step in scene.recorder.steps() if isinstance(step, Answered)]
        assert "rate_limited" in answers
        scene.judge().raise_if_broken()


@pytest.mark.limit("writes")
def test_other_writes_have_a_limit_of_their_own(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    channel = a_group(phone, bo)

    names = [
        {"channel_id": channel, "client_message_id": phone.new_id(), "name": f"name {number}"}
        for number in range(2 * AT_ONCE)
    ]
    answers = outcomes([phone.post("update_channel", **name) for name in names])

    assert answers == ["ok"] * AT_ONCE + ["rate_limited"] * AT_ONCE
    assert outcomes([phone.post("open_direct", client_message_id=phone.new_id(), to=bo)]) == ["ok"]


@pytest.mark.limit("creates")
def test_making_channels_has_a_limit_of_its_own(strict_scene: Scene) -> None:
    an, bo, chen = strict_scene.people("an", "bo", "chen")
    phone = connect(strict_scene, an)

    answers = outcomes(
        [phone.post("open_direct", client_message_id=phone.new_id(), to=bo) for _ in range(2 * AT_ONCE)]
    )

    assert answers == ["ok"] * AT_ONCE + ["rate_limited"] * AT_ONCE
    assert outcomes([phone.post_text(None, "hello", to=chen)]) == ["ok"]
    assert outcomes([phone.post_text(None, "hello", to=bo)]) == ["rate_limited"], "it overtook its channel's"


def test_a_write_about_many_people_costs_more(strict_scene: Scene) -> None:
    an, *others = strict_scene.people("an", *(f"u{number}" for number in range(300)))
    phone = connect(strict_scene, an)
    a_group(phone, *others)

    assert outcomes([phone.post("open_direct", client_message_id="1", to=others[0])]) == ["rate_limited"]


READS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "history": ("history", {}),
    "sync": ("sync", {}),
    "marks": ("read", {"seq": 1}),
    "lists": ("watch", {"user_ids": ["somebody"]}),
}
OF_NO_CHANNEL: Final = ("sync", "watch")


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param("history", marks=pytest.mark.limit("history")),
        pytest.param("sync", marks=pytest.mark.limit("sync")),
        pytest.param("marks", marks=pytest.mark.limit("marks")),
        pytest.param("lists", marks=pytest.mark.limit("lists")),
    ],
)
def test_reads_and_marks_have_limits_of_their_own(strict_scene: Scene, limit: str) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    channel = phone.send_text(None, "hello", to=bo).channel_id
    kind, fields = READS[limit]
    if kind not in OF_NO_CHANNEL:
        fields = {**fields, "channel_id": channel}

    answers = outcomes([phone.post(kind, **fields) for _ in range(2 * AT_ONCE)])

    assert answers == ["ok"] * AT_ONCE + ["rate_limited"] * AT_ONCE
    others = {name: wanted for name, wanted in READS.items() if name != limit}
    for name, more in others.values():
        where = {} if name in OF_NO_CHANNEL else {"channel_id": channel}
        assert outcomes([phone.post(name, **more, **where)]) == ["ok"], name


@pytest.mark.limit("searches")
def test_searches_have_a_limit_of_their_own_whether_or_not_there_is_an_index(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    phone = connect(strict_scene, an)

    answers = outcomes([phone.post("search_messages", words="hello") for _ in range(2 * AT_ONCE)])

    assert answers == ["search_unavailable"] * AT_ONCE + ["rate_limited"] * AT_ONCE
    assert outcomes([phone.post("sync")]) == ["ok"]


@pytest.mark.limit("nudges")
def test_nudges_have_a_limit_of_their_own_and_repeats_count_too(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    sent = phone.send_text(None, "hello", to=bo)
    wanted = {"message_id": sent.message_id, "client_message_id": "once"}

    answers = outcomes([phone.post("nudge", **wanted) for _ in range(2 * AT_ONCE)])

    assert answers == ["ok"] * AT_ONCE + ["rate_limited"] * AT_ONCE
    assert outcomes([phone.post("read", channel_id=sent.channel_id, seq=1)]) == ["ok"]


@pytest.mark.limit("frames")
def test_frames_beyond_the_limit_are_read_more_slowly_and_all_answered(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    phone = connect(strict_scene, an)
    begun, count = time.monotonic(), FRAMES + 2 * FRAMES_PER_S

    answers = outcomes([phone.post("ping") for _ in range(count)])

    assert answers == ["ok"] * count
    # The hello was a frame too, and a bucket fills while it is emptied: never faster than this.
    assert time.monotonic() - begun >= (count - FRAMES) / FRAMES_PER_S - 0.1


@pytest.mark.limit("unanswered writes of a connection")
def test_a_connection_is_not_read_while_it_has_too_many_writes_under_way(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, environment={"IM_COMMAND_TIMEOUT_S": "2"})
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        phone = scene.connect(an)
        channel = direct_channel(phone, bo)
        cluster.freeze("writer-0")

        sent = [phone.post_text(channel, str(number)) for number in range(MAX_UNDER_WAY)]
        ping = phone.post("ping")
        behind = [phone.post_text(channel, "one too many"), phone.post("ping")]

        assert outcomes([ping]) == ["ok"]
        assert not any(reply.done() for reply in behind[1:]), "it is read although 256 are under way"
        assert set(outcomes(sent)) == {"busy"}
        assert outcomes(behind[1:]) == ["ok"]
