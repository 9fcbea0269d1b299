"""A log with its index in a real Elasticsearch behind a proxy, and the indexer between them."""

from collections.abc import Sequence
from typing import Final

from imapp.domain.entries import RECALL
from imapp.domain.ids import message_id
from imapp.services.archiving.held import HeldChannels
from imapp.services.archiving.indexing import Indexer
from imapp.stores.archive.client import ArchiveClient
from imapp.stores.archive.entries import ArchiveEntries
from imapp.stores.archive.indices import Indices
from imapp.stores.generations import GenerationStore
from imapp.stores.index_marks import IndexMarks
from imapp.stores.message_rows import document_of
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, Document
from imapp.stores.unindexed import UnindexedStore
from tests.support.entries import log_entry
from tests.support.es_proxy import EsProxy

GROUP = "g" * 24
OTHER = "h" * 24
OF_THE_FIRST: Final = {"message_id": message_id(GROUP, 1), "target_seq": 1}
GONE: Final = object()


class Place:
    """A log with its index, and the indexer between them."""

    def __init__(self, database: Database, proxy: EsProxy, namespace: str) -> None:
        self.database = database
        self.proxy, self.namespace = proxy, namespace
        client = ArchiveClient(proxy.url, read_s=30)
        indices = Indices(client, namespace, GenerationStore(database).recent)
        indices.prepare()
        self.archive = ArchiveEntries(client, indices, lambda _: None)
        self.log, self.unindexed = MessageLog(database), UnindexedStore(database)
        self.now_s = 0.0
        self.indexer = Indexer(
            log=self.log,
            marks=IndexMarks(database),
            archive=self.archive,
            unindexed=self.unindexed,
            held=HeldChannels(lambda: self.now_s),
        )

    def another_indexer(self) -> Indexer:
        """Of another process, with its own connections to Elasticsearch."""
        client = ArchiveClient(self.proxy.url, read_s=30)
        entries = ArchiveEntries(
            client, Indices(client, self.namespace, GenerationStore(self.database).recent)
        )
        marks = IndexMarks(self.database)
        return Indexer(log=self.log, marks=marks, archive=entries, unindexed=self.unindexed)

    def head(self, seq: int, channel_id: str = GROUP) -> None:
        change = {"$set": {"head.seq": seq}, "$setOnInsert": {"indexed_seq": 0}}
        self.database["channels"].update_one({"_id": channel_id}, change, upsert=True)

    def indexed_seq(self, channel_id: str = GROUP) -> int:
        return IndexMarks(self.database).of([channel_id])[channel_id].indexed_seq

    def log_broken(self, broken: Sequence[Document]) -> None:
        """Recalls that have these values, or lack what is `GONE`, each behind an entry that is right."""
        last = 2 * len(broken) + 1
        self.log.append([log_entry(GROUP, seq) for seq in range(1, last + 1)])
        self.log.append([log_entry(OTHER, seq) for seq in (1, 2)])
        for number, values in enumerate(broken, 1):
            row = document_of(log_entry(GROUP, 2 * number, type=RECALL, extra=OF_THE_FIRST)) | values
            whole = {name: value for name, value in row.items() if value is not GONE}
            self.database["messages"].replace_one({"_id": row["_id"]}, whole)
        self.head(last)
        self.head(2, OTHER)

    def check_all_go_on(self, broken: int) -> None:
        """Both watermarks are at the end, and each entry is in the index or, if it is broken, set aside."""
        last = 2 * broken + 1
        assert (self.indexed_seq(), self.indexed_seq(OTHER)) == (last, 2)
        assert len(self.archive.page(OTHER, 1, 2)) == 2
        copies = self.archive.read(message_id(GROUP, seq) for seq in range(1, last + 1))
        assert copies.keys() | self.aside().keys() == {message_id(GROUP, seq) for seq in range(1, last + 1)}
        assert copies.keys() & self.aside().keys() == set()
        assert {message_id(GROUP, seq) for seq in range(1, last + 1, 2)} <= copies.keys()

    def aside(self) -> dict[str, str]:
        """Why what was set aside was, by message id."""
        return {row.message_id: row.reason for row in self.unindexed.page("", 1_000)}

    def bulks(self) -> int:
        """How many requests to write there were."""
        return sum(path.startswith("/_bulk") for path in self.proxy.seen)

    def is_same(self, last: int) -> bool:
        stored = self.log.stored_at((GROUP, seq) for seq in range(1, last + 1))
        return self.archive.page(GROUP, 1, last) == sorted(stored, key=lambda one: one["seq"])
