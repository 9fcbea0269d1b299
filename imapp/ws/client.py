"""Somebody's connection, as the gateway and the verbs know it."""

import itertools
from dataclasses import dataclass
from typing import Final

from gevent.lock import Semaphore

from imapp.domain.decisions import Windows
from imapp.gateway.door import Door
from imapp.gateway.gateway import Gateway
from imapp.gateway.limits import Limits
from imapp.services.archiving.returns import Prepare
from imapp.services.files.pictures import PictureService
from imapp.services.identity.identities import Authenticator
from imapp.services.identity.quotas import QuotaService
from imapp.services.pushes.summaries import SummaryService
from imapp.services.reading.conversations import ConversationService
from imapp.services.reading.emojis import EmojiService
from imapp.services.reading.history import HistoryService
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.unread_explained import UnreadExplainer
from imapp.services.searching.messages import MessageSearchService
from imapp.ws.connection import Connection
from schemas.frames import CloseCode

# Commands of one connection under way; beyond it we stop reading from the socket until some are answered.
MAX_UNDER_WAY: Final = 256


@dataclass(frozen=True, slots=True)
class SessionServices:
    """What sessions call."""

    gateway: Gateway
    identity: Authenticator
    history: HistoryService
    conversations: ConversationService
    unread: UnreadExplainer
    summaries: SummaryService
    sharing: ReadSharing
    pictures: PictureService
    quotas: QuotaService
    search: MessageSearchService
    emojis: EmojiService
    door: Door
    prepare: Prepare
    heartbeat_s: int
    windows: Windows

    @property
    def limits(self) -> Limits:
        """How much one person and one connection may ask."""
        return self.door.limits


# In the order in which they came; the limits count by it, as an object's id is used again.
_NUMBERS: Final = itertools.count(1)


class Client:
    """Whose connection it is, until when, and which channels it hears."""

    def __init__(self, connection: Connection, services: SessionServices, address: str) -> None:
        self.connection = connection
        self.services = services
        self.address = address
        self.number = next(_NUMBERS)
        self.user_id = ""
        self.user_name = ""
        self.connection_id = ""
        self.expires_at = 0.0
        self.channels: set[str] = set()
        self.under_way = Semaphore(MAX_UNDER_WAY)
        # The gateway's hot path calls these for every frame: no detour.
        self.enqueue = connection.enqueue
        self.flush = connection.flush

    def cut(self, reason: str = "disabled", /) -> None:
        """End the connection: its person is not to come back by himself."""
        self.connection.shut(CloseCode.KICKED, reason)

    def reply(self, frame: bytes) -> None:
        """Send a finished frame at once."""
        self.connection.reply(frame)
