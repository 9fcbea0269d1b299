"""Administrators at work: what they see, what they do, and that all of it is written down."""

import secrets
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from schemas.frames import CloseCode
from tests.flow.test_rights import RULES
from tests.support.cast import Cast, Who
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.people import make_users
from tests.support.rights import OPERATING, ROUTES
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S, eventually

ADMIN_ROUTES: Final = [name for name, row in ROUTES.items() if row.rights is OPERATING]
_WITH_BODY: Final = ("POST", "PUT", "PATCH")


class Operator:
    """An administrator on REST."""

    def __init__(self, cluster: Cluster, user: str) -> None:
        self.user = user
        self._url = cluster.gateway_urls[0] + "/api/v1/admin"
        self._token = make_token(user, roles=["admin"])

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """The bare response."""
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        return requests.request(method, self._url + path, headers=headers, timeout=PATIENCE_S, **options)

    def get(self, path: str, **query: Any) -> Any:
        """What a route shows."""
        answer = self.call("GET", path, params=query)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """What a route did."""
        answer = self.call("POST", path, json=body)
        assert answer.ok, answer.text
        return answer.json()

    def audit(self, **query: Any) -> list[Any]:
        """What this administrator has done, the latest first, without the looks at the log itself."""
        records = self.get("/audit", actor=self.user, **query)["records"]
        return [record for record in records if record["action"] != "audit.read"]


@pytest.fixture
def operator(scene: Scene) -> Operator:
    """Olga, who administrates the system."""
    (olga,) = scene.people("olga")
    return Operator(scene.cluster, olga)


# ---- the audit log


@pytest.fixture(scope="module")
def cast(cluster: Cluster) -> Iterator[Cast]:
    """People and a group to do all of it to."""
    with Scene(cluster) as scene:
        yield Cast(scene)


@pytest.mark.parametrize("name", ADMIN_ROUTES)
def test_every_route_stands_in_the_audit_log(cast: Cast, scene: Scene, name: str) -> None:
    cast = Cast(scene) if ROUTES[name].own_cast else cast
    method, rule = name.partition(" ")[0], RULES[name]
    built = rule.build({part: getattr(cast.place(), part) for part in rule.arguments})
    assert built is not None
    request_id, fields = (
        f"audit-{secrets.token_hex(8)}",
        {**ROUTES[name].needs(cast), "reason": "ticket 4711"},
    )
    fields = {key: secrets.token_hex(8) if value == "<new>" else value for key, value in fields.items()}

    answer = requests.request(
        method,
        cast.cluster.gateway_urls[1] + built[1],
        headers={"Authorization": f"Bearer {cast.token(Who.OPERATOR)}", "X-Request-Id": request_id},
        json=fields if method in _WITH_BODY else None,
        params=None if method in _WITH_BODY else fields,
        timeout=PATIENCE_S,
    )

    assert answer.ok, answer.text
    records = cast.cluster.database["audit"]
    record = records.find_one({"request_id": request_id})
    assert record is not None
    assert (record["actor"], record["reason"]) == (cast.ids[Who.OPERATOR], "ticket 4711")
    assert record["address"] == "127.0.0.1"
    assert set(record["targets"]) >= {getattr(cast.place(), part) for part in rule.arguments}
    ended = records.find_one({"_id": record["_id"] + ".end"})
    assert ended is not None
    assert ended["outcome"] == "ok"


