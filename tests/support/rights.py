"""Who may do what: one row a route and one a frame.

A route or frame without a row fails `tests/unit/test_rights_table.py`; each row is tried by everybody in
`tests/flow/test_rights.py`. To add one, say what it needs beside the ids in its path (or its `channel_id`),
and what everybody gets: a set of rights below, or a new one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.support.cast import READERS, Cast, Who
from tests.support.samples import PDF

OK: Final = "ok"
FILE: Final = "<file>"
"""In place of a field: the body is a form with this file, the other fields are the query."""
Rights = Mapping[Who, str]
Needs = Callable[[Cast], Mapping[str, Any]]

# ---- sets of rights

REFUSED: Final[Rights] = {Who.NOBODY: "unauthorized", Who.DISABLED: "unauthorized"}
"""Who proves nothing."""

ANYBODY: Final[Rights] = {
    **dict.fromkeys(Who, OK),
    **REFUSED,
}
"""Whoever is signed in: it names nothing that is somebody's."""

ONCE_IN: Final[Rights] = {**ANYBODY, Who.STRANGER: "not_found", Who.OPERATOR: "not_found"}
"""Who is or was in the channel."""

NOTHING_THERE: Final[Rights] = {**dict.fromkeys(Who, "not_found"), **REFUSED}
"""It speaks of something of one's own, which none of these has."""

NOW_IN: Final[Rights] = {**ONCE_IN, Who.GONE: "not_member"}
"""Who is in the channel."""

LEADING: Final[Rights] = {**NOW_IN, **dict.fromkeys((Who.MEMBER, Who.LATE, Who.BACK), "forbidden")}
"""Its owner and its admins."""

OWNING: Final[Rights] = {**LEADING, Who.ADMIN: "forbidden"}
"""Its owner."""


OPERATING: Final[Rights] = {**dict.fromkeys(ANYBODY, "forbidden"), **REFUSED, Who.OPERATOR: OK}
"""Who administrates the system: nobody by what he is in a group."""


def may_read(text: str) -> Rights:
    """Who may read this entry: for all others it does not exist."""
    return {
        who: right if right != OK or who in READERS[text] else "not_found" for who, right in ANYBODY.items()
    }


def may_read_and_is_in(text: str) -> Rights:
    """Who may read this entry and is still in its channel; who has left is told so, whatever he asks for."""
    return {**may_read(text), Who.GONE: "not_member"}


def may_change(*changers: Who) -> Callable[[str], Rights]:
    """Only these, all of whom may read it, may change an entry of the owner's; others who read it may not."""

    def rights(text: str) -> Rights:
        reading = may_read_and_is_in(text)
        return {
            who: "forbidden" if right == OK and who not in changers else right
            for who, right in reading.items()
        }

    return rights


# ---- rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One route or frame, and what everybody gets."""

    rights: Rights | None = None
    entry_rights: Callable[[str], Rights] | None = None
    """In place of `rights`, for what names an entry: the rights on a text of the cast."""
    needs: Needs = field(default=lambda _: {})
    """The body (POST, PUT, PATCH), else the query; the fields of a frame."""
    variants: tuple[Mapping[str, Any], ...] = ({},)
    """More of the same kind, one try each."""
    own_cast: bool = False
    """What it does can't be tried by the next person: it needs a cast for itself."""

    def rights_on(self, text: str) -> Rights:
        """What everybody gets for this text or, if it names none, for the channel."""
        if self.entry_rights is not None:
            return self.entry_rights(text)
        assert self.rights is not None, "a row says who may"
        return self.rights


