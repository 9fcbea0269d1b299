"""What every frame of a client has in common."""

from msgspec import Struct

from schemas.common import RequestId


class Request(Struct, kw_only=True, tag_field="type"):
    """What every request carries."""

    id: RequestId
