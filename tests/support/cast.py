"""Ten people in every relation to one group, and a log of which each may read another part.

seq 1  the group is made       owner, admin, member, gone, back, disabled
    2  "early"
    3  late is added           who therefore may not read "early"
    4  gone is removed, 5 back is removed
    6  "middle"
    7  back is added again     and may read "early", not "middle", and all from here on
    8  "later"
    9  admin becomes one
"""

import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.samples import plant_file
from tests.support.scene import Scene
from tests.support.tokens import make_token


class Who(enum.StrEnum):
    """Somebody, by what he has to do with the group. The operator has nothing, and the role of the system."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    LATE = "late"
    GONE = "gone"
    BACK = "back"
    STRANGER = "stranger"
    DISABLED = "disabled"
    OPERATOR = "operator"
    NOBODY = "nobody"


READERS: Final[Mapping[str, frozenset[Who]]] = {
    "early": frozenset({Who.OWNER, Who.ADMIN, Who.MEMBER, Who.GONE, Who.BACK}),
    "middle": frozenset({Who.OWNER, Who.ADMIN, Who.MEMBER, Who.LATE}),
    "later": frozenset({Who.OWNER, Who.ADMIN, Who.MEMBER, Who.LATE, Who.BACK}),
}
"""Who may read which text."""

KNOW_THE_GROUP: Final = frozenset(Who) - {Who.STRANGER, Who.OPERATOR, Who.DISABLED, Who.NOBODY}


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, and an entry of it, that may or may not exist."""

    channel_id: str
    message_id: str
    user_id: str
    shortcode: str = "nothing"

    @property
    def file_id(self) -> str:
        """A file that the entry refers to."""
        return self.message_id.replace(".", "-")

    @property
    def thumbnail(self) -> str:
        """Which picture of that file."""
        return "small"


class Cast:
    """The people, their devices, which are connected from the start, and the group."""

    def __init__(self, scene: Scene) -> None:
        self.cluster: Cluster = scene.cluster
        self.ids = dict(zip(Who, scene.people(*Who), strict=True))
        self.extra, self.added = scene.people("extra", "added")
        self.name = f"group-{secrets.token_hex(8)}"
        self.texts = {name: f"{name}-{secrets.token_hex(8)}" for name in READERS}
        self.seqs: dict[str, int] = {}
        self.clients: dict[Who, Client] = {
            who: scene.connect(self.ids[who], gateway=number % len(self.cluster.gateway_urls))
            for number, who in enumerate(Who)
            if who is not Who.NOBODY
        }
        self.shortcode = f"e{secrets.token_hex(8)}"
        self._paint()
        self.channel = self._play(self.clients[Who.OWNER])
        self.secret = f"secret-{secrets.token_hex(8)}"
        self.direct = self._whisper(self.clients[Who.OWNER])
        for place in (*(self.place(text) for text in READERS), self.direct):
            plant_file(self.cluster.database, place.file_id, place.message_id)

    def token(self, who: Who) -> str | None:
        """What he shows, None for nobody."""
        if who is Who.NOBODY:
            return None
        return make_token(self.ids[who], roles=["admin"] if who is Who.OPERATOR else [])

    def place(self, text: str = "later") -> Place:
        """The group, and one of its texts."""
        return Place(self.channel, f"{self.channel}.{self.seqs[text]:012d}", self.extra, self.shortcode)

    def nowhere(self) -> list[Place]:
        """Places like it that do not exist: no such channel, and no such entry in this one."""
        other = self.channel[:-4] + ("0000" if self.channel[-4:] != "0000" else "1111")
        return [
            Place(other, f"{other}.{self.seqs['later']:012d}", self.extra),
            Place(self.channel, f"{self.channel}.{999_999:012d}", self.extra),
        ]

    def not_for(self, who: Who) -> list[str]:
        """What he may find in no answer and no event."""
        hidden = [self.texts[name] for name, readers in READERS.items() if who not in readers]
        return hidden if who in KNOW_THE_GROUP else [*hidden, self.name]

    def disable(self) -> None:
        """The one who is disabled was a member until now."""
        self.cluster.database["users"].update_one(
            {"_id": self.ids[Who.DISABLED]}, [{"$set": {"status": "disabled", "updated_at": "$$NOW"}}]
        )
        self.clients[Who.DISABLED].wait_closed()

    def _paint(self) -> None:
        """An emoji of this cast's own, which one of them may take out."""
        emoji = {"_id": self.shortcode, "pack": "ours", "name": "Emoji", "character": "😀", "address": ""}
        self.cluster.database["emojis"].insert_one({**emoji, "removed": False})

    def _play(self, owner: Client) -> str:
        first = [self.ids[who] for who in (Who.ADMIN, Who.MEMBER, Who.GONE, Who.BACK, Who.DISABLED)]
        channel = owner.write("create_group", name=self.name, user_ids=[*first, self.extra]).channel_id
        self._say(owner, channel, "early")
        owner.write("add_members", channel_id=channel, user_ids=[self.ids[Who.LATE]])
        owner.write("remove_member", channel_id=channel, user_id=self.ids[Who.GONE])
        owner.write("remove_member", channel_id=channel, user_id=self.ids[Who.BACK])
        self._say(owner, channel, "middle")
        owner.write("add_members", channel_id=channel, user_ids=[self.ids[Who.BACK]])
        self._say(owner, channel, "later")
        owner.write("set_role", channel_id=channel, user_id=self.ids[Who.ADMIN], role="admin")
        return channel

    def _whisper(self, owner: Client) -> Place:
        """A direct chat of the owner with the member, which is nobody else's."""
        written = owner.send_text(None, self.secret, to=self.ids[Who.MEMBER])
        assert written.message_id is not None
        return Place(written.channel_id, written.message_id, self.extra)

    def _say(self, owner: Client, channel: str, text: str) -> None:
        seq = owner.send_text(channel, self.texts[text]).seq
        assert seq is not None
        self.seqs[text] = seq
