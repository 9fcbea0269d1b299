"""What `celery beat` starts, and how often. A second beat, or one that starts anew, does no harm.

It only enqueues; whoever takes the task asks for the job's lease first. MongoDB knows what is due and what is
done. A task that nobody takes expires.
"""

from typing import Any, Final

from imapp.broker.topology import INDEX_TASK, MOVE_TASK
from imapp.config import Config
from imapp.wiring import topology
from imapp.wiring.indexing import LOOK_AROUND, SWEEP_EVERY_S

MOVE_EVERY_S: Final = 12.0
"""Little more than a task takes: while a round is under way there is always one at it."""

# Nothing is kept on disk between two runs of beat: the leases know what was done when.
_SCHEDULER: Final = "celery.beat.Scheduler"
_EXPIRES_S: Final = 60


def schedule(app: Any, config: Config) -> None:
    """Tell the application its periodic tasks."""
    names = topology(config)
    # Without Elasticsearch as well: what is kept no longer is deleted by the same task.
    tasks = {"move": _starter(MOVE_TASK, names.moves_queue().name, MOVE_EVERY_S, b"")}
    if config.es_url:
        tasks["index"] = _starter(INDEX_TASK, names.archive_queue().name, SWEEP_EVERY_S, LOOK_AROUND)
    app.conf.update(beat_scheduler=_SCHEDULER, beat_schedule=tasks)


def _starter(task: str, queue: str, every_s: float, payload: bytes) -> dict[str, Any]:
    options = {"queue": queue, "expires": _EXPIRES_S, "delivery_mode": 1}
    return {"task": task, "schedule": every_s, "args": (payload,), "options": options}
