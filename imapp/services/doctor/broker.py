"""RabbitMQ: whether it answers and lets us work, and whether the queues are right and served."""

from collections.abc import Container, Iterator

from imapp.broker.examination import BrokerExamination, QueueFacts
from imapp.errors import BrokerUnavailable
from imapp.services.doctor import Finding, fail, ok, warn


def broker_findings(broker: BrokerExamination, *, unused: Container[str] = ()) -> Iterator[Finding]:
    """What is found; queues that are `unused` need nobody.

    Raises:
        BrokerUnavailable: RabbitMQ does not answer, or lets nobody in with this user, password and host.
    """
    yield ok(f"RabbitMQ {broker.version()} answers")
    yield _rights(broker)
    for name, queue in broker.queues().items():
        if name in unused:
            continue
        yield from _queue(name, queue)


def _rights(broker: BrokerExamination) -> Finding:
    try:
        alarm = broker.pass_a_message()
    except BrokerUnavailable as error:
        mend = "rabbitmqctl set_permissions, or rabbitmqctl status if there is an alarm"
        return fail(f"RabbitMQ did not take a message and give it back: {error}"[:300], mend)
    if alarm:
        return fail(
            f"RabbitMQ blocks publishers: {alarm}", "free memory or disk; rabbitmqctl status shows which"
        )
    return ok("RabbitMQ takes a message and gives it back")


def _queue(name: str, queue: QueueFacts | None) -> Iterator[Finding]:
    if queue is None:
        yield fail(f"queue {name} is not there", "start its worker: it makes the queue")
        return
    if not queue.as_wanted:
        mend = "stop everything, delete the queue once it is empty, start again"
        yield fail(f"queue {name} was made with other arguments", mend)
    if name == "dead":
        if queue.messages:
            yield warn(f"{queue.messages} dead letters", "see what they are (docs/operations.md)")
    elif queue.consumers == 0:
        yield fail(f"nobody consumes {name}; {queue.messages} messages wait", "start its worker")
    elif queue.consumers == 1 and name.startswith("messages."):
        yield warn(f"{name}: one writer, and nobody stands by", "start a second writer")
    else:
        yield ok(f"{name}: {queue.consumers} consumers, {queue.messages} messages wait")
