"""What a process counts, for `/metrics`: every series, in one place.

Purpose: plain numbers that the code which knows of an event raises by one; `exposition` reads them when
Prometheus asks, so an event costs an addition and nothing is locked.
What stays out: labels for users, channels or addresses: a label has a handful of values.
Threads: any. The interpreter does not switch threads inside `+= 1` on these objects.
Invariants: docs/observability.md names exactly these series.
Allowed imports: prometheus_client, in `exposition` alone.
"""

from typing import Final

from imapp.metrics.instruments import ByLabel, Histogram, Number, Series

GATEWAY: Final = frozenset({"gateway"})
WRITER: Final = frozenset({"writer"})
RECEIPTS: Final = frozenset({"receipts"})
ARCHIVE: Final = frozenset({"archive"})
EVERYWHERE: Final = GATEWAY | WRITER | RECEIPTS | ARCHIVE

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_COMMANDS: Final = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0, 350.0, 512.0)

SERIES: Final[list[Series]] = []
"""All series, in the order in which they are shown."""


def _number(name: str, roles: frozenset[str], text: str) -> Number:
    number = Number()
    SERIES.append(Series(name, text, roles, number))
    return number


def _by_label(name: str, label: str, roles: frozenset[str], text: str) -> ByLabel:
    numbers = ByLabel()
    SERIES.append(Series(name, text, roles, numbers, label))
    return numbers


def _histogram(name: str, bounds: tuple[float, ...], roles: frozenset[str], text: str) -> Histogram:
    histogram = Histogram(bounds)
    SERIES.append(Series(name, text, roles, histogram))
    return histogram


# ---- sockets

connections: Final = _number("imapp_connections", GATEWAY, "Open WebSockets.")
connections_closed: Final = _by_label(
    "imapp_connections_closed_total",
    "reason",
    GATEWAY,
    "WebSockets that have ended, by who or what ended them.",
)
slow_consumers: Final = _number(
    "imapp_slow_consumer_closes_total", GATEWAY, "WebSockets cut because the client did not read fast enough."
)
hellos: Final = _by_label(
    "imapp_hellos_total", "resumed", GATEWAY, "Accepted hellos; `yes` with a cursor: a client that came back."
)
frames_received: Final = _by_label(
    "imapp_frames_received_total", "type", GATEWAY, "Frames from clients, by their type; `invalid` has none."
)
frames_sent: Final = _by_label(
    "imapp_frames_sent_total", "type", GATEWAY, "Frames to clients, by their type."
)
refusals: Final = _by_label(
    "imapp_refusals_total", "code", GATEWAY, "Requests refused, over WebSocket and REST, by error code."
)

# ---- the way of a message

send_ack: Final = _histogram(
    "imapp_send_ack_seconds", _SECONDS, GATEWAY, "From taking a write to answering that it is stored."
)
send_deliver: Final = _histogram(
    "imapp_send_deliver_seconds",
    _SECONDS,
    GATEWAY,
    "From an entry's own time (the writer's clock) to handing it to the sockets here.",
)
batch_commands: Final = _histogram(
    "imapp_batch_commands",
    _COMMANDS,
    GATEWAY | WRITER,
    "Commands in a batch: sent by a gateway, run by a writer.",
)
batches_repeated: Final = _number(
    "imapp_batches_repeated_total", GATEWAY, "Times that a batch was sent again, since its answer was late."
)
batches_redelivered: Final = _number(
    "imapp_batches_redelivered_total",
    WRITER,
    "Batches that RabbitMQ delivered again: a writer had not finished.",
)
log_conflicts: Final = _number(
    "imapp_log_conflicts_total", WRITER, "Attempts fenced by the log's keys: a repeat, or another writer."
)
commands_parked: Final = _number(
    "imapp_commands_parked_total", WRITER, "Commands set aside for the operators."
)

# ---- the stream of the fanout

