"""Everybody tries everything (I3): the routes are the URL map's, the frames those of the schemas.

What is not somebody's looks to him exactly like what does not exist, and nothing that he gets holds a text
that is not his.
"""

import os
import typing
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final

import pytest
from flask import Flask
from werkzeug.routing import Rule

from devstack.services import Stack
from imapp.rest import install_routes
from schemas.frames import ClientFrame, MessageEvent, TypingEvent
from tests.support.cast import READERS, Cast, Place, Who
from tests.support.cluster import Cluster
from tests.support.rights import ANYBODY, FRAMES, OK, OPERATING, ROUTES, Row
from tests.support.scene import Scene
from tests.support.trying import Answer, Try
from tests.support.waiting import eventually

_OWN_CASTS: Final = [name for table in (ROUTES, FRAMES) for name, row in table.items() if row.own_cast]


def _rules() -> dict[str, Rule]:
    app = Flask("test", static_folder=None)
    install_routes(app)
    rules = app.url_map.iter_rules()
    return {f"{method} {rule.endpoint}": rule for rule in rules for method in rule.methods or ()}


RULES: Final = _rules()
KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in typing.get_args(ClientFrame)}


@pytest.fixture(scope="module")
def casts(stack: Stack) -> Iterator[Mapping[str, Cast]]:
    """A cast for all, and one for each row that needs it for itself."""
    with ExitStack() as keep:
        options: dict[str, Any] = {"es_url": stack.es_url, "gateways": 2, "writers": 1, "shards": 1}
        cluster = keep.enter_context(
            Cluster(stack.mongo_url, stack.amqp_url, f"rights{os.getpid()}", **options)
        )
        casts = {name: Cast(keep.enter_context(Scene(cluster))) for name in ("everybody", *_OWN_CASTS)}
        for cast in casts.values():
            cast.disable()
        yield casts


def cast_for(casts: Mapping[str, Cast], name: str, row: Row) -> Cast:
    return casts[name if row.own_cast else "everybody"]


def texts_of(row: Row) -> list[str]:
    """The entries that it makes a difference for: all of them, or just one to have one."""
    return list(READERS) if row.entry_rights else ["later"]


class Trial:
    """One route or frame, tried by everybody at every place."""

    def __init__(self, cast: Cast, name: str, row: Row) -> None:
        self.cast = cast
        self.name = name
        self.row = row
        self.wrong: list[str] = []

    def run(self) -> list[str]:
        """What is not as the table says: one line each."""
        for text in texts_of(self.row):
            for who, expected in self.row.rights_on(text).items():
                for variant in self.row.variants:
                    self._try(who, text, expected, {**self.row.needs(self.cast), **variant})
        return self.wrong

    def _try(self, who: Who, text: str, expected: str, fields: Mapping[str, Any]) -> None:
        case = f"{who} tries {self.name} {dict(fields)} ({text!r})"
        answer = self.ask(who, self.cast.place(text), fields)
        if answer.outcome != expected:
            self.wrong.append(f"{case}: {answer.outcome} instead of {expected}: {answer.text[:200]}")
        hidden = [text for text in self.cast.not_for(who) if text in answer.text]
        if hidden and (self.row.rights is not OPERATING or expected != OK):
            self.wrong.append(f"{case}: is told {hidden}")
        for nowhere in self._where_there_is_nothing(who, text, expected):
            other = self.ask(who, nowhere, fields)
            if other.told != answer.told:
                self.wrong.append(f"{case}: {answer.told}, but where there is nothing {other.told}")

    def _where_there_is_nothing(self, who: Who, text: str, expected: str) -> list[Place]:
        """Where he must get the same answer, so that he can't tell what there is."""
        no_channel, no_entry = self.cast.nowhere()
        if expected in {"not_found", "unauthorized"} or self._is_none_of_his(expected):
            return [no_channel, no_entry]
        return [no_entry] if self.row.entry_rights and who not in READERS[text] else []

    def _is_none_of_his(self, expected: str) -> bool:
        return self.row.rights is OPERATING and expected == "forbidden"

    def ask(self, who: Who, place: Place, fields: Mapping[str, Any]) -> Answer:
        """One try."""
        attempt = Try(self.cast, who, place, fields)
        if self.name in KINDS:
            return attempt.frame(KINDS[self.name])
        return attempt.route(RULES[self.name], self.name.partition(" ")[0])


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_everybody_as_the_table_says(casts: Mapping[str, Cast], name: str) -> None:
    row = ROUTES[name]

    assert Trial(cast_for(casts, name, row), name, row).run() == []


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_answers_everybody_as_the_table_says(casts: Mapping[str, Cast], name: str) -> None:
    row = FRAMES[name]

    assert Trial(cast_for(casts, name, row), name, row).run() == []


@pytest.mark.parametrize(
    "name",
    [
        name
        for table in (ROUTES, FRAMES)
        for name, row in table.items()
        if row.rights not in (ANYBODY, OPERATING)
    ],
)
def test_a_direct_chat_is_nobody_elses(casts: Mapping[str, Cast], name: str) -> None:
    cast = casts["everybody"]
    row = ROUTES.get(name) or FRAMES[name]
    trial = Trial(cast, name, row)
    for who in (Who.ADMIN, Who.STRANGER):
        for variant in row.variants:
            fields = {**row.needs(cast), **variant}

            answer = trial.ask(who, cast.direct, fields)

            assert answer.outcome == "not_found"
            assert cast.secret not in answer.text
            assert [trial.ask(who, nowhere, fields).told for nowhere in cast.nowhere()[:1]] == [answer.told]


@pytest.mark.parametrize("who", [who for who in Who if who not in {Who.NOBODY, Who.DISABLED}])
def test_everybody_heard_live_what_is_his_and_nothing_else(casts: Mapping[str, Cast], who: Who) -> None:
    for cast in casts.values():
        client = cast.clients[who]
        client.request("ping")
        said = {event.content for event in client.events(MessageEvent)} | set(client.texts(cast.channel))

        heard = {name for name, text in cast.texts.items() if text in said}

        assert heard == {name for name, readers in READERS.items() if who in readers}


def test_nobody_stands_in_the_ledger_who_was_not_there(casts: Mapping[str, Cast]) -> None:
    cast = casts["everybody"]
    rows = cast.cluster.database["pushes"].find({"channel_id": cast.channel})

    receivers = {receipt["receiver"] for row in rows for receipt in row["rows"]}

    assert not receivers & {cast.ids[Who.STRANGER], cast.ids[Who.DISABLED]}


def test_nobody_is_seen_typing_who_is_not_there_and_nobody_sees_it_who_is_not(
    casts: Mapping[str, Cast],
) -> None:
    cast = casts["everybody"]
    not_there = (Who.STRANGER, Who.GONE)
    for who in (*not_there, Who.MEMBER):
        cast.clients[who].post("typing", channel_id=cast.channel)
        cast.clients[who].request("ping")

    def seen(who: Who) -> set[str]:
        return {event.user_id for event in cast.clients[who].events(TypingEvent)}

    eventually(lambda: cast.ids[Who.MEMBER] in seen(Who.OWNER))

    assert not seen(Who.OWNER) & {cast.ids[who] for who in not_there}
    assert [seen(who) for who in not_there] == [set(), set()]
