"""What a process says of itself."""

from typing import Annotated

from msgspec import Meta, Struct


class Liveness(Struct, kw_only=True):
    """The process answers."""

    status: str = "ok"


class Dependency(Struct, kw_only=True):
    """Whether something that a process needs answers it."""

    ok: bool
    reason: Annotated[str | None, Meta(description="Why not.")] = None


class Readiness(Struct, kw_only=True, omit_defaults=True):
    """Whether a process can serve requests, and if not, why."""

    ready: bool
    mongodb: Dependency
    rabbitmq: Dependency
    writers: Annotated[
        Dependency, Meta(description="Whether every shard has somebody who stores its messages.")
    ]
    receipts: Annotated[
        Dependency, Meta(description="Whether marks of what was received and read are applied; not needed.")
    ]
    pushes: Annotated[
        Dependency, Meta(description="Whether somebody works out who must be told outside; not needed.")
    ]
    elasticsearch: Annotated[
        Dependency | None,
        Meta(description="Search and old messages; not needed. Absent where none is configured."),
    ] = None
    archive: Annotated[
        Dependency | None, Meta(description="Whether somebody indexes what is sent; likewise.")
    ] = None
    degraded: Annotated[bool, Meta(description="It serves, but something that it does not need is missing.")]
    draining: Annotated[bool, Meta(description="It is about to stop and takes nothing new.")]
