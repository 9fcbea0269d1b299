"""Who I am, and who the others are."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller, caller_id, services
from imapp.rest.schemas import schema_of
from imapp.services.personal import requests as personal
from imapp.services.reading.directory import user_ids_of
from schemas.errors import ErrorCode
from schemas.presence import PresenceList, PresenceQuery
from schemas.settings import Settings, SettingsBody
from schemas.users import MeBody, User, UserPage, UserQuery

blueprint = Blueprint("people", __name__, description="Who I am, and who the others are.")


@blueprint.get("/me")
@blueprint.response(200, schema_of(User))
def get_me() -> Response:
    """The person whose token this is."""
    return answer(caller())


@blueprint.patch("/me", refuses=[ErrorCode.NOT_FOUND])
@blueprint.arguments(schema_of(MeBody))
@blueprint.response(200, schema_of(User))
def change_me(body: MeBody) -> Response:
    """Change my picture: to an image that I have sent up, an address, or none.

    The others see it when they next ask for me; `sender_avatar` of new messages has it within half a minute.
    The file that was my picture before is gone unless a message or another picture refers to it.
    """
    return answer(services().pictures.set_own(caller_id(), body.avatar))


@blueprint.get("/me/settings")
@blueprint.response(200, schema_of(Settings))
def get_settings() -> Response:
    """What I have set for myself, whatever the conversation."""
    return answer(services().sharing.settings(caller_id()))


@blueprint.patch("/me/settings", refuses=[ErrorCode.FORBIDDEN])
@blueprint.arguments(schema_of(SettingsBody))
@blueprint.response(200, schema_of(Settings))
def set_settings(body: SettingsBody) -> Response:
    """Change what I have set for myself; all my devices hear of it.

    With `share_read` false nobody learns what I read from now on, only that I received it, and I learn it of
    nobody. `forbidden` if the organisation decides it for everybody.
    """
    stored = services().gateway.personal.ask(personal.set_settings(caller_id(), body))
    return Response(stored, mimetype="application/json")


@blueprint.get("/users")
@blueprint.arguments(schema_of(UserQuery, query=True), location="query")
@blueprint.response(200, schema_of(UserPage))
def list_users(query: UserQuery) -> Response:
    """Active people, by user id.

    Give `ids` or `name` (how the name starts, in upper and lower case as written), or neither for everybody.
    Ids of people who do not exist or are disabled are left out.
    """
    return answer(services().directory.people(query))


@blueprint.get("/presence")
@blueprint.arguments(schema_of(PresenceQuery, query=True), location="query")
@blueprint.response(200, schema_of(PresenceList))
def list_presence(query: PresenceQuery) -> Response:
    """Whether these people are online, in the order of `ids`.

    Who does not exist or is disabled is offline and was never seen. Over the WebSocket, `watch` tells of
    changes.
    """
    return answer(services().presence.listed(user_ids_of(query.ids)))
