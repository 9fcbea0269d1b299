"""Every route and every frame has its row in the table of rights: nothing is added without saying who may."""

import typing
from typing import Final

from flask import Flask
from werkzeug.routing import Rule

from imapp.rest import install_routes
from imapp.rest.guard import PUBLIC
from schemas.frames import ClientFrame
from tests.support.rights import FRAMES, ROUTES

ADVICE = "has no row in tests/support/rights.py: say there who may"


def missing_routes(rules: typing.Iterable[Rule]) -> list[str]:
    """Advice for each route that asks who is calling and is in no row."""
    closed = [rule for rule in rules if rule.endpoint not in PUBLIC]
    names = {
        f"{method} {rule.endpoint}": rule.rule
        for rule in closed
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}  # HEAD is GET without its body
    }
    return [f"{name} ({path}) {ADVICE}" for name, path in names.items() if name not in ROUTES]


def frame_types() -> set[str]:
    """The `type` of every frame that a client may send."""
    return {str(kind.__struct_config__.tag) for kind in typing.get_args(ClientFrame)}


def application() -> Flask:
    app = Flask("test", static_folder=None)
    install_routes(app)
    return app


def test_every_route_has_a_row() -> None:
    assert missing_routes(application().url_map.iter_rules()) == []


def test_every_frame_has_a_row() -> None:
    assert [f"the frame {name!r} {ADVICE}" for name in sorted(frame_types() - FRAMES.keys())] == []


_OTHER_NAMES: Final = {
    "send_message": "send",
    "send_to_person": "send",
    "recall_message": "recall",
    "edit_message": "edit",
    "mark_read": "read",
}
_OF_ADMINISTRATORS: Final = ("administration", "moderation", "emojis")
_OF_REST: Final = {"upload_file"}  # bytes do not go through frames
_OF_THE_SOCKET: Final = {"received", "typing"}
_READS: Final = {
    "hello",
    "ping",
    "sync",
    "history",
    "unread",
    "settings",
    "search_messages",
    "message_receipts",
    "watch",
    "emojis",
}


def test_every_write_is_there_over_rest_and_over_the_socket() -> None:
    names = [name.partition(" ") for name in ROUTES]
    writes = [endpoint.split(".") for method, _, endpoint in names if method != "GET"]
    over_rest = {verb for area, verb in writes if area not in _OF_ADMINISTRATORS} - _OF_REST

    assert {_OTHER_NAMES.get(verb, verb) for verb in over_rest} == frame_types() - _READS - _OF_THE_SOCKET


def test_a_route_that_is_added_is_missed() -> None:
    app = application()
    app.add_url_rule("/api/v1/secrets", "secrets", lambda: "", methods=["GET", "DELETE"])

    added = [rule for rule in app.url_map.iter_rules() if rule.endpoint == "secrets"]

    assert sorted(missing_routes(added)) == [
        f"DELETE secrets (/api/v1/secrets) {ADVICE}",
        f"GET secrets (/api/v1/secrets) {ADVICE}",
    ]


def test_every_row_is_of_something_that_exists() -> None:
    rules = list(application().url_map.iter_rules())
    routes = {f"{method} {rule.endpoint}" for rule in rules for method in rule.methods or ()}

    assert ROUTES.keys() <= routes
    assert FRAMES.keys() == frame_types()
