"""Who is typing: from a member's connection to all gateways, and there to the others. Never stored."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from imapp import metrics
from imapp.gateway.registry import LocalChannel, Registry, Subscriber
from imapp.gateway.signals import Signals
from imapp.services.outgoing.frames import websocket_frame
from schemas.common import TYPING_INTERVAL_S
from schemas.frames import TypingEvent
from schemas.tasks import Typing

MAX_HEARERS: Final = 100
"""In a channel with more connections than this on a gateway, that gateway passes no typing on."""
_MAX_REMEMBERED: Final = 20_000

_ENCODER: Final = msgspec.json.Encoder()


class Keystrokes:
    """Takes typing from members here, and tells members here of others."""

    def __init__(
        self,
        registry: Registry,
        signals: Signals,
        may_speak: Callable[[str, str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`may_speak` says whether somebody (user id) may write in a channel (its id) now; it may wait."""
        self._registry = registry
        self._signals = signals
        self._may_speak = may_speak
        self._clock = clock
        # Two generations, so that what is older than the interval is forgotten without looking for it.
        self._recent: dict[tuple[Subscriber, str], float] = {}
        self._older: dict[tuple[Subscriber, str], float] = {}
        self._turn_at = 0.0

    def typed(self, subscriber: Subscriber, channel_id: str, user_name: str) -> None:
        """Tell the others, unless he is no member, has told it just now, or the channel is too large.

        Whoever may not write here now is not shown as writing.
        """
        local = self._hearing(channel_id)
        # A gate in front of the stream does not matter here: the store knows this member already.
        if local is None or subscriber not in local.subscribers:
            return
        if not self._may_tell(subscriber, channel_id) or not self._may_speak(subscriber.user_id, channel_id):
            return
        self._signals.typing(Typing(channel_id=channel_id, user_id=subscriber.user_id, user_name=user_name))

    def tell(self, typing: Typing) -> None:
        """Tell everybody here who is in the channel, but for the person himself. Never waits."""
        local = self._hearing(typing.channel_id)
        if local is None:
            return
        event = TypingEvent(channel_id=typing.channel_id, user_id=typing.user_id, user_name=typing.user_name)
        frame = websocket_frame(_ENCODER.encode(event))
        for subscriber in tuple(local.subscribers):
            if subscriber.user_id != typing.user_id:
                subscriber.enqueue(frame)
                subscriber.flush()
                metrics.frames_sent["typing"] += 1

    def _hearing(self, channel_id: str) -> LocalChannel | None:
        local = self._registry.channel(channel_id)
        return local if local is not None and len(local.subscribers) <= MAX_HEARERS else None

    def _may_tell(self, subscriber: Subscriber, channel_id: str) -> bool:
        now = self._clock()
        if now >= self._turn_at:
            self._older, self._recent = self._recent, {}
            self._turn_at = now + TYPING_INTERVAL_S
        key = (subscriber, channel_id)
        last = self._recent.get(key, self._older.get(key))
        if (last is not None and now - last < TYPING_INTERVAL_S) or len(self._recent) >= _MAX_REMEMBERED:
            return False
        self._recent[key] = now
        return True