_PAGES: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"after": 0},
    {"before": 7},
    {"around": 6},
    {"after": 5, "limit": 1},
)
_AN_ID: Final = {"client_message_id": "<new>"}
_FAR_AHEAD: Final = {**_AN_ID, "until": f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"}


def _to_himself(cast: Cast) -> Mapping[str, Any]:
    """What is nothing to do for the owner, so that it can be tried again."""
    return {**_AN_ID, "user_id": cast.ids[Who.OWNER]}


_A_MESSAGE: Final = f"{'0' * 24}.000000000001"

ROUTES: Final[Mapping[str, Row]] = {
    "GET people.get_me": Row(rights=ANYBODY),
    "PATCH people.change_me": Row(rights=ANYBODY, needs=lambda _: {"avatar": "https://im.example/a.png"}),
    "GET people.get_settings": Row(rights=ANYBODY),
    "PATCH people.set_settings": Row(rights=ANYBODY, needs=lambda _: {"share_read": True}),
    "GET people.list_users": Row(rights=ANYBODY),
    "GET search.search_messages": Row(rights=ANYBODY, needs=lambda _: {"words": "text"}),
    "GET search.search_contacts": Row(rights=ANYBODY, needs=lambda cast: {"words": cast.name}),
    "GET people.list_presence": Row(rights=ANYBODY, needs=lambda cast: {"ids": cast.extra}),
    "POST channels.create_group": Row(
        rights=ANYBODY, needs=lambda cast: {**_AN_ID, "name": "Another", "user_ids": [cast.extra]}
    ),
    "POST channels.open_direct": Row(rights=ANYBODY, needs=lambda cast: {**_AN_ID, "to": cast.extra}),
    "POST messages.send_to_person": Row(rights=ANYBODY, needs=lambda _: {**_AN_ID, "content": "hi"}),
    "GET channels.get_channel": Row(rights=ONCE_IN),
    "PATCH channels.update_channel": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "name": cast.name}),
    "GET members.list_members": Row(rights=NOW_IN),
    "POST members.add_members": Row(rights=NOW_IN, needs=lambda cast: {**_AN_ID, "user_ids": [cast.added]}),
    "DELETE members.remove_member": Row(rights=LEADING, needs=lambda _: _AN_ID, own_cast=True),
    "DELETE members.leave": Row(rights=NOW_IN, needs=lambda _: _AN_ID, own_cast=True),
    "PUT groups.set_role": Row(rights=OWNING, needs=lambda _: {**_AN_ID, "role": "member"}),
    "PUT groups.transfer_owner": Row(rights=OWNING, needs=_to_himself),
    "PUT groups.set_nickname": Row(rights=LEADING, needs=lambda _: {**_AN_ID, "nickname": "Extra"}),
    "PUT groups.mute_member": Row(rights=LEADING, needs=lambda _: _FAR_AHEAD),
    "DELETE groups.unmute_member": Row(rights=LEADING, needs=lambda _: _AN_ID),
    "PUT groups.set_announcement": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "text": cast.name}),
    "PUT groups.set_status": Row(rights=OWNING, needs=lambda _: {**_AN_ID, "status": "enabled"}),
    "POST groups.dissolve": Row(rights=OWNING, needs=lambda _: _AN_ID, own_cast=True),
    "GET groups.list_join_requests": Row(rights=LEADING),
    "POST groups.request_join": Row(rights=NOW_IN, needs=lambda _: _AN_ID),
    "DELETE groups.withdraw_join_request": Row(rights=NOTHING_THERE, needs=lambda _: _AN_ID),
    "GET groups.get_own_join_request": Row(rights=NOTHING_THERE),
    "PATCH groups.answer_join_requests": Row(
        rights=LEADING,
        needs=lambda cast: {**_AN_ID, "user_ids": [cast.extra]},
        variants=({"accept": True}, {"accept": False}),
    ),
    "POST messages.send_message": Row(rights=NOW_IN, needs=lambda _: {**_AN_ID, "content": "hi"}),
    "GET messages.list_messages": Row(rights=ONCE_IN, variants=_PAGES),
    "GET messages.get_message": Row(entry_rights=may_read),
    "GET messages.list_pushes": Row(entry_rights=may_read_and_is_in),
    "POST messages.recall_message": Row(
        entry_rights=may_change(Who.OWNER, Who.ADMIN), needs=lambda _: _AN_ID, own_cast=True
    ),
    "POST messages.edit_message": Row(
        entry_rights=may_change(Who.OWNER), needs=lambda _: {**_AN_ID, "content": "hi"}, own_cast=True
    ),
    "POST messages.nudge": Row(entry_rights=may_change(Who.OWNER), needs=lambda _: _AN_ID, own_cast=True),
    "POST files.upload_file": Row(rights=ANYBODY, needs=lambda _: {**_AN_ID, FILE: PDF}),
    "GET files.download_file": Row(entry_rights=may_read),
    "GET files.download_thumbnail": Row(entry_rights=may_read),
    "GET files.get_file": Row(entry_rights=may_read),
    "GET files.get_file_url": Row(entry_rights=may_read, variants=({}, {"thumbnail": "small"})),
    "GET conversations.list_conversations": Row(rights=ANYBODY),
    "GET conversations.get_conversation": Row(rights=ONCE_IN),
    "GET conversations.explain_unread": Row(rights=ONCE_IN),
    "GET messages.get_receipts": Row(entry_rights=may_read_and_is_in),
    "GET messages.list_receipts": Row(rights=ANYBODY, needs=lambda _: {"ids": _A_MESSAGE}),
    "PATCH conversations.set_conversation": Row(rights=ONCE_IN, needs=lambda _: {"pinned": True}),
    "PUT conversations.mark_read": Row(rights=ONCE_IN, needs=lambda _: {"seq": 8}),
    "GET conversations.sync": Row(rights=ANYBODY),
    "GET emojis.list_emojis": Row(rights=ANYBODY, variants=({}, {"pack": "faces"})),
    "GET emojis.get_emoji": Row(rights=ANYBODY),
    "GET emojis.list_emoji_packs": Row(rights=ANYBODY),
    "POST emojis.add_emoji": Row(
        rights=OPERATING,
        needs=lambda _: {"shortcode": "added", "pack": "ours", "name": "Added", "character": "😀"},
    ),
    "PATCH emojis.change_emoji": Row(rights=OPERATING, needs=lambda _: {"name": "Another"}),
    "DELETE emojis.remove_emoji": Row(rights=OPERATING),
    "GET administration.find_users": Row(rights=OPERATING),
    "POST administration.disable_user": Row(rights=OPERATING, needs=lambda _: {"reason": "a test"}),
    "POST administration.enable_user": Row(rights=OPERATING, needs=lambda _: {"reason": "a test"}),
    "GET administration.list_connections": Row(rights=OPERATING),
    "POST administration.kick_user": Row(rights=OPERATING, needs=lambda _: {"connection_id": "none"}),
    "GET administration.trace_message": Row(rights=OPERATING),
    "PUT moderation.set_any_status": Row(rights=OPERATING, needs=lambda _: {**_AN_ID, "status": "enabled"}),
    "POST moderation.recall_any_message": Row(rights=OPERATING, needs=lambda _: _AN_ID, own_cast=True),
    "GET moderation.list_versions": Row(rights=OPERATING),
    "GET administration.find_channels": Row(rights=OPERATING),
    "GET administration.get_any_channel": Row(rights=OPERATING),
    "PUT administration.set_retention": Row(rights=OPERATING, needs=lambda _: {"retention_days": None}),
    "GET administration.list_any_members": Row(rights=OPERATING),
    "GET administration.list_any_messages": Row(rights=OPERATING, variants=(*_PAGES, {"sender": "an"})),
    "GET administration.get_any_message": Row(rights=OPERATING),
    "GET administration.list_unindexed": Row(rights=OPERATING),
    "POST administration.retry_unindexed": Row(rights=OPERATING, needs=lambda _: {"limit": 1}),
    "GET administration.read_audit": Row(rights=OPERATING),
}
"""By method and endpoint, as the URL map has them."""

