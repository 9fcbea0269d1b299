"""One person tries one route or frame; the answer in a form in which two answers can be compared."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import requests
from werkzeug.routing import Rule

from schemas import frames
from schemas.frames import ClientFrame, ErrorReply
from tests.support.cast import Cast, Place, Who
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.rights import FILE, OK
from tests.support.waiting import PATIENCE_S

_numbers: Final = itertools.count(1)
_WITH_BODY: Final = ("POST", "PUT", "PATCH")
_PLACES: Final = ("channel_id", "message_id")
_ITS_OWN: Final = ("id", "request_id")
"""What may differ between two answers that say the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody got: `ok` or the code of a refusal, all that he can tell of it, and its text."""

    outcome: str
    told: Any
    text: str


@dataclass(frozen=True, slots=True)
class Try:
    """Who tries it, where, and with what beside the ids of the place."""

    cast: Cast
    who: Who
    place: Place
    fields: Mapping[str, Any]

    def route(self, rule: Rule, method: str) -> Answer:
        """The answer to an HTTP request whose path is made from the URL map."""
        built = rule.build({name: getattr(self.place, name) for name in rule.arguments})
        assert built is not None
        token, fields = self.cast.token(self.who), _fresh(self.fields)
        file = fields.pop(FILE, None)
        in_body = method in _WITH_BODY and file is None
        response = requests.request(
            method,
            self.cast.cluster.gateway_urls[0] + built[1],
            headers={"Authorization": f"Bearer {token}"} if token else {},
            json=fields if in_body else None,
            params=None if in_body else fields,
            files=None if file is None else {"file": ("report.pdf", file, "application/pdf")},
            timeout=PATIENCE_S,
        )
        body = response.json()
        told = (response.status_code, sorted(response.headers), _comparable(body))
        return Answer(OK if response.ok else body["code"], told, response.text)

    def frame(self, kind: type[ClientFrame]) -> Answer:
        """The answer to a frame on a connection of his, or on one that has not said hello."""
        ids = {name: getattr(self.place, name) for name in _PLACES if name in kind.__struct_fields__}
        given = _fresh(self.fields) | ids
        if kind is frames.Hello:
            given["token"] = self.cast.token(self.who)
        try:
            return _answer(self._ask(kind, given))
        except RefusedError as refused:
            return _answer(msgspec.to_builtins(refused.reply), refused.reply)

    def _ask(self, kind: type[ClientFrame], given: Mapping[str, Any]) -> Any:
        name = str(kind.__struct_config__.tag)
        client = self.cast.clients.get(self.who)
        if client is None or not client.is_open:
            return self._ask_anew(name, given)
        reply = client.post(name, **given)
        if frames.REPLIES[kind] is None:
            client.request("ping")  # answered in order: had there been a refusal, it would be here
            return reply.result(0) if reply.done() else {}
        return reply.result(PATIENCE_S)

    def _ask_anew(self, name: str, given: Mapping[str, Any]) -> Any:
        with Client(self.cast.cluster.gateway_urls[0], recorder=None, reader=None) as knocking:
            knocking._link.read_on()
            if self.who is Who.DISABLED:
                knocking.post("hello", token=self.cast.token(self.who)).result(PATIENCE_S)
            return knocking.post(name, **given).result(PATIENCE_S)


def _answer(frame: Mapping[str, Any], refusal: ErrorReply | None = None) -> Answer:
    text = msgspec.json.encode(frame).decode()
    return Answer(refusal.code if refusal else OK, _comparable(frame), text)


def _comparable(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in body.items() if name not in _ITS_OWN}


def _fresh(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"try-{next(_numbers)}" if value == "<new>" else value for name, value in fields.items()}
