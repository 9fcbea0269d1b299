"""What a view has at hand: the services, who is calling, how to write, how to answer."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import msgspec
from flask import Flask, Response, current_app, g

from imapp.domain.entries import wire_time
from imapp.domain.ids import message_id
from imapp.gateway.door import Door
from imapp.gateway.gateway import Gateway
from imapp.services.administering.administration import Administration
from imapp.services.archiving.returns import Prepare
from imapp.services.files.fetching import FetchingService
from imapp.services.files.keeping import KeepingService
from imapp.services.files.pictures import PictureService
from imapp.services.files.signing import UrlSigner
from imapp.services.identity.identities import Authenticator, Identity
from imapp.services.identity.quotas import QuotaService
from imapp.services.operating.health import HealthService
from imapp.services.presence import PresenceService
from imapp.services.pushes.recipients import PushService
from imapp.services.pushes.summaries import SummaryService
from imapp.services.reading.conversations import ConversationService
from imapp.services.reading.directory import DirectoryService
from imapp.services.reading.emojis import EmojiService
from imapp.services.reading.history import HistoryService
from imapp.services.reading.join_requests import JoinRequestService
from imapp.services.reading.sharing import ReadSharing
from imapp.services.reading.unread_explained import UnreadExplainer
from imapp.services.searching.contacts import ContactService
from imapp.services.searching.messages import MessageSearchService
from imapp.services.writing.group_commands import without_place
from schemas.channels import Written
from schemas.commands import AnyCommand, PeopleCommand
from schemas.tasks import Result
from schemas.users import User

_EXTENSION: Final = "imapp.rest"
# The gateway itself gives up at the command's time-out; this is for its answer to arrive.
_ANSWER_MARGIN_S: Final = 1.0
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class RestServices:
    """What views call."""

    gateway: Gateway
    identity: Authenticator
    directory: DirectoryService
    history: HistoryService
    join_requests: JoinRequestService
    conversations: ConversationService
    unread: UnreadExplainer
    pushes: PushService
    emojis: EmojiService
    summaries: SummaryService
    search: MessageSearchService
    contacts: ContactService
    sharing: ReadSharing
    presence: PresenceService
    health: HealthService
    admin: Administration
    quotas: QuotaService
    keeping: KeepingService
    fetching: FetchingService
    pictures: PictureService
    signer: UrlSigner
    door: Door
    prepare: Prepare
    command_timeout_s: float


def set_services(app: Flask, services: RestServices) -> None:
    """Let the views of an application use these services."""
    app.extensions[_EXTENSION] = services


def services() -> RestServices:
    """The services of the application that runs."""
    found: RestServices = current_app.extensions[_EXTENSION]
    return found


def identity() -> Identity:
    """What is proved of who sent this request."""
    found: Identity = g.identity
    return found


def caller() -> User:
    """Who sent this request."""
    return identity().user


def caller_id() -> str:
    """The user id of who sent this request."""
    return caller().user_id


def write(command: AnyCommand) -> Result:
    """Have a command carried out; returns once it is stored.

    Raises:
        RequestError: it was refused, or `busy`: the outcome is open.
    """
    services().prepare(command)
    return services().gateway.ask(command, services().command_timeout_s + _ANSWER_MARGIN_S)


def write_counted(command: PeopleCommand) -> Result:
    """The same for what brings people into a group.

    Raises:
        RequestError: as `write`, and `quota_exceeded`.
    """
    with services().door.limits.counting(command):
        services().quotas.check(command)
    return write(command)


def write_outside(command: AnyCommand) -> Result:
    """The same for who is not in the channel: how long its log is is not for him.

    Raises:
        RequestError: as `write`.
    """
    return without_place(write(command))


def written(result: Result) -> Written:
    """What a command did, as clients see it."""
    if not result.seq:
        return Written(channel_id=result.channel_id)
    return Written(
        channel_id=result.channel_id,
        message_id=message_id(result.channel_id, result.seq),
        seq=result.seq,
        server_time=wire_time(result.time_ms),
    )


def answer(body: msgspec.Struct, status: int = HTTPStatus.OK) -> Response:
    """A response with a struct as its JSON."""
    return Response(_ENCODER.encode(body), status, mimetype="application/json")
