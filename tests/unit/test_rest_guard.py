"""A route is closed unless it is listed: the list of routes is the URL map's own, not one written by hand."""

from types import SimpleNamespace
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from imapp.errors import RequestError
from imapp.gateway.door import Door
from imapp.gateway.limits import Limits, Rate
from imapp.rest import install_rest
from imapp.rest.context import RestServices
from imapp.rest.guard import PUBLIC
from imapp.services.archiving.returns import nothing_to_prepare
from imapp.services.identity.identities import Credentials, Identity
from schemas.errors import ErrorCode
from schemas.users import User, UserKind

AN: Final = User(user_id="an", name="An", avatar="", kind=UserKind.EMPLOYEE)
AN_IS_ASKING: Final = {"Authorization": "Bearer a token of an"}
IDS: Final = {
    "channel_id": "c" * 24,
    "message_id": "c" * 24 + ".000000000001",
    "user_id": "bo",
    "name": "start.js",
    "shortcode": "grinning",
    "file_id": "f" * 21,
    "thumbnail": "small",
}


class Gatekeeper:
    """Knows An by one token, and nobody else."""

    def authenticate(self, shown: Credentials) -> Identity:
        if shown.bearer_token != "a token of an":
            raise RequestError(ErrorCode.UNAUTHORIZED)
        return Identity(user=AN, expires_at=2**33)


def make_app(**services: Any) -> Flask:
    """The REST API with a gatekeeper and these services; any other breaks when it is used."""
    app = Flask("test", static_folder=None)
    names = RestServices.__dataclass_fields__
    always = {"identity": Gatekeeper(), "door": Door(Limits({})), "prepare": nothing_to_prepare}
    install_rest(app, RestServices(**{**dict.fromkeys(names), **always, **services}))
    return app


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.websocket]


def knock(client: FlaskClient, rule: Rule, **options: Any) -> list[TestResponse]:
    """The responses of a route to each of its methods."""
    path = rule.build({name: IDS[name] for name in rule.arguments})
    assert path is not None
    return [client.open(path[1], method=method, **options) for method in sorted(rule.methods or ())]


@pytest.mark.limit("searches")
@pytest.mark.parametrize("path", ["/users", "/search/messages?words=a", "/search/contacts?words=a"])
def test_whatever_is_searched_counts_as_a_search_and_not_as_a_list(path: str) -> None:
    limits = Limits({"searches": Rate(0.001, 1)})
    limits.searches.check(AN.user_id)

    answer = make_app(door=Door(limits)).test_client().get(f"/api/v1{path}", headers=AN_IS_ASKING)

    assert answer.status_code == 429


def test_every_route_that_is_not_public_asks_who_is_there() -> None:
    app = make_app()
    closed = [rule for rule in rules(app) if rule.endpoint not in PUBLIC]

    answers = [
        (rule.rule, answer.status_code) for rule in closed for answer in knock(app.test_client(), rule)
    ]

    assert len(answers) >= 18
    assert {status for _, status in answers} == {401}, answers


def test_the_public_ones_are_those_that_are_listed() -> None:
    known = {rule.endpoint for rule in rules(make_app())}

    assert PUBLIC - known == {"serve"}, "only the WebSocket is served from elsewhere"


def test_of_the_api_only_health_and_its_own_description_are_public() -> None:
    """Whoever makes another one public has to say so here too."""
    public = {rule.rule for rule in rules(make_app()) if rule.endpoint in PUBLIC}

    assert {rule for rule in public if not rule.startswith("/docs")} == {
        "/api/v1/asyncapi.json",
        "/api/v1/files/<file:file_id>/signed",
        "/api/v1/health/live",
        "/api/v1/health/ready",
        "/api/v1/openapi.json",
    }


