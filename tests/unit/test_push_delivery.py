"""Out of the outbox: in portions, from where it stopped, never with a text that was recalled meanwhile."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

import pytest
from msgspec.structs import replace as changed

from imapp.domain.entries import LogEntry
from imapp.domain.ids import message_id
from imapp.errors import StoreUnavailable
from imapp.services.pushes.delivery import Patience, PushDelivery
from imapp.services.pushes.notifiers import NotDelivered
from imapp.services.pushes.previews import Signs
from imapp.services.reading.watermarks import Standing
from imapp.stores.outbox import Parcel
from schemas.common import Notify
from schemas.emojis import Emoji
from schemas.notifications import PushRecord
from tests.support.entries import log_entry

CHANNEL = "c" * 24


class Outbox:
    """Holds one parcel."""

    def __init__(self, parcel: Parcel) -> None:
        self.parcel: Parcel | None = parcel
        self.pauses: list[float] = []
        self.errors: list[str] = []

    def take(self, for_s: float) -> Parcel | None:
        assert for_s > 2 * 5.0, "longer than a request may take"
        if self.parcel is None or self.pauses or self.errors:
            return None
        return self.parcel

    def keep(self, parcel_id: str, *, sent: int, for_s: float) -> None:
        assert self.parcel is not None
        assert (self.parcel.parcel_id, for_s > 0) == (parcel_id, True)
        self.parcel = replace(self.parcel, sent=sent, failures=0)

    def remove(self, _parcel_id: str) -> None:
        self.parcel = None

    def postpone(self, _parcel_id: str, *, by_s: float, error: str) -> None:
        assert error
        assert self.parcel is not None
        self.parcel = replace(self.parcel, failures=self.parcel.failures + 1)
        self.pauses.append(by_s)

    def bury(self, _parcel_id: str, *, error: str) -> None:
        self.errors.append(error)

    def count_dead(self) -> int:
        return len(self.errors)


class Log:
    """Holds the entries that the records speak of."""

    def __init__(self, *entries: LogEntry) -> None:
        self._entries = {entry.message_id: entry for entry in entries}

    def recall(self, seq: int) -> None:
        self._entries[message_id(CHANNEL, seq)] = log_entry(CHANNEL, seq, status=1)

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        keys = [message_id(channel, seq) for channel, seq in positions]
        return {key: self._entries[key] for key in keys if key in self._entries}


class Watermarks:
    """How far people have read the channel, a group; and what may disturb all of them."""

    def __init__(self, notify: Notify = Notify.ALL, **read: int) -> None:
        self._read = read
        self._notify = notify

    def standings(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
        return {place: Standing(self._read.get(place[1], 0), self._notify, direct=False) for place in places}


class People:
    """Everybody is active, but these."""

    def __init__(self, *disabled: str) -> None:
        self._disabled = disabled

    def active(self, user_ids: Iterable[str]) -> set[str]:
        return set(user_ids).difference(self._disabled)


class Emojis:
    """One emoji."""

    def find_all(self, shortcodes: Collection[str]) -> dict[str, Emoji]:
        return {
            code: Emoji(shortcode=code, pack="", name="", character="😀", address="")
            for code in shortcodes
            if code == "grinning"
        }


class Badges:
    """How much everybody has not read, now."""

    def __init__(self, unread: int = 1, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.unread = unread
        self.asked: list[int] = []
        self._meanwhile = meanwhile

    def of(self, user_ids: Collection[str]) -> dict[str, int]:
        self.asked.append(len(user_ids))
        self._meanwhile()
        return dict.fromkeys(user_ids, self.unread)


class Service:
    """Somebody's push service, which takes so many portions and then fails."""

    def __init__(self, takes: int = 99) -> None:
        self.takes = takes
        self.taken: list[tuple[str, list[PushRecord]]] = []

    def deliver(self, delivery_id: str, records: Sequence[PushRecord]) -> None:
        if len(self.taken) >= self.takes:
            raise NotDelivered("HTTP status 500")
        self.taken.append((delivery_id, list(records)))


