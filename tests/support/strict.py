"""A system that allows so little that a test uses it up at once, and who comes to it from where."""

import itertools
from typing import Any, Final

from tests.support.client import Client
from tests.support.link import RefusedError, Reply
from tests.support.scene import Scene
from tests.support.waiting import PATIENCE_S

# Slow enough that a test on a slow machine is not refilled meanwhile, small enough to be used up at once.
SLOW: Final = 0.2
AT_ONCE: Final = 4
SENDS: Final = 10
FRAMES: Final = 60
FRAMES_PER_S: Final = 100
REQUESTS: Final = 25
CONNECTS: Final = 6
FAILURES: Final = 3
OF_USER: Final = 3
OF_ADDRESS: Final = 4
GROUPS: Final = 2
CHANNELS: Final = 3
RECALL_WINDOW_S: Final = 600
EDIT_WINDOW_S: Final = 60
_A_LITTLE: Final = f"{SLOW}/{AT_ONCE}"

STRICT: Final = {
    "IM_LIMIT_SENDS": f"{SENDS}/{SENDS}",
    "IM_LIMIT_WRITES": _A_LITTLE,
    "IM_LIMIT_CREATES": _A_LITTLE,
    "IM_LIMIT_UPLOADS": _A_LITTLE,
    "IM_LIMIT_SEARCHES": _A_LITTLE,
    "IM_LIMIT_HISTORY": _A_LITTLE,
    "IM_LIMIT_SYNC": _A_LITTLE,
    "IM_LIMIT_LISTS": _A_LITTLE,
    "IM_LIMIT_MARKS": _A_LITTLE,
    "IM_LIMIT_NUDGES": _A_LITTLE,
    "IM_LIMIT_REQUESTS": f"{SLOW}/{REQUESTS}",
    "IM_LIMIT_FRAMES": f"{FRAMES_PER_S}/{FRAMES}",
    "IM_LIMIT_CONNECTS": f"{SLOW}/{CONNECTS}",
    "IM_LIMIT_FAILURES": f"{SLOW}/{FAILURES}",
    "IM_MAX_CONNECTIONS_OF_USER": str(OF_USER),
    "IM_MAX_CONNECTIONS_OF_ADDRESS": str(OF_ADDRESS),
    "IM_MAX_GROUPS_MADE": str(GROUPS),
    "IM_MAX_CHANNELS_OF_USER": str(CHANNELS),
    "IM_RECALL_WINDOW_S": str(RECALL_WINDOW_S),
    "IM_EDIT_WINDOW_S": str(EDIT_WINDOW_S),
}
"""Its environment."""

_hosts: Final = itertools.count(1)


def new_address() -> str:
    number = next(_hosts)
    return f"198.51.{number // 250}.{number % 250 + 1}"


def at(address: str) -> dict[str, Any]:
    """Options of a connection that a proxy on this machine brings from that address."""
    return {"additional_headers": {"X-Forwarded-For": address}}


def connect(scene: Scene, user: str) -> Client:
    """A connection from somewhere of its own."""
    return scene.connect(user, **at(new_address()))


def outcomes(replies: list[Reply]) -> list[str]:
    """`ok` or the code of each reply."""

    def outcome(reply: Reply) -> str:
        try:
            reply.result(PATIENCE_S)
        except RefusedError as refused:
            return refused.code if refused.reply.retry_after else f"{refused.code} for ever"
        return "ok"

    return [outcome(reply) for reply in replies]


def a_group(owner: Client, *others: str) -> str:
    channel: str = owner.write("create_group", name="team", user_ids=list(others)).channel_id
    return channel
