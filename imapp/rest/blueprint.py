"""How a resource declares its operations: flask-smorest's decorators, and what all operations share."""

import re
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Any, Final

import flask_smorest
import msgspec

from imapp.rest.administration import action_of, admins_first
from imapp.rest.arguments import StructParser, check_parameters
from imapp.rest.guard import PUBLIC
from imapp.rest.paths import KINDS
from schemas.errors import STATUS, ErrorCode

View = Callable[..., Any]

_PATH_ID: Final = re.compile(r"<(?P<kind>\w+):(?P<name>\w+)>")
_ANYBODY: Final = frozenset({ErrorCode.INVALID, ErrorCode.INTERNAL})
_KNOWN: Final = frozenset({ErrorCode.UNAUTHORIZED, ErrorCode.RATE_LIMITED, ErrorCode.BUSY})
_WITH_BODY: Final = frozenset({ErrorCode.TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA})


class Blueprint(flask_smorest.Blueprint):
    """The operations of one resource."""

    ARGUMENTS_PARSER = StructParser()

    def route(
        self, rule: str, *, refuses: Iterable[ErrorCode] = (), **options: Any
    ) -> Callable[[View], View]:
        """Serve a view and document it, with the refusals that are its own beside those all share.

        A view that declares no query refuses every parameter. One that is marked `admin_only` refuses others
        before anything else.
        """

        def declare(view: View) -> View:
            places = {part["in"] for part in _arguments(view)}
            public = f"{self.name}.{view.__name__}" in PUBLIC
            codes = _shared_refusals(rule, places, public=public).union(refuses)
            for_admins = action_of(view) is not None
            if for_admins:
                codes |= {ErrorCode.FORBIDDEN}
            documented = self.doc(
                operationId=_camel(view.__name__),
                responses={STATUS[code]: response_name(STATUS[code]) for code in sorted(codes)},
                **({"security": []} if public else {}),
            )(view if "query" in places else _without_query(view))
            register = super(Blueprint, self).route(rule, parameters=_path_parameters(rule), **options)
            register(admins_first(documented) if for_admins else documented)
            return view

        return declare


def response_name(status: int) -> str:
    """The name of an error response in the document."""
    return f"Error{status}"


def _shared_refusals(rule: str, places: Collection[str], *, public: bool) -> frozenset[ErrorCode]:
    """What an operation may answer because of its kind, whatever it does."""
    codes = _ANYBODY if public else _ANYBODY | _KNOWN
    if "json" in places:
        codes |= _WITH_BODY
    return codes | {ErrorCode.NOT_FOUND} if "<" in rule else codes


def _camel(name: str) -> str:
    """As generated clients in most languages like it."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _arguments(view: View) -> list[dict[str, Any]]:
    """What `Blueprint.arguments` has noted down."""
    noted: dict[str, Any] = getattr(view, "_apidoc", {})
    parameters: list[dict[str, Any]] = noted.get("arguments", {}).get("parameters", [])
    return parameters


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    parameters = []
    for part in _PATH_ID.finditer(rule):
        schema = msgspec.json.schema(KINDS[part["kind"]])
        described = {"in": "path", "name": part["name"], "required": True}
        parameters.append({**described, "description": schema.pop("description"), "schema": schema})
    return parameters


def _without_query(view: View) -> View:
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_parameters(())
        return view(*args, **kwargs)

    return checked
