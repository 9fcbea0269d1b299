"""What a writer publishes of a batch: finished frames for the gateways, and one answer for who asked."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from imapp.domain import spans
from imapp.domain.amendments import hydrated
from imapp.domain.channel import Channel
from imapp.domain.decisions import Accepted, Rejected
from imapp.domain.entries import CARRIERS, EDIT, LogEntry, wire_fields
from imapp.services.writing.planning import Lookups, Outcome, Plan, Repeat
from schemas.common import ChannelType
from schemas.frames import MessageEvent
from schemas.tasks import FanoutEntry, FanoutItem, Result

_ENCODER = msgspec.json.Encoder()
_TYPE_WITHIN = 64  # bytes, with the header


def websocket_frame(payload: bytes) -> bytes:
    """An unmasked text frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def frame_type(frame: bytes) -> str:
    """The type of a frame that was made here: its first field."""
    return frame[:_TYPE_WITHIN].partition(b'"type":"')[2].partition(b'"')[0].decode()


def message_frame(entry: LogEntry) -> bytes:
    """The event of an entry, the same bytes for every member."""
    return websocket_frame(_ENCODER.encode(MessageEvent(**wire_fields(entry))))


def fanout_items(plan: Plan, lookups: Lookups, *, republish: bool) -> list[FanoutItem]:
    """What the gateways must hear, in order; neighbours of one channel share an item.

    With `republish`, the entries of repeats go out again: whoever stored them may have died before.
    """
    states = lookups.states
    outcomes = _as_they_are(plan.outcomes, lookups) if lookups.targets is not None else plan.outcomes
    items: list[FanoutItem] = []
    told: set[tuple[str, int]] = set()
    open_items: dict[str, FanoutItem] = {}
    # By seq, not by command: what an earlier attempt stored may stand behind what this one did.
    for index, outcome in sorted(outcomes.items(), key=_position):
        item = _item(index, outcome, states, republish=republish)
        if item is None:
            continue
        # Two commands of a batch may be repeats of one entry.
        item.entries = [entry for entry in item.entries if (item.channel_id, entry.seq) not in told]
        told |= {(item.channel_id, entry.seq) for entry in item.entries}
        previous = open_items.get(item.channel_id)
        # Who joins does so before, who leaves does so after the entries of an item, so those stand alone.
        if previous is not None and not (item.joins or item.leaves):
            previous.entries.extend(item.entries)
            continue
        items.append(item)
        if item.leaves:
            open_items.pop(item.channel_id, None)
        else:
            open_items[item.channel_id] = item
    return items


def result(index: int, channel_id: str, outcome: Accepted | Rejected | Repeat) -> Result:
    """The answer to one command."""
    if isinstance(outcome, Rejected):
        return Result(index=index, channel_id=channel_id, code=outcome.code.value, data=outcome.data)
    entry = outcome.entry
    if entry is None:
        return Result(index=index, channel_id=channel_id)
    return Result(
        index=index,
        channel_id=entry.channel_id,
        seq=entry.seq,
        time_ms=entry.time_ms,
        extra=_news_to_its_sender(entry),
    )


def _news_to_its_sender(entry: LogEntry) -> dict[str, Any]:
    """What the server has put into an entry: who sends a file names it, readers are told what it is."""
    return entry.extra if entry.type in CARRIERS else {}


def _as_they_are(outcomes: Mapping[int, Outcome], lookups: Lookups) -> dict[int, Outcome]:
    """The outcomes of a batch that changes earlier entries, with each entry as the batch leaves it."""
    return {
        index: outcome
        if isinstance(outcome, Rejected) or outcome.entry is None
        else structs.replace(outcome, entry=_as_it_is(outcome.entry, lookups))
        for index, outcome in outcomes.items()
    }


def _as_it_is(entry: LogEntry, lookups: Lookups) -> LogEntry:
    assert lookups.targets is not None
    if entry.type != EDIT:
        return lookups.targets.amended.get(entry.message_id, entry)
    target = lookups.targets.entries.get(entry.extra["message_id"])
    channel = lookups.states.get(entry.channel_id)
    if target is None or channel is None:
        return entry
    # All get the same bytes: if who hears of the edit came after its target, nobody gets the text with it.
    # Who has cleared it does: it is of his stay, and one who has must not take the text from all others.
    hearing = (member for member in channel.members.values() if spans.contains(member.spans, entry.seq))
    is_for_all = all(spans.contains(member.spans, target.seq) for member in hearing)
    return hydrated(entry, target) if is_for_all else entry


def _item(
    index: int, outcome: Accepted | Rejected | Repeat, states: dict[str, Channel | None], *, republish: bool
) -> FanoutItem | None:
    if isinstance(outcome, Rejected):
        return None
    if isinstance(outcome, Repeat):
        return _repeated(index, outcome.entry, states) if republish else None
    change, entry = outcome.change, outcome.entry
    if change is None and entry is None:
        return _present_again(outcome.channel_id, states) if republish else None
    return FanoutItem(
        channel_id=outcome.channel_id,
        entries=[_entry(index, entry)] if entry else [],
        joins=list(change.joins) if change else [],
        leaves=list(change.leaves) if change else [],
    )


def _position(outcome: tuple[int, Accepted | Rejected | Repeat]) -> int:
    entry = None if isinstance(outcome[1], Rejected) else outcome[1].entry
    return entry.seq if entry is not None else 0


def _repeated(index: int, entry: LogEntry, states: dict[str, Channel | None]) -> FanoutItem | None:
    channel = states.get(entry.channel_id)
    if channel is None:
        return None
    present = channel.present()
    gone = (member for member in channel.members.values() if not member.present)
    # Who came since may not see it, so then it stays away: the others find the hole and ask.
    is_for_all = all(member.spans[-1][0] <= entry.seq for member in present)
    return FanoutItem(
        channel_id=entry.channel_id,
        entries=[_entry(index, entry)] if is_for_all else [],
        joins=[member.user_id for member in present if member.spans[-1][0] == entry.seq],
        leaves=[member.user_id for member in gone if member.spans[-1][1] == entry.seq],
    )


def _present_again(channel_id: str, states: dict[str, Channel | None]) -> FanoutItem | None:
    """The opening of a direct channel once more: its two people, who have been there from the start."""
    channel = states.get(channel_id)
    if channel is None or channel.type is not ChannelType.DIRECT:
        return None
    people = [member.user_id for member in channel.present()]
    return FanoutItem(channel_id=channel_id, entries=[], joins=people)


def _entry(index: int, entry: LogEntry) -> FanoutEntry:
    return FanoutEntry(
        index=index,
        seq=entry.seq,
        time_ms=entry.time_ms,
        frame=message_frame(entry),
        extra=_news_to_its_sender(entry),
    )
