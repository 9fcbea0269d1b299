"""Clients at their worst: all at once, the same a hundred times, out of order, deaf, coming and going."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from schemas.frames import CloseCode
from tests.faults.conftest import Force
from tests.support.chatter import Chatter, direct_channel
from tests.support.client import Client
from tests.support.deaf import deaf_socket
from tests.support.load import Load
from tests.support.waiting import eventually

_AT_ONCE: Final = 25
_GROUPS: Final = 6
_LONG_S: Final = 60.0
_BIG: Final = "😀" * 2_000  # 8 KB on the wire


def test_a_reader_who_takes_nothing_is_cut_and_nobody_else_notices(load: Load) -> None:
    """Guard: a connection's outbox is bounded and never waited for (`imapp.ws.connection`).

    Switch: without its limit the deaf one is never cut, and the gateway keeps everything for him.
    """
    with load:
        an, bo = load.scene.people("an", "bo")
        writer = load.scene.connect(an)
        channel = direct_channel(writer, bo)
        deaf = load.scene.connect(
            bo, gateway=1, reading=False, sock=deaf_socket(load.cluster.gateway_urls[1])
        )
        load.hurts_now()
        replies = [writer.post_text(channel, f"{number} {_BIG}") for number in range(600)]
        assert [reply.result(_LONG_S)["seq"] for reply in replies] == list(range(1, 601))
        load.wait_recovered()
        deaf.read_on()
        assert deaf.wait_closed(timeout=_LONG_S) == CloseCode.OUTBOX_FULL
    assert not load.silences


def test_everybody_comes_back_when_all_connections_break_at_once(load: Load, force: Force) -> None:
    """Guard: a connect reads memberships by index and keeps what comes meanwhile (`Gateway.connect`).

    Switch: registering after the read instead of before it loses what is published in between (gap).
    """
    with load:
        names = load.scene.people(*(f"u{number}" for number in range(force.many)))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            connect = partial(_connect, load)
            crowd = list(pool.map(connect, enumerate(names)))
            (owner,) = load.scene.people("owner")
            adding = load.scene.connect(owner)
            load.hurts_now()
            for client in crowd:
                client.abort()
            # Meanwhile they are all added to more groups: each must hear them from his return on.
            with ThreadPoolExecutor(1) as aside:
                groups = aside.submit(_make_groups, adding, names[1:])
                back = list(pool.map(connect, enumerate(names)))
            list(pool.map(lambda client: client.catch_up(), back))
        for group in groups.result():
            adding.send_text(group, "all here?")
        for client in back[1:]:
            for group in groups.result():
                eventually(lambda: "all here?" in client.texts(group), timeout=_LONG_S)  # noqa: B023
        load.wait_recovered()
    assert not load.silences


def test_the_same_command_a_hundred_times_at_once_has_one_effect_and_one_answer(load: Load) -> None:
    """Guard: the unique index on (channel, sender, client id); `services.writing.writer` looks a conflict up.

    Switch: without the index the two gateways' batches store it twice (dup).
    """
    with load:
        (an, bo) = load.scene.people("an", "bo")
        devices = [load.scene.connect(an, gateway=number % 2) for number in range(10)]
        channel = direct_channel(devices[0], bo)
        load.hurts_now()
        with ThreadPoolExecutor(len(devices)) as pool:
            send = partial(_send_ten_times, channel)
            answers = [answer for ten in pool.map(send, devices) for answer in ten]
        load.wait_recovered()
    assert len(answers) == 100  # as the name says
    assert set(answers) == {(channel, 1, f"{channel}.{1:012d}")}


def test_what_one_connection_sends_at_once_is_stored_in_that_order(load: Load, force: Force) -> None:
    """Guard: one batch of a shard is under way at a time, and a refusal holds back what is behind it.

    Switch: with a second flusher per shard in `Gateway` batches overtake each other (reorder).
    """
    with load:
        an, bo = load.scene.people("an", "bo")
        client = load.scene.connect(an)
        channel = direct_channel(client, bo)
        load.hurts_now()
        ids = [client.new_id() for _ in range(10 * force.many)]
        replies = [client.post_text(channel, name, client_message_id=name) for name in ids]
        again = [client.post_text(channel, name, client_message_id=name) for name in reversed(ids[:50])]
        assert [reply.result(_LONG_S)["seq"] for reply in replies] == list(range(1, len(ids) + 1))
        assert [reply.result(_LONG_S)["seq"] for reply in again] == list(range(50, 0, -1))
        load.wait_recovered()
    assert not load.refusals


def test_nobody_sees_or_says_anything_outside_his_stays(load: Load, force: Force) -> None:
    """Guard: who joins and leaves travels in the stream of messages, and both are one entry of the log.

    Switch: leaving `item.leaves` out of `Delivery._deliver_item` shows the removed what follows (leak).
    """
    with load:
        guests = [
            Chatter(load.scene, person.user, gateway=number % 2, final=("not_member", "not_found"))
            for number, person in enumerate(load.pairs)
        ]
        # The hosts of the load ask two of these in and out all the time; now they talk there as well.
        load.hurts_now()
        for number, guest in enumerate(guests):
            guest.talk(load.group_channels[number % len(load.group_channels)])
        goal = sum(host.acked for host in load.hosts) + force.many // 5
        eventually(
            lambda: sum(host.acked for host in load.hosts) >= goal, timeout=_LONG_S, what="many come and go"
        )
        for guest in guests:
            guest.hush()
        load.wait_recovered()


def _connect(load: Load, numbered: tuple[int, str]) -> Client:
    number, user = numbered
    return load.scene.connect(user, gateway=number % 2)


def _make_groups(owner: Client, people: Sequence[str]) -> list[str]:
    return [
        owner.write("create_group", name=f"group {number}", user_ids=list(people)).channel_id
        for number in range(_GROUPS)
    ]


def _send_ten_times(channel: str, device: Client) -> list[tuple[str, int, str]]:
    replies = [device.post_text(channel, "once", client_message_id="once") for _ in range(10)]
    frames = [reply.result(_LONG_S) for reply in replies]
    return [(frame["channel_id"], frame["seq"], frame["message_id"]) for frame in frames]
