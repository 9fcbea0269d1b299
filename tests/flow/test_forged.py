"""What only the server may say can't be said by a client: sender, place, time, kind (mass assignment)."""

from typing import Any

import pytest

from schemas import frames
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.scene import Scene

FORGED: dict[str, Any] = {
    "sender": "bo",
    "actor": "bo",
    "user_id": "bo",
    "sender_name": "The boss",
    "seq": 1,
    "message_id": "c" * 24 + ".000000000001",
    "server_time": "2020-01-01T00:00:00.000Z",
    "time_ms": 0,
    "status": "recalled",
    "countable": 0,
    "role": "owner",
    "roles": ["admin"],
    "type_code": 99,
}


def entry_of(client: Client, channel: str) -> dict[str, Any]:
    """The newest entry of a channel as it is stored."""
    (entry,) = client.history(channel, limit=1).entries
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


def test_a_frame_says_nothing_about_who_sent_it_where_or_when(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)
    channel = direct_channel(client, bo)
    plain = client.send_text(channel, "plain")
    before = entry_of(client, channel)

    forged = client.send_text(channel, "plain", **{**FORGED, "sender": bo})

    entry = entry_of(client, channel)
    for same in ("sender", "sender_name", "status", "message_type"):
        assert entry[same] == before[same], same
    assert (entry["sender"], forged.seq) == (an, (plain.seq or 0) + 1)
    assert entry["server_time"] >= before["server_time"]


@pytest.mark.parametrize("field", FORGED)
def test_over_rest_such_a_field_is_refused(scene: Scene, field: str) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    channel = rest.open_direct(bo).channel_id

    with pytest.raises(RefusedError, match="invalid:"):
        rest.send_text(channel, "hi", **{field: FORGED[field]})


@pytest.mark.parametrize("kind", ["system", "recall", "99", 99])
def test_nobody_but_the_server_makes_a_system_entry(scene: Scene, kind: Any) -> None:
    an, bo = scene.people("an", "bo")
    client, rest = scene.connect(an), scene.rest(an)
    channel = direct_channel(client, bo)
    told = {"extra": {"event": "members_added", "user_ids": [bo]}, "message_type": kind}
    senders: list[Client | RestClient] = [client, rest]

    for sender in senders:
        with pytest.raises(RefusedError, match=r"invalid:|unsupported_media:"):
            sender.send_text(channel, "bo came", **told)

    assert client.history(channel).entries == []


@pytest.mark.parametrize("field", ["owner", "creator", "max_members", "member_count", "status", "channel_id"])
def test_a_new_group_is_as_the_server_makes_it(scene: Scene, field: str) -> None:
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)
    forged: dict[str, Any] = {"owner": bo, "max_members": 10_000, "member_count": 9}

    written: frames.WrittenReply = client.write(
        "create_group", name="Lunch", user_ids=[bo], **{field: forged.get(field, "c" * 24)}
    )

    channel = scene.rest(an).channel(written.channel_id)
    assert (channel.owner, channel.creator, channel.max_members, channel.member_count) == (an, an, 500, 2)
    assert (channel.status.value, channel.channel_id != "c" * 24) == ("enabled", True)
