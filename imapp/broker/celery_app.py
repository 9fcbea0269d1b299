"""The Celery application: the same settings for who enqueues tasks and who runs them."""

from typing import Any, Final

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection

from imapp.broker.connection import TRANSPORT_OPTIONS, transport_of
from imapp.broker.topology import Topology

_FIRST_PAUSE_S: Final = 0.1
_MORE_EACH_TIME_S: Final = 0.3
_LONGEST_PAUSE_S: Final = 1.0


class PromptConnection(Connection):  # type: ignore[misc]  # kombu has no types
    """A connection that looks every second whether a lost broker is back; kombu waits up to 30 s."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """As kombu's, with shorter pauses unless others are asked for."""
        pauses = {
            "interval_start": _FIRST_PAUSE_S,
            "interval_step": _MORE_EACH_TIME_S,
            "interval_max": _LONGEST_PAUSE_S,
        }
        return super().ensure_connection(*args, **{**pauses, **kwargs})


class _PromptAMQP(AMQP):  # type: ignore[misc]  # likewise Celery
    Connection = PromptConnection


def make_celery(amqp_url: str, topology: Topology) -> Celery:
    """A Celery application without tasks; `workers` adds those.

    Results are off: answers travel by the gateways' own reply queues. Delays and retries by Celery are
    not used anywhere, since both put a task behind its successors.
    """
    celery = Celery("imapp", broker=amqp_url, amqp=_PromptAMQP, set_as_current=False)
    celery.conf.update(
        broker_transport=transport_of(amqp_url),
        broker_transport_options=TRANSPORT_OPTIONS,
        broker_pool_limit=4,
        broker_heartbeat=60,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        task_queues=topology.task_queues(),
        task_default_queue=f"{topology.namespace}.receipts",
        task_create_missing_queues=False,
        task_serializer="msgpack",
        accept_content=["msgpack"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,
        task_acks_on_failure=False,
        task_acks_on_timeout=False,
        task_track_started=False,
        task_send_sent_event=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_disable_rate_limits=True,
        worker_hijack_root_logger=False,
        worker_detect_quorum_queues=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return celery
