"""`imapp trace`: the life of one message."""

import json

import click
import msgspec
from msgspec import structs

from imapp.cli.operating import intent_of, reason_option, tools
from imapp.domain.ids import split_message_id
from schemas.admin import MessageTrace, TraceQuery, TraceStep
from schemas.common import MAX_LIST_PAGE, MessageId, UserId


@click.command()
@click.argument("message_id")
@click.option("--user", "user_id", default=None, help="Only what is about this person.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@reason_option
def trace(message_id: str, user_id: str | None, *, as_json: bool, reason: str | None) -> None:
    """Show where MESSAGE_ID was when: accepted, stored, published, delivered, received, read, pushed.

    Without its text. It stands in the audit log.
    """
    try:
        known = msgspec.convert(message_id, MessageId)
        query = TraceQuery(
            user_id=msgspec.convert(user_id, UserId | None), reason=reason, limit=MAX_LIST_PAGE
        )
    except msgspec.ValidationError as error:
        raise click.ClickException(f"{message_id}: {error}") from error
    targets = [known, split_message_id(known)[0]]
    with (
        tools(message_id) as services,
        services.audit.writing(intent_of(services, "message.trace", targets, reason)),
    ):
        found = page = services.traces.trace(known, query)
        while page.cursor is not None:
            page = services.traces.trace(known, structs.replace(query, cursor=page.cursor))
            found = structs.replace(found, steps=[*found.steps, *page.steps], cursor=None)
    click.echo(json.dumps(msgspec.to_builtins(found), indent=2) if as_json else "\n".join(lines(found)))


def lines(found: MessageTrace) -> list[str]:
    """A message's life, for people."""
    about = f"{found.message_id}  {found.message_type.value}, {found.status.value}, from {found.sender}"
    steps = [_line(step) for step in found.steps]
    return [about, *steps, *(f"unknown    {what}" for what in found.unknown)]


def _line(step: TraceStep) -> str:
    where = [step.process, step.user_id, step.connection_id, step.note and f"({step.note})"]
    return f"{step.step.value:<10} {step.time or '-':<24} {'  '.join(filter(None, where))}".rstrip()
