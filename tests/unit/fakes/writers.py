"""Writer processes over a fake store and a fake broker."""

import itertools
from collections.abc import Callable, Sequence
from typing import Final

from imapp.services.outgoing.outlet import Outlet
from imapp.services.writing.batches import BatchRunner
from imapp.services.writing.channel_cache import ChannelCache
from imapp.services.writing.heads import HeadKeeper
from imapp.services.writing.people import ProfileCache
from imapp.services.writing.writer import Writer, WriterStores
from schemas.commands import AnyCommand
from schemas.tasks import FanoutEntry, FanoutItem, Result, WriteBatch
from tests.unit.fakes.attempts import FakeAttempts
from tests.unit.fakes.broker import FakeBroker, FakeFanout, FakeReplies
from tests.unit.fakes.channels import FakeChannels, FakeJoinRequests, FakeMembers, FakeUsers
from tests.unit.fakes.faults import Died
from tests.unit.fakes.messages import FakeChanges, FakeFiles, FakeLog
from tests.unit.fakes.store import FakeStore

BODY_KEY: Final = b"k" * 32
SHARD: Final = 0
START_MS: Final = 1_790_000_000_000


class WriterProcess:
    """One process that serves the shard: own caches, own epoch; shares store and broker with the others."""

    def __init__(
        self, store: FakeStore, broker: FakeBroker, clock_ms: Callable[[], int], *, patience_s: float = 20.0
    ) -> None:
        log, channels, members = FakeLog(store), FakeChannels(store), FakeMembers(store)
        self.cache = ChannelCache(channels, members, log, FakeJoinRequests())
        self.writer = Writer(
            WriterStores(log, FakeChanges(store), members, FakeFiles(store)),
            cache=self.cache,
            people=ProfileCache(FakeUsers(store), clock=lambda: 0.0),
            heads=HeadKeeper(channels, members),
            body_key=BODY_KEY,
            patience_s=patience_s,
            clock_ms=clock_ms,
            pause=lambda _: None,
        )
        self.runner = BatchRunner(
            writer=self.writer,
            outlet=Outlet(
                fanout=FakeFanout(broker),
                replies=FakeReplies(broker),
                exchange="fanout",
                pause=lambda _: None,
            ),
            attempts=FakeAttempts(store),
            fail_stop=_fail_stop,
        )


class Bench:
    """A store, a broker and a writer, and what tests ask of them in one line."""

    def __init__(self, *user_ids: str) -> None:
        self.store = FakeStore(*user_ids)
        self.broker = FakeBroker(self.store.faults)
        self._times = itertools.count(START_MS)
        self._numbers = itertools.count(1)
        self.process = self.new_process()

    def new_process(self, *, patience_s: float = 20.0) -> WriterProcess:
        """Another writer process, with empty caches and a new epoch."""
        return WriterProcess(self.store, self.broker, self._times.__next__, patience_s=patience_s)

    def batch(self, *commands: AnyCommand, attempt: int = 1, batch_id: str | None = None) -> WriteBatch:
        """A batch of these commands, by default a new one."""
        return WriteBatch(
            batch_id=batch_id or f"batch-{next(self._numbers)}",
            shard=SHARD,
            reply_queue="gateway",
            attempt=attempt,
            commands=list(commands),
        )

    def run(self, *commands: AnyCommand) -> list[Result]:
        """The answers to these commands, as one batch that is seen for the first time."""
        return self.deliver(self.batch(*commands))

    def deliver(
        self, batch: WriteBatch, *, redelivered: bool = False, process: WriterProcess | None = None
    ) -> list[Result]:
        """The answers to a batch."""
        (process or self.process).runner.run(batch, redelivered=redelivered)
        return sorted(self.broker.replies[-1].results, key=lambda result: result.index)

    def published(self) -> list[tuple[str, int]]:
        """(channel id, seq) of every entry that went out, in order."""
        return [(item.channel_id, entry.seq) for item, entry in self.published_entries()]

    def published_entries(self) -> Sequence[tuple[FanoutItem, FanoutEntry]]:
        """Every entry that went out with its item, in order."""
        items = [item for batch in self.broker.batches for item in batch.items]
        return [(item, entry) for item in items for entry in item.entries]


def _fail_stop(reason: str) -> None:
    raise Died(reason)
