"""A chat whose whole log somebody reads again and again, wherever its entries are by now."""

from dataclasses import dataclass, field
from typing import Any, Final

from imapp.domain.ids import message_id
from tests.support.archive_holdings import is_indexed
from tests.support.chatter import direct_channel
from tests.support.persistent import Persistent
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.waiting import eventually

INDEXED_S: Final = 60.0
"""How long the index may take to come to the end of a log, on a machine that does other things."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat of An and Bo, what An has said there, and who asks for it. An insists, whatever is busy."""

    scene: Scene
    writer: Persistent
    rest: RestClient
    channel: str
    texts: list[str] = field(default_factory=list)

    def say(self, *texts: str) -> None:
        """An says something, in this order."""
        self._insist(*(("send", {"content": text}) for text in texts))
        self.texts.extend(texts)

    def recall(self, seq: int) -> None:
        """An takes back what he said there; so far nobody has taken back anything."""
        self._insist(("recall", {"message_id": message_id(self.channel, seq)}))
        del self.texts[seq - 1]

    def read(self, limit: int = 4) -> list[str]:
        """Everything that says something, page by page.

        Raises:
            AssertionError: the log has a hole.
        """
        return [text for _, text in whole_log(self.rest, self.channel, limit) if text]

    def wait_indexed(self) -> None:
        """Return when the index has all of it."""
        channels = [self.channel]
        eventually(lambda: is_indexed(self.scene.cluster, channels), timeout=INDEXED_S, what="all is indexed")

    def _insist(self, *writes: tuple[str, dict[str, Any]]) -> None:
        place = {"channel_id": self.channel}
        new_id = self.writer.client.new_id
        self.writer.insist({new_id(): (kind, place | fields) for kind, fields in writes})


def begin_talk(scene: Scene) -> Talk:
    """A talk of two new people, with ten texts, indexed as far as it goes."""
    an, bo = scene.people("an", "bo")
    writer = Persistent(scene, an)
    talk = Talk(scene, writer, scene.rest(an), direct_channel(writer.client, bo))
    talk.say(*(f"text {number}" for number in range(10)))
    talk.wait_indexed()
    return talk


def whole_log(rest: RestClient, channel: str, limit: int) -> list[tuple[int, str]]:
    """Seq and content of a whole log, read in pages.

    Raises:
        AssertionError: it has a hole.
    """
    found: list[tuple[int, str]] = []
    more = True
    while more:
        page = rest.history(channel, after=len(found), limit=limit)
        found += [(entry.seq, entry.content) for entry in page.entries]
        more = page.more_after
        assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    return found
