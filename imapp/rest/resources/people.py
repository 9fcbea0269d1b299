"""Who I am, and who the others are."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller, services
from imapp.rest.schemas import schema_of
from imapp.services.reading.directory import user_ids_of
from schemas.presence import PresenceList, PresenceQuery
from schemas.users import User, UserPage, UserQuery

blueprint = Blueprint("people", __name__, description="Who I am, and who the others are.")


@blueprint.get("/me")
@blueprint.response(200, schema_of(User))
def get_me() -> Response:
    """The person whose token this is."""
    return answer(caller())


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