stream_gaps: Final = _number(
    "imapp_stream_gaps_total", GATEWAY, "Holes in a shard's stream of finished batches."
)
resyncs: Final = _number("imapp_resyncs_total", GATEWAY, "Times that all clients here were told to resync.")
stream_connects: Final = _number(
    "imapp_stream_connects_total",
    GATEWAY,
    "Connections made to hear the fanout; all but the first reconnect.",
)

# ---- files

files_kept: Final = _number("imapp_files_kept_total", GATEWAY, "Files that were sent up and kept.")
file_bytes_kept: Final = _number(
    "imapp_file_bytes_kept_total", GATEWAY, "Bytes of the files that were kept, without thumbnails."
)
files_refused: Final = _by_label(
    "imapp_files_refused_total", "code", GATEWAY, "Uploads that were begun and refused, by error code."
)
files_collected: Final = _number(
    "imapp_files_collected_total", RECEIPTS, "Files that nothing referred to any more and that were removed."
)

# ---- who is told outside

pushes_delivered: Final = _number(
    "imapp_pushes_delivered_total", RECEIPTS, "Push records that the notifier has taken."
)
pushes_postponed: Final = _number(
    "imapp_pushes_postponed_total", RECEIPTS, "Requests with push records that failed and come again."
)
pushes_dead: Final = _number(
    "imapp_pushes_dead_total", RECEIPTS, "Parcels of push records that were given up."
)

# ---- the archive

archive_moved: Final = _number(
    "imapp_archive_moved_total", ARCHIVE, "Entries that were moved out of MongoDB, each time they were."
)
archive_unproved: Final = _number(
    "imapp_archive_unproved_total",
    ARCHIVE,
    "Entries that were due to move and stayed, since the archive did not show an equal copy.",
)
archive_failed: Final = _number(
    "imapp_archive_failed_total",
    ARCHIVE,
    "Channels that a round of the move has left as they were, because it failed at them.",
)
archive_round: Final = _number(
    "imapp_archive_last_round_timestamp_seconds",
    ARCHIVE,
    "When the last round of the move ended, in seconds since 1970; 0: none has, as far as is known.",
)
retention_removed: Final = _number(
    "imapp_retention_removed_total",
    ARCHIVE,
    "Entries that were deleted for good, since nobody keeps them longer.",
)

# ---- the index in Elasticsearch

indexing_lag: Final = _histogram(
    "imapp_indexing_lag_seconds",
    _SECONDS,
    ARCHIVE,
    "From an entry's own time (the writer's clock) to when Elasticsearch had taken it.",
)
unindexed: Final = _number(
    "imapp_unindexed_total", ARCHIVE, "Entries that Elasticsearch refused and that were set aside."
)
unindexed_waiting: Final = _number(
    "imapp_unindexed_entries", ARCHIVE, "Entries that are set aside now, as of some seconds ago."
)
indexing_held: Final = _number(
    "imapp_indexing_held_channels",
    ARCHIVE,
    "Channels that a process can't index while it can index others.",
)
archive_errors: Final = _number(
    "imapp_archive_errors_total",
    GATEWAY | ARCHIVE,
    "Calls of Elasticsearch that failed or were not answered in time.",
)

# ---- what it depends on

queue_messages: Final = _by_label(
    "imapp_queue_messages", "queue", GATEWAY, "Messages that wait in a queue, as of some seconds ago."
)
queue_consumers: Final = _by_label(
    "imapp_queue_consumers", "queue", GATEWAY, "Consumers of a queue, those who stand by included."
)
dependency_up: Final = _by_label(
    "imapp_dependency_up", "dependency", GATEWAY, "1 if it answers, as `health/ready` says, else 0."
)
store_errors: Final = _number(
    "imapp_store_errors_total", EVERYWHERE, "Calls of MongoDB that failed or were not confirmed in time."
)
broker_errors: Final = _number(
    "imapp_broker_errors_total",
    EVERYWHERE,
    "Publishes and connections that RabbitMQ refused, lost or left open.",
)
