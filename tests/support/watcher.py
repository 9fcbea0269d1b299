"""What a watching client knows of others: the answer to its watch, moved on by the events since."""

from schemas import frames
from schemas.presence import UserPresence
from tests.support.client import Client
from tests.support.waiting import PATIENCE_S, eventually


def watch(client: Client, *users: str) -> list[UserPresence]:
    """Watch these people; their presence now."""
    reply: frames.WatchReply = client.request("watch", user_ids=list(users))
    return reply.users


def told_of(client: Client, user: str) -> list[bool]:
    """What events have told of somebody so far: online or not, in order."""
    events = client.events(frames.PresenceEvent)
    return [row.online for event in events for row in event.users if row.user_id == user]


def wait_until(client: Client, user: str, *, online: bool, timeout: float = PATIENCE_S) -> UserPresence:
    """The newest event of somebody, once it says this.

    Raises:
        AssertionError: it did not in time.
    """

    def find() -> UserPresence | None:
        events = client.events(frames.PresenceEvent)
        rows = [row for event in events for row in event.users if row.user_id == user]
        return rows[-1] if rows and rows[-1].online is online else None

    return eventually(find, timeout=timeout, what=f"{user} is shown {'online' if online else 'offline'}")


def wait_now(client: Client, user: str, *, online: bool, timeout: float = PATIENCE_S) -> UserPresence:
    """Watch one person until the answer says this; raises as `wait_until` does."""

    def find() -> UserPresence | None:
        (row,) = watch(client, user)
        return row if row.online is online else None

    return eventually(find, timeout=timeout, what=f"{user} is {'online' if online else 'offline'}")
