"""What a worker that is told to stop does with its queues."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from celery.worker.consumer.tasks import Tasks

from workers.lifecycle import KeepConsuming


def a_consumer(step: Tasks) -> Any:
    """As much of Celery's consumer as its step for the queues looks at."""
    return SimpleNamespace(task_consumer=Mock(), timer=Mock(), blueprint=SimpleNamespace(order=[step]))


def test_celerys_own_step_would_cancel_the_queues() -> None:
    step = Tasks(Mock())
    consumer = a_consumer(step)

    step.stop(consumer)

    consumer.task_consumer.cancel.assert_called()


def test_a_worker_that_stops_cancels_no_queue_whose_tasks_it_still_holds() -> None:
    """Guard: `KeepConsuming`. The next consumer of a cancelled queue would overtake what this one holds."""
    step = Tasks(Mock())
    consumer = a_consumer(step)
    KeepConsuming(consumer).start(consumer)

    step.stop(consumer)
    step.shutdown(consumer)

    consumer.task_consumer.cancel.assert_not_called()


def test_an_idle_worker_looks_at_its_flags_all_the_same() -> None:
    consumer = a_consumer(Tasks(Mock()))

    KeepConsuming(consumer).start(consumer)

    ((pause_s, *_), _) = consumer.timer.call_repeatedly.call_args
    assert pause_s <= 1.0