def test_records_are_found_by_who_what_about_whom_and_when(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    for user in (bo, chen, bo):
        operator.post(f"/users/{user}/disable", reason=f"about {user}")
    operator.post(f"/users/{bo}/enable")

    records = operator.audit()

    assert [record["action"] for record in records] == ["user.enable", *["user.disable"] * 3]
    assert [record["targets"] for record in records] == [[bo], [bo], [chen], [bo]]
    assert [record["reason"] for record in records] == [None, f"about {bo}", f"about {chen}", f"about {bo}"]
    assert {record["outcome"] for record in records} == {"ok"}
    assert len(operator.audit(action="user.disable")) == 3
    assert len(operator.audit(target=chen)) == 1
    assert operator.audit(until=records[-1]["time"]) == []
    assert operator.audit(since=records[1]["time"], target=bo)[-1] == records[1]


def test_the_audit_log_is_read_in_pages(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    for _ in range(5):
        operator.post(f"/users/{bo}/disable")
    wanted: dict[str, Any] = {"actor": operator.user, "action": "user.disable", "limit": 2}

    pages = [operator.get("/audit", **wanted)]
    while pages[-1]["cursor"]:
        pages.append(operator.get("/audit", **wanted, cursor=pages[-1]["cursor"]))

    assert [len(page["records"]) for page in pages] == [2, 2, 1]
    assert len({record["audit_id"] for page in pages for record in page["records"]}) == 5


def test_what_was_refused_is_written_down_too(operator: Operator) -> None:
    answer = operator.call("POST", "/users/nobody-at-all/disable", json={})

    assert answer.status_code == 404
    (record,) = operator.audit()
    assert (record["action"], record["targets"], record["outcome"]) == (
        "user.disable",
        ["nobody-at-all"],
        "not_found",
    )


def test_who_reads_the_log_stands_in_it(operator: Operator) -> None:
    operator.get("/audit", target="somebody", reason="the yearly review")

    record = operator.get("/audit", actor=operator.user, action="audit.read")["records"][-1]

    assert (record["targets"], record["reason"]) == (["somebody"], "the yearly review")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"since": "yesterday"},
        {"actor": "$ne"},
        {"actor[$ne]": "x"},
        {"target": "x" * 65},
        {"unheard_of": "1"},
        {"reason": "a\u0000b"},
        {"reason": ""},
        {"reason": "x" * 501},
    ],
)
def test_a_wrong_question_is_refused(operator: Operator, query: dict[str, str]) -> None:
    answer = operator.call("GET", "/audit", params=query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


# ---- who may


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"roles": "admin"},
        {"roles": {"admin": True}},
        {"roles": [["admin"]]},
        {"roles": ["ADMIN", "admin "]},
        {"realm_access": {"roles": ["admin"]}},
        {"is_admin": True},
    ],
)
def test_nobody_makes_himself_an_administrator(scene: Scene, claims: dict[str, Any]) -> None:
    bo, chen = scene.people("bo", "chen")
    rest = scene.rest(bo)
    rest.session.headers.update(
        {
            "Authorization": f"Bearer {make_token(bo, **claims)}",
            "X-Imapp-Roles": "admin",
            "X-Imapp-User": "an",
            "Roles": "admin",
        }
    )

    answers = [
        rest.call("POST", f"/admin/users/{user}/disable", json={"roles": ["admin"], "is_admin": True})
        for user in (chen, "nobody-at-all")
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2
    assert scene.cluster.database["users"].find_one({"_id": chen, "status": "active"})
    assert scene.cluster.database["audit"].count_documents({"actor": bo}) == 0


# ---- people


def test_people_are_found_by_id_by_name_and_by_status(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    operator.post(f"/users/{bo}/disable")

    def found(**query: Any) -> list[str]:
        return [user["user_id"] for user in operator.get("/users", **query)["users"]]

    assert found(ids=f"{chen},{bo},nobody-at-all") == [bo, chen]
    assert found(name=chen.capitalize()) == [chen]
    assert found(name=chen) == [], "as it is written"
    assert found(ids=f"{bo},{chen}", status="disabled") == [bo]
    assert found(ids=f"{bo},{chen}", status="active") == [chen]


@pytest.mark.parametrize("name", [".*", "^", "[A-Z]", "$where", "(?i)a", "\\"])
def test_a_name_is_text_and_no_pattern(scene: Scene, operator: Operator, name: str) -> None:
    make_users(scene.cluster.database, "plain")

    assert operator.get("/users", name=name)["users"] == []


def test_people_are_listed_in_pages(scene: Scene, operator: Operator) -> None:
    people = scene.people(*(f"u{number}" for number in range(5)))
    ids = ",".join(people)

    first = operator.get("/users", ids=ids, limit=3)
    second = operator.get("/users", ids=ids, limit=3, cursor=first["cursor"])

    assert [user["user_id"] for page in (first, second) for user in page["users"]] == sorted(people)
    assert second["cursor"] is None


def test_who_is_disabled_is_cut_everywhere_and_comes_back_when_enabled(
    scene: Scene, operator: Operator
) -> None:
    (bo,) = scene.people("bo")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]

    assert operator.post(f"/users/{bo}/disable", reason="left the company")["status"] == "disabled"

    assert [device.wait_closed() for device in devices] == [CloseCode.KICKED] * 2
    assert scene.rest(bo).call("GET", "/me").status_code == 401
    assert operator.post(f"/users/{bo}/enable")["status"] == "active"
    assert scene.rest(bo).call("GET", "/me").status_code == 200


# ---- connections


def test_somebodys_connections_are_listed_over_all_gateways(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]

    def listed() -> list[Any]:
        rows: list[Any] = operator.get(f"/users/{bo}/connections")["connections"]
        return rows

    eventually(lambda: len(listed()) == 2)

    assert {row["connection_id"] for row in listed()} == {device.hello.connection for device in devices}
    assert len({row["gateway"] for row in listed()}) == 2
    pages = [operator.get(f"/users/{bo}/connections", limit=1)]
    pages.append(operator.get(f"/users/{bo}/connections", limit=1, cursor=pages[0]["cursor"]))
    assert [row for page in pages for row in page["connections"]] == listed()
    devices[0].close()
    eventually(lambda: len(listed()) == 1)


def test_who_does_not_exist_has_no_connections(operator: Operator) -> None:
    assert operator.call("GET", "/users/nobody-at-all/connections").status_code == 404


# ---- channels and what is in them


def test_channels_are_found_by_id_by_name_by_member_and_by_status(scene: Scene, operator: Operator) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    phone = scene.connect(an)
    name = f"Team {secrets.token_hex(8)}"
    red = phone.write("create_group", name=f"{name} red", user_ids=[bo]).channel_id
    blue = phone.write("create_group", name=f"{name} blue", user_ids=[chen]).channel_id
    direct = phone.send_text(None, "hi", to=bo).channel_id

    def found(**query: Any) -> set[str]:
        return {channel["channel_id"] for channel in operator.get("/channels", **query)["channels"]}

    assert found(ids=f"{red},{direct}") == {red, direct}
    assert found(name=name) == {red, blue}
    assert found(name=f"{name} r", status="enabled") == {red}
    assert found(name=name, status="disabled") == set()
    assert found(member=bo) == {red, direct}
    assert found(name=".*") == set()
    assert operator.get(f"/channels/{red}")["member_count"] == 2
    members = operator.get(f"/channels/{red}/members")["members"]
    assert [member["user_id"] for member in members] == sorted([an, bo])
    first = operator.get("/channels", member=an, limit=2)
    second = operator.get("/channels", member=an, limit=2, cursor=first["cursor"])
    listed = [channel["channel_id"] for page in (first, second) for channel in page["channels"]]
    assert listed == sorted([red, blue, direct])


@pytest.mark.parametrize(
    "query",
    [
        {"ids": "x"},
        {"ids": ""},
        {"ids": f"{'a' * 24}", "name": "b"},
        {"member": "$ne"},
        {"status": "unheard-of"},
        {"cursor": "'"},
        {"limit": "1000"},
    ],
)
def test_a_wrong_question_about_channels_is_refused(operator: Operator, query: dict[str, str]) -> None:
    assert operator.call("GET", "/channels", params=query).status_code == 422


def test_an_administrator_reads_all_of_a_log_and_nobody_hears_of_it(cast: Cast) -> None:
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


@pytest.mark.parametrize("what", ["/channels/{c}", "/channels/{c}/members", "/channels/{c}/messages"])
def test_a_channel_that_does_not_exist_is_not_found(operator: Operator, what: str) -> None:
    assert operator.call("GET", what.format(c="0" * 24)).status_code == 404
    assert operator.call("GET", f"/messages/{'0' * 24}.000000000001").status_code == 404


# ---- closing connections


def test_who_is_kicked_is_cut_on_all_gateways_and_nobody_else_is(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    devices = [scene.connect(bo, gateway=number) for number in (0, 1)]
    other = scene.connect(chen)
    begun = time.monotonic()

    told = operator.post(f"/users/{bo}/kick", reason="a lost telephone")

    assert [device.wait_closed(timeout=1.0) for device in devices] == [CloseCode.KICKED] * 2
    assert time.monotonic() - begun <= 2.0
    assert told == {"closed": sorted(device.hello.connection for device in devices), "silent": []}
    assert other.request("ping")
    assert scene.connect(bo).request("ping"), "he may come back"


def test_one_connection_can_be_closed_alone(scene: Scene, operator: Operator) -> None:
    (bo,) = scene.people("bo")
    lost, kept = scene.connect(bo), scene.connect(bo, gateway=1)

    told = operator.post(f"/users/{bo}/kick", connection_id=lost.hello.connection)

    assert told["closed"] == [lost.hello.connection]
    assert lost.wait_closed() == CloseCode.KICKED
    assert kept.request("ping")


def test_a_connection_of_somebody_else_is_not_closed(scene: Scene, operator: Operator) -> None:
    bo, chen = scene.people("bo", "chen")
    other = scene.connect(chen)

    told = operator.post(f"/users/{bo}/kick", connection_id=other.hello.connection)

    assert told == {"closed": [], "silent": []}
    assert other.request("ping")
    assert operator.call("POST", "/users/nobody-at-all/kick", json={}).status_code == 404


# ---- recall, status, versions


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


def test_what_an_administrator_has_disabled_its_owner_can_not_enable(
    scene: Scene, operator: Operator
) -> None:
    an, bo = scene.people("an", "bo")
    phone = scene.connect(an)
    channel = phone.write("create_group", name="team", user_ids=[bo]).channel_id

    def put(status: str) -> requests.Response:
        body = {"client_message_id": secrets.token_hex(8), "status": status}
        return operator.call("PUT", f"/channels/{channel}/status", json=body)

    assert put("disabled").ok
    assert operator.get(f"/channels/{channel}")["status"] == "disabled"
    with pytest.raises(RefusedError, match="channel_disabled"):
        phone.send_text(channel, "hello?")
    own = {"client_message_id": "mine", "status": "enabled"}
    assert not scene.rest(an).call("PUT", f"/channels/{channel}/status", json=own).ok
    assert put("enabled").ok
    assert phone.send_text(channel, "hello!").seq
    assert put("dissolved").ok
    assert operator.get(f"/channels/{channel}")["status"] == "dissolved"
    assert put("unheard-of").status_code == 422


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
