"""Commands on their way from a connection to a writer, and their answers back."""

from imapp.errors import RequestError, StoreUnavailable
from imapp.gateway.batcher import RETRY_AFTER_S
from imapp.services.writing.group_commands import without_place
from imapp.ws.client import Client
from imapp.ws.dialogue import written_frame
from schemas.commands import AnyCommand, PeopleCommand
from schemas.tasks import Result


class _Waiter:
    """Answers a command on the connection it came from."""

    __slots__ = ("request_id", "subscriber")

    def __init__(self, client: Client, request_id: str) -> None:
        self.subscriber = client
        self.request_id = request_id

    def resolve(self, result: Result) -> None:
        self.subscriber.enqueue(written_frame(self.request_id, result, RETRY_AFTER_S))
        self.subscriber.under_way.release()


class _OutsidersWaiter(_Waiter):
    """The same for who is not in the channel: how long its log is is not for him."""

    __slots__ = ()

    def resolve(self, result: Result) -> None:
        super().resolve(without_place(result))


def submit(client: Client, request_id: str, command: AnyCommand, *, outside: bool = False) -> None:
    """Have a command carried out, and the request answered once it is.

    Raises:
        RequestError: it was refused at once.
        StoreUnavailable: what it refers to could not be looked for.
    """
    try:
        client.services.prepare(command)
    except StoreUnavailable:
        # It comes again: what its connection sends meanwhile must not overtake it.
        client.services.gateway.hold_back(command, client)
        raise
    client.under_way.acquire()
    if client.connection.closing:  # cut while this waited for its turn: it came too late
        client.under_way.release()
        return
    waiter = (_OutsidersWaiter if outside else _Waiter)(client, request_id)
    try:
        client.services.gateway.submit(command, waiter)
    except RequestError:
        client.under_way.release()
        raise


def submit_counted(client: Client, request_id: str, command: PeopleCommand) -> None:
    """The same for what brings people into a group.

    Raises:
        RequestError: also `quota_exceeded`.
        StoreUnavailable: it could not be counted.
    """
    try:
        with client.services.limits.counting(command):
            client.services.quotas.check(command)
    except (RequestError, StoreUnavailable) as error:
        if not isinstance(error, RequestError) or error.retry_after is not None:
            client.services.gateway.hold_back(command, client)
        raise
    submit(client, request_id, command)
