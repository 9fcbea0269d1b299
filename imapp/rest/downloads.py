"""Answering with the bytes of a file: in part, not at all if the client has them, never as a page."""

from typing import Final
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import dump_options_header

from imapp.rest.context import services
from imapp.services.files.fetching import Content

# Kept by the one who fetched it, but asked for anew each time: what was recalled must be gone at once.
_CACHE: Final = "private, no-cache"
# Whatever a browser takes it for, it runs nothing, loads nothing and has no origin.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


def send_content(content: Content) -> Response:
    """The response with what was asked for of a file: 200, 206, 304 or 416.

    Raises:
        RequestedRangeNotSatisfiable: there is no such part of it.
        StoreUnavailable: it can't be read, or has just gone.
    """
    response = Response(b"", mimetype=content.media_type)
    response.set_etag(content.etag)
    response.headers["Content-Disposition"] = _disposition(content)
    response.headers["Cache-Control"] = _CACHE
    response.headers["Content-Security-Policy"] = _POLICY
    response.content_length = content.size
    # Werkzeug decides by the headers; the bytes that it leaves to be sent are read from where they begin.
    response.make_conditional(request, accept_ranges=True, complete_length=content.size)
    if response.status_code in {200, 206}:
        part = response.content_range
        start, stop = (part.start, part.stop) if part.units else (0, content.size)
        response.content_length = (stop or content.size) - (start or 0)
        if request.method == "GET":
            response.response = services().fetching.read(content, start or 0, stop or content.size)
    return response


def _disposition(content: Content) -> str:
    """How a browser saves it; names beyond ASCII as RFC 5987 has them."""
    name = content.record.name
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("%", "_")
    names = {"filename": plain}
    if plain != name:
        names["filename*"] = f"UTF-8''{quote(name, safe='')}"
    return dump_options_header("inline" if content.is_image else "attachment", names)
