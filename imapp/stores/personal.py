"""What somebody has set about a conversation for himself, as his row in `members` holds it."""

from dataclasses import dataclass

from imapp.stores.mongo import Document, to_datetime, to_ms
from schemas.common import Notify


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has begun to write in a channel."""

    text: str
    reply_to: str | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalState:
    """What somebody changes about a conversation for himself; None leaves it.

    `cleared` is up to which seq, and how many entries up to it count as unread; `marked_seq` is -1 for none;
    a draft without a text and a reply is none.
    """

    pinned: bool | None = None
    notify: Notify | None = None
    hidden_seq: int | None = None
    marked_seq: int | None = None
    cleared: tuple[int, int] | None = None
    draft: Draft | None = None


def state_stage(at_ms: int, state: PersonalState) -> Document:
    """How an update changes a member's row: each thing has its own time, so none undoes a later change."""
    wanted: Document = {
        "pinned": state.pinned,
        "notify": state.notify.value if state.notify is not None else None,
        "hidden_seq": state.hidden_seq,
        "marked": None if state.marked_seq is None else {"seq": state.marked_seq, "at": to_datetime(at_ms)},
        "draft": _draft_row(state.draft) if state.draft is not None else None,
    }
    stage: Document = {"changed_at": "$$NOW"}
    for name, value in wanted.items():
        if value is not None:
            known_ms = {"$ifNull": [f"$set_at.{name}", 0]}
            # Literal: what people write is no expression.
            newer = {"$cond": [{"$lte": [known_ms, at_ms]}, {"$literal": value}, f"${name}"]}
            stage |= {name: newer, f"set_at.{name}": {"$max": [known_ms, at_ms]}}
    if state.cleared is not None:
        seq, countable = state.cleared
        stage |= {
            "cleared_seq": {"$max": ["$cleared_seq", seq]},
            "cleared_countable": {"$max": ["$cleared_countable", countable]},
        }
    return {"$set": stage}


def _draft_row(draft: Draft) -> Document:
    return {"text": draft.text, "reply_to": draft.reply_to, "at": to_datetime(draft.at_ms)}


def draft_of(row: Document) -> Draft | None:
    """What he has begun to write, None for nothing."""
    draft = row.get("draft")
    if not draft or not (draft["text"] or draft["reply_to"]):
        return None
    return Draft(draft["text"], draft["reply_to"], to_ms(draft["at"]))


def marked_of(row: Document) -> int | None:
    """His watermark when he marked it as unread; None unless he did, and has not looked since."""
    marked, looked_at = row.get("marked"), row.get("last_read_at")
    if not marked or (looked_at is not None and looked_at >= marked["at"]):
        return None
    seq: int = marked["seq"]
    return seq if seq >= 0 else None
