"""Messages by what they say, people and groups by name."""

from flask import Response

from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.schemas import schema_of
from schemas.errors import ErrorCode
from schemas.search import ContactPage, ContactSearch, MessageHits, MessageSearch

blueprint = Blueprint("search", __name__, description="Messages by what they say, people and groups by name.")


@blueprint.get("/search/messages", refuses=[ErrorCode.NOT_FOUND, ErrorCode.SEARCH_UNAVAILABLE])
@blueprint.arguments(schema_of(MessageSearch, query=True), location="query")
@blueprint.response(200, schema_of(MessageHits))
def search_messages(search: MessageSearch) -> Response:
    """Find messages by what they say, who sent them, where and when.

    Only what you may read is found and counted. Hits are as they are now, each with the part that matches.
    `coverage` says up to when everything sent to you was in the index.
    """
    return answer(services().search.page(caller_id(), search))


@blueprint.get("/search/contacts")
@blueprint.arguments(schema_of(ContactSearch, query=True), location="query")
@blueprint.response(200, schema_of(ContactPage))
def search_contacts(search: ContactSearch) -> Response:
    """Find people and groups by name.

    All of the words must be found in the name: whole, or as the beginning of a word; of Han characters any
    part. Groups are those that you are or were in, people all who can be written to.
    """
    return answer(services().contacts.page(caller_id(), search))
