"""`imapp doctor`: the report, for people or for programs."""

import json
from collections.abc import Sequence
from typing import Final

import click

from imapp.config import Config
from imapp.environment import unknown_variables
from imapp.services.doctor import Finding, examine
from imapp.services.doctor.checkup import system_checks

_COLOURS: Final = {"ok": "green", "warn": "yellow", "FAIL": "red"}


def report(config: Config, *, as_json: bool) -> int:
    """Print what is found; the exit status: 1 if anything fails."""
    return show(examine(system_checks(config, unknown_variables())), as_json=as_json)


def show(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print findings, a line each; the exit status."""
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for finding in findings:
            level = click.style(f"{finding.level:4}", fg=_COLOURS[finding.level])
            click.echo(f"{level} {finding.what}" + (f" - {finding.mend}" if finding.mend else ""))
    return int(any(finding.level == "FAIL" for finding in findings))
