"""Messages by what they say, people and groups by name."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.schemas import schema_of
from schemas.search import ContactPage, ContactSearch

blueprint = Blueprint("search", __name__, description="Messages by what they say, people and groups by name.")


@blueprint.get("/search/contacts")
@blueprint.arguments(schema_of(ContactSearch, query=True), location="query")
@blueprint.response(200, schema_of(ContactPage))
def search_contacts(search: ContactSearch) -> Response:
    """Find people and groups by name.

    All of the words must be found in the name: whole, or as the beginning of a word; of Han characters any
    part. Groups are those that you are or were in, people all who can be written to.
    """
    return answer(services().contacts.page(caller_id(), search))
