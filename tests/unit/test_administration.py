"""What is for administrators is closed to others, and nothing of it is done before it is written down."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import click
import pytest
import structlog
from flask import Flask
from structlog.testing import LogCapture
from werkzeug.routing import Rule

from imapp.cli import main
from imapp.errors import RequestError, StoreUnavailable
from imapp.rest.administration import action_of, admin_only
from imapp.rest.blueprint import Blueprint
from imapp.services.administering.audit import AuditService
from imapp.services.identity.identities import Identity
from imapp.stores import audit as audit_store
from imapp.stores.audit import Intent
from schemas.admin import AuditQuery
from schemas.errors import ErrorCode
from tests.support.rights import ROUTES
from tests.unit.test_rest_guard import AN, AN_IS_ASKING, IDS, make_app

ROOT: Final = Path(__file__).parents[2]
PREFIX: Final = "/api/v1/admin/"
METHODS: Final = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class Log:
    """Keeps what is written, or can't be reached from some call on."""

    def __init__(self, *, fails_at: int = 10**9) -> None:
        self.begun: list[Intent] = []
        self.ended: list[tuple[str, str]] = []
        self._fails_at = fails_at

    def begin(self, intent: Intent) -> str:
        self._count()
        self.begun.append(intent)
        return f"record-{len(self.begun)}"

    def end(self, audit_id: str, outcome: str, at_ms: int) -> None:
        del at_ms
        self._count()
        self.ended.append((audit_id, outcome))

    def _count(self) -> None:
        self._fails_at -= 1
        if self._fails_at < 0:
            raise StoreUnavailable("no answer")


def audit(log: Log) -> AuditService:
    return AuditService(log, clock=lambda: 1_764_000_000.0)  # type: ignore[arg-type]  # of the same form


class Gatekeeper:
    """Knows An, who is an administrator or not."""

    def __init__(self, *, is_admin: bool) -> None:
        self._is_admin = is_admin

    def authenticate(self, _: Any) -> Identity:
        return Identity(user=AN, expires_at=2**33, roles=frozenset({"admin"}), is_admin=self._is_admin)


def app_for(log: Log, *, is_admin: bool = True) -> Flask:
    """The REST API with an audit log, and nothing behind it: whatever a view calls breaks it."""
    return make_app(identity=Gatekeeper(is_admin=is_admin), admin=SimpleNamespace(audit=audit(log)))


def admin_rules(app: Flask) -> Iterator[tuple[str, Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in METHODS & (rule.methods or set()):
            if rule.rule.startswith(PREFIX):
                yield f"{method} {rule.endpoint}", rule, method


NAMES: Final = sorted(name for name, _, _ in admin_rules(make_app()))


def ask(app: Flask, name: str, fields: Mapping[str, Any] | None = None) -> Any:
    """A request to a route, by its name in the table of rights."""
    rule, method = next((rule, method) for found, rule, method in admin_rules(app) if found == name)
    built = rule.build({part: IDS[part] for part in rule.arguments})
    assert built is not None
    cast: Any = SimpleNamespace(extra="bo", added="chen", name="a name", ids={})
    given = dict(ROUTES[name].needs(cast)) if fields is None else dict(fields)
    place = "query_string" if method in {"GET", "DELETE"} else "json"
    options: dict[str, Any] = {place: given}
    return app.test_client().open(built[1], method=method, headers=AN_IS_ASKING, **options)


@pytest.fixture(autouse=True)
def log() -> Iterator[LogCapture]:
    """What is logged; nothing of it stays configured."""
    capture = LogCapture()
    structlog.configure(processors=[capture], cache_logger_on_first_use=False)
    yield capture
    structlog.reset_defaults()


# ---- every route, from the URL map


def test_what_lies_below_admin_is_for_administrators_and_nothing_else_is() -> None:
    app = make_app()
    views = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}

    marked = {endpoint for endpoint in views if action_of(app.view_functions[endpoint]) is not None}

    assert marked == {endpoint for endpoint, path in views.items() if path.startswith(PREFIX)}
    assert len(marked) > 3


def test_a_route_that_is_forgotten_is_seen() -> None:
    app = make_app()
    app.add_url_rule(PREFIX + "secrets", "secrets", lambda: "")

    assert action_of(app.view_functions["secrets"]) is None


def test_no_two_routes_are_written_down_as_the_same_action() -> None:
    app = make_app()

    actions = [action_of(app.view_functions[rule.endpoint]) for _, rule, _ in admin_rules(app)]

    assert len(set(actions)) == len(actions)


@pytest.mark.parametrize("name", NAMES)
def test_others_are_refused_before_an_argument_is_read(name: str) -> None:
    records = Log()
    app = app_for(records, is_admin=False)

    answers = [ask(app, name), ask(app, name, {"unheard_of": "x"})]

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(403, "forbidden")}
    assert records.begun == []


