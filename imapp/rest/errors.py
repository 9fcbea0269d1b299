"""Every refusal as `ErrorBody`, whoever raised it."""

import math
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from imapp import metrics
from imapp.errors import ArchiveUnavailable, RequestError, StoreUnavailable
from imapp.gateway.batcher import ARCHIVE_RETRY_AFTER_S, RETRY_AFTER_S
from imapp.logs import get_log
from imapp.rest.context import answer
from schemas.errors import ErrorBody, ErrorCode

# What the framework itself refuses; any other mistake of the client's is `invalid`.
_CODES: Final = {
    401: ErrorCode.UNAUTHORIZED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.UNSUPPORTED,
    413: ErrorCode.TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA,
}
_KEPT_HEADERS: Final = ("Allow",)

log = get_log("rest")


def install_errors(app: Flask) -> None:
    """Answer what views and services raise."""
    app.register_error_handler(RequestError, refused)
    app.register_error_handler(StoreUnavailable, _store_unavailable)
    app.register_error_handler(ArchiveUnavailable, _archive_unavailable)
    app.register_error_handler(Exception, _unexpected)


def refused(error: RequestError, status: int | None = None) -> Response:
    """The response to a refusal; `status` in place of the code's own."""
    status = status or error.status
    metrics.refusals[error.code.value] += 1
    response = answer(
        ErrorBody(
            code=error.code.value,
            status=status,
            message=error.message,
            request_id=g.request_id,
            errors=error.errors,
            retry_after=error.retry_after,
        ),
        status,
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    if error.code is ErrorCode.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def http_refused(error: HTTPException) -> Response:
    """The response to what the framework refused: no such route, wrong method, too large ..."""
    status = error.code or 500
    code = _CODES.get(status, ErrorCode.INVALID if status < 500 else ErrorCode.INTERNAL)
    response = refused(RequestError(code), status)
    response.headers.update((name, value) for name, value in error.get_headers() if name in _KEPT_HEADERS)
    return response


def _store_unavailable(error: StoreUnavailable) -> Response:
    log.warning("store_unavailable", error=str(error))
    return refused(RequestError(ErrorCode.BUSY, retry_after=RETRY_AFTER_S))


def _archive_unavailable(error: ArchiveUnavailable) -> Response:
    log.warning("archive_unavailable", error=str(error)[:200])
    return refused(RequestError(ErrorCode.SEARCH_UNAVAILABLE, retry_after=ARCHIVE_RETRY_AFTER_S))


def _unexpected(error: Exception) -> Response:
    # The client learns nothing of it but the id under which it is in the log.
    log.error("request_failed", method=request.method, endpoint=request.endpoint, exc_info=error)
    return refused(RequestError(ErrorCode.INTERNAL))
