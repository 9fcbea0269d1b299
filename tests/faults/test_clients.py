"""Clients at their worst: all at once, the same a hundred times, out of order, deaf, coming and going."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from schemas.frames import CloseCode, WrittenReply
from tests.faults.conftest import Force
from tests.support.chatter import Chatter, direct_channel
from tests.support.client import Client
from tests.support.deaf import deaf_socket
from tests.support.link import Frame, RefusedError, Reply
from tests.support.load import Load
from tests.support.persistent import NOT_TAKEN, Persistent, Write
from tests.support.waiting import eventually, left

_BEFORE: Final = 25  # who connect at once while nothing is wrong
_BACK_S: Final = 60.0
"""From the cut to the last hello, on a machine that does other things too."""

_GROUPS: Final = 6
_LONG_S: Final = 60.0
_STALLED: Final = 1006  # no Close frame: a slow machine needs over 10 s to send him 1 MB, and he took nothing
_HEARD_S: Final = 20.0
_BIG: Final = "😀" * 2_000  # 8 KB on the wire


def test_a_reader_who_takes_nothing_is_cut_and_nobody_else_notices(load: Load) -> None:
    """Guard: a connection's outbox is bounded and never waited for (`imapp.ws.connection`).

    Switch: without its limit the deaf one is never cut, and the gateway keeps everything for him.
    """
    with load:
        an, bo = load.scene.people("an", "bo")
        writer = Persistent(load.scene, an)
        channel = direct_channel(writer.client, bo)
        gateway = load.cluster.processes["gateway-1"]
        at_work = {*gateway.tree()}
        deaf = load.scene.connect(
            bo, gateway=1, reading=False, sock=deaf_socket(load.cluster.gateway_urls[1])
        )
        load.hurts_now()
        texts = [f"{number} {_BIG}" for number in range(600)]
        writer.insist(_sends(channel, {writer.client.new_id(): text for text in texts}))
        load.wait_recovered()
        deaf.read_on()
        eventually(lambda: not deaf.is_open or len(deaf.texts(channel)) == len(texts), timeout=_LONG_S)
        assert not deaf.is_open, "the gateway has kept 5 MB for a reader who took nothing"
        assert deaf.close_code in (CloseCode.OUTBOX_FULL, _STALLED)
        assert {*gateway.tree()} == at_work, "the gateway has died, and everybody's connections with it"
    assert not load.silences


def test_everybody_comes_back_when_all_connections_break_at_once(load: Load, force: Force) -> None:
    """Guard: a connect reads memberships by index and keeps what comes meanwhile (`Gateway.connect`).

    All begin in the same moment, and try again like good clients when they are not taken. The short form has
    200 of them, the long one 500.
    Switch: registering after the read instead of before it: who was added in between is deaf to his group.
    """
    load.cluster.restart("gateway-0", failpoints="gateway.memberships=slow")
    with load:
        names = load.scene.people(*(f"u{number}" for number in range(force.reconnects)))
        with ThreadPoolExecutor(_BEFORE) as pool:
            crowd = list(pool.map(partial(_connect, load), enumerate(names)))
            (owner,) = load.scene.people("owner")
            adding = load.scene.connect(owner)
            load.hurts_now()
            for client in crowd:
                client.abort()
            # Meanwhile they are all added to more groups: each must hear them from his return on.
            with ThreadPoolExecutor(1) as aside:
                groups = aside.submit(_make_groups, adding, names[1:])
                back = _all_at_once(load, names)
                load.notes_recovery()
            back_s = load.lately_s
            list(pool.map(lambda client: client.catch_up(), back))
        for group in groups.result():
            _write(adding, "send", channel_id=group, content="all here?")
        deaf = left(lambda: _unheard(back[1:], groups.result()), timeout=_HEARD_S)
        assert not deaf, "who was added to a group while he connected hears nothing of it"
        assert back_s < _BACK_S, f"the last of {len(names)} was back after {back_s:.1f} s"
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
    """Guard: one batch of a shard is under way at a time, and goes again until it is answered.

    Switch: with a second batch under way in `Batcher` the next one overtakes the first, which RabbitMQ loses
    here (reorder).
    """
    load.cluster.restart("gateway-0", failpoints="gateway.batch~lost=1:skip")
    with load:
        an, bo = load.scene.people("an", "bo")
        sender = Persistent(load.scene, an)
        channel = direct_channel(sender.client, bo)
        load.hurts_now()
        ids = ["lost", *(sender.client.new_id() for _ in range(10 * force.many - 1))]
        sender.insist(_sends(channel, {name: name for name in ids}))
        sender.insist(_sends(channel, {name: name for name in reversed(ids[:50])}))
        stored = [entry.client_message_id for entry in sender.client.read_all(channel)]
        assert stored == ids, "another order than that of sending"
        load.wait_recovered()


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


def _all_at_once(load: Load, users: Sequence[str]) -> list[Client]:
    """Everybody's new connection, begun by all in the same moment."""
    barrier = threading.Barrier(len(users))

    def connect(numbered: tuple[int, str]) -> Client:
        barrier.wait(_LONG_S)

        def taken() -> Client | None:
            try:
                return _connect(load, numbered)
            except NOT_TAKEN:
                return None

        return eventually(taken, timeout=2 * _BACK_S, what=f"{numbered[1]} is back")

    with ThreadPoolExecutor(len(users)) as pool:
        return list(pool.map(connect, enumerate(users)))


def _make_groups(owner: Client, people: Sequence[str]) -> list[str]:
    return [
        _write(owner, "create_group", name=f"group {number}", user_ids=list(people)).channel_id
        for number in range(_GROUPS)
    ]


def _write(client: Client, kind: str, **fields: Any) -> WrittenReply:
    """Write, and write again while the system is busy."""
    client_id = client.new_id()

    def written() -> WrittenReply | None:
        try:
            return client.write(kind, client_message_id=client_id, **fields)
        except RefusedError as refusal:
            if refusal.code != "busy":
                raise
            return None

    return eventually(written, timeout=_LONG_S, what=f"{kind} is answered for good")


def _unheard(clients: Sequence[Client], groups: Sequence[str]) -> list[str]:
    """Who has not heard the question in a group that he belongs to."""
    return [client.user for client in clients for group in groups if "all here?" not in client.texts(group)]


def _sends(channel: str, texts: Mapping[str, str]) -> Mapping[str, Write]:
    """Texts by their client ids, as writes that somebody insists on."""
    return {name: ("send", {"channel_id": channel, "content": content}) for name, content in texts.items()}


def _send_ten_times(channel: str, device: Client) -> list[tuple[str, int, str]]:
    replies = [_send_once(channel, device) for _ in range(10)]
    frames = [_answer(reply, lambda: _send_once(channel, device)) for reply in replies]
    return [(frame["channel_id"], frame["seq"], frame["message_id"]) for frame in frames]


def _send_once(channel: str, device: Client) -> Reply:
    return device.post_text(channel, "once", client_message_id="once")


def _answer(reply: Reply, again: Callable[[], Reply]) -> Frame:
    """The answer for good, on a machine that may be busy."""
    while (refusal := reply.exception(_LONG_S)) is not None:
        assert str(refusal).startswith("busy"), refusal
        reply = again()
    return reply.result(0)
