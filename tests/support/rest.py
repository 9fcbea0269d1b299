"""A person on REST, with the verbs of the WebSocket client; it writes down what it does and sees."""

import itertools
import secrets
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import msgspec
import requests

from schemas import frames
from schemas.channels import Channel, MemberPage, Written
from schemas.conversations import Conversation, ConversationPage, ReadState, SyncPage
from schemas.messages import Entry as WireEntry
from schemas.messages import HistoryPage
from schemas.receipts import Nudged, PushPage
from schemas.settings import Settings
from tests.support.history import Answered, Opened, Paged
from tests.support.link import RefusedError
from tests.support.recorder import Recorder, entry_of, previews_of, sent_of
from tests.support.waiting import PATIENCE_S

Shape = TypeVar("Shape")


class RestClient:
    """One user's session on one gateway. One thread at a time."""

    def __init__(self, url: str, token: str | None, *, user: str, recorder: Recorder | None = None) -> None:
        self.url = url.rstrip("/") + "/api/v1"
        self.user = user
        self.recorder = recorder or Recorder()
        self.connection = self.recorder.name(user)
        self.recorder.add(Opened(self.connection, user, self.connection, live=False))
        self.session = requests.Session()
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"
        self._numbers = itertools.count(1)
        self._id_start = secrets.token_hex(4)

    def fresh_id(self) -> str:
        """A client id that nobody has used."""
        return f"{self._id_start}-{next(self._numbers)}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """The bare response to a request; `options` go to requests."""
        return self.session.request(method, self.url + path, timeout=PATIENCE_S, **options)

    def get(self, path: str, shape: type[Shape], **query: Any) -> Shape:
        """The body of a GET as its struct; raises RefusedError."""
        return msgspec.convert(_body(self.call("GET", path, params=query)), shape)

    def write(
        self, method: str, path: str, kind: str, place: Mapping[str, Any], **fields: Any
    ) -> dict[str, Any]:
        """The body of the answer to a write; `kind` and `place` say for the record what it is.

        A client_message_id goes into the body, or into the query of a write without one. Raises RefusedError.
        """
        fields.setdefault("client_message_id", self.new_id())
        request = f"q{next(self._numbers)}"
        self.recorder.add(sent_of(self, request, kind, {**fields, **place}))
        options = {"params": fields} if method == "DELETE" else {"json": fields}
        answer: Mapping[str, Any] = {"code": "busy"}  # no response leaves the outcome open
        try:
            answer = msgspec.json.decode(self.call(method, path, **options).content)
        finally:
            self.recorder.add(
                Answered(
                    self.connection,
                    request,
                    answer.get("channel_id", ""),
                    answer.get("seq") or 0,
                    answer.get("message_id") or "",
                    answer.get("code", ""),
                )
            )
        if answer.get("code"):
            raise RefusedError(msgspec.convert(answer, frames.ErrorReply))
        return dict(answer)

    def new_id(self) -> str:
        """A client_message_id that was never used."""
        return f"{self._id_start}-{next(self._numbers)}"

    # ---- the verbs

    def send_text(self, channel: str, text: str, **fields: Any) -> WireEntry:
        """Send a text to a channel; the stored entry."""
        path = f"/channels/{channel}/messages"
        answer = self.write("POST", path, "send", {"channel_id": channel}, content=text, **fields)
        return msgspec.convert(answer, WireEntry)

    def send_to(self, user: str, text: str, **fields: Any) -> WireEntry:
        """Send a text to a person; the stored entry."""
        answer = self.write("POST", f"/users/{user}/messages", "send", {"to": user}, content=text, **fields)
        return msgspec.convert(answer, WireEntry)

    def entry(self, message_id: str) -> WireEntry:
        """One entry."""
        body = _body(self.call("GET", f"/messages/{message_id}"))
        self.recorder.add(Paged(self.connection, (entry_of(body),)))
        return msgspec.convert(body, WireEntry)

    def pushes(self, message_id: str, **query: Any) -> PushPage:
        """Who received and who read a message."""
        return self.get(f"/messages/{message_id}/pushes", PushPage, **query)

    def nudge(self, message_id: str, client_message_id: str | None = None) -> Nudged:
        """Remind those who have not read a message."""
        body = {"client_message_id": client_message_id or self.new_id()}
        return msgspec.convert(_body(self.call("POST", f"/messages/{message_id}/nudge", json=body)), Nudged)

    def history(self, channel: str, **where: int) -> HistoryPage:
        """A page of history: `before`, `after`, `around`, `limit`."""
        page = _body(self.call("GET", f"/channels/{channel}/messages", params=where))
        self.recorder.add(Paged(self.connection, tuple(entry_of(entry) for entry in page["entries"])))
        return msgspec.convert(page, HistoryPage)

    def create_group(self, name: str, *user_ids: str, **fields: Any) -> Written:
        """A new group of this user and these."""
        answer = self.write(
            "POST", "/channels", "create_group", {}, name=name, user_ids=list(user_ids), **fields
        )
        return msgspec.convert(answer, Written)

    def open_direct(self, to: str, **fields: Any) -> Written:
        """The direct chat with somebody."""
        return msgspec.convert(
            self.write("POST", "/channels/direct", "open_direct", {}, to=to, **fields), Written
        )

    def channel(self, channel: str) -> Channel:
        """A channel as this user sees it."""
        return self.get(f"/channels/{channel}", Channel)

    def update_channel(self, channel: str, **fields: Any) -> Written:
        """Change the name or the avatar of a group."""
        place = {"channel_id": channel}
        answer = self.write("PATCH", f"/channels/{channel}", "update_channel", place, **fields)
        return msgspec.convert(answer, Written)

    def members(self, channel: str, **query: Any) -> MemberPage:
        """Who is in a channel."""
        return self.get(f"/channels/{channel}/members", MemberPage, **query)

    def add_members(self, channel: str, *user_ids: str, **fields: Any) -> Written:
        """Add people to a channel."""
        path, place = f"/channels/{channel}/members", {"channel_id": channel}
        answer = self.write("POST", path, "add_members", place, user_ids=list(user_ids), **fields)
        return msgspec.convert(answer, Written)

    def remove_member(self, channel: str, user: str, **fields: Any) -> Written:
        """Take somebody out of a group."""
        path, place = f"/channels/{channel}/members/{user}", {"channel_id": channel}
        return msgspec.convert(self.write("DELETE", path, "remove_member", place, **fields), Written)

    def leave(self, channel: str, **fields: Any) -> Written:
        """Leave a group."""
        path, place = f"/channels/{channel}/members/me", {"channel_id": channel}
        return msgspec.convert(self.write("DELETE", path, "leave", place, **fields), Written)

    def conversations(self, **query: Any) -> ConversationPage:
        """My conversation list."""
        page = _body(self.call("GET", "/conversations", params=query))
        self.recorder.add(*previews_of(self.connection, page["conversations"]))
        return msgspec.convert(page, ConversationPage)

    def sync(self, cursor: str | None = None) -> SyncPage:
        """What changed since the cursor."""
        page = _body(self.call("GET", "/sync", params={"cursor": cursor} if cursor else {}))
        self.recorder.add(*previews_of(self.connection, page["conversations"]))
        return msgspec.convert(page, SyncPage)

    def set(self, channel: str, **changes: Any) -> Conversation:
        """Change what I have set about a conversation."""
        return msgspec.convert(
            _body(self.call("PATCH", f"/conversations/{channel}", json=changes)), Conversation
        )

    def settings(self) -> Settings:
        """What I have set for myself."""
        return self.get("/me/settings", Settings)

    def set_settings(self, **changes: Any) -> Settings:
        """Change it."""
        return msgspec.convert(_body(self.call("PATCH", "/me/settings", json=changes)), Settings)

    def conversation(self, channel: str) -> Conversation:
        """One row of my list."""
        return self.get(f"/conversations/{channel}", Conversation)

    def read(self, channel: str, seq: int) -> ReadState:
        """Everything up to this seq has been read."""
        path = f"/conversations/{channel}/read"
        return msgspec.convert(_body(self.call("PUT", path, json={"seq": seq})), ReadState)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


def _body(response: requests.Response) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(response.content)
    if not response.ok:
        raise RefusedError(msgspec.convert(body, frames.ErrorReply))
    return body