def record(user_id: str, seq: int = 1) -> PushRecord:
    return PushRecord(
        user_id=user_id,
        channel_id=CHANNEL,
        message_id=message_id(CHANNEL, seq),
        title="An",
        preview="a text",
        badge=1,
        mentioned=False,
        messages=1,
        time="2026-11-24T08:00:00.000Z",
    )


def parcel(people: int = 1, *, failures: int = 0) -> Parcel:
    return Parcel("p", [record(f"u{number}") for number in range(people)], failures=failures)


def delivery(
    outbox: Outbox,
    service: Service,
    log: Log | None = None,
    watermarks: Watermarks | None = None,
    *,
    people: People | None = None,
    badges: Badges | None = None,
) -> PushDelivery:
    patience = Patience(timeout_s=5.0, first_pause_s=2.0, tries=3)
    entries = log or Log(log_entry(CHANNEL, 1))
    marks = watermarks or Watermarks()
    return PushDelivery(
        outbox,  # type: ignore[arg-type]
        entries,  # type: ignore[arg-type]
        marks,  # type: ignore[arg-type]
        service,
        people=people or People(),
        signs=Signs(Emojis()),  # type: ignore[arg-type]
        badges=badges or Badges(),  # type: ignore[arg-type]
        patience=patience,
        jitter=lambda _, most: most,
    )


def test_a_big_parcel_goes_in_portions_each_with_an_id_of_its_own() -> None:
    outbox, service = Outbox(parcel(250)), Service()

    delivery(outbox, service).send_due()

    assert [(name, len(records)) for name, records in service.taken] == [
        ("p.0", 100),
        ("p.100", 100),
        ("p.200", 50),
    ]
    assert outbox.parcel is None


def test_after_a_failure_it_goes_on_where_it_stopped() -> None:
    outbox, service = Outbox(parcel(250)), Service(takes=1)
    delivery(outbox, service).send_due()
    outbox.pauses.clear()
    service.takes = 99

    delivery(outbox, service).send_due()

    assert [name for name, _ in service.taken] == ["p.0", "p.100", "p.200"]


@pytest.mark.parametrize(("failures", "pause"), [(0, 2.0), (1, 4.0)])
def test_each_pause_is_twice_as_long(failures: int, pause: float) -> None:
    outbox = Outbox(parcel(failures=failures))

    delivery(outbox, Service(takes=0)).send_due()

    assert outbox.pauses == [pause]


def test_the_last_try_is_the_last() -> None:
    outbox = Outbox(parcel(failures=2))

    delivery(outbox, Service(takes=0)).send_due()

    assert (outbox.pauses, outbox.errors) == ([], ["HTTP status 500"])


@pytest.mark.parametrize(
    "log", [Log(log_entry(CHANNEL, 1, status=1)), Log()], ids=["recalled", "gone from the log"]
)
def test_a_text_that_was_recalled_meanwhile_does_not_go_out(log: Log) -> None:
    service = Service()

    delivery(Outbox(parcel()), service, log).send_due()

    ((_, (told,)),) = service.taken
    assert told == changed(record("u0"), preview="")


def test_a_text_that_is_recalled_while_badges_are_counted_does_not_go_out() -> None:
    service, log = Service(), Log(log_entry(CHANNEL, 1))

    delivery(Outbox(parcel()), service, log, badges=Badges(meanwhile=lambda: log.recall(1))).send_due()

    ((_, (told,)),) = service.taken
    assert told.preview == ""


@pytest.mark.parametrize(
    "log", [Log(log_entry(CHANNEL, 1, status=1)), Log()], ids=["recalled", "gone from the log"]
)
def test_nobody_is_reminded_of_what_was_recalled_meanwhile(log: Log) -> None:
    outbox, service = Outbox(Parcel("p", [changed(record("u0"), nudge=True)])), Service()

    delivery(outbox, service, log).send_due()

    assert (service.taken, outbox.parcel) == ([], None)


def test_who_has_read_it_meanwhile_is_left_alone_and_the_id_stays_the_same() -> None:
    outbox, service = Outbox(parcel(3)), Service()

    delivery(outbox, service, watermarks=Watermarks(u0=1, u1=0)).send_due()

    ((name, told),) = service.taken
    assert (name, [one.user_id for one in told]) == ("p.0", ["u1", "u2"])


