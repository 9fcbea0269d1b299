"""Every frame that a test's socket carries, held against the AsyncAPI document.

What the server sends must fit its schema with no field beside it, and a reply must have the shape that its
request announces. What a client sends may be wrong on purpose; then it must be refused, and what fits must
not be refused for its form. Who sees a breach only notes it: the suite's guard fails the test.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final

import jsonschema_rs
import msgspec
from websockets.sync.client import ClientConnection

from imapp.contracts.asyncapi import REQUESTS, SERVER_FRAMES, create_asyncapi
from schemas.frames import EVENTS, REPLIES, ErrorReply

Frame = dict[str, Any]

_breaches: Final[list[str]] = []
_MOST_SHOWN: Final = 2_000


def check_contract() -> None:
    """Nothing, if every frame since the last call kept the contract.

    Raises:
        AssertionError: one did not; the text says which and why.
    """
    if _breaches:
        found, _breaches[:] = list(_breaches), []
        raise AssertionError("\n".join([f"{len(found)} frames broke the AsyncAPI document:", *found[:5]]))


class Contract:
    """What one connection has asked, so that replies can be told; any thread may use it."""

    def __init__(self, *, sees_requests: bool = True) -> None:
        """Without `sees_requests` a reply may have the shape of any reply."""
        self._sees_requests = sees_requests
        self._asked: dict[str, list[_Asked]] = defaultdict(list)
        self._lock = threading.Lock()

    def sent(self, text: str) -> None:
        """A client is about to send this text, right or wrong."""
        with suppress(ValueError, RecursionError):
            frame = json.loads(text)  # takes more than JSON, as a server does that looks for the id alone
            if isinstance(frame, dict) and isinstance(frame.get("id"), str):
                with self._lock:
                    self._asked[frame["id"]].append(_Asked(frame, text))

    def received(self, data: str | bytes) -> None:
        """A client was sent this; a breach is noted."""
        problem = self._problem(data)
        if problem:
            _breaches.append(f"{problem}: {data[:_MOST_SHOWN]!r}")

    def _problem(self, data: str | bytes) -> str:
        try:
            frame = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            return f"no JSON ({error})"
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind in _events():
            return _misfit(_events()[kind], frame)
        if kind == "error":
            return _misfit(ErrorReply.__name__, frame) or self._refused(frame)
        if "id" not in frame:
            return f"no such event ({kind})"
        return self._answered(frame)

    def _refused(self, error: Frame) -> str:
        if not self._sees_requests or "id" not in error:
            return ""
        asked = self._take(error["id"])
        if not asked:
            return "refuses what was not asked"
        malformed = error["code"] == "invalid" and "frame" in (error.get("errors") or {})
        if malformed and all(request.fits and not request.is_beyond_schemas for request in asked):
            return "a request that fits the document is refused for its form"
        return ""

    def _answered(self, reply: Frame) -> str:
        if not self._sees_requests:
            return "" if any(not _misfit(name, reply) for name in _replies()) else "like no reply"
        asked = self._take(reply["id"])
        if not asked:
            return "answers what was not asked"
        problems = [request.problem(reply) for request in asked]
        return "" if "" in problems else problems[0]

    def _take(self, request_id: str) -> "list[_Asked]":
        """What this may answer. Tests repeat an id now and then: then either may be meant."""
        with self._lock:
            asked = self._asked.get(request_id, [])
            if len(asked) == 1:
                del self._asked[request_id]
            return list(asked)


class CheckedConnection(ClientConnection):
    """A WebSocket whose every frame is held against the document."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._contract = Contract()

    def send(self, message: Any, text: bool | None = None) -> None:
        """Send it, whole or in parts; it is noted first, since the reply may be fast."""
        if not isinstance(message, str | bytes):
            message = list(message)
        with suppress(UnicodeDecodeError):
            self._contract.sent(_text_of(message, text))
        super().send(message, text=text)

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Any:
        """The next frame, judged."""
        data = super().recv(timeout, decode)
        self._contract.received(data)
        return data


def _text_of(message: Any, text: bool | None) -> str:
    """The text of a message; empty for a binary one."""
    whole = message if isinstance(message, str | bytes) else message[0][:0].join(message)
    if isinstance(whole, bytes):
        return whole.decode() if text else ""
    return str(whole)


class _Asked:
    """One request, as it was sent."""

    __slots__ = ("frame", "text")

    def __init__(self, frame: Frame, text: str) -> None:
        self.frame = frame
        self.text = text

    @property
    def fits(self) -> bool:
        """Whether it is valid by the document."""
        name = _requests().get(self.frame.get("type"))
        return name is not None and self._is_json and not _misfit(name, self.frame)

    @property
    def _is_json(self) -> bool:
        with suppress(msgspec.DecodeError):
            msgspec.json.decode(self.text)
            return True
        return False

    @property
    def is_beyond_schemas(self) -> bool:
        """Whether it has what no schema can forbid: a field twice, or a whole number as 7.0 or 7e0."""
        names: list[list[str]] = []
        numbers: list[float] = []

        def number(text: str) -> float:
            numbers.append(float(text))
            return numbers[-1]

        json.loads(
            self.text,
            parse_float=number,
            object_pairs_hook=lambda pairs: names.append([name for name, _ in pairs]),
        )
        return any(len(set(found)) < len(found) for found in names) or any(map(float.is_integer, numbers))

    def problem(self, reply: Frame) -> str:
        """What is wrong with this as the reply; empty for nothing."""
        kind = self.frame.get("type")
        if not self.fits:
            return f"a {kind} that does not fit the document is answered"
        wanted = _shapes_of_replies()[kind]
        return _misfit(wanted, reply) if wanted else f"{kind} is never answered"


# ---- the document, compiled when it is first needed


@cache
def _requests() -> dict[Any, str]:
    return {request.__struct_config__.tag: request.__name__ for request in REQUESTS}


@cache
def _events() -> dict[Any, str]:
    return {event.__struct_config__.tag: event.__name__ for event in EVENTS}


@cache
def _shapes_of_replies() -> dict[Any, str | None]:
    return {
        request.__struct_config__.tag: reply.__name__ if reply else None for request, reply in REPLIES.items()
    }


@cache
def _replies() -> tuple[str, ...]:
    return tuple(frame.__name__ for frame in SERVER_FRAMES if frame not in EVENTS)


@cache
def _validators() -> dict[str, Any]:
    schemas = create_asyncapi()["components"]["schemas"]
    strict = {name: _strict(schema) for name, schema in schemas.items()}
    return {
        **dict(_compiled(schemas, (request.__name__ for request in REQUESTS))),
        **dict(_compiled(strict, (frame.__name__ for frame in SERVER_FRAMES))),
    }


def _compiled(schemas: Frame, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        yield name, jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _strict(schema: Frame) -> Frame:
    """An object with nothing but what is described."""
    return {**schema, "additionalProperties": False} if "properties" in schema else schema


def _misfit(name: str, frame: Frame) -> str:
    """Why a frame is not of a shape; empty if it is."""
    validator = _validators()[name]
    if validator.is_valid(frame):
        return ""
    reasons = "; ".join(f"{error.message} at {error.instance_path}" for error in validator.iter_errors(frame))
    return f"not a {name}: {reasons[:_MOST_SHOWN]}"