def test_a_route_that_was_added_later_and_forgotten_is_closed() -> None:
    app = make_app()
    app.add_url_rule("/api/v1/secrets", "secrets", lambda: "all of them")

    assert app.test_client().get("/api/v1/secrets").status_code == 401
    assert app.test_client().get("/api/v1/secrets", headers=AN_IS_ASKING).text == "all of them"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTphbg==",
        "Bearer a token of bo",
        "a token of an",
        "Bearer a token of an,Bearer a token of bo",
    ],
)
def test_a_header_that_proves_nothing_is_refused(header: str) -> None:
    refused = make_app().test_client().get("/api/v1/me", headers={"Authorization": header})

    assert (refused.status_code, refused.get_json()["code"]) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_with_a_token_a_route_answers() -> None:
    answer = make_app().test_client().get("/api/v1/me", headers=AN_IS_ASKING)

    assert (answer.status_code, answer.get_json()["user_id"]) == (200, "an")


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": "no json", "content_type": "application/json"},
        {"data": "text", "content_type": "text/plain"},
        {"data": "x" * 100_000, "content_type": "application/json"},
        {"json": {}, "query_string": "unknown=1"},
    ],
)
def test_a_stranger_does_not_learn_what_else_is_wrong(wrong: dict[str, Any]) -> None:
    path = f"/api/v1/channels/{IDS['channel_id']}/messages"

    assert make_app().test_client().post(path, **wrong).status_code == 401


def test_every_answer_has_an_id_and_is_kept_and_guessed_by_nobody() -> None:
    client = make_app().test_client()
    answers = [
        client.get("/api/v1/health/live"),
        client.get("/api/v1/me", headers=AN_IS_ASKING),
        client.get("/api/v1/me"),
        client.get("/nowhere"),
        client.get("/docs"),
        client.get("/docs/start.js"),
    ]

    for answer in answers:
        assert answer.headers["X-Request-Id"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)


def test_the_id_that_the_gateway_before_us_gave_is_kept() -> None:
    answer = make_app().test_client().get("/nowhere", headers={"X-Request-Id": "from-the-edge.1"})

    assert answer.headers["X-Request-Id"] == answer.get_json()["request_id"] == "from-the-edge.1"


@pytest.mark.parametrize("bad", ["", "x" * 65, "two words", "<script>", "ünïcode"])
def test_an_id_that_is_none_is_replaced(bad: str) -> None:
    answer = make_app().test_client().get("/nowhere", headers={"X-Request-Id": bad})

    assert answer.headers["X-Request-Id"] != bad
    assert len(answer.headers["X-Request-Id"]) == 16


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "DELETE"])
def test_a_method_that_is_not_documented_is_not_answered(method: str) -> None:
    answer = make_app().test_client().open("/api/v1/users", method=method, headers=AN_IS_ASKING)

    assert (answer.status_code, answer.get_json()["code"]) == (405, "unsupported")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("bad", ["x", "c" * 25, "c" * 23 + "%0A", "C" * 24])
def test_a_path_with_what_is_no_id_does_not_exist_whatever_the_method(method: str, bad: str) -> None:
    answer = make_app().test_client().open(f"/api/v1/channels/{bad}", method=method, headers=AN_IS_ASKING)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("lost", "draining", "status"),
    [
        (None, False, 200),
        ("mongodb", False, 503),
        ("rabbitmq", False, 503),
        ("writers", False, 503),
        ("receipts", False, 200),
        ("pushes", False, 200),
        (None, True, 503),
    ],
)
def test_ready_says_what_is_missing(lost: str | None, draining: bool, status: int) -> None:
    names = ("mongodb", "rabbitmq", "writers", "receipts", "pushes")
    problems = {name: "no answer for 9 s" if name == lost else None for name in names}
    can_serve = lost in (None, "receipts", "pushes")
    health = SimpleNamespace(problems=lambda: problems, can_serve=lambda: can_serve)
    gateway = SimpleNamespace(draining=draining)

    answer = make_app(health=health, gateway=gateway).test_client().get("/api/v1/health/ready")

    assert answer.status_code == status
    assert answer.get_json() == {
        "ready": status == 200,
        "degraded": status == 200 and lost is not None,
        "draining": draining,
        **{name: {"ok": reason is None, "reason": reason} for name, reason in problems.items()},
    }
