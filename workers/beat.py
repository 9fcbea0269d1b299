"""What `celery beat` starts, and how often. A second beat, or one that starts anew, does no harm.

It only enqueues; whoever takes the task asks for the job's lease first. A task that nobody takes expires.
"""

from typing import Any, Final

from imapp.broker.topology import INDEX_TASK
from imapp.config import Config
from imapp.wiring import topology
from imapp.wiring.indexing import LOOK_AROUND, SWEEP_EVERY_S

# Nothing is kept on disk between two runs of beat: the leases know what was done when.
_SCHEDULER: Final = "celery.beat.Scheduler"


def schedule(app: Any, config: Config) -> None:
    """Tell the application its periodic tasks."""
    options = {"queue": topology(config).archive_queue().name, "expires": 60, "delivery_mode": 1}
    tasks: dict[str, Any] = {}
    if config.es_url:
        tasks["index"] = {
            "task": INDEX_TASK,
            "schedule": SWEEP_EVERY_S,
            "args": (LOOK_AROUND,),
            "options": options,
        }
    app.conf.update(beat_scheduler=_SCHEDULER, beat_schedule=tasks)
