"""Administrators read what was written anywhere, take it back, and see what it said before."""

import pytest

from imapp.services.administering import channels
from imapp.services.administering.channels import ChannelAdmin
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.users import UserStore
from schemas.admin import AdminHistoryQuery
from tests.support.cast import Cast, Who
from tests.support.operator import Operator
from tests.support.scene import Scene


def test_an_administrator_reads_all_of_a_log_and_nobody_hears_of_it(scene: Scene) -> None:
    cast = Cast(scene)
    operator = Operator(cast.cluster, cast.ids[Who.OPERATOR])
    before = cast.cluster.database["pushes"].count_documents({"rows.receiver": operator.user})

    page = operator.get(f"/channels/{cast.channel}/messages", reason="a complaint")
    entry = operator.get(f"/messages/{cast.place('middle').message_id}")

    texts = [entry["content"] for entry in page["entries"] if entry["message_type"] == "text"]
    assert texts == [cast.texts[name] for name in ("early", "middle", "later")]
    assert (page["from_seq"], page["more_before"], page["more_after"]) == (1, False, False)
    assert entry["content"] == cast.texts["middle"]
    assert cast.cluster.database["pushes"].count_documents({"rows.receiver": operator.user}) == before == 0
    (record, *_) = operator.audit(action="channel.history", target=cast.channel)
    assert record["reason"] == "a complaint"
    (record, *_) = operator.audit(action="message.read", target=cast.channel)
    assert record["targets"] == [cast.place("middle").message_id, cast.channel]


def test_what_one_person_wrote_is_read_in_pages(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    phone, other = scene.connect(an), scene.connect(bo)
    channel = phone.write("create_group", name="team", user_ids=[bo]).channel_id
    for number in range(3):
        phone.send_text(channel, f"an {number}")
        other.send_text(channel, f"bo {number}")
    path = f"/channels/{channel}/messages"

    first = operator.get(path, sender=bo, limit=2)
    second = operator.get(path, sender=bo, limit=2, before=first["from_seq"])

    assert [entry["content"] for entry in first["entries"]] == ["bo 1", "bo 2"]
    assert [entry["content"] for entry in second["entries"]] == ["bo 0"]
    assert (first["more_before"], second["more_before"], second["from_seq"]) == (True, False, 1)
    assert operator.get(path, sender="somebody-else")["entries"] == []
    assert operator.call("GET", path, params={"sender": bo, "after": 1}).status_code == 422


@pytest.mark.limit("entries that an administrator's page of one sender looks through")
def test_a_page_of_one_sender_looks_through_so_many_entries_and_says_that_there_are_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, bo = scene.people("an", "bo")
    phone, other = scene.connect(an), scene.connect(bo)
    channel = phone.write("create_group", name="team", user_ids=[bo]).channel_id
    other.send_text(channel, "bo at 2")
    for seq in range(3, 7):
        phone.send_text(channel, f"an at {seq}")
    database = scene.cluster.database
    admin = ChannelAdmin(
        ChannelStore(database), MemberStore(database), MessageLog(database), UserStore(database)
    )
    monkeypatch.setattr(channels, "LOOKED_THROUGH", 4)

    first = admin.history(channel, AdminHistoryQuery(sender=bo))
    second = admin.history(channel, AdminHistoryQuery(sender=bo, before=first.from_seq))

    assert (first.entries, first.from_seq, first.to_seq, first.more_before) == ([], 3, 6, True)
    assert [entry.content for entry in second.entries] == ["bo at 2"]
    assert (second.from_seq, second.more_before) == (1, False)


def test_an_administrator_takes_back_what_is_not_his_and_where_he_is_not(
    scene: Scene, operator: Operator
) -> None:
    an, bo = scene.people("an", "bo")
    phone = scene.connect(an)
    sent = phone.send_text(None, "a slander", to=bo)
    body = {"client_message_id": "recall-1", "reason": "ticket 4711"}

    done = operator.post(f"/messages/{sent.message_id}/recall", **body)
    again = operator.post(f"/messages/{sent.message_id}/recall", **body)

    assert again == done
    entry = operator.get(f"/messages/{sent.message_id}")
    assert (entry.get("status"), entry.get("content", "")) == ("recalled", "")
    (first, second) = operator.audit(action="message.recall", target=sent.message_id)
    assert (first["reason"], second["outcome"]) == ("ticket 4711", "ok")


def test_what_a_message_said_before_is_read_until_it_is_recalled(scene: Scene, operator: Operator) -> None:
    an, bo = scene.people("an", "bo")
    rest = scene.rest(an)
    message_id = rest.send_to(bo, "version 1").message_id
    for number in (2, 3):
        body = {"client_message_id": f"edit-{number}", "content": f"version {number}"}
        assert rest.call("POST", f"/messages/{message_id}/edit", json=body).ok
    path = f"/messages/{message_id}/versions"

    first = operator.get(path, limit=1)
    second = operator.get(path, limit=1, cursor=first["cursor"])

    assert [version["content"] for page in (first, second) for version in page["versions"]] == [
        "version 1",
        "version 2",
    ]
    assert operator.call("GET", path, params={"cursor": "x"}).status_code == 422
    operator.post(f"/messages/{message_id}/recall", client_message_id="gone")
    assert operator.get(path)["versions"] == []