FRAMES: Final[Mapping[str, Row]] = {
    "hello": Row(rights=ANYBODY),
    "ping": Row(rights=ANYBODY),
    "sync": Row(rights=ANYBODY),
    "create_group": Row(
        rights=ANYBODY, needs=lambda cast: {**_AN_ID, "name": "Another", "user_ids": [cast.extra]}
    ),
    "open_direct": Row(rights=ANYBODY, needs=lambda cast: {**_AN_ID, "to": cast.extra}),
    "send": Row(rights=NOW_IN, needs=lambda _: {**_AN_ID, "content": "hi"}),
    "recall": Row(entry_rights=may_change(Who.OWNER, Who.ADMIN), needs=lambda _: _AN_ID, own_cast=True),
    "edit": Row(
        entry_rights=may_change(Who.OWNER), needs=lambda _: {**_AN_ID, "content": "hi"}, own_cast=True
    ),
    "change_me": Row(rights=ANYBODY, needs=lambda _: {"avatar": "https://im.example/a.png"}),
    "settings": Row(rights=ANYBODY),
    "set_settings": Row(rights=ANYBODY, needs=lambda _: {"share_read": True}),
    "unread": Row(rights=ONCE_IN),
    "search_messages": Row(rights=ONCE_IN, needs=lambda _: {"words": "text"}),
    "message_receipts": Row(rights=ANYBODY, needs=lambda _: {"message_ids": [_A_MESSAGE]}),
    "nudge": Row(entry_rights=may_change(Who.OWNER), needs=lambda _: _AN_ID, own_cast=True),
    "set_conversation": Row(rights=ONCE_IN, needs=lambda _: {"pinned": True}),
    "read": Row(rights=ONCE_IN, needs=lambda _: {"seq": 8}),
    # These two are never answered, so they tell nobody anything; what they do is looked at on its own.
    "received": Row(rights=ANYBODY, needs=lambda _: {"seq": 8}),
    "typing": Row(rights=ANYBODY),
    "emojis": Row(rights=ANYBODY),
    "watch": Row(rights=ANYBODY, needs=lambda cast: {"user_ids": [cast.extra]}),
    "history": Row(rights=ONCE_IN, variants=_PAGES),
    "update_channel": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "name": cast.name}),
    "add_members": Row(rights=NOW_IN, needs=lambda cast: {**_AN_ID, "user_ids": [cast.added]}),
    "remove_member": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "user_id": cast.extra}, own_cast=True),
    "leave": Row(rights=NOW_IN, needs=lambda _: _AN_ID, own_cast=True),
    "set_role": Row(rights=OWNING, needs=lambda cast: {**_AN_ID, "user_id": cast.extra, "role": "member"}),
    "transfer_owner": Row(rights=OWNING, needs=_to_himself),
    "set_nickname": Row(rights=NOW_IN, needs=lambda cast: {**_AN_ID, "nickname": cast.name[:50]}),
    "mute_member": Row(rights=LEADING, needs=lambda cast: {**_FAR_AHEAD, "user_id": cast.extra}),
    "unmute_member": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "user_id": cast.extra}),
    "set_announcement": Row(rights=LEADING, needs=lambda cast: {**_AN_ID, "text": cast.name}),
    "set_status": Row(rights=OWNING, needs=lambda _: {**_AN_ID, "status": "enabled"}),
    "dissolve": Row(rights=OWNING, needs=lambda _: _AN_ID, own_cast=True),
    "request_join": Row(rights=NOW_IN, needs=lambda _: _AN_ID),
    "withdraw_join_request": Row(rights=NOTHING_THERE, needs=lambda _: _AN_ID),
    "answer_join_requests": Row(
        rights=LEADING,
        needs=lambda cast: {**_AN_ID, "user_ids": [cast.extra]},
        variants=({"accept": True}, {"accept": False}),
    ),
}
"""By the frame's `type`."""
