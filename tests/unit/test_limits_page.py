"""`docs/limits.md`: every value is what the code or the setting says, every limit of a client has a test."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from msgspec import Meta

from imapp.config import Config
from imapp.settings import settings_of

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
SETTINGS: Final = {setting.variable: setting.default for _, setting in settings_of(Config)}
_WHERE: Final = re.compile(r"`((?:imapp|schemas)[.\w]+|IM_\w+)`")


def rows(heading: str = "") -> list[list[str]]:
    """The cells of the tables on the page, or of the one below a heading."""
    text = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0] if heading else PAGE
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [line for line in lines if line[0] not in ("limit", "bound")]


def meant(where: str) -> Any:
    """What a constant, a bound of a type, or a setting is."""
    if where.startswith("IM_"):
        return SETTINGS[where]
    module, _, name = where.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        metas = [each for each in get_args(getattr(import_module(module), kind)) if isinstance(each, Meta)]
        return getattr(metas[0], name)


def worded(value: Any) -> str:
    """A value as the page has it."""
    if isinstance(value, str):
        per_s, _, at_once = value.partition("/")
        return f"{per_s}/s, {int(at_once):,} at once"
    return f"{int(value) if value == int(value) else value:,}"


def marked_names() -> set[str]:
    """The rows that tests are marked with."""
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.name != Path(__file__).name
        for name in re.findall(r'mark\.limit\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_has_the_value_that_counts(row: list[str]) -> None:
    wheres = [found.group(1) for cell in row for found in _WHERE.finditer(cell)]

    assert len(wheres) == 1, "a row names one place"
    assert re.match(rf"{re.escape(worded(meant(wheres[0])))}(?![\d.])", row[1]), meant(wheres[0])


def test_every_limit_of_a_client_has_a_test_and_every_such_test_a_row() -> None:
    limits = [row[0] for heading in ("How often", "How many", "How large") for row in rows(heading)]

    assert len(limits) == len(set(limits)) > 25
    assert set(limits) <= marked_names() <= {row[0] for row in rows()}


_LOSES_SOMETHING: Final = re.compile(r", then|, the (?:oldest|longest unused) go$")
_NOT_TRIED: Final = {
    "socket that takes nothing": "tests/faults/test_clients.py meets it or the full outbox",
    "turn of a person in a batch": "a share, which tests/unit/test_turns.py tries with any numbers",
    "writer without MongoDB": "a fault: tests/e2e/test_outages.py",
    "channels that a writer remembers": "a cache: what has gone from it is read again",
    "tries to dispatch a channel that others dispatch too": "a race: tests/flow/test_push_races.py",
    "gateways' time to answer a trace or a kick": "tests/flow/test_trace.py, with other figures",
}
"""What is refused, dropped or cut there without a test that names it, each with its reason."""


def test_what_the_parts_refuse_or_drop_has_a_test_or_a_reason() -> None:
    costly = {row[0] for row in rows("What the parts hold") if _LOSES_SOMETHING.search(row[1])}

    assert costly - marked_names() == _NOT_TRIED.keys(), "mark its test with @pytest.mark.limit"


def test_every_setting_of_a_limit_has_a_row() -> None:
    named = set(re.findall(r"IM_\w+", PAGE))

    assert {name for name in SETTINGS if name.startswith(("IM_LIMIT_", "IM_MAX_"))} <= named


_CONSTANT: Final = re.compile(r"^(_?MAX_[A-Z_]+)(?:: Final)? =", re.MULTILINE)
_OF_NO_READER: Final = {
    "imapp.domain.leading._MAX_MUTE_MS": "MAX_MUTE_DAYS in other units",
    "imapp.logs.libraries._MAX_CHARS": "what the log shows of a library's text",
    "imapp.cli.chat.link.MAX_REPLY_BYTES": "of the terminal client",
    "imapp.cli.chat.receipts._MAX_RANGES": "of the terminal client",
}
"""Constants that limit neither a client nor a part of the system, each with its reason."""


def test_every_constant_that_is_a_cap_has_a_row() -> None:
    files = [
        path for root in ("schemas", "imapp", "tasks", "workers") for path in (ROOT / root).rglob("*.py")
    ]
    caps = {
        ".".join((*path.relative_to(ROOT).with_suffix("").parts, name))
        for path in files
        for name in _CONSTANT.findall(path.read_text(encoding="utf-8"))
    }
    named = set(_WHERE.findall(PAGE))

    assert len(caps) > 60
    assert caps - named == _OF_NO_READER.keys(), "give each a row in docs/limits.md"
