"""Who I am, and who the others are."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller, services
from imapp.rest.schemas import schema_of
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
