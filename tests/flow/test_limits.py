"""Who asks too much is told when to come again, loses nothing by it, and is the only one who waits."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from websockets.exceptions import InvalidStatus

from devstack.services import Stack
from imapp.ws.client import MAX_UNDER_WAY
from schemas.frames import CloseCode
from tests.conftest import ClusterFactory
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.history import Answered
from tests.support.link import RefusedError, Reply
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.uploads import upload
from tests.support.waiting import PATIENCE_S, eventually

# Slow enough that a test on a slow machine is not refilled meanwhile, small enough to be used up at once.
SLOW: Final = 0.2
AT_ONCE: Final = 4
SENDS: Final = 10
FRAMES: Final = 60
FRAMES_PER_S: Final = 100
REQUESTS: Final = 25
CONNECTS: Final = 6
FAILURES: Final = 3
OF_USER: Final = 3
OF_ADDRESS: Final = 4
GROUPS: Final = 2
CHANNELS: Final = 3

_hosts: Final = itertools.count(1)


@pytest.fixture(scope="module")
def strict(stack: Stack) -> Iterator[Cluster]:
    """A small system that allows little."""
    a_little = f"{SLOW}/{AT_ONCE}"
    environment = {
        "IM_LIMIT_SENDS": f"{SENDS}/{SENDS}",
        "IM_LIMIT_WRITES": f"{SLOW}/{AT_ONCE}",
        "IM_LIMIT_CREATES": a_little,
        "IM_LIMIT_UPLOADS": a_little,
        "IM_LIMIT_SEARCHES": a_little,
        "IM_LIMIT_HISTORY": a_little,
        "IM_LIMIT_SYNC": a_little,
        "IM_LIMIT_LISTS": a_little,
        "IM_LIMIT_MARKS": a_little,
        "IM_LIMIT_NUDGES": a_little,
        "IM_LIMIT_REQUESTS": f"{SLOW}/{REQUESTS}",
        "IM_LIMIT_FRAMES": f"{FRAMES_PER_S}/{FRAMES}",
        "IM_LIMIT_CONNECTS": f"{SLOW}/{CONNECTS}",
        "IM_LIMIT_FAILURES": f"{SLOW}/{FAILURES}",
        "IM_MAX_CONNECTIONS_OF_USER": str(OF_USER),
        "IM_MAX_CONNECTIONS_OF_ADDRESS": str(OF_ADDRESS),
        "IM_MAX_GROUPS_MADE": str(GROUPS),
        "IM_MAX_CHANNELS_OF_USER": str(CHANNELS),
    }
    one_of_each: dict[str, Any] = {"gateways": 1, "writers": 1, "shards": 2}
    namespace = f"limits{os.getpid()}"
    with Cluster(
        stack.mongo_url, stack.amqp_url, namespace, environment=environment, **one_of_each
    ) as cluster:
        yield cluster


@pytest.fixture
def strict_scene(strict: Cluster) -> Iterator[Scene]:
    """People on the strict system."""
    with Scene(strict) as scene:
        yield scene


def new_address() -> str:
    number = next(_hosts)
    return f"198.51.{number // 250}.{number % 250 + 1}"


def at(address: str) -> dict[str, Any]:
    """Options of a connection that a proxy on this machine brings from that address."""
    return {"additional_headers": {"X-Forwarded-For": address}}


def connect(scene: Scene, user: str) -> Client:
    """A connection from somewhere of its own."""
    return scene.connect(user, **at(new_address()))


def outcomes(replies: list[Reply]) -> list[str]:
    """`ok` or the code of each reply."""

    def outcome(reply: Reply) -> str:
        try:
            reply.result(PATIENCE_S)
        except RefusedError as refused:
            return refused.code if refused.reply.retry_after else f"{refused.code} for ever"
        return "ok"

    return [outcome(reply) for reply in replies]


def a_group(owner: Client, *others: str) -> str:
    channel: str = owner.write("create_group", name="team", user_ids=list(others)).channel_id
    return channel


# ---- rates over the socket


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


# ---- rates over REST


def check_refused_once_used_up(ask: Callable[[], Any], at_once: int) -> None:
    for _ in range(at_once):
        assert ask().status_code != 429
    refused = ask()
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 1 / SLOW
    assert refused.json()["retry_after"] <= int(refused.headers["Retry-After"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/conversations", None, marks=pytest.mark.limit("lists")),
        pytest.param("GET", "/users", None, id="people", marks=pytest.mark.limit("searches")),
        pytest.param("GET", "/sync", None),
        pytest.param("GET", "/channels/{channel}/messages", None),
        pytest.param("GET", "/messages/{channel}.000000000001", None),
        pytest.param("PUT", "/conversations/{channel}/read", {"seq": 1}),
        pytest.param("POST", "/channels/direct", {"to": "{bo}", "client_message_id": "1"}),
    ],
)
def test_over_rest_it_is_429_with_retry_after(
    strict_scene: Scene, method: str, path: str, body: dict[str, Any] | None
) -> None:
    an, bo = strict_scene.people("an", "bo")
    channel = connect(strict_scene, an).send_text(None, "hello", to=bo).channel_id
    rest = strict_scene.rest(an)
    if body and "to" in body:
        body = {**body, "to": bo}

    check_refused_once_used_up(lambda: rest.call(method, path.format(channel=channel), json=body), AT_ONCE)


@pytest.mark.limit("uploads")
def test_who_sends_up_too_many_files_is_told_when_to_come_again(strict_scene: Scene) -> None:
    an, bo = (strict_scene.rest(user) for user in strict_scene.people("an", "bo"))

    check_refused_once_used_up(lambda: upload(an), AT_ONCE)

    kept_of = [row["owner"] for row in strict_scene.cluster.database["files"].find({"owner": an.user})]
    assert len(kept_of) == AT_ONCE, "what was refused is not kept"
    assert upload(bo).status_code == 201, "nobody waits for somebody else's limit"


def test_sends_over_rest_and_over_the_socket_are_counted_together(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    channel = direct_channel(phone, bo)
    replies = [phone.post_text(channel, f"text {number}") for number in range(3 * SENDS)]

    outcomes(replies)
    path, rest = f"/channels/{channel}/messages", strict_scene.rest(an)
    codes = [
        rest.call("POST", path, json={"content": "over REST", "client_message_id": str(number)}).status_code
        for number in range(SENDS)
    ]

    assert 429 in codes


@pytest.mark.limit("requests")
def test_requests_of_any_kind_are_limited_even_if_they_are_wrong(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    rest = strict_scene.rest(an)

    check_refused_once_used_up(lambda: rest.call("POST", "/channels", json={}), REQUESTS)


def test_health_is_always_answered(strict_scene: Scene) -> None:
    rest = RestClient(strict_scene.cluster.gateway_urls[0], None, user="nobody")

    assert {rest.call("GET", "/health/live").status_code for _ in range(3 * REQUESTS)} == {200}


# ---- who comes in


@pytest.mark.limit("connects")
def test_an_address_that_connects_too_often_is_refused_before_the_handshake(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    home = new_address()
    for _ in range(CONNECTS):
        strict_scene.connect(an, **at(home)).close()

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(an, **at(home))

    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    strict_scene.connect(an, **at(new_address()))


@pytest.mark.limit("connections of an address")
def test_an_address_has_so_many_connections_and_no_more(strict_scene: Scene) -> None:
    people = strict_scene.people(*(f"u{number}" for number in range(OF_ADDRESS)))
    home = new_address()
    for user in people:
        strict_scene.connect(user, **at(home))

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(people[0], **at(home))

    assert refused.value.response.status_code == 429


@pytest.mark.limit("connections of a person")
def test_one_more_connection_closes_the_oldest(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    devices = [connect(strict_scene, an) for _ in range(OF_USER + 1)]

    assert devices[0].wait_closed() == CloseCode.KICKED
    assert all(device.is_open for device in devices[1:])
    assert outcomes([device.post("ping") for device in devices[1:]]) == ["ok"] * OF_USER


@pytest.mark.limit("failures")
def test_who_guesses_tokens_is_not_listened_to_for_a_while(strict_scene: Scene) -> None:
    (an,) = strict_scene.people("an")
    home = new_address()
    url = strict_scene.cluster.gateway_urls[0]
    for number in range(FAILURES):
        with pytest.raises(RefusedError, match="unauthorized"):
            Client.connect(url, f"guess {number}", **at(home))

    with pytest.raises(InvalidStatus) as refused:
        strict_scene.connect(an, **at(home))

    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    strict_scene.connect(an, **at(new_address()))


def test_guesses_over_rest_count_too(strict_scene: Scene) -> None:
    headers = {"X-Forwarded-For": new_address()}
    rest = RestClient(strict_scene.cluster.gateway_urls[0], "a guess", user="nobody")

    codes = [rest.call("GET", "/me", headers=headers).status_code for _ in range(FAILURES + 1)]

    assert codes == [401] * FAILURES + [429]


# ---- how much somebody has


@pytest.mark.limit("groups made")
def test_a_person_makes_so_many_groups_and_no_more(strict_scene: Scene) -> None:
    an, bo = strict_scene.people("an", "bo")
    phone = connect(strict_scene, an)
    for _ in range(GROUPS - 1):
        a_group(phone, bo)
    last = phone.new_id()
    written = phone.write("create_group", client_message_id=last, name="last", user_ids=[bo])

    with pytest.raises(RefusedError, match="quota_exceeded") as refused:
        a_group(phone, bo)
    again = phone.write("create_group", client_message_id=last, name="last", user_ids=[bo])

    assert refused.value.reply.errors == {"groups_made": GROUPS}
    assert again.message_id == written.message_id, "a repeat of what is stored is answered the same"


@pytest.mark.limit("channels of a person")
def test_a_person_is_brought_into_so_many_channels_and_no_more(strict_scene: Scene) -> None:
    bo, *makers = strict_scene.people("bo", *(f"u{number}" for number in range(CHANNELS + 1)))
    phones = [connect(strict_scene, maker) for maker in makers]
    channels = [a_group(phone, bo) for phone in phones[:CHANNELS]]

    with pytest.raises(RefusedError, match="quota_exceeded") as refused:
        a_group(phones[CHANNELS], bo)

    assert refused.value.reply.errors == {"channels": CHANNELS, "user_ids": [bo]}
    connect(strict_scene, bo).write("leave", channel_id=channels[0])
    a_group(phones[CHANNELS], bo)


def test_adding_who_is_in_already_is_no_matter_of_quotas(strict_scene: Scene) -> None:
    bo, chen, *makers = strict_scene.people("bo", "chen", *(f"u{number}" for number in range(CHANNELS)))
    phones = [connect(strict_scene, maker) for maker in makers]
    channels = [a_group(phone, bo) for phone in phones]

    phones[0].write("add_members", channel_id=channels[0], user_ids=[bo, chen])

    assert {row.user_id for row in strict_scene.rest(makers[0]).members(channels[0]).members} >= {bo, chen}
