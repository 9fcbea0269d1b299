"""Whatever happens to frames and connections, an ends with each channel whole and each message stored once.

A server of a few lines, an unreliable network, and an's client core: hypothesis chooses what happens next.
"""

from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from imapp.cli.chat.connection import State
from tests.unit.fakes.phone import (
    GREETING,
    LUNCH,
    WORK,
    Frame,
    Phone,
    entry,
    event,
    history_page,
    row,
    sync_page,
)

CHANNELS = st.sampled_from([LUNCH, WORK])
REQUESTS = ("hello", "send", "sync", "history", "read", "ping")
PAGE = 2  # entries: small, so that holes take several pages
MOST_CUTS = 2  # a new connection mends so much that more of them would hide what else goes wrong
PATIENCE = 2_000  # steps in which everything must settle once the weather is fine

STORE, BUSY, BUSY_BUT_STORED, NO_ANSWER, NO_ANSWER_BUT_STORED = FATES = (
    "store",
    "busy",
    "busy but stored",
    "no answer",
    "no answer but stored",
)


class Server:
    """Logs of two channels that an reads. None in a log is an entry that is not an's to read."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Frame | None]] = {LUNCH: [], WORK: []}
        self._stored: dict[str, Frame] = {}

    def append(self, channel: str, **fields: Any) -> Frame:
        seq = len(self.logs[channel]) + 1
        appended = entry(seq, channel=channel, **fields)
        self.logs[channel].append(appended)
        return appended

    def visible(self, channel: str) -> list[Frame]:
        return [each for each in self.logs[channel] if each is not None]

    def store(self, request: Frame) -> Frame:
        """The entry of a send; the same for each repeat."""
        own = request["client_message_id"]
        if own not in self._stored:
            channel, text = request["channel_id"], request["content"]
            self._stored[own] = self.append(channel, text=text, sender="an", client_message_id=own)
        return self._stored[own]

    def reply(self, request: Frame) -> Frame:
        match request["type"]:
            case "hello":
                body = dict(GREETING)
                body |= {"sync": self._sync()} if request["cursor"] else {}
            case "send":
                stored = self.store(request)
                body = {key: stored[key] for key in ("channel_id", "message_id", "seq", "server_time")}
            case "sync":
                body = self._sync()
            case "history":
                body = self._history(request)
            case "read":
                body = {"channel_id": request["channel_id"], "read_seq": request["seq"]}
                body |= {"unread": 0, "unread_label": ""}
            case _:
                return {"type": "pong", "id": request["id"]}
        return {"type": "ok", "id": request["id"]} | body

    def _sync(self) -> Frame:
        heads = {channel: self.visible(channel)[-1:] for channel in self.logs}
        return sync_page(
            *(
                row(channel, last_seq=head[0]["seq"] if head else 0, read_seq=0)
                for channel, head in heads.items()
            ),
            cursor="c1",
        )

    def _history(self, ask: Frame) -> Frame:
        channel, limit = ask["channel_id"], min(ask["limit"], PAGE)
        if ask["after"] is not None:
            newer = [each for each in self.visible(channel) if each["seq"] > ask["after"]]
            page, rest = newer[:limit], newer[limit:]
            end = page[-1]["seq"] if rest else len(self.logs[channel])
            body = history_page(*page, start=ask["after"] + 1, end=end, older=True, newer=bool(rest))
        else:
            older = [each for each in self.visible(channel) if each["seq"] < ask["before"]]
            page, rest = older[-limit:], older[:-limit]
            start = page[0]["seq"] if rest else 1
            body = history_page(*page, start=start, end=ask["before"] - 1, older=bool(rest), newer=True)
        return body | {"channel_id": channel}


class Weather(RuleBasedStateMachine):
    """The rules are what can happen; at the end the weather clears up and everything must be right."""

    @initialize(history=st.lists(CHANNELS, max_size=6))
    def begin(self, history: list[str]) -> None:
        self.server = Server()
        self.phone = Phone()
        self.to_an: deque[Frame] = deque()
        self.to_server: deque[Frame] = deque()
        self.written: dict[str, list[str]] = {LUNCH: [], WORK: []}
        self.cuts = 0
        self.given_up = 0
        self.is_listening = False  # an's connection is greeted: events go there from now on
        for channel in history:
            self.server.append(channel)
        self.first = {channel: len(log) + 1 for channel, log in self.server.logs.items()}
        self.phone.core.tick()
        self.phone.core.opened()
        while WORK not in self.phone.core.store.rooms:
            self._carry()
            self._server_takes(STORE)
            self.phone.hear(self.to_an.popleft())
        for channel in (LUNCH, WORK):
            self.phone.core.follow(channel)

    # ---- what people do

    @rule(channel=CHANNELS, fate=st.sampled_from(["arrives", "arrives twice", "is lost"]))
    def bo_writes(self, channel: str, fate: str) -> None:
        appended = self.server.append(channel)
        for _ in range({"arrives": 1, "arrives twice": 2, "is lost": 0}[fate]):
            self._tell({"type": "message"} | appended)

    @rule(channel=CHANNELS)
    def they_write_while_an_is_not_in_the_channel(self, channel: str) -> None:
        self.server.logs[channel].append(None)

    @rule(channels=st.lists(CHANNELS, min_size=1, max_size=3))
    def an_writes(self, channels: list[str]) -> None:
        for channel in channels:
            self.written[channel].append(self.phone.write(f"an's {len(self.written[channel])}", channel))

    @rule(channel=CHANNELS)
    def an_scrolls_up(self, channel: str) -> None:
        if not self.phone.core.store.rooms[channel].timeline.at_start:
            self.phone.core.ask_older(channel)

    @rule(channel=CHANNELS)
    def an_reads(self, channel: str) -> None:
        self.phone.core.mark_read(channel, self.phone.core.store.rooms[channel].timeline.high)

    # ---- what the network and the server do

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def the_server_takes_frames(self, fates: list[str]) -> None:
        self._carry()
        for fate in fates[: len(self.to_server)]:
            self._server_takes(fate)

    @rule(count=st.integers(1, 4))
    def frames_reach_an(self, count: int) -> None:
        for _ in range(min(count, len(self.to_an))):
            self.phone.hear(self.to_an.popleft())

    @rule(channel=CHANNELS, back=st.integers(1, 5))
    def an_old_event_comes_again(self, channel: str, back: int) -> None:
        for known in self.server.visible(channel)[-back:][:1]:
            self._tell({"type": "message"} | known)

    @rule()
    def the_gateway_may_have_missed_something(self) -> None:
        self._tell({"type": "resync"})

    @precondition(lambda self: self.cuts < MOST_CUTS and self.phone.core.state is not State.WAITING)
    @precondition(lambda self: self.phone.core.state is not State.CONNECTING)
    @rule(code=st.sampled_from([None, 1001, 1013, 4003]))
    def the_connection_breaks(self, code: int | None) -> None:
        self.cuts += 1
        self.phone.lose_connection(code)
        self._forget_frames()

    @rule(seconds=st.sampled_from([0.5, 3.0, 11.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.phone.wait(seconds)
        self._carry()

    @precondition(lambda self: self.phone.core.state is State.CONNECTING)
    @rule(works=st.booleans())
    def a_connection_is_made(self, works: bool) -> None:
        if works:
            self.phone.core.opened()
        else:
            self.phone.lose_connection(reason="refused")

    # ---- what must hold

    @invariant()
    def what_arrived_is_whole_so_far(self) -> None:
        for channel in (LUNCH, WORK):
            due = self._due(channel)
            assert self.phone.sees(channel) == due[: len(self.phone.sees(channel))]

    def teardown(self) -> None:
        if not hasattr(self, "server"):
            return
        self._settle()
        self.the_gateway_may_have_missed_something()
        self._settle()
        for channel in (LUNCH, WORK):
            assert self.phone.sees(channel) == self._due(channel)
            visible = [each["seq"] for each in self.server.visible(channel)]
            held = self.phone.holds(channel)
            assert held == visible[len(visible) - len(held) :]
            own = [
                each["client_message_id"] for each in self.server.visible(channel) if each["sender"] == "an"
            ]
            assert own == self.written[channel]
        answered = [answer.request.client_message_id for answer in self.phone.answers()]
        assert sorted(answered) == sorted(self.written[LUNCH] + self.written[WORK])
        assert all(answer.error is None for answer in self.phone.answers())

    def _settle(self) -> None:
        for _ in range(PATIENCE):
            if self.phone.core.state is State.CONNECTING:
                self.phone.core.opened()
            self._carry()
            if self.to_server:
                self._server_takes(STORE)
            elif self.to_an:
                self.phone.hear(self.to_an.popleft())
            elif self._is_quiet():
                return
            else:
                self.phone.wait(0.5)
        raise AssertionError("it does not settle")

    def _is_quiet(self) -> bool:
        core = self.phone.core
        whole = not any(room.timeline.has_hole for room in core.store.rooms.values())
        return core.state is State.ONLINE and core.is_settled and whole and not core.is_syncing

    def _due(self, channel: str) -> list[str]:
        return [
            each["content"] for each in self.server.visible(channel) if each["seq"] >= self.first[channel]
        ]

    def _tell(self, told: Frame) -> None:
        if self.is_listening:
            self.to_an.append(told)

    def _carry(self) -> None:
        self.to_server += self.phone.sends(*REQUESTS)
        if self.phone.disconnects > self.given_up:
            self.given_up = self.phone.disconnects
            self._forget_frames()

    def _forget_frames(self) -> None:
        self.is_listening = False
        self.phone.sends(*REQUESTS)
        self.to_an.clear()
        self.to_server.clear()

    def _server_takes(self, fate: str) -> None:
        request = self.to_server.popleft()
        if fate in (BUSY_BUT_STORED, NO_ANSWER_BUT_STORED) and request["type"] == "send":
            self._tell({"type": "message"} | self.server.store(request))
        if fate == STORE or request["type"] in ("hello", "ping"):
            self.to_an.append(self.server.reply(request))
            self.is_listening = True
        elif fate in (BUSY, BUSY_BUT_STORED):
            refusal = {"code": "busy", "message": "Busy.", "retry_after": 1.0}
            self.to_an.append({"type": "error", "id": request["id"]} | refusal)


TestWeather = Weather.TestCase
TestWeather.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_the_model_hides_what_is_not_ans() -> None:
    server = Server()
    server.append(LUNCH)
    server.logs[LUNCH].append(None)
    shown = server.append(LUNCH)
    page = server.reply({"type": "history", "id": "h", "channel_id": LUNCH, "after": 1, "limit": 9})
    assert page["entries"] == [shown]
    assert event(3)["content"] == shown["content"]
