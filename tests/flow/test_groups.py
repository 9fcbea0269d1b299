"""Order in groups, on a running system: what is changed is obeyed, shown to whom it concerns, and kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.common import MAX_ANNOUNCEMENT_CHARS, MAX_NICKNAME_CHARS, MAX_REASON_CHARS
from schemas.frames import MessageEvent
from schemas.groups import JoinRequestPage, OwnJoinRequest
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.waiting import eventually


def ahead(**far: int) -> str:
    return f"{datetime.now(UTC) + timedelta(**far):%Y-%m-%dT%H:%M:%SZ}"


def code_of(client: Client, kind: str, **fields: Any) -> str:
    """`ok`, or why it was refused."""
    try:
        client.write(kind, **fields)
    except RefusedError as refused:
        return refused.code
    return "ok"


def say(client: Client, channel: str, text: str = "hello") -> str:
    """`ok`, or why it may not be said."""
    return code_of(client, "send", channel_id=channel, content=text)


def events_of(client: Client, channel: str) -> list[str]:
    """What this person heard happening in a group, in order."""
    heard = [event for event in client.events(MessageEvent) if event.channel_id == channel]
    return [event.extra["event"] for event in heard if event.extra]


class TestMuted:
    def test_a_muted_member_is_told_until_when_on_both_ways(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id

        owner.write("mute_member", channel_id=channel, user_id=bo, until=ahead(hours=1))

        with pytest.raises(RefusedError) as refused:
            member.send_text(channel, "hello")
        assert refused.value.code == "muted"
        answer = scene.rest(bo).call(
            "POST", f"/channels/{channel}/messages", json={"client_message_id": "1", "content": "hello"}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "muted")
        assert answer.json()["errors"]["until"] > f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"

        owner.write("unmute_member", channel_id=channel, user_id=bo)
        assert say(member, channel) == "ok"

    def test_a_repeat_by_who_was_muted_since_has_the_same_answer(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        first = member.send_text(channel, "hello", client_message_id="c-1")

        owner.write("mute_member", channel_id=channel, user_id=bo, until=ahead(hours=1))

        assert member.send_text(channel, "hello", client_message_id="c-1").seq == first.seq
        assert say(member, channel) == "muted"

    def test_only_those_who_mute_and_he_himself_see_it(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner = scene.rest(an)
        channel = owner.create_group("Team", bo, chen).channel_id
        scene.connect(an).write("mute_member", channel_id=channel, user_id=bo, until=ahead(hours=1))

        def seen_by(user: str) -> bool:
            return any(row.muted_until for row in scene.rest(user).members(channel).members)

        assert [seen_by(user) for user in (an, bo, chen)] == [True, True, False]
        own = scene.rest(bo).channel(channel).me
        assert own is not None
        assert own.muted_until is not None

    @pytest.mark.parametrize(
        "until",
        ["2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "9999-12-31T00:00:00Z"],
    )
    def test_a_time_that_can_t_be_meant_is_invalid(self, scene: Scene, until: str) -> None:
        an, bo = scene.people("an", "bo")
        owner = scene.connect(an)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id

        assert code_of(owner, "mute_member", channel_id=channel, user_id=bo, until=until) == "invalid"
        assert say(scene.connect(bo), channel) == "ok"


class TestRoles:
    def test_of_two_transfers_at_the_same_moment_one_happens(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        phone, laptop = scene.connect(an), scene.connect(an, gateway=-1)
        channel = phone.write("create_group", name="Team", user_ids=[bo, chen]).channel_id

        one = phone.post("transfer_owner", client_message_id="t-1", channel_id=channel, user_id=bo)
        two = laptop.post("transfer_owner", client_message_id="t-2", channel_id=channel, user_id=chen)
        outcomes = [reply.exception(20) for reply in (one, two)]

        assert sorted(getattr(failed, "code", "ok") for failed in outcomes) == ["forbidden", "ok"]
        shown = scene.rest(an).channel(channel)
        assert shown.owner == (bo if outcomes[0] is None else chen)
        owners = [row.user_id for row in scene.rest(an).members(channel).members if row.role == "owner"]
        assert owners == [shown.owner]

    def test_what_a_demoted_admin_had_under_way_is_decided_by_his_new_role(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, admin = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo, chen]).channel_id
        owner.write("set_role", channel_id=channel, user_id=bo, role="admin")

        demoted = owner.post(
            "set_role", client_message_id="d-1", channel_id=channel, user_id=bo, role="member"
        )
        removals = [
            admin.post("remove_member", client_message_id=f"r-{number}", channel_id=channel, user_id=chen)
            for number in range(3)
        ]
        demoted.result(20)
        for removal in removals:
            removal.exception(20)

        log = owner.history(channel, after=0).entries
        events = [entry.extra.get("event") for entry in log if entry.extra]
        if "member_removed" in events:
            assert events.index("member_removed") < events.index("role_changed", 2)
        assert code_of(admin, "remove_member", channel_id=channel, user_id=chen) == "forbidden"

    def test_no_field_of_a_request_makes_an_administrator(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        member = scene.connect(bo)
        channel = scene.connect(an).write("create_group", name="Team", user_ids=[bo]).channel_id

        fields = {"status": "disabled", "by_admin": True}
        assert code_of(member, "set_status", channel_id=channel, **fields) == "forbidden"
        answer = scene.rest(bo).call(
            "PUT",
            f"/channels/{channel}/status",
            json={"client_message_id": "1", **fields},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert scene.rest(bo).channel(channel).status == "enabled"


class TestWhatIsShown:
    def test_a_channel_shows_its_order_and_what_i_am(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("set_announcement", channel_id=channel, text="Lunch\nat twelve")
        owner.write("update_channel", channel_id=channel, join="admins", mute_all=True, max_members=9)
        owner.write("set_nickname", channel_id=channel, user_id=bo, nickname="Ace")

        shown = scene.rest(bo).channel(channel)

        assert shown.announcement is not None
        assert (shown.announcement.text, shown.announcement.by) == ("Lunch\nat twelve", an)
        assert shown.settings is not None
        assert (shown.settings.join, shown.settings.mute_all, shown.max_members) == ("admins", True, 9)
        assert shown.me is not None
        assert (shown.me.role, shown.me.nickname) == ("member", "Ace")
        assert say(member, channel) == "muted"
        assert [row.nickname for row in scene.rest(an).members(channel).members if row.user_id == bo] == [
            "Ace"
        ]

    def test_who_has_left_sees_nothing_of_it_any_more(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        member.write("leave", channel_id=channel)
        owner.write("set_announcement", channel_id=channel, text="He is gone")

        shown = scene.rest(bo).channel(channel)

        assert (shown.announcement, shown.settings, shown.me) == (None, None, None)

    def test_a_nickname_stands_over_later_messages(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        member.write("set_nickname", channel_id=channel, nickname="Ace")
        member.send_text(channel, "who am I")

        owner.wait_for_text("who am I")

        assert [event.sender_name for event in owner.events(MessageEvent) if event.content] == ["Ace"]


class TestJoiningByApproval:
    def test_a_stranger_asks_and_is_let_in(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, stranger = scene.connect(an), scene.connect(chen, gateway=-1)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.send_text(channel, "before")
        assert code_of(stranger, "request_join", channel_id=channel) == "not_found"
        owner.write("update_channel", channel_id=channel, join="approval")

        asked = stranger.write("request_join", channel_id=channel, reason="I am new")

        assert (asked.seq, asked.message_id) == (None, None), "how long the log is is not his"
        path = f"/channels/{channel}/join-requests"
        page = scene.rest(an).get(path, JoinRequestPage)
        assert [(row.user_id, row.by, row.reason) for row in page.requests] == [(chen, chen, "I am new")]
        assert scene.rest(bo).call("GET", path).status_code == 403
        assert scene.rest(chen).call("GET", path).status_code == 404

        owner.write("answer_join_requests", channel_id=channel, user_ids=[chen], accept=True)

        owner.send_text(channel, "after")
        stranger.wait_for_text("after")
        assert events_of(stranger, channel) == ["members_added"]
        texts = [entry.content for entry in stranger.history(channel, after=0).entries]
        assert texts == ["", "after"]
        assert scene.rest(an).get(path, JoinRequestPage).requests == []

    def test_a_request_over_rest_tells_no_seq_either(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner = scene.connect(an)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")

        body = {"client_message_id": "j-1", "reason": "please"}
        answers = [
            scene.rest(chen).call("POST", f"/channels/{channel}/join-requests", json=body) for _ in "12"
        ]

        assert [answer.json() for answer in answers] == [{"channel_id": channel}] * 2

    def test_a_members_people_wait_and_are_listed_by_pages(self, scene: Scene) -> None:
        an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")
        member.write("add_members", channel_id=channel, user_ids=[ding, chen])

        path = f"/channels/{channel}/join-requests"
        first = scene.rest(an).get(path, JoinRequestPage, limit=1)
        second = scene.rest(an).get(path, JoinRequestPage, limit=1, cursor=first.cursor)

        assert [row.user_id for page in (first, second) for row in page.requests] == sorted([chen, ding])
        assert second.cursor is None
        assert first.requests[0].by == bo

    def test_who_was_refused_is_told_until_when(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, stranger = scene.connect(an), scene.connect(chen)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")
        stranger.write("request_join", channel_id=channel)
        owner.write("answer_join_requests", channel_id=channel, user_ids=[chen], accept=False)

        assert code_of(stranger, "request_join", channel_id=channel) == "forbidden"
        assert code_of(stranger, "history", channel_id=channel) == "not_found"
        assert events_of(stranger, channel) == []

    def test_who_asked_and_who_was_refused_is_for_admins_and_himself(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, member, stranger = scene.connect(an), scene.connect(bo), scene.connect(chen)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")
        path = f"/channels/{channel}/join-requests"

        stranger.write("request_join", channel_id=channel, client_message_id=f"{chen}-1")
        waiting = scene.rest(chen).get(f"{path}/me", OwnJoinRequest)
        owner.write("answer_join_requests", channel_id=channel, user_ids=[chen], accept=False)

        refused = scene.rest(chen).get(f"{path}/me", OwnJoinRequest)
        assert (waiting.status, refused.status, refused.by) == ("waiting", "refused", chen)
        (listed,) = scene.rest(an).get(path, JoinRequestPage, status="refused").requests
        assert listed.user_id == chen
        assert scene.rest(bo).call("GET", f"{path}?status=refused").status_code == 403
        assert scene.rest(bo).call("GET", f"{path}/me").status_code == 404
        eventually(lambda: events_of(member, channel)[-1:] == ["join_refused"])
        assert events_of(member, channel)[-2:] == ["join_requested", "join_refused"]
        seen = [
            *member.events(MessageEvent),
            *member.history(channel, after=0).entries,
            *member.sync().conversations,
            member.request("unread", channel_id=channel),
        ]
        assert chen not in msgspec.json.encode(seen).decode()

    def test_receipts_do_not_tell_who_proposed_somebody(self, scene: Scene) -> None:
        an, bo, chen, ding = scene.people("an", "bo", "chen", "ding")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo, chen]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")

        asked = member.write("add_members", channel_id=channel, user_ids=[ding])

        told = scene.rest(chen).pushes(asked.message_id or "")
        assert sorted(push.receiver for push in told.pushes) == sorted([an, bo, chen])
        assert told.counts.total == 3

    def test_a_request_is_withdrawn_by_who_made_it(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, member, stranger = scene.connect(an), scene.connect(bo), scene.connect(chen)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")
        path = f"/channels/{channel}/join-requests"
        stranger.write("request_join", channel_id=channel)
        assert code_of(member, "withdraw_join_request", channel_id=channel) == "not_found"

        gone = [
            stranger.write("withdraw_join_request", channel_id=channel, client_message_id="w-1") for _ in "12"
        ]

        assert [(answer.channel_id, answer.seq) for answer in gone] == [(channel, None)] * 2
        assert scene.rest(an).get(path, JoinRequestPage).requests == []
        assert code_of(stranger, "withdraw_join_request", channel_id=channel) == "not_found"
        assert code_of(stranger, "request_join", channel_id=channel) == "ok"
        answer = scene.rest(chen).call("DELETE", f"{path}/me?client_message_id=w-2")
        assert (answer.status_code, answer.json()) == (200, {"channel_id": channel})

    def test_who_asks_to_be_let_in_has_read_nothing(self, scene: Scene) -> None:
        an, bo, chen = scene.people("an", "bo", "chen")
        owner, stranger = scene.connect(an), scene.connect(chen)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.write("update_channel", channel_id=channel, join="approval")
        stranger.write("request_join", channel_id=channel)
        last = owner.send_text(channel, "who is it?")
        heads = scene.cluster.database["push_heads"]
        eventually(lambda: heads.count_documents({"_id": channel, "seq": {"$gte": last.seq}}) == 1)

        rows = scene.cluster.database["pushes"].find({"channel_id": channel, "status": 2})
        readers = {row["receiver"] for flush in rows for row in flush["rows"]}

        assert readers == {an}


class TestTheEnd:
    def test_a_disabled_group_is_read_and_takes_nothing(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.send_text(channel, "before")

        owner.write("set_status", channel_id=channel, status="disabled")

        assert say(member, channel) == say(owner, channel) == "channel_disabled"
        assert "before" in [entry.content for entry in member.history(channel, after=0).entries]
        owner.write("set_status", channel_id=channel, status="enabled")
        assert say(member, channel) == "ok"

    def test_a_dissolved_group_is_read_listed_and_can_be_left(self, scene: Scene) -> None:
        an, bo = scene.people("an", "bo")
        owner, member = scene.connect(an), scene.connect(bo)
        channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id
        owner.send_text(channel, "before")

        ended = owner.write("dissolve", channel_id=channel)

        assert owner.write("dissolve", channel_id=channel).seq is None, "nothing to do"
        assert code_of(owner, "set_status", channel_id=channel, status="enabled") == "channel_disabled"
        assert say(member, channel) == "channel_disabled"
        eventually(lambda: "channel_dissolved" in events_of(member, channel))
        assert [entry.seq for entry in member.history(channel, after=0).entries][-1] == ended.seq
        (row,) = [row for row in member.sync().conversations if row.channel_id == channel]
        assert (row.status, row.membership) == ("dissolved", "normal")
        member.write("leave", channel_id=channel)


@pytest.mark.parametrize(
    ("kind", "field", "most"),
    [
        pytest.param("set_nickname", "nickname", MAX_NICKNAME_CHARS, marks=pytest.mark.limit("nickname")),
        pytest.param(
            "set_announcement", "text", MAX_ANNOUNCEMENT_CHARS, marks=pytest.mark.limit("announcement")
        ),
        pytest.param(
            "request_join",
            "reason",
            MAX_REASON_CHARS,
            marks=pytest.mark.limit("reason of a request to join"),
        ),
    ],
)
def test_the_longest_is_taken_and_one_more_refused(scene: Scene, kind: str, field: str, most: int) -> None:
    an, bo = scene.people("an", "bo")
    owner = scene.connect(an)
    channel = owner.write("create_group", name="Team", user_ids=[bo]).channel_id

    assert code_of(owner, kind, channel_id=channel, **{field: "龍" * most}) == "ok"
    assert code_of(owner, kind, channel_id=channel, **{field: "龍" * (most + 1)}) == "invalid"
    for wrong in ("a\u0007b", {"$ne": ""}, ["x"], 7, None):
        assert code_of(owner, kind, channel_id=channel, **{field: wrong}) == "invalid"