@pytest.mark.parametrize("name", NAMES)
def test_what_can_not_be_written_down_is_not_done(name: str) -> None:
    records = Log(fails_at=0)

    answer = ask(app_for(records), name)

    assert (answer.status_code, answer.json["code"]) == (503, "busy")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_down_before_it_is_done(name: str) -> None:
    records = Log()

    answer = ask(app_for(records), name, {**_needs(name), "reason": "ticket 4711"})

    assert answer.status_code == 500, "nothing is behind this application"
    (intent,) = records.begun
    assert intent.actor == "an"
    assert (intent.reason, "reason" in intent.details) == ("ticket 4711", False)
    assert intent.request_id == answer.headers["X-Request-Id"]
    assert records.ended == [("record-1", "internal")]


def _needs(name: str) -> Mapping[str, Any]:
    cast: Any = SimpleNamespace(extra="bo", added="chen", name="a name", ids={})
    return ROUTES[name].needs(cast)


# ---- the mark


def blueprint_with(view: Any) -> Flask:
    blueprint = Blueprint("extra", __name__)
    blueprint.get("/admin/extra")(view)
    app = app_for(Log(), is_admin=False)
    app.register_blueprint(blueprint, url_prefix="/api/v1")
    return app


def test_a_mark_alone_closes_a_view() -> None:
    @admin_only("extra.read")
    def extra() -> str:
        raise AssertionError("called")

    answer = blueprint_with(extra).test_client().get("/api/v1/admin/extra", headers=AN_IS_ASKING)

    assert answer.status_code == 403


# ---- what becomes of it


def intent() -> Intent:
    return Intent(
        actor="an",
        action="user.disable",
        targets=["bo"],
        details={},
        reason=None,
        request_id="1",
        address="",
        at_ms=1,
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RequestError(ErrorCode.NOT_FOUND), "not_found"),
        (StoreUnavailable("no answer"), "busy"),
        (RuntimeError("a defect"), "internal"),
    ],
)
def test_a_refusal_is_the_outcome_and_goes_on(error: Exception, outcome: str) -> None:
    records = Log()

    with pytest.raises(type(error)), audit(records).writing(intent()):
        raise error

    assert records.ended == [("record-1", outcome)]


def test_what_went_well_is_ok() -> None:
    records = Log()

    with audit(records).writing(intent()):
        assert records.ended == []

    assert records.ended == [("record-1", "ok")]


def test_an_outcome_that_is_lost_does_not_undo_what_was_done() -> None:
    records = Log(fails_at=1)

    with audit(records).writing(intent()):
        pass

    assert (len(records.begun), records.ended) == (1, [])


@pytest.mark.parametrize(
    "since", ["yesterday", "2026-11-23", "2026-11-23T08:00:00", "0001-01-01T00:00:00Z", ""]
)
def test_a_time_that_is_none_is_refused(since: str) -> None:
    with pytest.raises(RequestError) as refused:
        audit(Log()).page(AuditQuery(since=since))

    assert refused.value.code is ErrorCode.INVALID


def test_the_store_of_the_audit_log_has_no_way_to_change_or_delete() -> None:
    text = Path(audit_store.__file__).read_text(encoding="utf-8")

    verbs = ("update", "replace", "delete", "drop", "find_one_and", "bulk_write", "expireAfter", "rename")
    assert [
        verb for verb in verbs if f"{verb}_" in text or f".{verb}(" in text or f"{verb}Seconds" in text
    ] == []
    assert {name for name in dir(audit_store.AuditLog) if not name.startswith("_")} == {
        "begin",
        "end",
        "page",
    }


def test_nobody_else_opens_the_collection_of_the_audit_log() -> None:
    """The schema makes its indexes, none of which lets a record expire."""
    users = {
        path.name
        for root in ("imapp", "tasks", "workers")
        for path in (ROOT / root).rglob("*.py")
        if re.search(r"""[\[(]["']audit["'][\])]|\baudit\.drop""", _code_of(path))
    }

    assert users == {"audit.py"}
    assert not [index.document for index in audit_store.INDEXES if "expireAfterSeconds" in index.document]


def test_no_route_and_no_command_changes_the_audit_log() -> None:
    routes = {
        (method, rule.rule)
        for rule in make_app().url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
        if "audit" in rule.rule
    }
    command = main.get_command(click.Context(main), "audit")

    assert routes == {("GET", f"{PREFIX}audit")}
    assert not isinstance(command, click.Group)
    assert command is not None
    assert {option.name for option in command.params} == {
        "actor",
        "action",
        "target",
        "since",
        "until",
        "limit",
        "cursor",
        "as_json",
    }


def _code_of(path: Path) -> str:
    """A module without the names of its log."""
    return path.read_text(encoding="utf-8").replace('get_log("audit")', "")
