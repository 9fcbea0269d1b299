"""`celery -A workers.celery_app worker -Q messages.0 ...`: a shard writer, or a receipts worker."""

import os
from typing import Any

from celery.signals import worker_init, worker_shutdown

import tasks
import tasks.messages
import tasks.pushes
import tasks.receipts
from imapp import failpoints
from imapp.config import load_config
from imapp.logs import configure_logs, get_log
from imapp.wiring import celery_app, task_services, topology
from workers.lifecycle import KeepConsuming, KeepPushing, fail_stop
from workers.memory import settle_collector
from workers.standby import StandBy

config = load_config()
configure_logs(human=config.development)
app = celery_app(config)
app.set_default()

StandBy.topology = topology(config)
StandBy.delay_s = config.standby_delay_s
StandBy.give_back_after_s = config.give_back_after_s
app.steps["consumer"].add(StandBy)
app.steps["consumer"].add(KeepConsuming)
KeepPushing.queue = topology(config).pushes_queue().name
KeepPushing.begin = lambda: tasks.services().keep_pushing()
app.steps["consumer"].add(KeepPushing)


@worker_init.connect
def open_services(**_: Any) -> None:
    """Open this process's connections, once it is the worker and before it takes a task."""
    failpoints.arm(config.failpoints)
    try:
        tasks.provide(task_services(config, fail_stop))
    except Exception:  # noqa: BLE001  # whatever it is, it must not be swallowed
        # Celery would log it and take tasks all the same, and lose every one of them.
        get_log("worker").exception("start_failed")
        os._exit(os.EX_CONFIG)
    settle_collector()


@worker_shutdown.connect
def hand_over_nudges(**_: Any) -> None:
    """What was published in the last moments is told to the push workers before this one goes."""
    tasks.services().nudger.flush()