def test_who_was_disabled_meanwhile_is_told_nothing() -> None:
    outbox, service = Outbox(parcel(2)), Service()

    delivery(outbox, service, people=People("u0")).send_due()

    ((_, told),) = service.taken
    assert [one.user_id for one in told] == ["u1"]


@pytest.mark.parametrize(
    ("notify", "what", "goes"),
    [
        (Notify.NONE, {"mentioned": True}, False),
        (Notify.MENTIONS, {}, False),
        (Notify.MENTIONS, {"mentioned": True}, True),
        (Notify.NONE, {"nudge": True}, True),
    ],
    ids=["muted", "not mentioned", "mentioned", "a nudge"],
)
def test_who_has_muted_it_meanwhile_hears_what_may_still_disturb_him(
    notify: Notify, what: dict[str, bool], goes: bool
) -> None:
    outbox, service = Outbox(Parcel("p", [changed(record("u0"), **what)])), Service()

    delivery(outbox, service, watermarks=Watermarks(notify)).send_due()

    assert (len(service.taken), outbox.parcel) == (goes, None)


@pytest.mark.parametrize(
    ("waiting", "goes"), [("An: a text", "An: better 😀"), ("", "")], ids=["a text", "its text taken out"]
)
def test_a_text_that_was_edited_meanwhile_goes_out_as_it_is_now(waiting: str, goes: str) -> None:
    edited = log_entry(CHANNEL, 1, sender_name="An", content="better [:grinning:]", edited_ms=1)
    service = Service()

    delivery(Outbox(Parcel("p", [changed(record("u0"), preview=waiting)])), service, Log(edited)).send_due()

    ((_, (told,)),) = service.taken
    assert told.preview == goes


def test_nothing_goes_out_when_everybody_has_read_it() -> None:
    outbox, service = Outbox(parcel(2)), Service()

    delivery(outbox, service, watermarks=Watermarks(u0=1, u1=7)).send_due()

    assert (service.taken, outbox.parcel) == ([], None)


def test_the_badge_is_the_one_of_the_moment_at_which_it_goes_out() -> None:
    """What was worked out before is stale: meanwhile he may have read, or more may have come and gone out."""
    outbox, service, badges = Outbox(parcel()), Service(takes=0), Badges(1)
    delivery(outbox, service, badges=badges).send_due()
    outbox.pauses.clear()
    service.takes, badges.unread = 99, 7

    delivery(outbox, service, badges=badges).send_due()

    ((_, (told,)),) = service.taken
    assert told == changed(record("u0"), badge=7)


def test_badges_are_counted_once_a_portion_and_only_of_those_who_are_told() -> None:
    badges = Badges()

    delivery(Outbox(parcel(150)), Service(), watermarks=Watermarks(u0=1), badges=badges).send_due()

    assert badges.asked == [99, 50]


def unreadable() -> NoReturn:
    raise KeyError("read_seq")


def no_answer() -> NoReturn:
    raise StoreUnavailable("no answer")


def test_what_cannot_be_worked_out_is_given_up_like_what_nobody_takes() -> None:
    outbox, service, badges = Outbox(parcel()), Service(), Badges(meanwhile=unreadable)
    for _ in range(3):
        outbox.pauses.clear()
        delivery(outbox, service, badges=badges).send_due()

    assert (outbox.errors, service.taken) == (["KeyError: 'read_seq'"], [])


def test_a_store_that_does_not_answer_is_no_failure_of_the_parcel() -> None:
    outbox = Outbox(parcel())

    with pytest.raises(StoreUnavailable):
        delivery(outbox, Service(), badges=Badges(meanwhile=no_answer)).send_due()

    assert (outbox.pauses, outbox.errors) == ([], [])


def test_a_parcel_that_got_further_has_all_its_tries_again() -> None:
    outbox, service = Outbox(parcel(250, failures=2)), Service(takes=1)

    delivery(outbox, service).send_due()

    assert (outbox.pauses, outbox.errors) == ([2.0], [])
    assert outbox.parcel is not None
    assert (outbox.parcel.sent, outbox.parcel.failures) == (100, 1)
