"""`celery -A workers.celery_app worker -Q messages.0 ...`: a shard writer, or a receipts worker."""

import os
from typing import Any

from celery.signals import celeryd_init, setup_logging, worker_init, worker_shutdown

import tasks
import tasks.archive
import tasks.messages
import tasks.personal
import tasks.pushes
import tasks.receipts
from imapp import failpoints
from imapp.environment import load_config
from imapp.logs import configure_logs, get_log, name_process
from imapp.metrics.exposition import serve_metrics
from imapp.wiring import celery_app, task_services, topology
from workers.beat import schedule
from workers.farewell import Farewell
from workers.lifecycle import KeepConsuming, KeepPushing, KeepUnreadable, fail_stop
from workers.memory import settle_collector
from workers.standby import StandBy

config = load_config()
role = "worker"
configure_logs(human=config.human_logs, role="worker", level=config.log_level)
app = celery_app(config)
app.set_default()

StandBy.topology = topology(config)
StandBy.delay_s = config.standby_delay_s
StandBy.give_back_after_s = config.give_back_after_s
app.steps["consumer"].add(StandBy)
app.steps["consumer"].add(KeepConsuming)
app.steps["consumer"].add(KeepUnreadable)
farewell = Farewell()  # the signals hold it by a weak reference
KeepPushing.queue = topology(config).pushes_queue().name
KeepPushing.begin = lambda: tasks.services().keep_pushing()
app.steps["consumer"].add(KeepPushing)
schedule(app, config)


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """Nothing: being connected keeps Celery from configuring logs of its own, so that its lines join ours."""


@celeryd_init.connect
def take_role(sender: str, options: dict[str, Any], **_: Any) -> None:
    """Whether it writes, keeps read marks or serves the archive is known from its queues."""
    global role  # noqa: PLW0603  # one per worker process, set once at its start
    given = options.get("queues") or ()
    queues = set(given.split(",") if isinstance(given, str) else given)
    writes = any(queue.startswith("messages.") for queue in queues)
    archives = bool(queues) and queues <= {"archive", "moves"}  # without -Q it takes everything
    role = "writer" if writes else "archive" if archives else "receipts"
    name_process(role=role, process=sender)


@worker_init.connect
def open_services(**_: Any) -> None:
    """Open this process's connections, once it is the worker and before it takes a task."""
    failpoints.arm(config.failpoints)
    serve_metrics(config.metrics_bind, role)
    try:
        tasks.provide(task_services(config, fail_stop))
    except Exception:  # noqa: BLE001  # whatever it is, it must not be swallowed
        # Celery would log it and take tasks all the same, and lose every one of them.
        get_log("worker").exception("start_failed")
        os._exit(os.EX_CONFIG)
    settle_collector()


@worker_shutdown.connect
def hand_over_nudges(**_: Any) -> None:
    """What was published in the last moments is told to those who wait for it before this one goes."""
    for nudger in tasks.services().nudgers:
        nudger.flush(last=True)
