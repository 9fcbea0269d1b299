"""What a gateway depends on, and how each is asked."""

from collections.abc import Callable
from functools import partial
from typing import Final

from imapp import metrics
from imapp.broker.inspection import QueueWatch
from imapp.services.operating.health import Probe

PING_S: Final = 1.0
"""How long the store may take to answer."""
_SERVER_GRACE_S: Final = 4.0
_WRITER_GRACE_S: Final = 10.0  # a writer that is restarted, or two at once, take some seconds


def dependency_probes(
    *,
    ask_store: Callable[[], None],
    ask_archive: Callable[[], str | None] | None,
    queues: QueueWatch,
    shards: int,
    is_connected: Callable[[], bool],
) -> tuple[Probe, ...]:
    """MongoDB; RabbitMQ, with what it says of the queues; who serves these; Elasticsearch if there is one."""

    def ask_mongodb() -> str | None:
        ask_store()
        return None

    def ask_rabbitmq() -> str | None:
        for name, state in queues.look().items():
            metrics.queue_messages[name] = state.messages if state else 0
            metrics.queue_consumers[name] = state.consumers if state else 0
        return None if is_connected() else "not connected"

    def ask_for_writers() -> str | None:
        found = [queues.states.get(f"messages.{shard}") for shard in range(shards)]
        missing = sum(1 for state in found if state is None or not state.consumers)
        return f"no writer for {missing} of {shards} shards" if missing else None

    def ask_for_worker(name: str) -> str | None:
        state = queues.states.get(name)
        return None if state is not None and state.consumers else f"nobody serves the queue {name}"

    archive: tuple[Probe, ...] = ()
    if ask_archive is not None:
        archive = (
            Probe("elasticsearch", ask_archive, _SERVER_GRACE_S, needed=False),
            Probe("archive", partial(ask_for_worker, "archive"), _WRITER_GRACE_S, needed=False),
        )
    return (
        Probe("mongodb", ask_mongodb, _SERVER_GRACE_S),
        Probe("rabbitmq", ask_rabbitmq, _SERVER_GRACE_S),
        Probe("writers", ask_for_writers, _WRITER_GRACE_S),
        # Messages go on without them, and their queues wait: no reason to turn a gateway away.
        Probe("receipts", partial(ask_for_worker, "receipts"), _WRITER_GRACE_S, needed=False),
        Probe("pushes", partial(ask_for_worker, "pushes"), _WRITER_GRACE_S, needed=False),
        *archive,
    )
