"""Every exchange, queue and task name, in one place."""

from dataclasses import dataclass
from typing import Any, Final

from kombu import Exchange, Queue

WRITE_TASK: Final = "messages.write"
RECEIPTS_TASK: Final = "receipts.apply"
PUSH_TASK: Final = "push.compute"
PERSONAL_TASK: Final = "personal.write"
INDEX_TASK: Final = "archive.index"
MOVE_TASK: Final = "archive.move"

# A gateway has at most one batch per shard in flight, and drives it again every second or two while it is not
# resolved; more than this many waiting means that nobody works, and publishers are refused (`busy`).
_MAX_WAITING_TASKS: Final = 10_000
_MAX_WAITING_BYTES: Final = 256 * 1024 * 1024
# Longer than a standby needs to take a shard over: then what was stored and not published is published.
# After that nobody waits for a command any more, and who still wants it has repeated it.
_COMMANDS_KEPT_S: Final = 60
# Tasks of the archive only say where to look; the sweep looks again. While nobody takes them they go by.
_ARCHIVE_KEPT_S: Final = 60
_MAX_DEAD: Final = 10_000
# Of finished batches that a gateway has not taken: after this it must resync, which is cheaper.
_MAX_FANOUT_BATCHES: Final = 20_000
_MAX_FANOUT_BYTES: Final = 64 * 1024 * 1024
_FANOUT_TTL_S: Final = 30
_MAX_REPLIES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Topology:
    """Names and arguments of what lives in RabbitMQ; all processes declare the same."""

    namespace: str
    shards: int
    commands_kept_s: float = _COMMANDS_KEPT_S

    @property
    def fanout(self) -> Exchange:
        """Carries finished batches from the writers to every gateway."""
        return Exchange(f"{self.namespace}.fanout", type="fanout", durable=True)

    @property
    def dead(self) -> Exchange:
        """Takes what a worker could not even begin; commands that nobody took in time end here."""
        return Exchange(f"{self.namespace}.dead-letters", type="headers", durable=True)

    def message_queue(self, shard: int) -> Queue:
        """Commands of one shard: one consumer at a time, the next takes over in order."""
        return self._task_queue(
            f"messages.{shard}",
            {"x-single-active-consumer": True, "x-message-ttl": round(self.commands_kept_s * 1000)},
        )

    def home_mark(self, shard: int) -> Queue:
        """Exists while the shard's home writer is connected; nobody ever writes to it."""
        return Queue(
            f"{self.namespace}.home.{shard}",
            Exchange(""),
            routing_key=f"{self.namespace}.home.{shard}",
            durable=False,
            exclusive=True,
            queue_arguments={"x-max-length": 0},
        )

    def receipts_queue(self) -> Queue:
        """Marks of what was received and read, and personal writes; any worker, any order."""
        return self._task_queue("receipts", {})

    def pushes_queue(self) -> Queue:
        """Channels that have grown; any worker, any order."""
        return self._task_queue("pushes", {})

    def archive_queue(self) -> Queue:
        """What is to be indexed; any worker, any order."""
        return self._task_queue("archive", {"x-message-ttl": _ARCHIVE_KEPT_S * 1000})

    def moves_queue(self) -> Queue:
        """Reminders to move what is old to the archive; any worker."""
        return self._task_queue("moves", {"x-message-ttl": _ARCHIVE_KEPT_S * 1000})

    def task_queues(self) -> list[Queue]:
        """What Celery workers may consume; `-Q` takes the name without the namespace."""
        shards = (self.message_queue(shard) for shard in range(self.shards))
        return [
            *shards,
            self.receipts_queue(),
            self.pushes_queue(),
            self.archive_queue(),
            self.moves_queue(),
        ]

    def queue_names(self) -> dict[str, str]:
        """The full names of all queues that outlive a process, by their short ones: messages.0 ... dead."""
        queues = {queue.alias: queue.name for queue in self.task_queues()}
        return {**queues, "dead": self.dead_queue().name}

    def dead_queue(self) -> Queue:
        """Where dead letters wait for an operator; the oldest go first when it is full.

        It takes what a worker refused. What expired was nobody's fault, and would push those out.
        """
        return Queue(
            f"{self.namespace}.dead",
            self.dead,
            durable=True,
            binding_arguments={"x-match": "any-with-x", "x-first-death-reason": "rejected"},
            queue_arguments={"x-max-length": _MAX_DEAD, "x-overflow": "drop-head"},
        )

    def gateway_queue(self, name: str) -> Queue:
        """A gateway's own copy of the fanout. Losing its oldest is noticed by the batch numbers."""
        return Queue(
            f"{self.namespace}.gateway.{name}",
            self.fanout,
            durable=False,
            exclusive=True,
            queue_arguments={
                "x-max-length": _MAX_FANOUT_BATCHES,
                "x-max-length-bytes": _MAX_FANOUT_BYTES,
                "x-overflow": "drop-head",
                "x-message-ttl": _FANOUT_TTL_S * 1000,
            },
        )

    def reply_queue(self, name: str) -> Queue:
        """Results of a gateway's own batches; never drops what it has taken."""
        return Queue(
            f"{self.namespace}.replies.{name}",
            Exchange(""),
            routing_key=f"{self.namespace}.replies.{name}",
            durable=False,
            exclusive=True,
            queue_arguments={"x-max-length": _MAX_REPLIES, "x-overflow": "reject-publish"},
        )

    def _task_queue(self, name: str, arguments: dict[str, Any]) -> Queue:
        full = f"{self.namespace}.{name}"
        return Queue(
            full,
            Exchange(f"{self.namespace}.tasks", type="direct", durable=True),
            routing_key=full,
            alias=name,
            durable=True,
            queue_arguments={
                "x-dead-letter-exchange": self.dead.name,
                "x-max-length": _MAX_WAITING_TASKS,
                "x-max-length-bytes": _MAX_WAITING_BYTES,
                "x-overflow": "reject-publish",
                **arguments,
            },
        )
