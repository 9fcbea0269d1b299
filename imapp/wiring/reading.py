"""What people read: their conversations, history, receipts, and what they search."""

from dataclasses import dataclass

from imapp.config import Config
from imapp.services.pushes.recipients import PushService
from imapp.services.pushes.summaries import SummaryService
from imapp.services.reading.access import AccessService
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.services.reading.conversations import ConversationService
from imapp.services.reading.directory import DirectoryService
from imapp.services.reading.emojis import EmojiService
from imapp.services.reading.history import HistoryService
from imapp.services.reading.join_requests import JoinRequestService
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.unread_explained import UnreadExplainer
from imapp.services.searching.contacts import ContactService
from imapp.services.searching.cursors import SearchCursors
from imapp.services.searching.messages import MessageSearchService, SearchStores
from imapp.stores.archive.searching import MessageIndex
from imapp.stores.channels import ChannelStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.meta import StoreIdentity
from imapp.stores.mongo import Database
from imapp.stores.pushes import PushLedger
from imapp.stores.unindexed import UnindexedStore
from imapp.stores.users import UserStore
from imapp.wiring.archiving import reading_log
from imapp.wiring.base import read_sharing
from imapp.wiring.indexing import ArchiveStores


@dataclass(frozen=True, slots=True)
class ReadingServices:
    """The services that only read, and the log and the access they all go by."""

    log: MessageLog
    access: AccessService
    directory: DirectoryService
    history: HistoryService
    join_requests: JoinRequestService
    conversations: ConversationService
    unread: UnreadExplainer
    pushes: PushService
    summaries: SummaryService
    emojis: EmojiService
    search: MessageSearchService
    contacts: ContactService
    sharing: ReadSharing


def reading_services(
    config: Config, database: Database, archive: ArchiveStores | None, store: StoreIdentity
) -> ReadingServices:
    """The reading services of a gateway process."""
    channels, members, users = ChannelStore(database), MemberStore(database), UserStore(database)
    log = reading_log(database, archive)
    access, sharing = AccessService(channels, members), read_sharing(config, database)
    rows = ConversationRows(members, log, users)
    ledger = PushLedger(database)
    pushes = PushService(access=access, members=members, log=log, ledger=ledger, users=users, sharing=sharing)
    index = MessageIndex(archive.client, archive.indices.alias) if archive is not None else None
    stores = SearchStores(channels, members, log, IndexMarks(database), UnindexedStore(database), index)
    return ReadingServices(
        log=log,
        access=access,
        directory=DirectoryService(access, members, users),
        history=HistoryService(access, log),
        join_requests=JoinRequestService(access, JoinRequestStore(database), users),
        conversations=ConversationService(
            access=access, channels=channels, members=members, log=log, rows=rows, epoch=store.epoch
        ),
        unread=UnreadExplainer(access, rows, log),
        pushes=pushes,
        summaries=SummaryService(pushes=pushes, members=members, log=log),
        emojis=EmojiService(EmojiStore(database)),
        search=MessageSearchService(stores, SearchCursors(store.body_key)),
        contacts=ContactService(channels, members, users),
        sharing=sharing,
    )
