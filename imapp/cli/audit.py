"""`imapp audit`: what administrators and operators have done."""

import json

import click
import msgspec

from imapp.cli.operating import intent_of, tools
from schemas.admin import AuditQuery, AuditRecord
from schemas.common import MAX_LIST_PAGE


@click.command()
@click.option("--actor", default=None, help="Of whom: a user id, or cli:NAME.")
@click.option("--action", default=None, help="Of what, as user.disable.")
@click.option("--target", default=None, help="About what: an id of a user, a channel, a message.")
@click.option("--since", default=None, help="From this time on, as 2026-11-23T08:00:00Z.")
@click.option("--until", default=None, help="Before this time.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, MAX_LIST_PAGE))
@click.option("--cursor", default=None, help="Go on where the last page ended.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def audit(as_json: bool, **asked: str | int | None) -> None:  # click gives it by name
    """Show the audit log, the latest first. That stands in it too."""
    query = AuditQuery(**{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]
    told = {name: value for name, value in asked.items() if value is not None}
    with tools() as services:
        targets = [query.target] if query.target else []
        with services.audit.writing(intent_of(services, "audit.read", targets, None, **told)):
            page = services.audit.page(query)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(page), indent=2))
        return
    for record in page.records:
        click.echo(_line(record))
    if page.cursor:
        click.echo(f"more: --cursor {page.cursor}")


def _line(record: AuditRecord) -> str:
    why = f"  ({record.reason})" if record.reason else ""
    outcome = record.outcome or "outcome unknown"
    targets = " ".join(record.targets)
    return f"{record.time}  {record.actor}  {record.action}  {targets}  {outcome}{why}"
