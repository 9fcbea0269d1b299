"""The emoji table: for everybody to read, for administrators to change."""

import hashlib

from flask import Response, request

from imapp.rest.administration import admin_only
from imapp.rest.blueprint import Blueprint
from imapp.rest.context import answer, caller_id, services
from imapp.rest.schemas import schema_of
from schemas.channels import ListQuery
from schemas.emojis import (
    AddEmojiBody,
    ChangeEmojiBody,
    Emoji,
    EmojiPackPage,
    EmojiPage,
    EmojiQuery,
    RemoveEmojiQuery,
)
from schemas.errors import ErrorCode

blueprint = Blueprint("emojis", __name__, description="What `[:shortcode:]` in a text stands for.")


@blueprint.get("/emojis")
@blueprint.arguments(schema_of(EmojiQuery, query=True), location="query")
@blueprint.response(200, schema_of(EmojiPage))
def list_emojis(query: EmojiQuery) -> Response:
    """Emoji of one pack or of all, by shortcode.

    Keep the page with its `ETag` and ask again with `If-None-Match`: 304 without a body says that it is still
    right.
    """
    return _kept(answer(services().emojis.page(query)))


@blueprint.get("/emojis/<emoji:shortcode>")
@blueprint.response(200, schema_of(Emoji))
def get_emoji(shortcode: str) -> Response:
    """One emoji."""
    return _kept(answer(services().emojis.emoji(shortcode)))


@blueprint.get("/emoji-packs")
@blueprint.arguments(schema_of(ListQuery, query=True), location="query")
@blueprint.response(200, schema_of(EmojiPackPage))
def list_emoji_packs(query: ListQuery) -> Response:
    """The packs, by name."""
    return answer(services().emojis.packs(query.cursor, query.limit))


@blueprint.post("/admin/emojis", refuses=[ErrorCode.NOT_FOUND, ErrorCode.CONFLICT, ErrorCode.QUOTA_EXCEEDED])
@blueprint.arguments(schema_of(AddEmojiBody))
@blueprint.response(201, schema_of(Emoji))
@admin_only("emoji.add")
def add_emoji(body: AddEmojiBody) -> Response:
    """Add an emoji.

    Adding the same again changes nothing. `conflict` if its shortcode is another emoji's, `not_found` if its
    address is no image that I have sent up.
    """
    return answer(services().admin.emojis.add(caller_id(), body), 201)


@blueprint.patch("/admin/emojis/<emoji:shortcode>")
@blueprint.arguments(schema_of(ChangeEmojiBody))
@blueprint.response(200, schema_of(Emoji))
@admin_only("emoji.change")
def change_emoji(body: ChangeEmojiBody, shortcode: str) -> Response:
    """Change an emoji.

    A character takes the place of an address, and the other way round. `not_found` also if the address is no
    image that I have sent up.
    """
    return answer(services().admin.emojis.change(caller_id(), shortcode, body))


@blueprint.delete("/admin/emojis/<emoji:shortcode>")
@blueprint.arguments(schema_of(RemoveEmojiQuery, query=True), location="query")
@blueprint.response(200, schema_of(Emoji))
@admin_only("emoji.remove")
def remove_emoji(query: RemoveEmojiQuery, shortcode: str) -> Response:
    """Take an emoji out.

    Messages that have it show its shortcode from then on. Doing it again changes nothing.
    """
    del query  # its reason is written down
    return answer(services().admin.emojis.remove(shortcode))


def _kept(response: Response) -> Response:
    """The response, for the client to keep and to ask about; without its body if he has the same."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response
